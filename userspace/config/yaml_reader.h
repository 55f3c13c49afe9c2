// Reads typed values out of a YAML document and gathers everything that is wrong with it, each with its line.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "util/result.h"

namespace sockwatch {

/// Names the keys of a map and says what to do with the value of each.
struct YamlKey {
  std::string_view name;
  std::function<void(const YAML::Node& value, const std::string& path)> read;
};

class YamlReader {
 public:
  /// `file` stands at the front of every message.
  explicit YamlReader(std::string file) : file_(std::move(file)) {}

  /// The file's one document. Throws what yaml-cpp throws on what is no YAML; no value where there is nothing.
  YAML::Node load(std::string_view yaml);

  /// Hands each value to its key's function; `path` is what the map itself is called ("" for the document).
  /// No value at all is an empty map. Unknown and repeated keys are reported.
  void read_map(const YAML::Node& node, const std::string& path, const std::vector<YamlKey>& keys);

  /// The same of a map whose keys are the user's own; `expected` says what they stand for. Repeated keys are
  /// reported.
  void read_entries(const YAML::Node& node, const std::string& path, const std::string& expected,
                    const std::function<void(const YAML::Node& key, const YAML::Node& value,
                                             const std::string& path)>& read);

  /// Hands each element of a list on.
  void read_list(const YAML::Node& node, const std::string& path,
                 const std::function<void(const YAML::Node& element, const std::string& path)>& read);

  /// The text of a scalar; nullptr, and reported, when it is something else. Valid as long as the node.
  const std::string* scalar(const YAML::Node& node, const std::string& path, std::string_view expected);

  /// Reads a scalar with `parse` (text -> Result<V>) into `target`, or reports parse's error.
  template <typename T, typename Parse>
  void read_value(const YAML::Node& node, const std::string& path, std::string_view expected, T& target,
                  Parse parse) {
    const std::string* text = scalar(node, path, expected);
    if (text == nullptr) return;
    auto parsed = parse(*text);
    if (parsed) {
      target = static_cast<T>(std::move(parsed).value());
    } else {
      report(node, path, parsed.error().message);
    }
  }

  void report(const YAML::Node& node, const std::string& path, const std::string& what);
  void report_at(int line, const std::string& what);

  size_t report_count() const { return reports_.size(); }

  /// One message a line, in the order of the file's lines; empty when nothing is wrong.
  std::string errors() const;

 private:
  struct Report {
    int line;
    std::string text;
  };
  std::string file_;
  std::vector<Report> reports_;
};

}  // namespace sockwatch

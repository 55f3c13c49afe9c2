#include "config/yaml_reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/parser.h>

#include <algorithm>

#include <set>
#include <sstream>

namespace sockwatch {
namespace {

std::string kind_of(const YAML::Node& node) {
  if (node.IsMap()) return "a map";
  if (node.IsSequence()) return "a list";
  if (node.IsScalar()) return "\"" + node.Scalar() + "\"";
  return "nothing";
}

/// Where a document begins; nothing of what stands in it.
class DocumentStart final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override { mark_ = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
  int line() const { return mark_.line; }

 private:
  YAML::Mark mark_;
};

std::string join_path(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}

std::string names_of(const std::vector<YamlKey>& keys) {
  std::string names;
  for (const YamlKey& key : keys) {
    if (!names.empty()) names += ", ";
    names += key.name;
  }
  return names;
}

}  // namespace

// Not with YAML::LoadAll: of a comma at the front it makes documents without end.
YAML::Node YamlReader::load(std::string_view yaml) {
  std::istringstream text{std::string(yaml)};
  YAML::Parser parser(text);
  DocumentStart document;
  if (parser.HandleNextDocument(document) && parser.HandleNextDocument(document))
    report_at(document.line() + 1, "a second document begins, or what belongs to none; expected one document");
  return YAML::Load(std::string(yaml));
}

void YamlReader::read_map(const YAML::Node& node, const std::string& path, const std::vector<YamlKey>& keys) {
  read_entries(node, path, "a map with the keys " + names_of(keys),
               [&](const YAML::Node& name, const YAML::Node& value, const std::string& entry_path) {
                 const auto key = std::find_if(keys.begin(), keys.end(),
                                               [&](const YamlKey& k) { return k.name == name.Scalar(); });
                 if (key == keys.end()) {
                   report(name, entry_path, "unknown key; expected one of " + names_of(keys));
                 } else {
                   key->read(value, entry_path);
                 }
               });
}

void YamlReader::read_entries(
    const YAML::Node& node, const std::string& path, const std::string& expected,
    const std::function<void(const YAML::Node&, const YAML::Node&, const std::string&)>& read) {
  if (node.IsNull()) return;
  if (!node.IsMap()) {
    report(node, path, "expected " + expected + ", got " + kind_of(node));
    return;
  }
  std::set<std::string> seen;
  for (const auto& entry : node) {
    if (!entry.first.IsScalar()) {
      report(entry.first, path, "expected a key of " + expected + ", got " + kind_of(entry.first));
      continue;
    }
    const std::string& name = entry.first.Scalar();
    const std::string entry_path = join_path(path, name);
    if (!seen.insert(name).second) {
      report(entry.first, entry_path, "the key stands here for the second time; expected it once");
    } else {
      read(entry.first, entry.second, entry_path);
    }
  }
}

void YamlReader::read_list(const YAML::Node& node, const std::string& path,
                           const std::function<void(const YAML::Node&, const std::string&)>& read) {
  if (!node.IsSequence()) {
    report(node, path, "expected a list, got " + kind_of(node));
    return;
  }
  size_t index = 0;
  for (const YAML::Node& element : node) read(element, path + "[" + std::to_string(index++) + "]");
}

const std::string* YamlReader::scalar(const YAML::Node& node, const std::string& path,
                                      std::string_view expected) {
  if (node.IsScalar()) return &node.Scalar();
  report(node, path, "expected " + std::string(expected) + ", got " + kind_of(node));
  return nullptr;
}

void YamlReader::report(const YAML::Node& node, const std::string& path, const std::string& what) {
  report_at(node.Mark().line + 1, path.empty() ? what : path + ": " + what);
}

void YamlReader::report_at(int line, const std::string& what) {
  reports_.push_back({line, what});
  std::ranges::replace_if(reports_.back().text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }, ' ');
}

std::string YamlReader::errors() const {
  std::vector<Report> ordered = reports_;
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const Report& a, const Report& b) { return a.line < b.line; });
  std::string text;
  for (const Report& report : ordered) {
    if (!text.empty()) text += '\n';
    text += file_ + ":" + std::to_string(report.line) + ": " + report.text;
  }
  return text;
}

}  // namespace sockwatch

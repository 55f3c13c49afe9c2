// The names seen at each position of a service's paths, bounded: a position with too many collapses into "{var}".
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sockwatch {

class RouteTrie {
 public:
  static constexpr std::string_view kVariable = "{var}";

  RouteTrie(uint32_t max_children, uint32_t max_nodes) : max_children_(max_children), max_nodes_(max_nodes) {}

  /// Replaces the segments that stand at collapsed positions. False when there is no room for the path.
  bool settle(std::vector<std::string_view>& segments);
  /// Changes whenever a position has collapsed: earlier answers no longer hold.
  uint32_t generation() const { return generation_; }

 private:
  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> children;
    uint32_t names = 0;  ///< children that are not placeholders
    bool collapsed = false;
  };
  void collapse(Node& node);
  static uint32_t size(const Node& node);

  uint32_t max_children_;
  uint32_t max_nodes_;
  uint32_t nodes_ = 0;
  uint32_t generation_ = 0;
  Node root_;
};

}  // namespace sockwatch

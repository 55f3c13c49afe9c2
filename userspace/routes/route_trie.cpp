#include "routes/route_trie.h"

namespace sockwatch {
namespace {

bool is_placeholder(std::string_view segment) { return segment.size() > 2 && segment.front() == '{'; }

}  // namespace

bool RouteTrie::settle(std::vector<std::string_view>& segments) {
  Node* node = &root_;
  for (std::string_view& segment : segments) {
    const bool name = !is_placeholder(segment);
    if (name && node->collapsed) segment = kVariable;
    auto it = node->children.find(segment);
    if (it == node->children.end()) {
      if (name && !node->collapsed && node->names >= max_children_) {
        collapse(*node);
        segment = kVariable;
        it = node->children.find(segment);
      }
    }
    if (it == node->children.end()) {
      if (nodes_ >= max_nodes_) return false;
      it = node->children.emplace(std::string(segment), std::make_unique<Node>()).first;
      ++nodes_;
      if (!is_placeholder(segment)) ++node->names;
    }
    node = it->second.get();
  }
  return true;
}

void RouteTrie::collapse(Node& node) {
  node.collapsed = true;
  node.names = 0;
  ++generation_;
  std::erase_if(node.children, [&](const auto& child) {
    if (is_placeholder(child.first)) return false;
    nodes_ -= size(*child.second);
    return true;
  });
}

uint32_t RouteTrie::size(const Node& node) {
  uint32_t n = 1;
  for (const auto& [segment, child] : node.children) n += size(*child);
  return n;
}

}  // namespace sockwatch

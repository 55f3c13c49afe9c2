#include "routes/route_trie.h"

#include <algorithm>

#include "routes/segment_template.h"

namespace sockwatch {
namespace {

bool is_placeholder(std::string_view segment) { return segment.size() > 2 && segment.front() == '{'; }

}  // namespace

uint64_t* RouteTrie::settle(std::vector<std::string_view>& segments) {
  Node* node = &root_;
  for (std::string_view& segment : segments) {
    const bool name = !is_placeholder(segment);
    auto it = node->children.find(segment);
    if (it == node->children.end() && name) it = numbered(*node, segment);
    if (it != node->children.end()) {
      segment = it->first;
    } else if (name) {
      if (!node->collapsed && node->names >= max_children_) collapse(*node);
      if (node->collapsed) {
        segment = kVariable;
        it = node->children.find(segment);
      }
    }
    if (it == node->children.end()) {
      if (nodes_ >= max_nodes_) return nullptr;
      it = node->children.emplace(std::string(segment), std::make_unique<Node>()).first;
      ++nodes_;
      if (!is_placeholder(segment)) ++node->names;
    }
    node = it->second.get();
  }
  ++node->hits;
  return &node->hits;
}

RouteTrie::Child RouteTrie::numbered(Node& node, std::string_view segment) {
  const std::string_view wanted = without_numbers(segment, wanted_);
  if (wanted.empty()) return node.children.end();
  if (const auto known = node.children.find(wanted); known != node.children.end()) return known;
  const auto alike = [&](const auto& child) { return without_numbers(child.first, other_) == wanted; };
  if (std::count_if(node.children.begin(), node.children.end(), alike) < kNumbered) return node.children.end();

  auto together = std::make_unique<Node>();
  std::erase_if(node.children, [&](const auto& child) {
    if (!alike(child)) return false;
    together->hits += total_hits(*child.second);
    nodes_ -= size(*child.second);
    --node.names;
    return true;
  });
  ++nodes_;
  ++node.names;
  ++generation_;
  return node.children.emplace(wanted, std::move(together)).first;
}

void RouteTrie::collapse(Node& node) {
  std::vector<uint64_t> hits;
  for (const auto& [segment, child] : node.children)
    if (!is_placeholder(segment)) hits.push_back(total_hits(*child));
  const auto median = hits.begin() + static_cast<std::ptrdiff_t>(hits.size() / 2);
  std::nth_element(hits.begin(), median, hits.end());
  const uint64_t established =
      std::max(kEstablishedHits, median == hits.end() ? 0 : kEstablishedFactor * *median);

  node.collapsed = true;
  node.names = 0;
  ++generation_;
  std::erase_if(node.children, [&](const auto& child) {
    if (is_placeholder(child.first)) return false;
    if (total_hits(*child.second) >= established) {
      ++node.names;
      return false;
    }
    nodes_ -= size(*child.second);
    return true;
  });
}

uint64_t RouteTrie::total_hits(const Node& node) {
  uint64_t n = node.hits;
  for (const auto& [segment, child] : node.children) n += total_hits(*child);
  return n;
}

uint32_t RouteTrie::size(const Node& node) {
  uint32_t n = 1;
  for (const auto& [segment, child] : node.children) n += size(*child);
  return n;
}

}  // namespace sockwatch

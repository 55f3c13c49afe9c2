#include "routes/route_trie.h"

#include <algorithm>

#include "routes/segment_template.h"

namespace sockwatch {
namespace {

bool is_placeholder(std::string_view segment) { return segment.size() > 2 && segment.front() == '{'; }

}  // namespace

RouteUses* RouteTrie::settle(std::vector<std::string_view>& segments, bool served, uint64_t now_ns) {
  Node* node = &root_;
  for (std::string_view& segment : segments) {
    const bool name = !is_placeholder(segment);
    auto it = known(*node, segment);
    if (it == node->children.end() && name) it = numbered(*node, segment);
    if (it == node->children.end() && name) {
      const bool open = node->open_to == Openness::all || (node->open_to == Openness::served_only && served);
      if (open && node->names >= max_children_) collapse(*node, served);
      if (node->open_to == Openness::none || (node->open_to == Openness::served_only && !served)) {
        segment = kVariable;
        it = node->children.find(segment);
      }
    }
    if (it == node->children.end()) {
      if (nodes_ >= max_nodes_ || !memory_.take()) return nullptr;
      it = node->children.emplace(std::string(segment), std::make_unique<Node>()).first;
      ++nodes_;
      if (!is_placeholder(segment)) ++node->names;
    }
    segment = it->first;
    node = it->second.get();
  }
  node->uses.add(served, now_ns);
  return &node->uses;
}

RouteUses* RouteTrie::find(std::vector<std::string_view>& segments) {
  Node* node = &root_;
  for (std::string_view& segment : segments) {
    auto it = known(*node, segment);
    if (it == node->children.end() && !is_placeholder(segment)) it = node->children.find(kVariable);
    if (it == node->children.end()) return nullptr;
    segment = it->first;
    node = it->second.get();
  }
  return node->uses.hits > 0 ? &node->uses : nullptr;
}

RouteTrie::Child RouteTrie::known(Node& node, std::string_view segment) {
  const auto it = node.children.find(segment);
  if (it != node.children.end() || is_placeholder(segment)) return it;
  const std::string_view wanted = without_numbers(segment, wanted_);
  return wanted.empty() ? node.children.end() : node.children.find(wanted);
}

RouteTrie::Child RouteTrie::numbered(Node& node, std::string_view segment) {
  const std::string_view wanted = without_numbers(segment, wanted_);
  if (wanted.empty()) return node.children.end();
  const auto alike = [&](const auto& child) { return without_numbers(child.first, other_) == wanted; };
  if (std::count_if(node.children.begin(), node.children.end(), alike) < kNumbered) return node.children.end();

  auto together = std::make_unique<Node>();
  std::erase_if(node.children, [&](const auto& child) {
    if (!alike(child)) return false;
    const RouteUses uses = total(*child.second);
    together->uses.hits += uses.hits;
    together->uses.served += uses.served;
    together->uses.used_ns = std::max(together->uses.used_ns, uses.used_ns);
    gone(size(*child.second));
    --node.names;
    return true;
  });
  ++nodes_;
  static_cast<void>(memory_.take());  // several have just been given back
  ++node.names;
  ++generation_;
  return node.children.emplace(wanted, std::move(together)).first;
}

void RouteTrie::collapse(Node& node, bool served) {
  if (node.open_to == Openness::all) {
    erase_names(node, [](const Node& child) {
      const RouteUses uses = total(child);
      return uses.served == 0 && uses.hits < kEstablishedHits;
    });
    node.open_to = Openness::served_only;
  }
  if (!served || node.names < max_children_) return;  // strangers alone take nothing from names that were served
  std::vector<uint64_t> hits;
  for (const auto& [segment, child] : node.children)
    if (!is_placeholder(segment)) hits.push_back(total(*child).hits);
  const auto median = hits.begin() + static_cast<std::ptrdiff_t>(hits.size() / 2);
  std::nth_element(hits.begin(), median, hits.end());
  const uint64_t established =
      std::max(kEstablishedHits, median == hits.end() ? 0 : kEstablishedFactor * *median);
  node.open_to = Openness::none;
  erase_names(node, [&](const Node& child) { return total(child).hits < established; });
}

void RouteTrie::erase_names(Node& node, const std::function<bool(const Node&)>& goes) {
  ++generation_;
  std::erase_if(node.children, [&](const auto& child) {
    if (is_placeholder(child.first) || !goes(*child.second)) return false;
    --node.names;
    gone(size(*child.second));
    return true;
  });
}

void RouteTrie::prune(uint64_t before_ns) {
  ++generation_;
  prune(root_, before_ns);
}

void RouteTrie::prune(Node& node, uint64_t before_ns) {
  std::erase_if(node.children, [&](const auto& child) {
    Node& below = *child.second;
    prune(below, before_ns);
    if (!below.children.empty() || below.uses.used_ns >= before_ns) return false;
    gone(1);
    if (!is_placeholder(child.first)) --node.names;
    return true;
  });
  if (node.children.empty()) node.open_to = Openness::all;
}

void RouteTrie::gone(uint32_t nodes) {
  nodes_ -= nodes;
  memory_.give_back(nodes);
}

uint64_t RouteTrie::unused_since(uint64_t nodes) const {
  std::vector<uint64_t> used;
  const std::function<void(const Node&)> visit = [&](const Node& node) {
    for (const auto& [segment, child] : node.children) {
      if (child->children.empty()) used.push_back(child->uses.used_ns);
      visit(*child);
    }
  };
  visit(root_);
  if (used.empty()) return 0;
  const auto nth = used.begin() + static_cast<std::ptrdiff_t>(std::min<uint64_t>(nodes, used.size()) - 1);
  std::nth_element(used.begin(), nth, used.end());
  return *nth + 1;
}

RouteUses RouteTrie::total(const Node& node) {
  RouteUses uses = node.uses;
  for (const auto& [segment, child] : node.children) {
    const RouteUses below = total(*child);
    uses.hits += below.hits;
    uses.served += below.served;
    uses.used_ns = std::max(uses.used_ns, below.used_ns);
  }
  return uses;
}

uint32_t RouteTrie::size(const Node& node) {
  uint32_t n = 1;
  for (const auto& [segment, child] : node.children) n += size(*child);
  return n;
}

}  // namespace sockwatch

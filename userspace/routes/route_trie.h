// The names seen at each position of a service's paths, bounded: a position with too many collapses into "{var}". A name
// that by then has been asked for far more often than its neighbours is nobody's value and stays: a scanner's guesses
// must not take the routes of a service from it. What was only ever refused (401, 302...) gives way first, and alone where
// that is enough: whoever asks from outside can make a service refuse any name, but not serve it. Names that differ by
// their numbers alone ("step-1", "step-2"...) are one ("step-{id}") as soon as there are several.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "util/fair_share.h"

namespace sockwatch {

/// How a path that ends at a node has been asked for.
struct RouteUses {
  uint64_t hits = 0;
  uint64_t served = 0;   ///< those that got what they asked for
  uint64_t used_ns = 0;  ///< when last

  void add(bool was_served, uint64_t now_ns) {
    ++hits;
    served += was_served ? 1 : 0;
    used_ns = now_ns;
  }
};

/// One service's part of the memory that the routes of all services share, in nodes and texts. Without a bound: everything.
struct RouteMemory {
  FairShare* shared = nullptr;
  uint32_t service = 0;

  bool take() const { return shared == nullptr || shared->take(service, 1); }
  void give_back(uint64_t entries) const {
    if (shared != nullptr) shared->give_back(service, entries);
  }
};

class RouteTrie {
 public:
  static constexpr std::string_view kVariable = "{var}";

  /// `memory`: of this table's part of what all services share.
  RouteTrie(uint32_t max_children, uint32_t max_nodes, RouteMemory memory)
      : max_children_(max_children), max_nodes_(max_nodes), memory_(memory) {}

  static constexpr uint64_t kEstablishedHits = 10;    ///< of a name that stays, at least
  static constexpr uint64_t kEstablishedFactor = 10;  ///< and times its neighbours' median
  static constexpr uint32_t kNumbered = 8;            ///< names of one position that differ by their numbers alone

  /// Replaces the segments that stand at collapsed positions, and counts the path once. Where it is counted, valid as long as
  /// generation() is the same; null when there is no room for the path.
  RouteUses* settle(std::vector<std::string_view>& segments, bool served, uint64_t now_ns);
  /// The same of a path that settle() has seen before, without counting it; null of any other.
  RouteUses* find(std::vector<std::string_view>& segments);
  /// Makes room: paths that have not been asked for since `before_ns` go.
  void prune(uint64_t before_ns);
  /// The time since when all but `nodes` of the paths have been asked for.
  uint64_t unused_since(uint64_t nodes) const;
  /// Changes whenever nodes have gone: earlier answers no longer hold.
  uint32_t generation() const { return generation_; }
  uint32_t nodes() const { return nodes_; }

 private:
  enum class Openness : uint8_t { all, served_only, none };
  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> children;
    uint32_t names = 0;  ///< children that are not placeholders
    RouteUses uses;      ///< of the paths that end here
    Openness open_to = Openness::all;  ///< whose names are new children; others are "{var}"
  };
  using Child = std::map<std::string, std::unique_ptr<Node>, std::less<>>::iterator;

  Child known(Node& node, std::string_view segment);
  /// The child that stands for all names that are `segment` but for its numbers, made where there are enough of them.
  Child numbered(Node& node, std::string_view segment);
  /// Room for another name, which is served or not.
  void collapse(Node& node, bool served);
  /// Removes the names for which `goes` holds.
  void erase_names(Node& node, const std::function<bool(const Node&)>& goes);
  void prune(Node& node, uint64_t before_ns);
  void gone(uint32_t nodes);
  static uint32_t size(const Node& node);
  static RouteUses total(const Node& node);

  uint32_t max_children_;
  uint32_t max_nodes_;
  RouteMemory memory_;
  uint32_t nodes_ = 0;
  uint32_t generation_ = 0;
  Node root_;
  std::string wanted_;  // of numbered(); members, so that they keep their memory
  std::string other_;
};

}  // namespace sockwatch

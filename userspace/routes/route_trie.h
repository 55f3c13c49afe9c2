// The names seen at each position of a service's paths, bounded: a position with too many collapses into "{var}". A name
// that by then has been asked for far more often than its neighbours is nobody's value and stays: a scanner's guesses
// must not take the routes of a service from it. Names that differ by their numbers alone ("step-1", "step-2"...) are one
// ("step-{id}") as soon as there are several.
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

  static constexpr uint64_t kEstablishedHits = 10;    ///< of a name that stays, at least
  static constexpr uint64_t kEstablishedFactor = 10;  ///< and times its neighbours' median
  static constexpr uint32_t kNumbered = 8;            ///< names of one position that differ by their numbers alone

  /// Replaces the segments that stand at collapsed positions, and counts the path once. Where it is counted, valid as long as
  /// generation() is the same; null when there is no room for the path.
  uint64_t* settle(std::vector<std::string_view>& segments);
  /// Changes whenever a position has collapsed: earlier answers no longer hold.
  uint32_t generation() const { return generation_; }

 private:
  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> children;
    uint32_t names = 0;  ///< children that are not placeholders
    uint64_t hits = 0;   ///< of the paths that end here
    bool collapsed = false;
  };
  using Child = std::map<std::string, std::unique_ptr<Node>, std::less<>>::iterator;
  void collapse(Node& node);
  /// The child that stands for all names that are `segment` but for its numbers, made where there are enough of them.
  Child numbered(Node& node, std::string_view segment);
  static uint32_t size(const Node& node);
  static uint64_t total_hits(const Node& node);

  uint32_t max_children_;
  uint32_t max_nodes_;
  uint32_t nodes_ = 0;
  uint32_t generation_ = 0;
  Node root_;
  std::string wanted_;  // of numbered(); members, so that they keep their memory
  std::string other_;
};

}  // namespace sockwatch

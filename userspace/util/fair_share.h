// A bound over all services together, such as the lines of /metrics that their series take, and who gives way when it is
// reached: shared fairly by service.
//
// A service may use whatever is free. Once all is taken, one that has less than its share (an equal part for each service
// that has any) gets room from the one that has most, which lets go of what it has not used for longest. One that has its
// share gets no more.
//
// One thread. A take() that needs nobody to give way costs no allocation once the service is known.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace sockwatch {

class FairShare {
 public:
  /// Asks a service to let go of at least so many units; it tells of them by give_back().
  using GiveUp = std::function<void(uint32_t service, uint64_t units)>;

  FairShare(uint64_t max, GiveUp give_up) : max_(max), give_up_(std::move(give_up)) {}

  /// Units for `service`, a dense small number; false where there are none for it.
  bool take(uint32_t service, uint64_t units);
  /// Units that have to be: the few lines that say what had no room. They count, and others get the less.
  void take_anyway(uint32_t service, uint64_t units);
  void give_back(uint32_t service, uint64_t units);
  /// Units that are taken whatever services have: the agent's own lines. Those who have most give way where that is too much.
  void set_reserved(uint64_t units);

  uint64_t used() const { return used_; }
  /// How often there was no room, or somebody had to give way.
  uint64_t hits() const { return hits_; }

 private:
  bool fits(uint64_t units) const { return used_ + reserved_ + units <= max_; }
  uint64_t share() const;
  uint32_t greediest() const;
  /// Until `units` more fit; false where nobody has anything to give up.
  bool make_room(uint64_t units);

  const uint64_t max_;
  const GiveUp give_up_;
  std::vector<uint64_t> by_service_;
  uint64_t services_ = 0;  ///< that have any
  uint64_t used_ = 0;
  uint64_t reserved_ = 0;
  uint64_t hits_ = 0;
};

}  // namespace sockwatch

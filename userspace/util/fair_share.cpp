#include "util/fair_share.h"

#include <algorithm>

namespace sockwatch {
namespace {

// Who gives way gives more than is asked for, so that the next one does not have to look for somebody again.
constexpr uint64_t kGiveUpPart = 16;

}  // namespace

uint64_t FairShare::share() const {
  const uint64_t all = max_ > reserved_ ? max_ - reserved_ : 0;
  return all / std::max<uint64_t>(services_, 1);
}

uint32_t FairShare::greediest() const {
  return static_cast<uint32_t>(std::max_element(by_service_.begin(), by_service_.end()) - by_service_.begin());
}

bool FairShare::take(uint32_t service, uint64_t units) {
  if (service >= by_service_.size()) by_service_.resize(service + 1);
  if (!fits(units)) {
    ++hits_;
    // With a service that has none yet there is one more to share with.
    const uint64_t newcomer = by_service_[service] == 0 ? 1 : 0;
    services_ += newcomer;
    const bool has_share = by_service_[service] + units > share();
    const bool room = !has_share && make_room(units);
    services_ -= newcomer;
    if (!room) return false;
  }
  take_anyway(service, units);
  return true;
}

void FairShare::take_anyway(uint32_t service, uint64_t units) {
  if (service >= by_service_.size()) by_service_.resize(service + 1);
  services_ += by_service_[service] == 0 && units > 0 ? 1 : 0;
  by_service_[service] += units;
  used_ += units;
}

void FairShare::give_back(uint32_t service, uint64_t units) {
  services_ -= by_service_[service] > 0 && by_service_[service] == units ? 1 : 0;
  by_service_[service] -= units;
  used_ -= units;
}

bool FairShare::make_room(uint64_t units) {
  while (!fits(units)) {
    if (by_service_.empty()) return false;
    const uint32_t most = greediest();
    const uint64_t before = used_;
    give_up_(most, std::max(units, by_service_[most] / kGiveUpPart));
    if (used_ == before) return false;
  }
  return true;
}

void FairShare::set_reserved(uint64_t units) {
  reserved_ = units;
  if (fits(0)) return;
  ++hits_;
  make_room(0);
}

}  // namespace sockwatch

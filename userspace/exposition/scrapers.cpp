#include "exposition/scrapers.h"

#include <algorithm>
#include <map>

#include "exposition/field_value.h"

namespace sockwatch {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
/// Taken for the interval of who has come once: Prometheus forgets a series that it has not met for so long.
constexpr uint64_t kUnknownInterval = 300 * kSecond;
/// Longer ones are not waited for: who pauses for an hour must not keep what is gone for hours.
constexpr uint64_t kMaxInterval = 600 * kSecond;
/// Who has not come for so many intervals comes no more.
constexpr uint64_t kMissedIntervals = 3;

}  // namespace

uint64_t Scrapers::Entry::interval_ns() const {
  return previous_ns == 0 ? kUnknownInterval : std::min(taken_ns - previous_ns, kMaxInterval);
}

bool Scrapers::Entry::comes(uint64_t now_ns) const { return now_ns <= taken_ns + kMissedIntervals * interval_ns(); }

bool Scrapers::stores(std::string_view user_agent) const {
  return std::ranges::any_of(storing_, [&](std::string_view name) {
    return user_agent.size() >= name.size() && equal_ignoring_case(user_agent.substr(0, name.size()), name);
  });
}

std::optional<uint64_t> Scrapers::last_seen(const ScraperKey& key, uint64_t connection, uint64_t now_ns) {
  const std::lock_guard lock(mutex_);
  Entry* entry = find(key, connection);
  if (entry == nullptr) entry = returning(key, now_ns);
  if (entry == nullptr) return std::nullopt;
  entry->connection = connection;
  return entry->newest_birth;
}

void Scrapers::saw(const ScraperKey& key, uint64_t connection, const Shown& shown) {
  const std::lock_guard lock(mutex_);
  Entry* entry = find(key, connection);
  if (entry == nullptr) {
    if (entries_.size() >= kMax) make_room();
    entry = &entries_.emplace_back(Entry{.key = key, .connection = connection});
  }
  if (shown.taken_ns <= entry->taken_ns) return;  // the same snapshot once more
  entry->newest_birth = shown.newest_birth;
  entry->previous_ns = entry->taken_ns;
  entry->taken_ns = shown.taken_ns;
}

void Scrapers::disconnected(uint64_t connection) {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_)
    if (entry.connection == connection) entry.connection = 0;
}

uint64_t Scrapers::shown_twice_ns(uint64_t now_ns) const {
  const std::lock_guard lock(mutex_);
  uint64_t earliest = UINT64_MAX;
  for (const Entry& entry : entries_)
    if (entry.comes(now_ns)) earliest = std::min(earliest, entry.previous_ns);
  return earliest;
}

uint64_t Scrapers::forgotten() const {
  const std::lock_guard lock(mutex_);
  return forgotten_;
}

Scrapers::Entry* Scrapers::find(const ScraperKey& key, uint64_t connection) {
  const auto it = std::ranges::find_if(
      entries_, [&](const Entry& entry) { return entry.connection == connection && entry.key == key; });
  return it == entries_.end() ? nullptr : &*it;
}

// The one that asks over a new connection: of several that are alike the one that is due first. One that has stayed away for
// long was told so little that all would be 0 to it, so it is the last choice, and the latest of those.
Scrapers::Entry* Scrapers::returning(const ScraperKey& key, uint64_t now_ns) {
  Entry* due = nullptr;
  Entry* latest = nullptr;
  const auto due_ns = [](const Entry& entry) {
    return entry.taken_ns + (entry.previous_ns == 0 ? 0 : entry.interval_ns());
  };
  for (Entry& entry : entries_) {
    if (entry.connection != 0 || entry.key != key) continue;
    if (entry.comes(now_ns) && (due == nullptr || due_ns(entry) < due_ns(*due))) due = &entry;
    if (latest == nullptr || entry.taken_ns > latest->taken_ns) latest = &entry;
  }
  return due != nullptr ? due : latest;
}

void Scrapers::make_room() {
  std::map<std::string_view, size_t> by_address;
  for (const Entry& entry : entries_) ++by_address[entry.key.address];
  const auto victim = std::ranges::min_element(entries_, [&](const Entry& a, const Entry& b) {
    const size_t of_a = by_address[a.key.address], of_b = by_address[b.key.address];
    return of_a != of_b ? of_a > of_b : a.taken_ns < b.taken_ns;
  });
  entries_.erase(victim);
  ++forgotten_;
}

}  // namespace sockwatch

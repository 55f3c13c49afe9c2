// Who asked for the metrics before, and up to which snapshot each of them has been told: so that a series which was born since
// shows 0 to it once. Without that the first events of a series are in no rate: it would begin at 3, and 3 - nothing is nothing.
//
// Thread-safe. Bounded: kMax scrapers; the one of the address with the most that has not come for longest gives way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sockwatch {

/// A scraper's identity, as far as its requests tell. Two that are alike are told apart by their connections.
struct ScraperKey {
  std::string address;     ///< without the port
  std::string user_agent;  ///< of which the first kMaxAgent bytes count
  std::string timeout;     ///< X-Prometheus-Scrape-Timeout-Seconds: differs where intervals do; may be empty

  bool operator==(const ScraperKey&) const = default;
};

/// A snapshot that a scraper has been sent.
struct Shown {
  uint64_t newest_birth = 0;  ///< Snapshot::newest_birth
  uint64_t taken_ns = 0;      ///< Snapshot::taken_ns; 0: the answer had no snapshot
};

class Scrapers {
 public:
  static constexpr size_t kMax = 64;
  static constexpr size_t kMaxAgent = 128;

  /// `storing`: what the User-Agent of those begins with who store what they are sent, in any case of letters.
  explicit Scrapers(std::vector<std::string> storing) : storing_(std::move(storing)) {}

  bool stores(std::string_view user_agent) const;

  /// The newest birth that the scraper has seen (Snapshot::newest_birth); none where it has not come before. `connection` is a
  /// number that no other connection has had. Asked when a request has come, and not before the one before it was answered.
  std::optional<uint64_t> last_seen(const ScraperKey& key, uint64_t connection, uint64_t now_ns);
  /// The scraper has been sent the whole of an answer.
  void saw(const ScraperKey& key, uint64_t connection, const Shown& shown);
  /// The connection has ended, or will be asked over no more.
  void disconnected(uint64_t connection);

  /// Of what happened before this time every scraper that still comes has been sent two snapshots; UINT64_MAX where none comes.
  uint64_t shown_twice_ns(uint64_t now_ns) const;
  /// Scrapers that had to give way for others.
  uint64_t forgotten() const;

 private:
  struct Entry {
    ScraperKey key;
    uint64_t connection = 0;  ///< over which it asked last; 0: that has ended
    uint64_t newest_birth = 0;
    uint64_t taken_ns = 0;     ///< of the last snapshot that it was sent ...
    uint64_t previous_ns = 0;  ///< ... and of the one before; 0: none

    uint64_t interval_ns() const;
    bool comes(uint64_t now_ns) const;
  };
  Entry* find(const ScraperKey& key, uint64_t connection);
  Entry* returning(const ScraperKey& key, uint64_t now_ns);
  void make_room();

  const std::vector<std::string> storing_;
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  uint64_t forgotten_ = 0;
};

}  // namespace sockwatch

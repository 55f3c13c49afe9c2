// Stands between the network and cpp-httplib: accepts, reads request heads within bounds, hands complete ones
// to a few workers and sends what they answer. However slow or hostile a client is, it never holds a worker.
//
// One thread does all input and output; ServerLimits::workers threads answer. Every bound that is hit is
// counted (refusal.h).
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "exposition/scrape_connection.h"
#include "exposition/password_check.h"
#include "exposition/refusal.h"
#include "exposition/responder.h"
#include "exposition/scrapers.h"
#include "exposition/server_limits.h"
#include "exposition/worker_pool.h"
#include "util/fd.h"
#include "util/result.h"
#include "util/small_thread.h"

namespace sockwatch {

class ConnectionGuard {
 public:
  /// The answer to a GET or HEAD without a body, with Connection: close if `close`, for who asks. Called from the
  /// workers; once for all to whom the same is to be said while it is being made.
  using AnswerFunction = std::function<Responder::Answer(const RequestHead& head, bool close, const Viewer& viewer)>;

  /// `listener` is non-blocking. Of `config` the bounds and the clients that are allowed matter; `scrapers` outlives the guard.
  static Result<std::unique_ptr<ConnectionGuard>> start(Fd listener, const WebConfig& config,
                                                        WebAccessFile access, const ServerLimits& limits,
                                                        Scrapers& scrapers, AnswerFunction answer);
  /// Closes every connection; waits only for answers that are being made.
  ~ConnectionGuard();

  std::map<std::string, uint64_t> refused() const { return refusals_.all(); }

 private:
  using Clock = ScrapeConnection::Clock;
  /// An answer with metrics on its way to a scraper that stores them.
  struct Delivery {
    ScraperKey scraper;
    Shown shown;
    uint64_t number;  ///< ScrapeConnection::delivered() once it has arrived
  };
  struct Client {
    ScrapeConnection connection;
    uint64_t id;          ///< no other client has had it
    std::string address;  ///< without the port
    std::string user_agent = {};  ///< of its last request; cut
    bool turned_away;      ///< is over the limit and only reads its refusal
    bool counted = false;  ///< its last request counts towards WebConfig::max_requests
    std::optional<ScraperKey> scraper = {};  ///< of the request that is being answered
    std::optional<Delivery> delivery = {};
  };
  using Clients = std::vector<std::unique_ptr<Client>>;

  ConnectionGuard(Fd listener, Fd wake, const WebConfig& config, WebAccessFile access,
                  const ServerLimits& limits, Scrapers& scrapers, AnswerFunction answer);

  void run();
  void wait_for_work();
  void accept_clients(Clock::time_point now);
  void admit(Fd socket, std::string address, Clock::time_point now);
  bool make_room(std::string_view address);
  /// What came of checking one request's name and password.
  struct Verdict {
    Client* client;
    RequestHead head;
    KnownCredentials::Digest digest;
    bool right;
  };

  /// A response that is being made, and who waits for it.
  struct Answer {
    RequestHead head;
    bool close;
    Viewer viewer;
    std::vector<Client*> clients;   ///< the guard's thread only
    Responder::Answer answer = {};  ///< the worker's, until it is among made_
  };

  void take_answers(Clock::time_point now);
  void take_verdicts(Clock::time_point now);
  void dispatch(Client& client, Clock::time_point now);
  void check_password(Client& client, RequestHead head, BasicCredentials credentials,
                      std::shared_ptr<const WebAccess> access);
  void submit(Client& client, RequestHead head, Clock::time_point now);
  void turn_down(Client& client, const RequestHead& head, Refusal reason, int status, std::string_view text,
                 Clock::time_point now);
  bool may_answer(Client& client, const RequestHead& head) const;
  Viewer viewer_of(Client& client, const RequestHead& head);
  void note_delivery(Client& client);
  Answer* same_under_way(const RequestHead& head, bool close, const Viewer& viewer) const;
  void bound_unsent_bytes();
  size_t turned_away() const;

  Fd listener_;
  Fd wake_;  ///< an eventfd: an answer is there, or the end has come
  const uint32_t max_connections_;
  const uint32_t max_requests_;
  const std::vector<IpRange> allowed_clients_;
  const ServerLimits limits_;
  Scrapers& scrapers_;
  const AnswerFunction answer_;
  RefusalCounts refusals_;
  WebAccessFile access_;                          ///< the guard's thread only
  KnownCredentials known_;                        ///< the guard's thread only
  Clients clients_;                               ///< the guard's thread only
  /// The guard's thread only. A client stays where it is while it waits for one of these.
  std::vector<std::unique_ptr<Answer>> under_way_;
  std::optional<Clock::time_point> accept_from_;  ///< while accepting pauses for lack of descriptors
  bool listener_ready_ = false;
  uint64_t clients_so_far_ = 0;

  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::vector<Answer*> made_;
  std::vector<Verdict> verdicts_;

  std::unique_ptr<WorkerPool> workers_;
  /// A thread apart: whoever guesses passwords keeps it busy, and not those who know theirs.
  std::unique_ptr<WorkerPool> password_checker_;
  std::optional<SmallThread> thread_;
};

}  // namespace sockwatch

#include "exposition/connection_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "util/clock.h"
#include "util/log.h"

namespace sockwatch {
namespace {

/// Over the limit, so many may read why they were refused; the others are just closed.
constexpr size_t kMaxTurnedAway = 16;
/// Accepted in one go, so that a flood of connections does not starve those that are open.
constexpr int kAcceptsPerRound = 64;
constexpr std::chrono::milliseconds kAcceptPause{100};

constexpr std::string_view kUnauthorized = "A user's name and password are needed here.";

void wake_up(int event_fd) {
  const uint64_t one = 1;
  // Fails only when the counter is full, and then the reader is awake.
  [[maybe_unused]] const ssize_t written = ::write(event_fd, &one, sizeof one);
}

/// Without the port; one of IPv4 within IPv6 as that of IPv4.
std::string address_of(const sockaddr_storage& peer) {
  char text[INET6_ADDRSTRLEN] = "";
  if (peer.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(peer).sin_addr, text, sizeof text);
  } else if (peer.ss_family == AF_INET6) {
    const in6_addr& address = reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
      ::inet_ntop(AF_INET, address.s6_addr + 12, text, sizeof text);
    } else {
      ::inet_ntop(AF_INET6, &address, text, sizeof text);
    }
  }
  return text;
}

int timeout_ms(ScrapeConnection::Clock::time_point now, ScrapeConnection::Clock::time_point deadline) {
  if (deadline == ScrapeConnection::Clock::time_point::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now);
  return static_cast<int>(std::max<int64_t>(0, left.count()));
}

}  // namespace

Result<std::unique_ptr<ConnectionGuard>> ConnectionGuard::start(Fd listener, const WebConfig& config,
                                                                WebAccessFile access,
                                                                const ServerLimits& limits, Scrapers& scrapers,
                                                                AnswerFunction answer) {
  Fd wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake) return Error{std::string("cannot create an eventfd: ") + std::strerror(errno)};
  std::unique_ptr<ConnectionGuard> guard(new ConnectionGuard(std::move(listener), std::move(wake), config,
                                                             std::move(access), limits, scrapers, std::move(answer)));
  auto workers = WorkerPool::start(limits.workers);
  if (!workers) return workers.error();
  guard->workers_ = std::move(workers).value();
  auto checker = WorkerPool::start(1);
  if (!checker) return checker.error();
  guard->password_checker_ = std::move(checker).value();
  auto thread = SmallThread::start("metrics-guard", [self = guard.get()] { self->run(); });
  if (!thread) return thread.error();
  guard->thread_.emplace(std::move(thread).value());
  return guard;
}

ConnectionGuard::ConnectionGuard(Fd listener, Fd wake, const WebConfig& config, WebAccessFile access,
                                 const ServerLimits& limits, Scrapers& scrapers, AnswerFunction answer)
    : listener_(std::move(listener)),
      wake_(std::move(wake)),
      max_connections_(config.max_connections),
      max_requests_(config.max_requests),
      allowed_clients_(config.allowed_clients),
      limits_(limits),
      scrapers_(scrapers),
      answer_(std::move(answer)),
      access_(std::move(access)) {}

ConnectionGuard::~ConnectionGuard() {
  stopping_ = true;
  wake_up(wake_.get());
  if (thread_) thread_->join();
  // The jobs that still run hold pointers to clients.
  workers_.reset();
  password_checker_.reset();
}

void ConnectionGuard::run() {
  while (!stopping_) {
    wait_for_work();
    const Clock::time_point now = Clock::now();
    take_answers(now);
    take_verdicts(now);
    for (const auto& client : clients_) {
      if (client->connection.deadline() <= now) client->connection.on_deadline(now);
      note_delivery(*client);
      // Before anybody is answered: a scraper that has closed one connection may be asking over another already.
      if (client->connection.state() == ScrapeConnection::State::closed) scrapers_.disconnected(client->id);
    }
    for (const auto& client : clients_) dispatch(*client, now);
    bound_unsent_bytes();
    std::erase_if(clients_, [&](const auto& client) {
      if (client->connection.state() != ScrapeConnection::State::closed) return false;
      scrapers_.disconnected(client->id);
      return true;
    });
    accept_clients(now);
  }
}

void ConnectionGuard::wait_for_work() {
  Clock::time_point now = Clock::now();
  if (accept_from_ && *accept_from_ <= now) accept_from_.reset();
  Clock::time_point deadline = accept_from_.value_or(Clock::time_point::max());

  std::vector<pollfd> polled;
  polled.reserve(clients_.size() + 2);
  polled.push_back({wake_.get(), POLLIN, 0});
  polled.push_back({accept_from_ ? -1 : listener_.get(), POLLIN, 0});
  for (const auto& client : clients_) {
    const ScrapeConnection& connection = client->connection;
    deadline = std::min(deadline, connection.deadline());
    // A socket without events would still report a hang-up, again and again.
    polled.push_back({connection.events() == 0 ? -1 : connection.fd(), connection.events(), 0});
  }
  if (::poll(polled.data(), polled.size(), timeout_ms(now, deadline)) <= 0) {
    listener_ready_ = false;
    return;
  }
  if (polled[0].revents != 0) {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &count, sizeof count);
  }
  listener_ready_ = polled[1].revents != 0;
  now = Clock::now();
  for (size_t i = 0; i < clients_.size(); ++i) {
    if (polled[i + 2].revents != 0) clients_[i]->connection.on_ready(now);
  }
}

void ConnectionGuard::accept_clients(Clock::time_point now) {
  if (!listener_ready_) return;
  for (int i = 0; i < kAcceptsPerRound; ++i) {
    sockaddr_storage peer{};
    socklen_t peer_size = sizeof peer;
    Fd socket(::accept4(listener_.get(), reinterpret_cast<sockaddr*>(&peer), &peer_size,
                        SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      if (!any_contains(allowed_clients_, peer)) {
        refusals_.count(Refusal::address);
        continue;
      }
      admit(std::move(socket), address_of(peer), now);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // The connection stays in the backlog; poll() would return at once for it, over and over.
      refusals_.count(Refusal::accept_failed);
      accept_from_ = now + kAcceptPause;
      return;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
  }
}

void ConnectionGuard::admit(Fd socket, std::string address, Clock::time_point now) {
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const size_t turned = turned_away();
  const std::shared_ptr<const WebAccess>& access = access_.current();
  const bool room = clients_.size() - turned < max_connections_ || make_room(address);
  // To tell why takes a handshake where TLS is spoken: too much for one that is turned away.
  if (!room && (turned >= kMaxTurnedAway || access->tls)) {
    refusals_.count(Refusal::connection_limit);
    return;
  }
  auto client =
      std::make_unique<Client>(Client{.connection = ScrapeConnection(std::move(socket), limits_, refusals_, now, access),
                                      .id = ++clients_so_far_,
                                      .address = std::move(address),
                                      .turned_away = !room});
  if (!room) {
    client->connection.refuse(Refusal::connection_limit, 503, "Too many connections; try again later.", now);
  }
  clients_.push_back(std::move(client));
}

/// Who has most places gives one up to an address that has fewer: of its connections the one that has waited for its client
/// for longest, be it idle or in the middle of a head. Clients that keep theirs, or that send a byte a second, do not shut
/// out those who ask. An address with more than half of the places gives up an answer that is being sent, too.
bool ConnectionGuard::make_room(std::string_view address) {
  std::map<std::string_view, size_t> places;
  for (const auto& client : clients_)
    if (!client->turned_away && client->connection.state() != ScrapeConnection::State::closed) ++places[client->address];
  const size_t own = places[address];
  Client* gives = nullptr;
  const auto offer = [&](Client& client, Clock::time_point since, Clock::time_point given_since) {
    const size_t others = gives == nullptr ? 0 : places[gives->address];
    const size_t n = places[client.address];
    if (n >= own && (gives == nullptr || n > others || (n == others && since < given_since))) gives = &client;
  };
  for (const auto& client : clients_) {
    if (client->turned_away || !client->connection.quiet()) continue;
    offer(*client, client->connection.quiet_since(), gives == nullptr ? Clock::time_point{} : gives->connection.quiet_since());
  }
  if (gives != nullptr) {
    gives->connection.give_way();
    return true;
  }
  for (const auto& client : clients_) {
    if (client->turned_away || client->connection.state() != ScrapeConnection::State::writing) continue;
    if (client->address == address || places[client->address] <= max_connections_ / 2) continue;
    offer(*client, client->connection.writing_since(), gives == nullptr ? Clock::time_point{} : gives->connection.writing_since());
  }
  if (gives == nullptr) return false;
  gives->connection.cut_off(Refusal::connection_limit);
  return true;
}

void ConnectionGuard::take_answers(Clock::time_point now) {
  std::vector<Answer*> made;
  {
    const std::lock_guard lock(mutex_);
    made.swap(made_);
  }
  for (Answer* answer : made) {
    const auto response = std::make_shared<const std::string>(std::move(answer->answer.response));
    const Shown& shown = answer->answer.shown;
    for (Client* client : answer->clients) {
      if (shown.taken_ns != 0 && log_enabled(LogLevel::debug)) {
        log_debug("the metrics are being sent", {{"to", client->address},
                                                 {"user_agent", client->user_agent},
                                                 {"bytes", std::to_string(response->size())},
                                                 {"new_at_zero", answer->viewer.seen ? "yes" : "no"}});
      }
      if (client->scraper && shown.taken_ns != 0)
        client->delivery = {.scraper = std::move(*client->scraper), .shown = shown, .number = client->connection.delivered() + 1};
      client->scraper.reset();
      client->connection.respond(response, now);
      note_delivery(*client);
    }
    std::erase_if(under_way_, [&](const auto& other) { return other.get() == answer; });
  }
}

void ConnectionGuard::take_verdicts(Clock::time_point now) {
  std::vector<Verdict> verdicts;
  {
    const std::lock_guard lock(mutex_);
    verdicts.swap(verdicts_);
  }
  for (Verdict& verdict : verdicts) {
    if (verdict.right) {
      known_.remember(verdict.digest);
      submit(*verdict.client, std::move(verdict.head), now);
    } else {
      turn_down(*verdict.client, verdict.head, Refusal::unauthorized, 401, kUnauthorized, now);
    }
  }
}

bool ConnectionGuard::may_answer(Client& client, const RequestHead& head) const {
  // Who asks whether the agent lives must hear it in a storm of scrapes too.
  client.counted = max_requests_ != 0 && !head.path.starts_with("/-/");
  if (!client.counted) return true;
  const auto under_way = std::ranges::count_if(clients_, [](const auto& other) {
    const ScrapeConnection::State state = other->connection.state();
    return other->counted && (state == ScrapeConnection::State::answering || state == ScrapeConnection::State::writing);
  });
  client.counted = static_cast<size_t>(under_way) <= max_requests_;  // this one is among them
  return client.counted;
}

void ConnectionGuard::dispatch(Client& client, Clock::time_point now) {
  // A loop: with a request that is turned down the next may be there already.
  while (std::optional<RequestHead> head = client.connection.take_request()) {
    const std::shared_ptr<const WebAccess>& access = access_.current();
    client.connection.set_access(access);
    client.counted = false;
    if (access->users.empty()) {
      submit(client, std::move(*head), now);
      continue;
    }
    auto credentials = parse_basic_credentials(head->authorization);
    if (!credentials) {
      turn_down(client, *head, Refusal::unauthorized, 401, kUnauthorized, now);
    } else if (known_.contains(known_.digest(access->users, *credentials))) {
      submit(client, std::move(*head), now);
    } else {
      check_password(client, std::move(*head), std::move(*credentials), access);
    }
  }
}

void ConnectionGuard::check_password(Client& client, RequestHead head, BasicCredentials credentials,
                                     std::shared_ptr<const WebAccess> access) {
  const KnownCredentials::Digest digest = known_.digest(access->users, credentials);
  password_checker_->submit([this, &client, head = std::move(head), credentials = std::move(credentials),
                             access = std::move(access), digest] {
    const bool right = password_matches(access->users, credentials);
    {
      const std::lock_guard lock(mutex_);
      verdicts_.push_back({&client, head, digest, right});
    }
    wake_up(wake_.get());
  });
}

void ConnectionGuard::submit(Client& client, RequestHead head, Clock::time_point now) {
  if (!may_answer(client, head)) {
    return turn_down(client, head, Refusal::request_limit, 503,
                     "Too many requests are being answered; try again later.", now);
  }
  const bool close = client.connection.closes_after_answer();
  const Viewer viewer = viewer_of(client, head);
  if (Answer* same = same_under_way(head, close, viewer)) {
    same->clients.push_back(&client);
    return;
  }
  under_way_.push_back(
      std::make_unique<Answer>(Answer{.head = std::move(head), .close = close, .viewer = viewer, .clients = {&client}}));
  workers_->submit([this, answer = under_way_.back().get()] {
    answer->answer = answer_(answer->head, answer->close, answer->viewer);
    {
      const std::lock_guard lock(mutex_);
      made_.push_back(answer);
    }
    wake_up(wake_.get());
  });
}

/// Of a request that stores what it is sent: what it has been sent before.
Viewer ConnectionGuard::viewer_of(Client& client, const RequestHead& head) {
  client.scraper.reset();
  client.user_agent = head.user_agent.substr(0, Scrapers::kMaxAgent);
  if (head.method != "GET" || !scrapers_.stores(head.user_agent)) return {};
  client.scraper = {.address = client.address,
                    .user_agent = client.user_agent,
                    .timeout = head.scrape_timeout.substr(0, Scrapers::kMaxAgent)};
  return {.stores = true, .seen = scrapers_.last_seen(*client.scraper, client.id, monotonic_ns())};
}

/// A scraper has seen what it was sent as a whole, and no other answer.
void ConnectionGuard::note_delivery(Client& client) {
  if (!client.delivery || client.connection.state() == ScrapeConnection::State::writing) return;
  if (client.connection.delivered() >= client.delivery->number)
    scrapers_.saw(client.delivery->scraper, client.id, client.delivery->shown);
  if (client.connection.closes_after_answer()) scrapers_.disconnected(client.id);
  client.delivery.reset();
}

/// A hundred thousand series are written out and packed once for all to whom the same is to be said, not once for each.
ConnectionGuard::Answer* ConnectionGuard::same_under_way(const RequestHead& head, bool close, const Viewer& viewer) const {
  if (head.method == "POST") return nullptr;
  const auto same = std::ranges::find_if(under_way_, [&](const auto& answer) {
    const RequestHead& other = answer->head;
    return answer->close == close && other.method == head.method && other.path == head.path &&
           other.format == head.format && other.accepts_gzip == head.accepts_gzip && answer->viewer == viewer;
  });
  return same == under_way_.end() ? nullptr : same->get();
}

void ConnectionGuard::turn_down(Client& client, const RequestHead& head, Refusal reason, int status,
                                std::string_view text, Clock::time_point now) {
  refusals_.count(reason);
  const PlainResponse response{.status = status,
                               .text = text,
                               .close = client.connection.closes_after_answer(),
                               .head_only = head.method == "HEAD"};
  client.connection.respond(std::make_shared<const std::string>(to_bytes(response)), now);
}

void ConnectionGuard::bound_unsent_bytes() {
  while (true) {
    std::set<const std::string*> responses;  // each once, however many it is sent to
    size_t bytes = 0;
    ScrapeConnection* slowest = nullptr;
    for (const auto& client : clients_) {
      ScrapeConnection& connection = client->connection;
      if (connection.state() != ScrapeConnection::State::writing) continue;
      if (responses.insert(connection.response().get()).second) bytes += connection.response()->size();
      if (slowest == nullptr || connection.writing_since() < slowest->writing_since()) slowest = &connection;
    }
    // The one that takes longest pays for all, but nobody for one response alone: a scrape may be as big as
    // it is.
    if (bytes <= limits_.max_unsent_bytes || responses.size() < 2) return;
    slowest->cut_off(Refusal::write_backlog);
  }
}

size_t ConnectionGuard::turned_away() const {
  return static_cast<size_t>(
      std::ranges::count_if(clients_, [](const auto& client) { return client->turned_away; }));
}

}  // namespace sockwatch

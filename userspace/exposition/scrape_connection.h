// One client of the metrics server, from accept to close: reads a head within bounds, waits for the answer,
// sends it, and begins again. Never blocks.
//
// Used by the guard's thread alone. Holds at most ServerLimits::max_head_bytes of input and one response, which may
// be that of others too.
#pragma once

#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "exposition/plain_response.h"
#include "exposition/refusal.h"
#include "exposition/request_head.h"
#include "exposition/server_limits.h"
#include "exposition/transport.h"
#include "exposition/web_access.h"
#include "util/fd.h"

namespace sockwatch {

/// A whole response, head and body: one for all who asked the same at the same time.
using Response = std::shared_ptr<const std::string>;

class ScrapeConnection {
 public:
  using Clock = std::chrono::steady_clock;
  enum class State {
    handshaking,  ///< TLS, until the client may ask
    reading,      ///< until a head is complete
    answering,    ///< a worker has the request: the socket is left alone
    writing,
    lingering,  ///< everything is sent; what the client still sends is thrown away, so that no reset
                ///< overtakes the response
    closed,
  };

  /// `limits` and `refusals` outlive the connection.
  ScrapeConnection(Fd socket, const ServerLimits& limits, RefusalCounts& refusals, Clock::time_point now,
             std::shared_ptr<const WebAccess> access);

  State state() const { return state_; }
  int fd() const { return transport_.fd(); }
  /// What to poll for; nothing while answering.
  short events() const;
  /// When on_deadline is due; max() while answering.
  Clock::time_point deadline() const { return deadline_; }
  Clock::time_point writing_since() const { return writing_since_; }
  /// What is being sent; null while nothing is.
  const Response& response() const { return response_; }

  /// poll() has something for this socket.
  void on_ready(Clock::time_point now);
  /// deadline() has passed.
  void on_deadline(Clock::time_point now);

  /// The request to be answered, once per request; the state is `answering` until respond().
  std::optional<RequestHead> take_request();
  /// What holds from now on: the header fields of what is sent. TLS stays as it was agreed on.
  void set_access(std::shared_ptr<const WebAccess> access) { access_ = std::move(access); }
  /// Whether the connection ends with the answer to the request that was taken.
  bool closes_after_answer() const { return close_after_; }
  /// The answer to the request that was taken: a whole response.
  void respond(Response response, Clock::time_point now);

  /// Responses that were sent as a whole, to a client that had not gone meanwhile.
  uint64_t delivered() const { return delivered_; }

  /// Waits for its client: to agree on TLS, to end its head, or to ask again.
  bool quiet() const { return state_ == State::handshaking || state_ == State::reading; }
  Clock::time_point quiet_since() const { return quiet_since_; }
  /// Closes a quiet connection, so that another may have its place: a client that was idle connects anew when it asks
  /// again, and one whose head takes so long is counted.
  void give_way();
  /// Answers `status` before any request has been read, and closes.
  void refuse(Refusal reason, int status, std::string_view text, Clock::time_point now);
  /// Closes without more words, throwing away what the system still holds of the response.
  void cut_off(Refusal reason);

 private:
  void settle(Clock::time_point now);
  void shake_hands(Clock::time_point now);
  void read_some();
  void next_head(Clock::time_point now);
  void judge(RequestHead head, Clock::time_point now);
  void send(Response response, Clock::time_point now);
  std::string_view next_to_send(bool& more) const;
  void write_some(Clock::time_point now);
  void after_response(Clock::time_point now);
  bool client_has_gone() const;
  void let_linger(Clock::time_point now);
  void discard_some();
  void close() { state_ = State::closed; }

  std::shared_ptr<const WebAccess> access_;
  Transport transport_;
  const ServerLimits& limits_;
  RefusalCounts& refusals_;
  State state_;
  Clock::time_point deadline_;
  Clock::time_point writing_since_{};
  Clock::time_point quiet_since_;

  std::string input_;
  size_t searched_ = 0;     ///< bytes of input_ that hold no end of a head
  bool head_begun_ = true;  ///< the deadline is that of a head rather than of an idle connection
  size_t requests_ = 0;     ///< heads read so far
  std::optional<RequestHead> request_;

  Response response_;
  std::string head_;        ///< of the response, with the header fields of WebAccess
  size_t body_offset_ = 0;  ///< where the body begins in the response
  size_t sent_ = 0;         ///< of head and body
  uint64_t delivered_ = 0;
  bool close_after_ = false;
};

}  // namespace sockwatch

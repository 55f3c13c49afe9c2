#include "random_dialogue.h"

#include <algorithm>
#include <iterator>
#include <random>

namespace sockwatch {
namespace {

class Author {
 public:
  Author(uint64_t seed, const RandomDialogueOptions& options)
      : options_(options), random_(seed), seed_(seed) {}

  RandomDialogue write() {
    const size_t rounds = 1 + below(6);
    for (size_t i = 0; i < rounds && !over_; ++i) {
      if (options_.pipelined) {
        batch();
      } else {
        exchange();
      }
    }
    return std::move(dialogue_);
  }

 private:
  struct Request {
    TrueTransaction truth;
    std::string head, body;
    bool expects = false;
  };
  struct Response {
    std::string interim, head, body;
    bool last = false;  ///< the connection ends, or is no longer HTTP
  };

  uint64_t below(uint64_t n) { return random_() % n; }
  bool chance(int percent) { return below(100) < static_cast<uint64_t>(percent); }

  template <size_t N>
  std::string one_of(const char* const (&words)[N]) {
    return words[below(N)];
  }

  void say(Direction from, const std::string& bytes) {
    if (!bytes.empty()) dialogue_.said.push_back({from, bytes});
  }

  std::string content(size_t most) {
    static constexpr const char* plain[] = {"abc",      "\r\n", "0\r\n\r\n",    "\n",
                                            "x=1&y=2 ", "0",    "\r\n0\r\n\r\n"};
    static constexpr const char* heads[] = {"GET /false HTTP/1.1\r\n\r\n",
                                            "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "POST "};
    std::string text;
    const size_t size = below(most + 1);
    while (text.size() < size) text += options_.look_alikes && chance(30) ? one_of(heads) : one_of(plain);
    text.resize(size);
    return text;
  }

  std::string chunks(const std::string& body) {
    std::string out;
    for (size_t at = 0; at < body.size();) {
      const size_t n = std::min<size_t>(body.size() - at, 1 + below(40));
      char size[32];
      snprintf(size, sizeof(size), chance(50) ? "%zx" : "%04zX", n);
      out += size + std::string(chance(20) ? ";name=\"value\"" : "") + "\r\n" + body.substr(at, n) + "\r\n";
      at += n;
    }
    return out + "0\r\n" + (chance(20) ? "Trailer: yes\r\n" : "") + "\r\n";
  }

  Request request() {
    static constexpr const char* usual[] = {"GET",   "GET",     "POST", "PUT",     "DELETE",
                                            "PATCH", "OPTIONS", "HEAD", "PROPFIND"};
    Request r;
    r.truth.method = options_.unusual_methods && !refused_ && chance(10) ? "FROB" : one_of(usual);
    r.truth.target = "/" + std::to_string(seed_) + "/" + std::to_string(dialogue_.truth.size());
    r.head = (chance(5) ? "\r\n" : "") + r.truth.method + " " + r.truth.target + " HTTP/1.1\r\nHost: a\r\n";
    if (r.truth.method == "POST" || r.truth.method == "PUT" || r.truth.method == "PATCH") {
      const bool chunked = chance(40);
      r.body = content(120);
      if (chunked) {
        r.body = chunks(r.body);
        r.head += "Transfer-Encoding: chunked\r\n";
      } else {
        r.head += "Content-Length: " + std::to_string(r.body.size()) + "\r\n";
      }
      r.expects = options_.expects && !options_.pipelined && !r.body.empty() && chance(30);
      if (r.expects) r.head += "Expect: 100-continue\r\n";
    }
    r.truth.request_bytes = r.body.size();
    r.head += "\r\n";
    dialogue_.truth.push_back(r.truth);
    return r;
  }

  // The answer to the request that is `index`th of all.
  Response response(size_t index) {
    TrueTransaction& truth = dialogue_.truth[index];
    Response r;
    if (chance(10)) r.interim = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    uint64_t code = 200 + (index * 29 + seed_ % 7) % 350;  // no two of a dialogue are the same
    if (code == 204 || code == 304 || chance(10)) {
      code = index % 2 == 0 ? 204 : 304;
      r.head = "HTTP/1.1 " + std::to_string(code) + " No\r\n" +
               (chance(50) && code == 304 ? "Content-Length: 50\r\n" : "");
    } else {
      r.head = "HTTP/1.1 " + std::to_string(code) + " OK\r\n";
      const std::string body = content(200);
      const bool until_close = !options_.pipelined && chance(5);
      if (until_close) {
        r.body = body;
        r.last = true;
      } else if (chance(40)) {
        r.body = chunks(body);
        r.head += "Transfer-Encoding: chunked\r\n";
      } else {
        r.body = body;
        r.head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
      }
      if (truth.method == "HEAD") r.body.clear();
    }
    r.head += "\r\n";
    truth.status = std::to_string(code);
    truth.response_bytes = r.body.size();
    return r;
  }

  void exchange() {
    const size_t index = dialogue_.truth.size();
    const Request req = request();
    refused_ = false;
    if (chance(3)) {  // gone before an answer, in the body perhaps
      const size_t sent = below(req.body.size() + 1);
      say(Direction::recv, req.head + req.body.substr(0, sent));
      dialogue_.truth[index].request_bytes = sent;
      dialogue_.truth[index].status = "aborted";
      over_ = true;
      return;
    }
    const Response res = response(index);
    if (req.expects && chance(30)) {  // refused
      say(Direction::recv, req.head);
      say(Direction::send, res.head + res.body);
      dialogue_.truth[index].request_bytes = 0;
      refused_ = true;  // in place of a body only a registered method is told from it
    } else if (req.expects) {
      say(Direction::recv, req.head);
      say(Direction::send, "HTTP/1.1 100 Continue\r\n\r\n");
      say(Direction::recv, req.body);
      say(Direction::send, res.interim + res.head + res.body);
    } else if (!req.body.empty() && chance(15)) {  // answered early
      const size_t part = below(req.body.size());
      say(Direction::recv, req.head + req.body.substr(0, part));
      say(Direction::send, res.interim + res.head + res.body);
      say(Direction::recv, req.body.substr(part));
    } else {
      say(Direction::recv, req.head + req.body);
      if (chance(5)) {  // cut off
        const size_t sent = below(res.body.size() + 1);
        say(Direction::send, res.head + res.body.substr(0, sent));
        dialogue_.truth[index].response_bytes = sent;
        over_ = true;
        return;
      }
      say(Direction::send, res.interim + res.head + res.body);
    }
    over_ = res.last;
  }

  // Requests at once, answered one after the other while more may come.
  void batch() {
    std::string requests;
    const size_t n = 2 + below(6);
    for (size_t i = 0; i < n; ++i) {
      const Request r = request();
      requests += r.head + r.body;
    }
    say(Direction::recv, requests);
    answer_some(chance(30) ? below(n) : n);
    if (chance(5)) over_ = true;
    if (over_)
      for (size_t i = answered_; i < dialogue_.truth.size(); ++i) dialogue_.truth[i].status = "aborted";
  }

  void answer_some(size_t most) {
    for (size_t i = 0; i < most && answered_ < dialogue_.truth.size(); ++i) {
      const Response r = response(answered_++);
      say(Direction::send, r.interim + r.head + r.body);
    }
  }

  RandomDialogueOptions options_;
  std::mt19937_64 random_;
  uint64_t seed_;
  RandomDialogue dialogue_;
  size_t answered_ = 0;
  bool refused_ = false;
  bool over_ = false;

 public:
  // What nobody has answered when the connection ends.
  static void abort_the_rest(RandomDialogue& dialogue) {
    for (TrueTransaction& truth : dialogue.truth)
      if (truth.status.empty()) truth.status = "aborted";
  }
};

}  // namespace

RandomDialogue make_dialogue(uint64_t seed, const RandomDialogueOptions& options) {
  RandomDialogue dialogue = Author(seed, options).write();
  Author::abort_the_rest(dialogue);
  return dialogue;
}

}  // namespace sockwatch

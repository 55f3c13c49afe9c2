// Whether a client asks anew before it has had its answers: then no flight of its bytes is a place to find footing at.
//
// That it speaks while something waits is no proof. The answer may have passed and been lost, which shows when the server's next
// bytes come and do not go on where those before them ended.
#pragma once

namespace sockwatch {

class Overlap {
 public:
  /// The client begins a flight while something waits for its answer.
  void suspect() { suspected_ = true; }
  /// More bytes of the server have come; `missed`: others before them were not seen.
  void server_speaks(bool missed) {
    proven_ = proven_ || (suspected_ && !missed);
    suspected_ = false;
  }
  /// After a long silence nothing is under way.
  void forget() { suspected_ = proven_ = false; }

  bool proven() const { return proven_; }
  bool possible() const { return suspected_ || proven_; }

 private:
  bool suspected_ = false;
  bool proven_ = false;
};

}  // namespace sockwatch

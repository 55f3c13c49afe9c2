// A container engine of a test: listens on a Unix socket and answers as it is told to.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "util/fd.h"

namespace sockwatch {

class FakeEngine {
 public:
  /// The bytes to send for a request for the container; nothing more is sent. Empty: none, and the connection
  /// stays open.
  using Answer = std::function<std::string(const std::string& id)>;

  explicit FakeEngine(Answer answer);
  ~FakeEngine();

  const std::string& socket() const { return path_; }
  int questions() const { return questions_; }

 private:
  void serve(Answer answer);

  std::string folder_;
  std::string path_;
  Fd listener_;
  Fd stop_;
  std::atomic<int> questions_ = 0;
  std::thread thread_;
};

/// A 200 whose body is what Docker says of a container.
std::string container_answer(const std::string& name, const std::string& image = "shop:1",
                             const std::string& labels = "{}");
/// What Docker says of a container that it does not know.
std::string no_such_container();

}  // namespace sockwatch

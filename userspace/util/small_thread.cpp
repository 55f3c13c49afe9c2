#include "util/small_thread.h"

#include <csignal>
#include <cstring>
#include <memory>

namespace sockwatch {
namespace {

extern "C" void* run_and_delete(void* argument) {
  const std::unique_ptr<std::function<void()>> run(static_cast<std::function<void()>*>(argument));
  (*run)();
  return nullptr;
}

}  // namespace

Result<SmallThread> SmallThread::start(const char* name, std::function<void()> run) {
  auto argument = std::make_unique<std::function<void()>>(std::move(run));
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  // Signals belong to the thread that started the program: a new thread inherits the mask of its creator.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread{};
  const int error = pthread_create(&thread, &attributes, run_and_delete, argument.get());
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (error != 0) {
    return Error{std::string("cannot start the thread ") + name + ": " + std::strerror(error) +
                 "; raise the limit on processes and threads"};
  }
  argument.release();
  pthread_setname_np(thread, name);
  return SmallThread(thread);
}

void SmallThread::join() {
  if (std::exchange(joinable_, false)) pthread_join(thread_, nullptr);
}

}  // namespace sockwatch

// Prints the nanoseconds of one getppid(): a system call that has nothing to do with sockets. The least of 50 batches, so that
// what interrupts one of them does not count.
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { batches = 50, calls = 100000 };

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int main(void) {
  uint64_t least = UINT64_MAX;
  for (int batch = 0; batch < batches; ++batch) {
    const uint64_t began = now_ns();
    for (int call = 0; call < calls; ++call) syscall(SYS_getppid);
    const uint64_t took = now_ns() - began;
    if (took < least) least = took;
  }
  printf("%.2f\n", (double)least / calls);
}

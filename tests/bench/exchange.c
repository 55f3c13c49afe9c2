// Prints the nanoseconds of one small HTTP exchange over the loopback, both ends in one thread on one CPU: two sends and two receives
// with nothing else between. The least of 400 batches, so that what interrupts one of them does not count. With the argument
// "writev" the answer's head and body are two buffers.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { batches = 400, exchanges = 500 };

static char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
static char head[] =
    "HTTP/1.1 200 OK\r\nServer: exchange\r\nDate: Tue, 24 Nov 2026 06:28:38 GMT\r\nContent-Type: text/plain\r\n"
    "Content-Length: 5\r\nConnection: keep-alive\r\n\r\n";
static char body[] = "hello";

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void require(int right, const char* what) {
  if (right) return;
  perror(what);
  exit(1);
}

static void join_ends(int* client, int* server) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof(address);
  const int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  require(bind(listener, (struct sockaddr*)&address, length) == 0 && listen(listener, 1) == 0, "listen");
  require(getsockname(listener, (struct sockaddr*)&address, &length) == 0, "getsockname");
  *client = socket(AF_INET, SOCK_STREAM, 0);
  require(connect(*client, (struct sockaddr*)&address, length) == 0, "connect");
  *server = accept(listener, NULL, NULL);
  require(*server >= 0, "accept");
  setsockopt(*client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  setsockopt(*server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

int main(int count, char** arguments) {
  const int two_buffers = count > 1 && strcmp(arguments[1], "writev") == 0;
  const struct iovec answer[] = {{head, sizeof(head) - 1}, {body, sizeof(body) - 1}};
  char whole[512], buffer[4096];
  const size_t whole_length = (size_t)snprintf(whole, sizeof(whole), "%s%s", head, body);
  int client, server;
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(0, &cpus);
  require(sched_setaffinity(0, sizeof(cpus), &cpus) == 0, "sched_setaffinity");
  join_ends(&client, &server);

  uint64_t least = UINT64_MAX;
  for (int batch = 0; batch < batches; ++batch) {
    const uint64_t began = now_ns();
    for (int i = 0; i < exchanges; ++i) {
      require(send(client, request, sizeof(request) - 1, 0) > 0, "send");
      require(recv(server, buffer, sizeof(buffer), 0) > 0, "recv");
      require((two_buffers ? writev(server, answer, 2) : send(server, whole, whole_length, 0)) > 0, "answer");
      require(recv(client, buffer, sizeof(buffer), 0) > 0, "recv");
    }
    const uint64_t took = now_ns() - began;
    if (took < least) least = took;
  }
  printf("%.2f\n", (double)least / exchanges);
}

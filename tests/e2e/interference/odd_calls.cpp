// One connection over the loopback, both ends in this process: a request and its answer as usual, a request
// one of whose calls hides its bytes from an observer, and another as usual. The argument says which call.
// Prints a line, and lives until standard input ends.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view kRequest = "GET /odd HTTP/1.1\r\nHost: odd\r\n\r\n";
constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

[[noreturn]] void fail(const char* what) {
  perror(what);
  exit(1);
}

void require(bool right, const char* what) {
  if (!right) fail(what);
}

struct Ends {
  int client = -1;
  int server = -1;
};

Ends connect_ends() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  require(bind(listener, reinterpret_cast<sockaddr*>(&address), length) == 0 && listen(listener, 1) == 0,
          "listen");
  require(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0, "getsockname");
  Ends ends;
  ends.client = socket(AF_INET, SOCK_STREAM, 0);
  require(connect(ends.client, reinterpret_cast<sockaddr*>(&address), length) == 0, "connect");
  ends.server = accept(listener, nullptr, nullptr);
  require(ends.server >= 0, "accept");
  close(listener);
  return ends;
}

void send_all(int fd, std::string_view bytes) {
  require(send(fd, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()), "send");
}

void receive(int fd, size_t size, int flags = 0) {
  char buffer[256];
  for (size_t got = 0; got < size;) {
    const ssize_t n = recv(fd, buffer, size - got, flags);
    require(n > 0, "recv");
    got += static_cast<size_t>(n);
  }
}

// Out of the socket, into a pipe: no receive.
void splice_away(int fd, size_t size) {
  int ends[2];
  require(pipe(ends) == 0, "pipe");
  for (size_t got = 0; got < size;) {
    const ssize_t n = splice(fd, nullptr, ends[1], nullptr, size - got, 0);
    require(n > 0, "splice");
    got += static_cast<size_t>(n);
  }
  close(ends[0]);
  close(ends[1]);
}

// As a 32-bit program calls the kernel.
void send_compat(int fd, std::string_view bytes) {
#if defined(__x86_64__)
  void* low = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  require(low != MAP_FAILED, "mmap");
  memcpy(low, bytes.data(), bytes.size());
  long result = 0;
  constexpr long write32 = 4;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(write32), "b"(fd), "c"(low), "d"(bytes.size())
                   : "memory");
  require(result == static_cast<long>(bytes.size()), "int 0x80");
#else
  (void)fd, (void)bytes;
  fail("no 32-bit calls on this machine");
#endif
}

// By Linux' own asynchronous I/O: the buffer stands in no register.
void send_aio(int fd, std::string_view bytes) {
  aio_context_t context = 0;
  require(syscall(SYS_io_setup, 1, &context) == 0, "io_setup");
  iocb block{};
  block.aio_lio_opcode = IOCB_CMD_PWRITE;
  block.aio_fildes = static_cast<__u32>(fd);
  block.aio_buf = reinterpret_cast<__u64>(bytes.data());
  block.aio_nbytes = bytes.size();
  iocb* blocks[] = {&block};
  require(syscall(SYS_io_submit, context, 1, blocks) == 1, "io_submit");
  io_event event{};
  require(syscall(SYS_io_getevents, context, 1, 1, &event, nullptr) == 1, "io_getevents");
  require(event.res == static_cast<long long>(bytes.size()), "io_submit's result");
  syscall(SYS_io_destroy, context);
}

// A network namespace whose sockets may have no memory of others beside them.
void enter_poor_namespace() {
  require(unshare(CLONE_NEWNET) == 0, "unshare");
  const int limit = open("/proc/sys/net/core/optmem_max", O_WRONLY);
  if (limit < 0) exit(77);  // the whole host's before Linux 6.8: not ours to change
  require(write(limit, "1\n", 2) == 2, "optmem_max");
  close(limit);
  const int any = socket(AF_INET, SOCK_DGRAM, 0);
  ifreq request{};
  strcpy(request.ifr_name, "lo");
  require(ioctl(any, SIOCGIFFLAGS, &request) == 0, "lo");
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  require(ioctl(any, SIOCSIFFLAGS, &request) == 0, "lo up");
  close(any);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string way = count > 1 ? arguments[1] : "";
  if (way == "no_socket_state") enter_poor_namespace();
  const Ends ends = connect_ends();
  for (int request = 0; request < 3; ++request) {
    const std::string odd = request == 1 ? way : "";
    if (odd == "compat") {
      send_compat(ends.client, kRequest);
    } else if (odd == "syscall") {
      send_aio(ends.client, kRequest);
    } else {
      send_all(ends.client, kRequest);
    }
    if (odd == "truncated") {
      receive(ends.server, kRequest.size(), MSG_TRUNC);
    } else if (odd == "skipped") {
      splice_away(ends.server, kRequest.size());
    } else {
      receive(ends.server, kRequest.size());
    }
    send_all(ends.server, kAnswer);
    receive(ends.client, kAnswer.size());
  }
  close(ends.client);
  close(ends.server);
  puts("done");
  fflush(stdout);
  getchar();  // a process that is gone is named by its command
}

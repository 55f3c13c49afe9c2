// An HTTP server whose every byte passes through io_uring, one connection at a time: server MODE. Prints its
// port, answers requests without bodies until it is ended. A request's path is its number; one that ends in
// /close ends the connection.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <liburing.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char *what) {
  perror(what);
  exit(1);
}

enum { kRoom = 65536, kBuffers = 8, kBufferSize = 512, kGroup = 7, kReceived = 1 };

// Of the kernel's header, which an older liburing lacks.
enum { kReadMultishot = 49, kBundle = 1 << 4 };

static struct io_uring ring;
static char in[kRoom];
static size_t have;
static const char *mode;
static char pool[kBuffers][kBufferSize];
static char fixed[kRoom];
static bool armed;  // a multishot receive is
static struct io_uring_buf_ring *buffer_ring;

static bool is(const char *name) { return strcmp(mode, name) == 0; }

static struct io_uring_cqe
    early[kBuffers + 1];  // what a multishot receive told of while something else was waited for
static int early_count;

static int wait_for_kind(struct io_uring_cqe *out, bool received) {
  int error = io_uring_submit(&ring);
  if (error < 0) return error;
  if (received && early_count > 0) {
    *out = early[0];
    memmove(early, early + 1, sizeof(early[0]) * (size_t)--early_count);
    return out->res;
  }
  for (;;) {
    struct io_uring_cqe *cqe;
    while ((error = io_uring_wait_cqe(&ring, &cqe)) == -EINTR) continue;
    if (error < 0) return error;
    *out = *cqe;
    io_uring_cqe_seen(&ring, cqe);
    if ((out->user_data == kReceived) == received) return out->res;
    early[early_count++] = *out;
  }
}

static int wait_for(struct io_uring_cqe *out) { return wait_for_kind(out, false); }

static struct io_uring_sqe *next_request(void) {
  struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
  if (sqe == NULL) die("no room in the ring");
  sqe->user_data = 0;  // an entry that is used again keeps what it had
  return sqe;
}

static void flags_of(struct io_uring_sqe *sqe) {
  if (is("async")) sqe->flags |= IOSQE_ASYNC;
  if (is("poll-first")) sqe->ioprio |= IORING_RECVSEND_POLL_FIRST;
}

static void give_buffers(int first, int n) {
  struct io_uring_sqe *sqe = next_request();
  struct io_uring_cqe cqe;
  io_uring_prep_provide_buffers(sqe, pool[first], kBufferSize, n, kGroup, first);
  if (wait_for(&cqe) < 0) die("provide buffers");
}

static bool is_multishot(void) {
  return is("multishot") || is("buffer-ring") || is("bundle") || is("read-multishot");
}

static void make_buffer_ring(void) {
  if (posix_memalign((void **)&buffer_ring, 4096, kBuffers * sizeof(struct io_uring_buf)) != 0)
    die("buffers");
  memset(buffer_ring, 0, kBuffers * sizeof(struct io_uring_buf));
  struct io_uring_buf_reg registration = {
      .ring_addr = (unsigned long)buffer_ring, .ring_entries = kBuffers, .bgid = kGroup};
  int error = io_uring_register_buf_ring(&ring, &registration, 0);
  if (error < 0) errno = -error, die("register a buffer ring");
  for (int i = 0; i < kBuffers; i++)
    io_uring_buf_ring_add(buffer_ring, pool[i], kBufferSize, (unsigned short)i, kBuffers - 1, i);
  io_uring_buf_ring_advance(buffer_ring, kBuffers);
}

// What lies in the ring's buffers from `first` on goes to in + have, and they are given back.
static void take_from_ring(int first, size_t size) {
  size_t at = 0;
  int used = 0;
  for (; at < size; used++) {
    const int buffer = (first + used) % kBuffers;
    const size_t part = size - at < kBufferSize ? size - at : kBufferSize;
    memcpy(in + have + at, pool[buffer], part);
    at += part;
    io_uring_buf_ring_add(buffer_ring, pool[buffer], kBufferSize, (unsigned short)buffer, kBuffers - 1, used);
  }
  io_uring_buf_ring_advance(buffer_ring, used);
}

// Receives some bytes to in + have; 0 at the end.
static int receive(int fd) {
  struct io_uring_cqe cqe;
  struct iovec v[3] = {{in + have, 0}, {in + have, 5}, {in + have + 5, kRoom - have - 5}};
  struct msghdr message = {.msg_iov = v, .msg_iovlen = 3};
  if (is_multishot()) {
    if (!armed) {
      struct io_uring_sqe *sqe = next_request();
      io_uring_prep_recv(sqe, fd, NULL, 0, 0);
      if (is("read-multishot"))
        io_uring_prep_rw(kReadMultishot, sqe, fd, NULL, 0, 0);
      else
        sqe->ioprio |= IORING_RECV_MULTISHOT | (is("bundle") ? kBundle : 0);
      sqe->flags |= IOSQE_BUFFER_SELECT;
      sqe->buf_group = kGroup;
      sqe->user_data = kReceived;
      armed = true;
    }
    int n = wait_for_kind(&cqe, true);
    if (!(cqe.flags & IORING_CQE_F_MORE)) armed = false;
    if (n == -ENOBUFS) return receive(fd);
    if (n == -EINVAL) errno = EINVAL, die("receive");
    if (n <= 0) return n;
    int buffer = (int)(cqe.flags >> IORING_CQE_BUFFER_SHIFT);
    if (buffer_ring != NULL) {
      take_from_ring(buffer, (size_t)n);
      return n;
    }
    memcpy(in + have, pool[buffer], (size_t)n);
    struct io_uring_sqe *sqe = next_request();
    io_uring_prep_provide_buffers(sqe, pool[buffer], kBufferSize, 1, kGroup, buffer);
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
    return n;
  }
  struct io_uring_sqe *sqe = next_request();
  if (is("msg"))
    io_uring_prep_recvmsg(sqe, fd, &message, 0);
  else if (is("rw"))
    io_uring_prep_read(sqe, fd, in + have, (unsigned)(kRoom - have), 0);
  else if (is("rwv"))
    io_uring_prep_readv(sqe, fd, v, 3, 0);
  else if (is("fixed"))
    io_uring_prep_read_fixed(sqe, fd, fixed, kRoom, 0, 0);
  else if (is("provided")) {
    io_uring_prep_recv(sqe, fd, NULL, kBufferSize, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = kGroup;
  } else if (is("registered-file"))
    io_uring_prep_recv(sqe, 0, in + have, kRoom - have, 0), sqe->flags |= IOSQE_FIXED_FILE;
  else
    io_uring_prep_recv(sqe, fd, in + have, kRoom - have, 0);
  flags_of(sqe);
  int n = wait_for(&cqe);
  if (n > 0 && is("provided")) {
    int buffer = (int)(cqe.flags >> IORING_CQE_BUFFER_SHIFT);
    memcpy(in + have, pool[buffer], (size_t)n);
    give_buffers(buffer, 1);
  }
  if (n > 0 && is("fixed")) memcpy(in + have, fixed, (size_t)n);
  return n;
}

static void send_all(int fd, char *bytes, size_t size) {
  struct io_uring_cqe cqe;
  const int parts = is("linked") ? 3 : is("long-chain") ? 12 : 1;
  if (parts > 1) {  // several requests at once, one after the other
    size_t share = size / (size_t)parts, at = 0;
    for (int i = 0; i < parts; i++) {
      struct io_uring_sqe *sqe = next_request();
      size_t part = i == parts - 1 ? size - at : share;
      io_uring_prep_send(sqe, fd, bytes + at, part, MSG_WAITALL);
      if (i < parts - 1) sqe->flags |= IOSQE_IO_LINK;
      at += part;
    }
    for (int i = 0; i < parts; i++)
      if (wait_for(&cqe) <= 0) die("linked send");
    return;
  }
  while (size > 0) {
    struct io_uring_sqe *sqe = next_request();
    size_t first = size / 3;
    struct iovec v[3] = {{bytes, 0}, {bytes, first}, {bytes + first, size - first}};
    struct msghdr message = {.msg_iov = v, .msg_iovlen = 3};
    if (is("msg"))
      io_uring_prep_sendmsg(sqe, fd, &message, 0);
    else if (is("rw"))
      io_uring_prep_write(sqe, fd, bytes, (unsigned)size, 0);
    else if (is("rwv"))
      io_uring_prep_writev(sqe, fd, v, 3, 0);
    else if (is("fixed"))
      memcpy(fixed, bytes, size), io_uring_prep_write_fixed(sqe, fd, fixed, (unsigned)size, 0, 0);
    else if (is("zerocopy"))
      io_uring_prep_send_zc(sqe, fd, bytes, size, 0, 0);
    else if (is("registered-file"))
      io_uring_prep_send(sqe, 0, bytes, size, 0), sqe->flags |= IOSQE_FIXED_FILE;
    else
      io_uring_prep_send(sqe, fd, bytes, size, 0);
    flags_of(sqe);
    int n = wait_for(&cqe);
    if (n <= 0) die("send");
    if (cqe.flags & IORING_CQE_F_MORE) {  // zero copy: the buffer is free when this comes
      struct io_uring_cqe notice;
      wait_for(&notice);
    }
    bytes += n;
    size -= (size_t)n;
  }
}

static void serve(int fd) {
  struct io_uring_params params = {0};
  if (is("sqpoll")) params.flags = IORING_SETUP_SQPOLL, params.sq_thread_idle = 100;
  if (is("defer")) params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
  int error = io_uring_queue_init_params(32, &ring, &params);
  if (error < 0) errno = -error, die("io_uring");
  if (is("registered-file") && (error = io_uring_register_files(&ring, &fd, 1)) < 0)
    errno = -error, die("register");
  if (is("fixed")) {
    struct iovec v = {fixed, sizeof(fixed)};
    if ((error = io_uring_register_buffers(&ring, &v, 1)) < 0) errno = -error, die("register buffers");
  }
  if (is("provided") || is("multishot")) give_buffers(0, kBuffers);
  if (is("buffer-ring") || is("bundle") || is("read-multishot")) make_buffer_ring();
  have = 0;
  armed = false;
  early_count = 0;
  for (bool open = true; open;) {
    int n = receive(fd);
    if (n <= 0) break;
    have += (size_t)n;
    char *end;
    while (open && (end = memmem(in, have, "\r\n\r\n", 4)) != NULL) {
      char path[64], answer[256];
      *end = 0;
      if (sscanf(in, "GET %60s", path) != 1) die("not a request");
      open = strstr(path, "/close") == NULL;
      int size = snprintf(answer, sizeof(answer),
                          "HTTP/1.1 200 OK\r\nX-Path: %s\r\nContent-Length: 2\r\n\r\nok", path);
      send_all(fd, answer, (size_t)size);
      size_t used = (size_t)(end + 4 - in);
      memmove(in, in + used, have - used);
      have -= used;
    }
  }
  io_uring_queue_exit(&ring);
  free(buffer_ring);
  buffer_ring = NULL;
  close(fd);
}

static bool known_mode(void) {
  const char *const modes[] = {
      "plain",  "msg",        "rw",       "rwv",       "fixed",       "registered-file",
      "async",  "poll-first", "provided", "multishot", "buffer-ring", "read-multishot",
      "bundle", "linked",     "zerocopy", "sqpoll",    "defer",       "long-chain"};
  for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
    if (is(modes[i])) return true;
  return false;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  mode = argv[1];
  if (!known_mode()) return 2;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof(address);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 64) != 0) die("listen");
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const int at_once = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
    serve(fd);
  }
}

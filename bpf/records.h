/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The contract between the kernel side and userspace: what crosses the ring buffer, what the iterators write, what
 * userspace writes back. Included by both sides; in userspace by the capture module alone. Fixed-width types, explicit
 * padding, native byte order unless a name says otherwise.
 */
#ifndef SOCKWATCH_RECORDS_H
#define SOCKWATCH_RECORDS_H

#ifdef __bpf__
typedef __u8 sw_u8;
typedef __u16 sw_u16;
typedef __u32 sw_u32;
typedef __u64 sw_u64;
#else
#include <stdint.h>
typedef uint8_t sw_u8;
typedef uint16_t sw_u16;
typedef uint32_t sw_u32;
typedef uint64_t sw_u64;
#endif

enum sw_record_kind {
	SW_RECORD_OPEN = 0,    /* header + struct sw_open + the service's name; before the socket's first segment */
	SW_RECORD_SEGMENT = 1, /* header + captured bytes + tail bytes */
	SW_RECORD_EOF = 2,     /* one direction has ended */
	SW_RECORD_CLOSE = 3,   /* both have */
	SW_RECORD_OWNER = 4,   /* header + struct sw_process + the service's name; another process uses the socket now */
};

enum sw_direction { SW_RECV = 0, SW_SEND = 1 };

/* sw_header.flags */
#define SW_FLAG_SEND 1  /* segment, eof: the direction is SW_SEND; open, close: that of the flight */
#define SW_FLAG_RESET 2 /* close: by RST */
#define SW_FLAG_UNREAD 8 /* close: the socket lives on, but says nothing that is known, and is watched no longer ... */
#define SW_FLAG_TLS 16   /* ... since it is TLS ... */
#define SW_FLAG_HTTP2 32 /* ... or HTTP/2, whose server spoke first */
#define SW_FLAG_PEEKED 4 /* segment: the bytes were looked at, not consumed; they will pass later */
#define SW_FLAG_LATER 64 /* segment: others of its flight came before it */

/* sw_header.hidden: why bytes could not be read. */
enum sw_hidden_reason {
	SW_HIDDEN_NONE = 0,
	SW_HIDDEN_SPLICE = 1,   /* sendfile, splice: they never were in user memory */
	SW_HIDDEN_FAULT = 2,    /* the page was not resident */
	SW_HIDDEN_TRUNC = 3,    /* discarded by MSG_TRUNC */
	SW_HIDDEN_COMPAT = 4,   /* a 32-bit process on a 64-bit kernel */
	SW_HIDDEN_URING = 5,    /* io_uring, in a way that does not tell the buffer */
	SW_HIDDEN_SYSCALL = 6,  /* a system call that we do not know */
	SW_HIDDEN_SKIPPED = 7,  /* consumed without passing a receive (splice, zero-copy receive) */
	SW_HIDDEN_PREEMPTED = 8, /* another program of ours was interrupted: there was no place to work in */
	SW_HIDDEN_REASONS = 9,
};

/* The longest prefix of a segment that is ever copied. A power of two. */
#define SW_CAPTURE_MAX 65536u
/* Bytes kept of a segment's end. */
#define SW_TAIL_MAX 16u

struct sw_header {
	sw_u64 socket; /* socket cookie */
	sw_u64 ts_ns;  /* CLOCK_MONOTONIC, when the (last) byte passed */
	sw_u64 offset; /* in this direction's stream; open, eof, close: where the received stream stands */
	sw_u64 length; /* on the wire; open, eof, close: where the sent stream stands */
	sw_u32 tgid;
	sw_u32 flight;      /* counts changes of direction */
	sw_u32 captured; /* first bytes that follow */
	sw_u8 tail;      /* last bytes that follow these */
	sw_u8 kind;
	sw_u8 flags;
	sw_u8 hidden;
};

struct sw_process {
	sw_u64 cgroup_id;
	char comm[16];
	sw_u32 parent; /* the process it was forked from, where neither has executed a program since; 0: there is none any more */
	sw_u32 user;   /* its real user id */
	sw_u8 forked;  /* it has executed nothing since it was forked */
	sw_u8 service_length; /* of the name that ends the record, from the environment that the program was executed with; 0: none */
	sw_u8 pad[6];
};

/* Bytes of a service's name from the environment, with its NUL: more than a name may have (128), so that a longer one is known. */
#define SW_SERVICE_MAX 136u

/* The variables of the environment that tell a service's name. A longer name than fits is not looked for here. */
#define SW_VARIABLES 8u     /* a power of two */
#define SW_VARIABLE_MAX 64u /* bytes of a variable's name with the "=" behind it; a power of two */
struct sw_variable {
	sw_u64 text[SW_VARIABLE_MAX / 8]; /* the name with "=", and zeros */
	sw_u64 mask[SW_VARIABLE_MAX / 8]; /* ones where text has a byte of the name */
	sw_u32 length;                    /* 0: there is no such variable */
	sw_u32 pad;
};

enum sw_family { SW_FAMILY_INET = 1, SW_FAMILY_INET6 = 2, SW_FAMILY_UNIX = 3 };

#define SW_UNIX_PATH_MAX 108

/* One socket's names. Addresses in network order, ports in host order. */
struct sw_names {
	sw_u8 local[16];
	sw_u8 remote[16];
	sw_u16 local_port;
	sw_u16 remote_port;
	sw_u8 family;
	sw_u8 unix_path_len; /* of sw_open.unix_path; an abstract name begins with @, a path ends with NUL */
	sw_u8 pad[2];
	sw_u64 netns; /* inode of the network namespace */
	sw_u64 peer;  /* AF_UNIX: the other end's cookie; 0 when it has none yet */
};

struct sw_open {
	struct sw_process process;
	struct sw_names names;
	sw_u8 from_start; /* no byte passed before this socket was first seen */
	sw_u8 accepted;   /* known to have come out of accept() */
	sw_u8 pad[2];
	char unix_path[SW_UNIX_PATH_MAX];
};

/* What the iterator over all watched sockets writes, one each. */
struct sw_socket_entry {
	sw_u64 socket;
	struct sw_names names;
	sw_u64 offset[2];  /* bytes passed, by direction */
	sw_u64 last_ts[2]; /* when the last of them did */
	sw_u8 tail[2][SW_TAIL_MAX];
	sw_u8 tail_len[2];
	sw_u8 opened;    /* an open record was sent */
	sw_u8 listening; /* a listener, not a connection */
	sw_u8 passive;   /* 1: accepted; 0: connected or not known */
	sw_u8 attached;  /* a process holds it: accept() has returned it and close() has not been called */
	sw_u8 known_start; /* set up while we watched */
	sw_u8 pending;   /* SW_PENDING_...: what no record told of */
	sw_u32 tgid;
	sw_u32 flight;
};

#define SW_PENDING_UNTOLD 1 /* bytes that passed last */
#define SW_PENDING_LOST 2   /* bytes whose record was lost */
#define SW_PENDING_SEND 4   /* not why: the present flight is of sent bytes */

/* What the iterator is asked to write: sw_iterate, a global of the kernel side. */
enum sw_iterate { SW_ITERATE_ALL = 0, SW_ITERATE_PENDING = 1 };

/* What the programs count, each CPU for itself. */
enum sw_counter {
	SW_COUNT_SEGMENTS = 0,        /* segments that passed on watched sockets and were to be told of */
	SW_COUNT_LOST_SEGMENTS,       /* of these, the ring was full */
	SW_COUNT_LOST_REQUESTS,       /* of these, those that began a request, on sockets of which userspace had not been told */
	SW_COUNT_LOST_RECEIVED,       /* bytes of lost segments on such sockets */
	SW_COUNT_LOST_SENT,
	SW_COUNT_LOST_CONTROL,        /* open, eof, close, owner records: the ring was full */
	SW_COUNT_NO_STATE,            /* a socket could not be watched: no memory for its state */
	SW_COUNT_POSTPONED_REQUESTS,  /* requests on sockets for which there was no room */
	SW_COUNT_PREEMPTED,           /* sends and receives not read: their program had interrupted another of ours */
	SW_COUNT_ENVIRONMENTS_CUT,    /* executed programs whose environment was too long to be searched to its end, or could not be read or kept */
	SW_COUNT_SHORTENED,           /* segments of which less was copied than was wanted: the ring had no room for more */
	SW_COUNTERS,
};

/*
 * The rings: one a CPU, each an element of a mapped array. The CPU's programs are the one producer, userspace is the one
 * consumer. Positions only grow; a record lies at `position % size` and runs on past the end, for which the element has room
 * (SW_RING_SLACK), so that it is always in one piece. Records that depend on one another across CPUs are put in order by
 * `order_ns`: what was stamped before userspace looked at any ring is complete in all of them.
 */
struct sw_ring {
	sw_u64 head;     /* records end here; written by the producer */
	sw_u64 reserved; /* programs interrupted by one another have room up to here */
	sw_u32 nest;     /* programs at work on this CPU */
	sw_u32 looks;
	sw_u64 counts[SW_COUNTERS];
	sw_u8 pad1[128 - 24 - 8 * SW_COUNTERS]; /* the consumer's cache line is another one */
	sw_u64 tail; /* consumed up to here; written by the consumer */
	sw_u8 pad2[56];
	/* size bytes of records follow, then SW_RING_SLACK */
};

struct sw_entry {
	sw_u64 order_ns; /* CLOCK_MONOTONIC when the program began */
	sw_u32 size;     /* of the record that follows; the next entry begins at a multiple of 8 */
	sw_u32 pad;
};

#define SW_RING_SLACK (SW_CAPTURE_MAX + 1024u)

/* What a CPU's programs work in, at most. */
#define SW_SCRATCH_BYTES (2 * SW_CAPTURE_MAX + 1152u)

/*
 * Advice from userspace: array element (cookie % SW_ADVICE_SLOTS) holds the cookie of a socket that is of no interest any
 * longer, or, with SW_ADVICE_POSTPONE, of one for which there is no room: its requests are counted as lost until userspace says
 * that there is room again (sw_room_round), and then it is joined in the middle. Later advice for the same slot replaces it; a socket whose advice was replaced before it was seen is advised
 * again when its next record arrives.
 */
#define SW_ADVICE_SLOTS 4096u
#define SW_ADVICE_POSTPONE (1ull << 63) /* no cookie is that large */

/* Closed sockets of which no record could tell, at most: about 2 MiB of kernel memory. */
#define SW_LOST_CLOSES 16384u

#ifdef __cplusplus
#define SW_ASSERT_SIZE(type, bytes) static_assert(sizeof(type) == (bytes))
#else
#define SW_ASSERT_SIZE(type, bytes) _Static_assert(sizeof(struct type) == (bytes), #type)
#endif
SW_ASSERT_SIZE(sw_header, 48);
SW_ASSERT_SIZE(sw_process, 40);
SW_ASSERT_SIZE(sw_open, 208);
SW_ASSERT_SIZE(sw_variable, 136);
SW_ASSERT_SIZE(sw_ring, 192);
SW_ASSERT_SIZE(sw_entry, 16);
SW_ASSERT_SIZE(sw_socket_entry, 144);

#endif

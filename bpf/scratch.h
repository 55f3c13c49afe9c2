/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The memory in which a program works: one piece a CPU, for programs that run in process context. */
#ifndef SOCKWATCH_SCRATCH_H
#define SOCKWATCH_SCRATCH_H

#include "state.h"

#define IOVECS_FIRST 4 /* read at once; more are read one by one */

/* Where the bytes of a send or receive lie. */
struct message {
	__u64 base;   /* one buffer ... */
	__u64 iov;    /* ... or an array of them, when not 0 */
	__u32 iovcnt;
	__u32 hidden; /* enum sw_hidden_reason: neither */
	__u32 first;  /* bytes to leave out of the first iovec */
	__u32 in_kernel; /* the array is in kernel memory; what it points to never is */
};

/* A copy under way: `want` bytes after the first `skip` of a message of `length`, and its last `tail` bytes. */
struct gather {
	__u64 iov;
	__u32 iovcnt;
	__u32 want;
	__u64 skip;
	__u64 length;
	__u64 position; /* in the message, of the next buffer */
	__u32 captured;
	__u32 tail;
	__u32 fault;
	__u32 first;
	__u32 in_kernel;
};

/* A long segment of a database or cache, in several records: there is no body in it that could be left out. */
struct part {
	__u64 length;
	__u64 skip; /* up to where records have told */
	__u64 now;
	__u32 direction;
	__u32 hidden; /* of the message, before any of it was copied */
};

struct scratch {
	__u64 msghdr; /* of the send or receive at hand, where it was handed over; 0: none */
	__u32 busy;   /* a program of fexit.bpf.h is at work */

	/* What would take too much of the stack: a program and all that it calls have 512 bytes together before 6.13. */
	struct message message, candidate;
	struct user_message user_message;
	struct gather gather;
	struct user_iovec iovecs[IOVECS_FIRST];
	struct part part;

	struct {
		struct sw_header header;
		struct sw_open open;
		char service[SW_SERVICE_MAX];
	} open;
	struct {
		struct sw_header header;
		struct sw_process process;
		char service[SW_SERVICE_MAX];
	} owner;
	struct {
		struct sw_header header;
		__u8 probe[2 * PROBE_MAX];
	} first; /* the first bytes of a direction, told of late */
	__u8 tail[SW_TAIL_MAX];
	struct sw_header header;
	__u8 data[2 * SW_CAPTURE_MAX + SW_TAIL_MAX]; /* the tail follows what was captured, of which 6.1 knows the mask's bound alone */
};
_Static_assert(sizeof(struct scratch) <= SW_SCRATCH_BYTES, "struct scratch");

/* One element a CPU; userspace sets the number. An ordinary array: a per-CPU one is limited to 32 KiB. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} sw_scratch SEC(".maps");

static __always_inline struct scratch *scratch(void)
{
	__u32 cpu = bpf_get_smp_processor_id();
	return bpf_map_lookup_elem(&sw_scratch, &cpu);
}

#endif

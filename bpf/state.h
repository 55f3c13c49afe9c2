/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The state of a socket, the maps, and what userspace sets before the programs are loaded. */
#ifndef SOCKWATCH_STATE_H
#define SOCKWATCH_STATE_H

#include "compat.bpf.h"
#include "records.h"

enum verdict {
	VERDICT_NEW = 0, /* no byte has told yet */
	VERDICT_MAYBE,   /* looks like HTTP as far as it goes; too short to tell */
	VERDICT_MINE, /* a protocol that userspace knows, as far as can be told here */
	VERDICT_ANSWER, /* no message begins so; a server that answers in HTTP took it for one all the same */
	VERDICT_IGNORE,
	VERDICT_POSTPONED, /* of interest, and userspace has no room for it */
};

/* One direction. What every segment touches comes first, here and in struct socket_state: it costs cache lines. */
struct stream {
	__u64 offset;     /* bytes that passed */
	__u64 told;       /* of these, up to where records have told */
	__u64 last_ts;    /* when the last byte passed */
	__u64 skip_until; /* the current body's end by its Content-Length; 0: not known */
	__u64 first;      /* the first 8 bytes of the last flight */
	__u32 flight_bytes;  /* captured in this flight */
	__u32 flight_records;
};

/* Of the bytes of one direction that were not told. */
struct untold {
	__u8 tail[SW_TAIL_MAX]; /* the last of them */
	__u8 tail_len;
	__u8 hidden;
	__u8 pad[6];
};

#define PROBE_MAX 32

struct socket_state {
	__u64 cookie;
	__u32 tgid;       /* last told to userspace */
	__u32 flight;
	__u32 copied_seq; /* TCP: what had been consumed after the last receive */
	__u8 verdict;
	__u8 last_direction;
	__u8 opened;
	__u8 closed;
	__u8 tcp;
	__u8 queries; /* a database or cache: no bodies to leave out */
	__u8 request_direction; /* 1 + direction, once known */
	__u8 passive;
	__u8 listening;
	__u8 known_start;
	__u8 from_start;
	__u8 tries;       /* flights that did not look like HTTP, where the start was not seen */
	struct stream streams[2];
	struct untold untold[2];
	__u64 listed_ns;   /* when it was last listed with nothing consumed but by receives */
	__u32 listed_seq;  /* TCP: what had been consumed when it was last listed */
	__u32 listed_round; /* the listing of descriptors that last came across it */
	__u32 room_round;  /* the sw_room_round in which it was postponed */
	__u8 lost;         /* a record was, and no listing has told of it since */
	__u8 pad3[3];
	__u64 mmsg;        /* the array of the sendmmsg or recvmmsg under way ... */
	__u32 mmsg_pid;    /* ... by this thread ... */
	__u32 mmsg_next;   /* ... its next element ... */
	__u64 mmsg_offset; /* ... where in the stream that begins ... */
	__u32 mmsg_length; /* ... and how many bytes the one before it had */
	__u32 pad;
	__u8 probe_len;
	__u8 probe[2 * PROBE_MAX]; /* the first bytes of the flight, until they tell; the verifier wants twice the room */
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct socket_state);
} sw_sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);                    /* userspace sets the number of CPUs ... */
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct sw_ring) + 4096 + SW_RING_SLACK); /* ... and their size */
} sw_rings SEC(".maps");

/* Rung to wake userspace; what it holds means nothing. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* userspace sets the page size */
} sw_bell SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SW_ADVICE_SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} sw_advice SEC(".maps");

/*
 * Sockets whose close found no room in the ring: nothing else would ever tell of it. Userspace reads the map after each
 * record that was lost so, and empties it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, SW_LOST_CLOSES);
	__type(key, __u64);
	__type(value, struct sw_header); /* the record */
} sw_lost_closes SEC(".maps");

/* Processes that userspace has been told of lately. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u8);
} sw_known_processes SEC(".maps");

/* Set by userspace before load. */
const volatile __u32 sw_agent_tgid = 0;        /* our own endpoint is not watched */
const volatile __u32 sw_ring_size = 4096;      /* of each ring; a power of two */
const volatile __u8 sw_by_iterator = 0;        /* the programs of fexit.bpf.h are at work, not the tracepoints' */

/* Set by userspace once every socket that was there before the programs has its state. */
__u8 sw_seeded; /* a bool is none in C++, which reads this too */

/* Counted up by userspace when it has room for sockets that were postponed. */
__u32 sw_room_round;

/* Set by the programs when bytes have passed that no record tells of, cleared by userspace. */
__u8 sw_unreported;

/* Set by userspace before it reads the iterator. */
__u32 sw_iterate_what = SW_ITERATE_ALL;
__u32 sw_listing_round; /* counts listings of descriptors, from 1 */

/* This CPU's. */
static __always_inline struct sw_ring *ring(void)
{
	__u32 cpu = bpf_get_smp_processor_id();
	return bpf_map_lookup_elem(&sw_rings, &cpu);
}

static __always_inline void count(enum sw_counter what)
{
	struct sw_ring *r = ring();
	if (r)
		r->counts[what]++;
}

#endif

/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The producer's side of struct sw_ring. No lock and no atomic but one: only programs on the same CPU write to a ring, and
 * one that interrupts another (a softirq) has ended before the other goes on.
 */
#ifndef SOCKWATCH_RING_H
#define SOCKWATCH_RING_H

#include <bpf/bpf_endian.h>

#include "state.h"

#define LOOK_EVERY 16    /* records between two looks at the fill */
#define RING_MARGIN 1024 /* left free for a program that interrupts another */

/* Makes what has been written visible, unless an interrupted program is still writing. */
static __always_inline void publish(struct sw_ring *r)
{
	if (--r->nest)
		return;
#if defined(__TARGET_ARCH_x86)
	barrier();
	r->head = r->reserved;
	barrier();
	if (r->head != r->reserved) /* interrupted between the load and the store */
		r->head = r->reserved;
#else
	__sync_lock_test_and_set(&r->head, r->reserved);
#endif
}

/* Room for `size` bytes, to be filled and then published in either case; null when the ring is full. */
static __always_inline void *reserve(struct sw_ring *r, __u64 size, __u64 now)
{
	__u64 total = (sizeof(struct sw_entry) + size + 7) & ~7ull, position;
	struct sw_entry *entry;

	r->nest++;
	barrier();
	if (r->reserved + total + RING_MARGIN - r->tail > sw_ring_size)
		return 0;
	position = __sync_fetch_and_add(&r->reserved, total);
	entry = (void *)(r + 1) + (position & (sw_ring_size - 1));
	entry->order_ns = now;
	entry->size = size;
	return entry + 1;
}

static __always_inline void ring_bell(void)
{
	__u64 nothing = 0;

	bpf_ringbuf_output(&sw_bell, &nothing, sizeof(nothing), BPF_RB_FORCE_WAKEUP);
}

/* Userspace polls; it is woken only when a ring fills up ... */
static __always_inline void look(struct sw_ring *r)
{
	if (++r->looks % LOOK_EVERY == 0 && r->reserved - r->tail >= sw_ring_size / 4)
		ring_bell();
}

/* ... and when a process is new to it: it may be gone in a moment, and its name with it. */
static __always_inline void introduce(__u32 tgid)
{
	__u8 known = 1;

	if (bpf_map_lookup_elem(&sw_known_processes, &tgid))
		return;
	bpf_map_update_elem(&sw_known_processes, &tgid, &known, BPF_ANY);
	ring_bell();
}

static __always_inline bool output(const void *record, __u64 size, __u64 now)
{
	struct sw_ring *r = ring();
	void *room;

	if (!r)
		return false;
	room = reserve(r, size, now);
	barrier_var(size);
	if (room && size <= SW_RING_SLACK - sizeof(struct sw_entry))
		bpf_probe_read_kernel(room, size, record);
	publish(r);
	if (room)
		look(r);
	return room != 0;
}

/*
 * Left beside what one record copies: its own head and tail, and the records that may have to come before it (open, owner, bytes
 * that were not told of).
 */
#define RECORD_MARGIN 1024

/* The most that one record can copy now and still find room. Nearly always more than a record may have. */
static __always_inline __u32 copy_room(void)
{
	struct sw_ring *r = ring();
	__u64 taken = r ? r->reserved - r->tail + RING_MARGIN + RECORD_MARGIN : ~0ull;

	return taken < sw_ring_size ? sw_ring_size - taken : 0;
}

/* Whether the ring is full but for one part in `share`, so that bodies are to be captured sparingly. */
static __always_inline bool pressed(__u32 share)
{
	struct sw_ring *r = ring();

	return r && r->reserved - r->tail > sw_ring_size - sw_ring_size / share;
}

#endif

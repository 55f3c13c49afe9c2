/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The bookkeeping of a socket's two streams and of their flights: what has passed, what has been told of it. */
#ifndef SOCKWATCH_FLIGHT_H
#define SOCKWATCH_FLIGHT_H

#include "emit.h"

static __always_inline void begin_flight(struct socket_state *st, __u32 direction)
{
	struct stream *d = &st->streams[direction & 1];

	st->flight++;
	st->last_direction = direction;
	d->flight_bytes = d->flight_records = 0;
	d->skip_until = 0;
}

/* The bytes go the other way now. */
static __always_inline void turn(struct socket_state *st, __u32 direction)
{
	if (st->verdict != VERDICT_ANSWER) /* what was said may yet be told in its own words */
		emit_untold(st, !direction);
	begin_flight(st, direction);
	if (st->verdict <= VERDICT_MAYBE) {
		st->verdict = VERDICT_NEW;
		st->probe_len = 0;
	}
}

/* Bytes that are counted and not told of now. */
static __always_inline void pass(struct stream *d, __u64 n, __u64 now)
{
	d->offset += n;
	d->last_ts = now;
}

static __always_inline void fill_header(struct sw_header *h, struct socket_state *st, __u32 direction, __u64 length,
					__u64 now)
{
	h->socket = st->cookie;
	h->ts_ns = now;
	h->offset = st->streams[direction & 1].offset;
	h->length = length;
	h->tgid = st->tgid;
	h->flight = st->flight;
	h->captured = 0;
	h->tail = 0;
	h->kind = SW_RECORD_SEGMENT;
	h->flags = (direction == SW_SEND ? SW_FLAG_SEND : 0) | (st->streams[direction & 1].flight_records ? SW_FLAG_LATER : 0);
	h->hidden = SW_HIDDEN_NONE;
}

/* Of bytes that a listing has to tell of, should nothing else pass. The flag is shared by all CPUs: it is written seldom. */
static __always_inline void ask_for_listing(void)
{
	if (!sw_unreported)
		sw_unreported = 1;
}

/* What was lost of a socket that userspace knows shows in the offsets and flights of its next record, or in a listing. */
static __always_inline void count_lost(struct socket_state *st, __u32 direction, bool begins, __u64 length)
{
	struct sw_ring *r = ring();

	if (!r)
		return;
	r->counts[SW_COUNT_LOST_SEGMENTS]++;
	if (st->opened) {
		st->lost = 1;
		ask_for_listing();
		return;
	}
	if (begins && st->request_direction == 1 + direction)
		r->counts[SW_COUNT_LOST_REQUESTS]++;
	r->counts[direction == SW_SEND ? SW_COUNT_LOST_SENT : SW_COUNT_LOST_RECEIVED] += length;
}

/* Bytes that pass and are not told of now. */
static __always_inline void pass_untold(struct stream *d, __u64 n, __u64 now)
{
	pass(d, n, now);
	ask_for_listing();
}

/* The bytes have been told of, or counted as lost. */
static __always_inline void told(struct stream *d, __u64 length, __u32 captured, __u64 now)
{
	d->flight_bytes += captured;
	d->flight_records++;
	pass(d, length, now);
	d->told = d->offset;
}

/* Userspace's advice for the socket; 0: none. */
static __always_inline __u64 advice_for(struct socket_state *st)
{
	__u32 slot = st->cookie & (SW_ADVICE_SLOTS - 1);
	__u64 *advice = bpf_map_lookup_elem(&sw_advice, &slot);

	return advice && (*advice & ~SW_ADVICE_POSTPONE) == st->cookie ? *advice : 0;
}

/* Follows the advice, and takes it out of its place: a socket that was postponed will come back. */
static __always_inline void follow_advice(struct socket_state *st, __u64 advice)
{
	__u32 slot = st->cookie & (SW_ADVICE_SLOTS - 1);
	__u64 *place = bpf_map_lookup_elem(&sw_advice, &slot);

	if (place)
		*place = 0;
	st->verdict = advice & SW_ADVICE_POSTPONE ? VERDICT_POSTPONED : VERDICT_IGNORE;
	st->room_round = sw_room_round;
	st->opened = 0;
}

#endif

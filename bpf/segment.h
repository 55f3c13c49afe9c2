/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What becomes of a segment: of which kind it is, how much of it is copied, what userspace is told. */
#ifndef SOCKWATCH_SEGMENT_H
#define SOCKWATCH_SEGMENT_H

#include "message.h"
#include "flight.h"
#include "sniff.h"

/* Bytes consumed since the last receive that passed no receive of ours; exact, since TCP counts what is consumed. */
static __always_inline __u32 skipped_bytes(struct sock *sk, struct socket_state *st, __u32 received)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	__u32 now, skipped;

	if (!tp)
		return 0;
	now = tp->copied_seq;
	skipped = now - st->copied_seq - received;
	st->copied_seq = now;
	/* An urgent byte is counted as consumed where it was passed over: it is none of the stream that is read. */
	if (skipped && tp->urg_seq - (now - received - skipped) < skipped + received)
		skipped--;
	/* Consuming the FIN counts one; another thread's receive may be ahead of its report. */
	if (skipped == 1 && sk->sk_shutdown & RCV_SHUTDOWN)
		return 0;
	return skipped > 0x7fffffff ? 0 : skipped;
}

/* Global, so that the verifier sees it once. Returns whether more is to be told. */
__noinline int emit_part(struct socket_state *st)
{
	struct scratch *s = scratch();
	struct stream *d;
	struct part *p;
	__u64 rest;
	__u32 want, captured, tail;

	if (!st || !s)
		return 0;
	p = &s->part;
	s->message.hidden = p->hidden;
	d = &st->streams[p->direction & 1];
	rest = p->length - p->skip;
	want = query_budget(d, rest);
	tail = want ? 0 : SW_TAIL_MAX;
	captured = copy_message(s, p->length, p->skip, want, tail);
	if (s->message.hidden)
		captured = tail = 0;
	if (captured)
		rest = captured;
	fill_header(&s->header, st, p->direction, rest, p->now);
	s->header.captured = captured;
	s->header.tail = tail;
	s->header.hidden = s->message.hidden;
	captured &= 2 * SW_CAPTURE_MAX - 1;
	if (captured > SW_CAPTURE_MAX)
		return 0;
	if (tail)
		__builtin_memcpy(s->data + captured, s->tail, SW_TAIL_MAX);
	count(SW_COUNT_SEGMENTS);
	if (!output(&s->header, sizeof(s->header) + captured + tail, p->now))
		count_lost(st, p->direction, false, rest);
	told(d, rest, captured, p->now);
	p->skip += rest;
	return p->skip < p->length;
}

/*
 * Of a connection on which nothing is known that was said, once: userspace is to count whose it was. Where even the kind is not known,
 * only of an accepted one. `answer` holds the first bytes of who spoke second: of HTTP/2 a server may have spoken first.
 */
static __noinline int tell_unread(struct sock *sk, struct socket_state *st, __u64 now, __u32 tgid, __u64 answer)
{
	__u8 kind = 0;

	if (st->probe[0] == 0x16 && (st->probe_len < 2 || st->probe[1] == 3))
		kind = SW_FLAG_TLS;
	else if (answer == WORD('P', 'R', 'I', ' ', '*', ' ', 'H', 'T'))
		kind = SW_FLAG_HTTP2;
	if ((!st->passive && !kind) || (!st->opened && !emit_open(sk, st, now, tgid)))
		return 0;
	emit_control(st, SW_RECORD_CLOSE, SW_FLAG_UNREAD | kind);
	st->closed = 1;
	return 0;
}

#define HIDDEN_RECORDS 16 /* of a flight, after which hidden bytes are told of together: a long file is sent in many segments */
#define PARTS_MAX 64 /* more than the budget of a flight lasts for */

/* Any segment of a socket that is watched: judges the first ones, leaves out bodies, tells of the rest. */
static __always_inline void segment(struct sock *sk, struct socket_state *st, __u32 direction, __u64 length, int flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct stream *d = &st->streams[direction & 1];
	struct untold *u = &st->untold[direction & 1];
	__u64 now = bpf_ktime_get_ns(), skip = 0;
	__u32 tgid = task->tgid, first, captured, tail;
	struct scratch *s = scratch();
	struct message *m;
	bool begins, answers = false;

	if (!s)
		return;
	if (direction == SW_RECV && st->tcp) {
		__u32 skipped = skipped_bytes(sk, st, length);

		if (skipped) {
			st->untold[SW_RECV].hidden = SW_HIDDEN_SKIPPED;
			pass(d, skipped, now);
		}
	}
	if (direction == SW_SEND && !st->flight && st->tcp) {
		struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

		/* What a receive took that had begun before the programs were attached, and so was not seen, came before these bytes. */
		if (tp)
			st->copied_seq = tp->copied_seq;
	}
	if (st->last_direction != direction || !st->flight)
		turn(st, direction);

	/* Also where no byte is wanted: which of several messages of a call comes next depends on it. */
	m = &s->message;
	locate(s, sk, st, direction, length, flags, task);
	if (d->offset < d->skip_until) {
		__u64 body = d->skip_until - d->offset;

		if (length < body) {
			pass_untold(d, length, now);
			return;
		}
		pass(d, body, now);
		emit_untold(st, direction);
		if (length == body)
			return;
		skip = body;
	}

	begins = d->flight_records == 0;
	if (st->verdict == VERDICT_ANSWER) {
		if (st->request_direction == 1 + direction) { /* more of what its answer is to tell of */
			pass(d, length, now);
			return;
		}
		captured = m->hidden ? 0 : copy_message(s, length, 0, length < SMALL_SEGMENT ? length : SMALL_SEGMENT, 0);
		if (!judge_answer(st, direction, s->data, captured)) {
			st->verdict = VERDICT_IGNORE;
			tell_unread(sk, st, now, tgid, captured >= 8 ? *(__u64 *)s->data : 0);
			return;
		}
		answers = true;
	}
	if (d->flight_bytes >= (st->queries ? QUERY_FLIGHT_BYTES : FLIGHT_BYTES) || d->flight_records >= FLIGHT_RECORDS) {
		/* Enough of this flight. Only a segment that begins with a head of HTTP is told of at once. */
		__u32 keep = length < SW_TAIL_MAX ? length : SW_TAIL_MAX;

		first = length - skip < 16 ? length - skip : 16;
		captured = copy_message(s, length, skip, first, keep);
		if (captured < 12 || st->queries || head_kind() == HEAD_NONE) {
			pass_untold(d, length - skip, now);
			u->hidden = m->hidden;
			u->tail_len = m->hidden ? 0 : keep;
			__builtin_memcpy(u->tail, s->tail, SW_TAIL_MAX);
			return;
		}
	}

	if (m->hidden && st->verdict == VERDICT_MINE && d->flight_records >= HIDDEN_RECORDS) {
		pass_untold(d, length - skip, now);
		u->hidden = m->hidden;
		u->tail_len = 0;
		return;
	}
	first = length - skip < SMALL_SEGMENT ? length - skip : SMALL_SEGMENT;
	tail = length - skip > first ? SW_TAIL_MAX : 0;
	captured = copy_message(s, length, skip, first, tail);
	if (st->verdict <= VERDICT_MAYBE && (m->hidden || st->probe_len < PROBE_MAX)) {
		if (!m->hidden)
			judge(st, direction, captured, length);
		if (st->verdict == VERDICT_IGNORE)
			return;
	}
	if (st->verdict == VERDICT_ANSWER) {
		pass(d, length, now);
		return;
	}
	if (st->verdict == VERDICT_NEW) { /* the start was not seen and this flight says nothing */
		pass(d, length, now);
		d->told = d->offset;
		return;
	}
	if (begins)
		d->first = captured >= 8 ? *(__u64 *)s->data : 0;
	if (tail && captured == first) {
		__u32 want = wanted(st, direction, length - skip, captured);

		if (want > captured)
			captured = copy_message(s, length, skip, want, want < length - skip ? SW_TAIL_MAX : 0);
		else
			captured = want;
		tail = captured < length - skip ? SW_TAIL_MAX : 0;
	}
	if (m->hidden)
		captured = tail = 0;

	if (st->queries && st->opened && length - skip > SW_CAPTURE_MAX) {
		__u32 i;

		if (st->tgid != tgid)
			emit_owner(st, now, tgid);
		emit_untold(st, direction);
		s->part.length = length;
		s->part.skip = skip;
		s->part.now = now;
		s->part.direction = direction;
		s->part.hidden = m->hidden;
		for (i = 0; i < PARTS_MAX; i++)
			if (!emit_part(st))
				break;
		return;
	}
	count(SW_COUNT_SEGMENTS);
	if (!st->opened && !emit_open(sk, st, now, tgid))
		goto lost;
	if (st->tgid != tgid)
		emit_owner(st, now, tgid);
	if (answers)
		emit_probe(st, !direction);
	emit_untold(st, direction);

	fill_header(&s->header, st, direction, length - skip, now);
	s->header.captured = captured;
	s->header.tail = tail;
	s->header.hidden = m->hidden;
	captured &= 2 * SW_CAPTURE_MAX - 1;
	if (captured > SW_CAPTURE_MAX)
		goto lost;
	if (tail)
		__builtin_memcpy(s->data + captured, s->tail, SW_TAIL_MAX);
	if (output(&s->header, sizeof(s->header) + captured + (tail ? SW_TAIL_MAX : 0), now)) {
		told(d, length - skip, captured, now);
		return;
	}
lost:
	count_lost(st, direction, begins, length - skip);
	told(d, length - skip, captured, now);
}

#endif

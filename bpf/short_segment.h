/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What most segments are: short, in memory, on a socket that userspace knows, with nothing left to tell. Every watched request
 * passes here, so the path is short: no state is touched before all is known to be as usual, and what is not is left to
 * segment.h.
 */
#ifndef SOCKWATCH_SHORT_SEGMENT_H
#define SOCKWATCH_SHORT_SEGMENT_H

#include "message.h"
#include "flight.h"
#include "sniff.h"

#define ADVICE_EVERY 8 /* runs between two looks at the advice */

/* Whether no byte of the stream is to be left out, and none was. */
static __always_inline bool as_usual(struct socket_state *st, __u32 direction, int flags, struct task_struct *task, bool by_iterator)
{
	struct stream *d = &st->streams[direction], *other = &st->streams[!direction];

	if (!st->opened || st->tgid != (__u32)task->tgid || flags & (MSG_PEEK | MSG_ERRQUEUE | MSG_TRUNC | MSG_OOB))
		return false;
	if (d->told != d->offset)
		return false;
	if (!by_iterator && (task->io_uring || task->flags & PF_IO_WORKER))
		return false;
	if (st->last_direction == direction)
		return d->offset >= d->skip_until && d->flight_bytes < FLIGHT_BYTES && d->flight_records < FLIGHT_RECORDS;
	return other->told == other->offset && (st->flight % ADVICE_EVERY || !advice_for(st));
}

/* Whether TCP has consumed just this segment since the last one. Behind tracepoints a cast does. */
static __always_inline bool adjoins(struct sock *sk, struct socket_state *st, __u32 length, bool by_iterator)
{
	struct tcp_sock *tp;

	if (by_iterator)
		tp = bpf_skc_to_tcp_sock(sk);
	else
		tp = bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct tcp_sock));
	return tp && tp->copied_seq == st->copied_seq + length;
}

/* The buffer before the place where the msghdr's iterator stands, when it alone holds the segment. */
static __always_inline bool locate_one_buffer(struct message *m, struct msghdr *msg, __u64 length)
{
	__u64 offset = msg->msg_iter.iov_offset, base;
	__u8 type = msg->msg_iter.iter_type;
	struct user_iovec v;

	m->base = m->iov = m->iovcnt = m->hidden = 0;
	if (!iterator_base(&msg->msg_iter, &base))
		return false;
	if (!is_one_buffer(type)) {
		if (!is_array_of_buffers(type))
			return false;
		if (offset < length && offset)
			return false;
		if (bpf_probe_read_kernel(&v, sizeof(v), (void *)(offset ? base : base - sizeof(v))))
			return false;
		base = v.base;
		if (!offset)
			offset = v.len;
	}
	m->base = base + offset - length;
	return offset >= length;
}

static __always_inline bool locate_short(struct message *m, struct task_struct *task)
{
	struct pt_regs *regs = bpf_rdonly_cast(task->stack + registers_at, bpf_core_type_id_kernel(struct pt_regs));

	m->base = m->iov = m->iovcnt = m->hidden = 0;
	return registers_at && !syscall_is_compat(task, regs) && locate_plain(m, syscall_number(regs), regs) && !m->hidden &&
	       m->iovcnt <= IOVECS_FIRST;
}

/*
 * Copies the segment from user memory straight into the ring. False when this is not for here; nothing has changed then. `by_iterator` is a
 * constant, not sw_by_iterator: what the one layer calls must not even stand in the other's programs.
 */
static __always_inline bool short_segment(struct sock *sk, struct socket_state *st, __u32 direction, __u64 length, int flags,
					  bool by_iterator, struct msghdr *msg)
{
	struct stream *d = &st->streams[direction];
	struct small_message *data;
	struct task_struct *task;
	struct message m;
	struct sw_header *h;
	struct sw_ring *r;
	__u64 now;
	int fault;

	barrier_var(length);
	if (length > SMALL_SEGMENT)
		return false;
	task = bpf_get_current_task_btf();
	if (!as_usual(st, direction, flags, task, by_iterator))
		return false;
	if (direction == SW_RECV && st->tcp && !adjoins(sk, st, length, by_iterator))
		return false;
	if (by_iterator ? !msg || !locate_one_buffer(&m, msg, length) : !locate_short(&m, task))
		return false;
	r = ring();
	if (!r)
		return false;

	now = bpf_ktime_get_ns();
	if (direction == SW_RECV)
		st->copied_seq += length;
	if (st->last_direction != direction)
		begin_flight(st, direction);
	r->counts[SW_COUNT_SEGMENTS]++;
	h = reserve(r, sizeof(*h) + length, now);
	if (!h) {
		publish(r);
		count_lost(st, direction, d->flight_records == 0, length);
		told(d, length, 0, now);
		return true;
	}
	data = (void *)(h + 1);
	fill_header(h, st, direction, length, now);
	if (m.iov)
		fault = copy_small(data, m.iov, m.iovcnt, length);
	else
		fault = bpf_probe_read_user(data, length, (void *)m.base);
	if (fault)
		h->hidden = SW_HIDDEN_FAULT;
	else
		h->captured = length;
	if (d->flight_records == 0)
		d->first = *(__u64 *)data;
	publish(r);
	look(r);
	told(d, length, length, now);
	return true;
}

#endif

/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The kernel side: watches sockets where the socket layer reports each send and receive, and tells userspace of those
 * that may speak HTTP. See docs/architecture.md.
 */
#include "arch.h"
#include <bpf/bpf_endian.h>
#include "records.h"
#include "state.h"
#include "message.h"
#include "sniff.h"
#include "emit.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* TCP and stream AF_UNIX, with a process behind it. */
static __always_inline bool watchable(struct sock *sk)
{
	__u16 family = sk->__sk_common.skc_family;

	if (sk->sk_type != SOCK_STREAM)
		return false;
	if (family == AF_UNIX)
		return true;
	return (family == AF_INET || family == AF_INET6) && sk->sk_protocol == IPPROTO_TCP;
}

/*
 * The state of a socket seen for the first time. `just_passed` bytes of `direction` have passed in the call that made us
 * look; whether any came before them is told by TCP's own counters.
 */
static __always_inline struct socket_state *new_state(struct sock *sk, __u32 direction, __u64 just_passed)
{
	struct socket_state *st = bpf_sk_storage_get(&sw_sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	struct tcp_sock *tp;

	if (!st) {
		count(SW_COUNT_NO_STATE);
		return 0;
	}
	if (st->cookie)
		return st;
	st->cookie = bpf_get_socket_cookie(sk);
	st->tcp = sk->__sk_common.skc_family != AF_UNIX;
	if (!st->tcp) {
		struct unix_sock *us = bpf_skc_to_unix_sock(sk);
		/* An accepted socket carries its listener's name. */
		st->passive = us && us->addr && us->peer;
		return st;
	}
	tp = bpf_skc_to_tcp_sock(sk);
	if (tp) {
		__u64 consumed = tp->bytes_received - (__u32)(tp->rcv_nxt - tp->copied_seq);
		__u64 written = tp->bytes_acked + (__u32)(tp->write_seq - tp->snd_una);

		st->copied_seq = tp->copied_seq - (direction == SW_RECV ? (__u32)just_passed : 0);
		/* One more may have been acknowledged: the SYN. */
		st->from_start = consumed <= (direction == SW_RECV ? just_passed : 0) &&
				 written <= (direction == SW_SEND ? just_passed : 0) + 1;
	}
	return st;
}

static __always_inline bool advised_to_ignore(struct socket_state *st)
{
	__u32 slot = st->cookie & (SW_ADVICE_SLOTS - 1);
	__u64 *advice = bpf_map_lookup_elem(&sw_advice, &slot);

	return advice && *advice == st->cookie;
}

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
	/* Consuming the FIN counts one; another thread's receive may be ahead of its report. */
	if (skipped == 1 && sk->sk_shutdown & RCV_SHUTDOWN)
		return 0;
	return skipped > 0x7fffffff ? 0 : skipped;
}

static __always_inline void turn(struct socket_state *st, __u32 direction)
{
	struct stream *d = &st->streams[direction & 1];

	emit_untold(st, !direction);
	st->run++;
	st->last_direction = direction;
	d->run_bytes = d->run_records = 0;
	d->skip_until = 0;
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
	h->run = st->run;
	h->captured = 0;
	h->tail = 0;
	h->kind = SW_RECORD_SEGMENT;
	h->flags = direction == SW_SEND ? SW_FLAG_SEND : 0;
	h->hidden = SW_HIDDEN_NONE;
}

static __always_inline void count_lost(struct socket_state *st, __u32 direction, bool begins)
{
	count(SW_COUNT_LOST_SEGMENTS);
	if (begins && st->request_direction == 1 + direction)
		count(SW_COUNT_LOST_REQUESTS);
}

/* The bytes have been told of, or counted as lost. */
static __always_inline void told(struct stream *d, __u64 length, __u32 captured, __u64 now)
{
	d->run_bytes += captured;
	d->run_records++;
	pass(d, length, now);
	d->told = d->offset;
}

/*
 * What most segments are: short, in memory, on a socket that userspace knows. Copied from user memory straight into the ring.
 */
static __always_inline void short_segment(struct socket_state *st, struct message *m, __u32 direction, __u64 length,
					  __u64 now)
{
	struct stream *d = &st->streams[direction & 1];
	bool begins = d->run_records == 0;
	struct sw_ring *r = ring();
	struct small_message *data;
	struct sw_header *h;
	int fault;

	if (!r)
		return;
	count(SW_COUNT_SEGMENTS);
	barrier_var(length);
	if (length > SMALL_SEGMENT)
		return;
	h = reserve(r, sizeof(*h) + length, now);
	if (!h) {
		publish(r);
		count_lost(st, direction, begins);
		told(d, length, 0, now);
		return;
	}
	data = (void *)(h + 1);
	fill_header(h, st, direction, length, now);
	if (m->iov)
		fault = copy_small(data, m->iov, m->iovcnt, length);
	else
		fault = bpf_probe_read_user(data, length, (void *)m->base);
	if (fault)
		h->hidden = SW_HIDDEN_FAULT;
	else
		h->captured = length;
	if (begins)
		d->first = *(__u64 *)data;
	publish(r);
	look(r);
	told(d, length, length, now);
}

/* A long segment of a database or cache, in several records: there is no body in it that could be left out. */
struct part {
	struct message message;
	__u64 length;
	__u64 skip; /* up to where records have told */
	__u64 now;
	__u32 direction;
	__u32 pad;
};

/* Global, so that the verifier sees it once. Returns whether more is to be told. */
__noinline int emit_part(struct socket_state *st, struct part *p)
{
	struct scratch *s = scratch();
	struct message m;
	struct stream *d;
	__u64 rest;
	__u32 want, captured, tail;

	if (!st || !p || !s)
		return 0;
	m = p->message;
	d = &st->streams[p->direction & 1];
	rest = p->length - p->skip;
	want = query_budget(d, rest);
	tail = want ? 0 : SW_TAIL_MAX;
	captured = copy_message(&m, p->length, p->skip, want, tail);
	if (m.hidden)
		captured = tail = 0;
	if (captured)
		rest = captured;
	fill_header(&s->header, st, p->direction, rest, p->now);
	s->header.captured = captured;
	s->header.tail = tail;
	s->header.hidden = m.hidden;
	captured &= 2 * SW_CAPTURE_MAX - 1;
	if (captured > SW_CAPTURE_MAX)
		return 0;
	if (tail)
		__builtin_memcpy(s->data + captured, s->tail, SW_TAIL_MAX);
	count(SW_COUNT_SEGMENTS);
	if (!output(&s->header, sizeof(s->header) + captured + tail, p->now))
		count_lost(st, p->direction, false);
	told(d, rest, captured, p->now);
	p->skip += rest;
	return p->skip < p->length;
}

#define PARTS_MAX 64 /* more than the budget of a run lasts for */

static __always_inline void segment(struct sock *sk, struct socket_state *st, __u32 direction, __u64 length, int flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct stream *d = &st->streams[direction & 1];
	__u64 now = bpf_ktime_get_ns(), skip = 0;
	__u32 tgid = task->tgid, first, captured, tail;
	struct scratch *s = scratch();
	struct message m;
	bool begins;

	if (!s)
		return;
	if (direction == SW_RECV && st->tcp) {
		__u32 skipped = skipped_bytes(sk, st, length);

		if (skipped) {
			d->hidden = SW_HIDDEN_SKIPPED;
			pass(d, skipped, now);
		}
	}
	if (st->last_direction != direction || !st->run)
		turn(st, direction);

	if (d->offset < d->skip_until) {
		__u64 body = d->skip_until - d->offset;

		if (length < body) {
			pass(d, length, now);
			return;
		}
		pass(d, body, now);
		emit_untold(st, direction);
		if (length == body)
			return;
		skip = body;
	}

	locate(&m, sk, st, direction, length, flags, task);
	if (length <= SMALL_SEGMENT && !skip && !m.hidden && !m.in_kernel && m.iovcnt <= IOVECS_FIRST && st->verdict == VERDICT_MINE &&
	    st->opened && st->tgid == tgid && d->told == d->offset && d->run_bytes < RUN_BYTES &&
	    d->run_records < RUN_RECORDS) {
		short_segment(st, &m, direction, length, now);
		return;
	}
	begins = d->run_records == 0;
	if (d->run_bytes >= (st->queries ? QUERY_RUN_BYTES : RUN_BYTES) || d->run_records >= RUN_RECORDS) {
		/* Enough of this run. Only a segment that begins with a head of HTTP is told of at once. */
		__u32 keep = length < SW_TAIL_MAX ? length : SW_TAIL_MAX;

		first = length - skip < 16 ? length - skip : 16;
		captured = copy_message(&m, length, skip, first, keep);
		if (captured < 12 || st->queries || head_kind() == HEAD_NONE) {
			pass(d, length - skip, now);
			d->hidden = m.hidden;
			d->tail_len = m.hidden ? 0 : keep;
			__builtin_memcpy(d->tail, s->tail, SW_TAIL_MAX);
			return;
		}
	}

	first = length - skip < SMALL_SEGMENT ? length - skip : SMALL_SEGMENT;
	tail = length - skip > first ? SW_TAIL_MAX : 0;
	captured = copy_message(&m, length, skip, first, tail);
	if (st->verdict <= VERDICT_MAYBE && (m.hidden || st->probe_len < PROBE_MAX)) {
		if (!m.hidden)
			judge(st, direction, captured, length);
		if (st->verdict == VERDICT_IGNORE)
			return;
	}
	if (st->verdict == VERDICT_NEW) { /* the start was not seen and this run says nothing */
		pass(d, length, now);
		d->told = d->offset;
		return;
	}
	if (begins)
		d->first = captured >= 8 ? *(__u64 *)s->data : 0;
	if (tail && captured == first) {
		__u32 want = wanted(st, direction, length - skip, captured);

		if (want > captured)
			captured = copy_message(&m, length, skip, want, want < length - skip ? SW_TAIL_MAX : 0);
		else
			captured = want;
		tail = captured < length - skip ? SW_TAIL_MAX : 0;
	}
	if (m.hidden)
		captured = tail = 0;

	if (st->queries && st->opened && length - skip > SW_CAPTURE_MAX) {
		struct part p = { .message = m, .length = length, .skip = skip, .now = now, .direction = direction };
		__u32 i;

		if (st->tgid != tgid)
			emit_owner(st, now, tgid);
		emit_untold(st, direction);
		for (i = 0; i < PARTS_MAX; i++)
			if (!emit_part(st, &p))
				break;
		return;
	}
	count(SW_COUNT_SEGMENTS);
	if (!st->opened && !emit_open(sk, st, now, tgid))
		goto lost;
	if (st->tgid != tgid)
		emit_owner(st, now, tgid);
	emit_untold(st, direction);

	fill_header(&s->header, st, direction, length - skip, now);
	s->header.captured = captured;
	s->header.tail = tail;
	s->header.hidden = m.hidden;
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
	count_lost(st, direction, begins);
	told(d, length - skip, captured, now);
}

static __always_inline int data(struct sock *sk, __u32 direction, int ret, int flags)
{
	struct socket_state *st;

	if (!watchable(sk))
		return 0;
	st = bpf_sk_storage_get(&sw_sockets, sk, 0, 0);
	if (st && st->verdict == VERDICT_IGNORE)
		return 0;
	if (flags & MSG_ERRQUEUE)
		return 0;
	if (ret <= 0) {
		if (!st)
			return 0;
		st->mmsg = 0;
		if (ret == 0 && direction == SW_RECV && sk->sk_shutdown & RCV_SHUTDOWN && st->opened && !st->closed &&
		    !(flags & MSG_PEEK)) {
			emit_untold(st, SW_RECV);
			emit_control(st, SW_RECORD_EOF, 0);
		}
		return 0;
	}
	if (direction == SW_RECV && flags & MSG_PEEK)
		return 0;
	if (!st || !st->cookie) {
		st = new_state(sk, direction, ret);
		if (!st)
			return 0;
	}
	if (!st->run && (bpf_get_current_pid_tgid() >> 32 == sw_agent_tgid || !sk->sk_socket || !sk->sk_socket->file)) {
		st->verdict = VERDICT_IGNORE; /* our own, or the kernel's */
		return 0;
	}
	if (st->verdict == VERDICT_MINE && advised_to_ignore(st)) {
		st->verdict = VERDICT_IGNORE;
		return 0;
	}
	segment(sk, st, direction, ret, flags);
	return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(sw_send, struct sock *sk, int ret, int flags)
{
	return data(sk, SW_SEND, ret, flags);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(sw_recv, struct sock *sk, int ret, int flags)
{
	return data(sk, SW_RECV, ret, flags);
}

static __always_inline void emit_close(struct socket_state *st, __u8 flags)
{
	if (!st->opened || st->closed)
		return;
	emit_untold(st, SW_RECV);
	emit_untold(st, SW_SEND);
	emit_control(st, SW_RECORD_CLOSE, flags);
	st->closed = 1;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(sw_state, struct sock *sk, int before, int after)
{
	struct socket_state *st;

	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	if (after == TCP_LISTEN || (before == TCP_SYN_RECV && after == TCP_ESTABLISHED)) {
		st = new_state(sk, SW_RECV, 0);
		if (!st)
			return 0;
		st->known_start = 1;
		st->listening = after == TCP_LISTEN;
		st->passive = !st->listening;
		if (st->listening)
			st->tgid = bpf_get_current_pid_tgid() >> 32;
		return 0;
	}
	if (after != TCP_FIN_WAIT1 && after != TCP_LAST_ACK && after != TCP_CLOSE)
		return 0;
	st = bpf_sk_storage_get(&sw_sockets, sk, 0, 0);
	if (!st || !st->opened || st->closed || st->verdict == VERDICT_IGNORE)
		return 0;
	if (after == TCP_CLOSE) {
		struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

		/* A reset leaves unread bytes readable: the socket's end comes when its process lets go. */
		if (sk->sk_socket && tp && tp->rcv_nxt != tp->copied_seq && before != TCP_FIN_WAIT1)
			return 0;
		emit_close(st, before == TCP_ESTABLISHED ? SW_FLAG_RESET : 0);
	} else if (sk->sk_shutdown == SHUTDOWN_MASK) {
		emit_close(st, 0);
	} else {
		emit_untold(st, SW_SEND);
		emit_control(st, SW_RECORD_EOF, SW_FLAG_SEND);
	}
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(sw_destroy, struct sock *sk)
{
	struct socket_state *st = bpf_sk_storage_get(&sw_sockets, sk, 0, 0);

	if (st && st->verdict != VERDICT_IGNORE)
		emit_close(st, 0);
	return 0;
}

/* io_uring's requests; see uring.h. */
SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(sw_uring_submit, struct io_kiocb *req)
{
	if (moves_bytes(req->opcode))
		remember((__u32)bpf_get_current_pid_tgid(), (__u64)req);
	return 0;
}

SEC("tp_btf/io_uring_poll_arm")
int BPF_PROG(sw_uring_poll, struct io_kiocb *req)
{
	if (moves_bytes(req->opcode))
		remember((__u64)req->file, (__u64)req);
	return 0;
}

/* Run once at the start: gives every socket that already exists its state, so that the other iterator lists it. */
SEC("iter/task_file")
int sw_seed(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket_state *st;
	struct socket *socket;
	struct sock *sk;

	if (!file || !task)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk || !watchable(sk))
		return 0;
	st = new_state(sk, SW_RECV, 0);
	if (!st)
		return 0;
	if (!st->tgid)
		st->tgid = task->tgid;
	if (sk->__sk_common.skc_state == TCP_LISTEN)
		st->listening = 1;
	return 0;
}

SEC("iter/bpf_sk_storage_map")
int sw_list(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct socket_state *st = ctx->value;
	struct sock *sk = ctx->sk;
	struct sw_socket_entry e;
	int i;

	if (!sk || !st || !st->cookie)
		return 0;
	__builtin_memset(&e, 0, sizeof(e));
	for (i = 0; i < 2; i++) {
		e.offset[i] = st->streams[i].offset;
		e.last_ts[i] = st->streams[i].last_ts;
		e.tail_len[i] = st->streams[i].tail_len;
		__builtin_memcpy(e.tail[i], st->streams[i].tail, SW_TAIL_MAX);
		if (st->opened && st->streams[i].told != st->streams[i].offset)
			e.pending = 1;
	}
	if (sw_iterate_what == SW_ITERATE_PENDING && !e.pending && st->tcp)
		return 0;
	e.socket = st->cookie;
	e.opened = st->opened;
	e.listening = st->listening;
	e.passive = st->passive;
	e.known_start = st->known_start;
	e.attached = sk->sk_socket != 0;
	e.tgid = st->tgid;
	e.run = st->run;
	fill_names(&e.names, sk);
	bpf_seq_write(ctx->meta->seq, &e, sizeof(e));
	return 0;
}

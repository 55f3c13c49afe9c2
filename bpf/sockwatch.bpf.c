/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The kernel side: watches sockets where the socket layer reports each send and receive, and tells userspace of those
 * that may speak HTTP. See docs/architecture.md.
 */
#include "segment.h"
#include "short_segment.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The sockets that processes have of Multipath TCP, above those of TCP that carry their bytes, pass the same places. */
static __always_inline bool is_tcp(struct sock *sk)
{
	return sk->sk_protocol == IPPROTO_TCP || sk->sk_protocol == IPPROTO_MPTCP;
}

/* TCP and stream AF_UNIX, with a process behind it. */
static __always_inline bool watchable(struct sock *sk)
{
	__u16 family = sk->__sk_common.skc_family;

	if (sk->sk_type != SOCK_STREAM)
		return false;
	if (family == AF_UNIX)
		return true;
	return (family == AF_INET || family == AF_INET6) && is_tcp(sk);
}

/*
 * The state of a socket seen for the first time. `just_passed` bytes of `direction` have passed in the call that made us
 * look; whether any came before them is told by TCP's own counters, and elsewhere by that the socket was not there before us.
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
	st->tcp = sk->sk_protocol == IPPROTO_TCP;
	if (!st->tcp) {
		/* An accepted socket carries its listener's name. */
		st->passive = sk->__sk_common.skc_family == AF_UNIX && BPF_CORE_READ((struct unix_sock *)sk, addr) &&
			      BPF_CORE_READ((struct unix_sock *)sk, peer);
		st->from_start = sw_seeded; /* it is new, or it would have had its state */
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

static __always_inline void emit_close(struct socket_state *st, __u8 flags)
{
	if (!st->opened || st->closed)
		return;
	emit_untold(st, SW_RECV);
	emit_untold(st, SW_SEND);
	emit_control(st, SW_RECORD_CLOSE, flags);
	st->closed = 1;
}

/* An error ends a call with several messages; after a reset it tells the process so, when there is no more to read. */
static __noinline int failed(struct sock *sk, struct socket_state *st)
{
	struct tcp_sock *tp;

	st->mmsg = 0;
	if (sk->__sk_common.skc_state != TCP_CLOSE) /* nearly always: there was nothing to read */
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (tp && tp->rcv_nxt == tp->copied_seq)
		emit_close(st, SW_FLAG_RESET);
	return 0;
}

/* Whether a receive of nothing means that nothing will come: one that has no room receives nothing either. */
static __always_inline bool at_end(struct sock *sk)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

	if (!(sk->sk_shutdown & RCV_SHUTDOWN))
		return false;
	return tp ? tp->rcv_nxt - tp->copied_seq <= 1 /* the FIN */ : sk->sk_receive_queue.qlen == 0;
}

/* No byte passed: of a call with several messages this was one, any other ends those before. */
static __noinline struct socket_state *nothing_passed(struct sock *sk, struct socket_state *st, __u32 direction)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs;

	if (sw_by_iterator)
		return st;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	if (syscall_is_compat(task, regs) || task->flags & PF_IO_WORKER || !is_of_array(syscall_number(regs))) {
		if (st)
			st->mmsg = 0;
		return st;
	}
	if (!st)
		st = new_state(sk, direction, 0);
	if (st)
		message_from_array(st, direction, 0);
	return st;
}

/*
 * Of a socket that was postponed: whether userspace may have room for it by now, so that it is joined in the middle. Until then what
 * passes is accounted for, and its requests are counted.
 */
static __always_inline bool there_is_room(struct socket_state *st, __u32 direction, int ret)
{
	struct stream *d = &st->streams[direction & 1];

	if (st->last_direction != direction || !st->flight) {
		begin_flight(st, direction);
		if (st->room_round != sw_room_round) {
			st->verdict = VERDICT_NEW;
			st->closed = st->from_start = st->tries = st->probe_len = 0;
			return true;
		}
		if (st->request_direction == 1 + direction)
			count(SW_COUNT_POSTPONED_REQUESTS);
	}
	if (direction == SW_RECV)
		st->copied_seq += ret;
	pass(d, ret, bpf_ktime_get_ns());
	d->told = d->offset;
	return false;
}

/* What is not a short segment as usual. Static, and no part of its callers: their path stays short. */
static __noinline int seldom(struct sock *sk, struct socket_state *st, __u32 direction, int ret, int flags)
{
	if (flags & (MSG_ERRQUEUE | MSG_OOB)) /* nothing of the stream */
		return 0;
	if (ret == 0) {
		if (!(flags & MSG_PEEK))
			st = nothing_passed(sk, st, direction);
		if (!st)
			return 0;
		if (direction == SW_RECV && st->opened && !st->closed && !(flags & MSG_PEEK) && at_end(sk)) {
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
	if (!st->flight && (bpf_get_current_pid_tgid() >> 32 == sw_agent_tgid || !sk->sk_socket || !sk->sk_socket->file)) {
		st->verdict = VERDICT_IGNORE; /* our own, or the kernel's */
		return 0;
	}
	if (st->verdict == VERDICT_MINE) {
		__u64 advice = advice_for(st);

		if (advice) {
			follow_advice(st, advice);
			if (st->verdict == VERDICT_IGNORE)
				return 0;
		}
	}
	if (st->verdict == VERDICT_POSTPONED && !there_is_room(st, direction, ret))
		return 0;
	segment(sk, st, direction, ret, flags);
	return 0;
}

/* A send or receive that has ended: `ret` bytes passed, or it failed. `msg`: of the layer `by_iterator`; null where there is none. */
static __always_inline int data(struct sock *sk, __u32 direction, int ret, int flags, bool by_iterator, struct msghdr *msg)
{
	struct socket_state *st;

	if (sk->sk_type != SOCK_STREAM) /* cheaper than a look for its state */
		return 0;
	st = bpf_sk_storage_get(&sw_sockets, sk, 0, 0);
	if (st ? st->verdict == VERDICT_IGNORE : !watchable(sk))
		return 0;
	if (ret < 0)
		return st ? failed(sk, st) : 0;
	if (st && ret && st->verdict == VERDICT_MINE && short_segment(sk, st, direction, ret, flags, by_iterator, msg))
		return 0;
	return seldom(sk, st, direction, ret, flags);
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(sw_send, struct sock *sk, int ret, int flags)
{
	preempt_off();
	data(sk, SW_SEND, ret, flags, false, 0);
	preempt_on();
	return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(sw_recv, struct sock *sk, int ret, int flags)
{
	preempt_off();
	data(sk, SW_RECV, ret, flags, false, 0);
	preempt_on();
	return 0;
}

/* close() of a socket of Multipath TCP that is reset by it, or was closed by the other end: nothing is heard of it afterwards. */
static __always_inline bool lets_multipath_go(struct sock *sk, const struct socket_state *st, int before)
{
	return !st->tcp && sk->sk_shutdown == SHUTDOWN_MASK &&
	       (before == TCP_ESTABLISHED || before == TCP_CLOSE_WAIT || before == TCP_CLOSE);
}

static __always_inline void state_changed(struct sock *sk, int before, int after)
{
	struct socket_state *st;

	if (!is_tcp(sk))
		return;
	/* Of Multipath TCP the accepted socket is a copy of the one that listens. */
	if (after == TCP_LISTEN || ((before == TCP_SYN_RECV || before == TCP_LISTEN) && after == TCP_ESTABLISHED)) {
		st = new_state(sk, SW_RECV, 0);
		if (!st)
			return;
		st->known_start = 1;
		st->listening = after == TCP_LISTEN;
		st->passive = !st->listening;
		if (st->listening)
			st->tgid = bpf_get_current_pid_tgid() >> 32;
		return;
	}
	if (after != TCP_FIN_WAIT1 && after != TCP_LAST_ACK && after != TCP_CLOSE)
		return;
	st = bpf_sk_storage_get(&sw_sockets, sk, 0, 0);
	if (!st || !st->opened || st->closed || st->verdict >= VERDICT_IGNORE)
		return;
	if (after == TCP_CLOSE) {
		/*
		 * A reset leaves unread bytes readable, and comes before the report of the send that it answers: the end comes when
		 * the process is told, or lets go.
		 */
		if (sk->sk_socket && !lets_multipath_go(sk, st, before))
			return;
		emit_close(st, before == TCP_ESTABLISHED ? SW_FLAG_RESET : 0);
	} else if (sk->sk_shutdown == SHUTDOWN_MASK) {
		emit_close(st, 0);
	} else {
		emit_untold(st, SW_SEND);
		emit_control(st, SW_RECORD_EOF, SW_FLAG_SEND);
	}
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(sw_state, struct sock *sk, int before, int after)
{
	preempt_off();
	state_changed(sk, before, after);
	preempt_on();
	return 0;
}

/* The same where preemption cannot be disabled, and so calls no kernel function; see compat.bpf.h. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(sw_state_plain, struct sock *sk, int before, int after)
{
	state_changed(sk, before, after);
	return 0;
}

static __always_inline void destroyed(struct sock *sk)
{
	struct socket_state *st = bpf_sk_storage_get(&sw_sockets, sk, 0, 0);

	if (st && st->verdict < VERDICT_IGNORE)
		emit_close(st, 0);
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(sw_destroy, struct sock *sk)
{
	preempt_off();
	destroyed(sk);
	preempt_on();
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(sw_destroy_plain, struct sock *sk)
{
	destroyed(sk);
	return 0;
}

#include "fexit.bpf.h"

/* What a program is to be called by its environment; see process.bpf.h. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(sw_exec, struct task_struct *task)
{
	preempt_off();
	executed(task);
	preempt_on();
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sw_exec_plain, struct task_struct *task)
{
	executed(task);
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

/* The socket that a process has a descriptor of; null where that is of something else, or of no interest. */
static __always_inline struct sock *sock_of_descriptor(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;
	struct socket *socket = file ? bpf_sock_from_file(file) : 0;
	struct sock *sk = socket ? socket->sk : 0;

	return sk && watchable(sk) ? sk : 0;
}

/* Run once at the start: gives every socket that already exists its state, so that the other iterator lists it. */
SEC("iter/task_file")
int sw_seed(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct sock *sk = sock_of_descriptor(ctx);
	struct socket_state *st;

	if (!sk || !task)
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

/*
 * Bytes that were consumed and passed no receive: by splice. Only what the listing before found too, so that it is no receive that is
 * about to tell. When they passed is not known: after the last listing without them, and hardly after TCP last sent or received.
 */
static __always_inline void add_spliced(struct sw_socket_entry *e, struct sock *sk, struct socket_state *st)
{
	struct tcp_sock *tp = st->tcp ? bpf_skc_to_tcp_sock(sk) : 0;
	__u32 seq, moved;
	__u64 passed;

	if (!tp || !st->opened || st->closed || st->verdict != VERDICT_MINE || st->last_direction != SW_RECV)
		return;
	seq = tp->copied_seq;
	moved = seq - st->copied_seq;
	if (moved && sk->sk_shutdown & RCV_SHUTDOWN && tp->rcv_nxt == seq)
		moved--; /* the FIN */
	if (!moved || moved > 0x7fffffff) {
		st->listed_ns = bpf_ktime_get_ns();
		st->listed_seq = seq;
		return;
	}
	if (st->listed_seq != seq) {
		st->listed_seq = seq;
		return;
	}
	passed = tp->tcp_mstamp * 1000;
	e->offset[SW_RECV] += moved;
	e->last_ts[SW_RECV] = passed > st->listed_ns ? passed : st->listed_ns;
	e->tail_len[SW_RECV] = 0;
	e->pending |= SW_PENDING_UNTOLD;
}

/* Writes one socket's entry, unless it has nothing that was asked for. */
static __always_inline void list_socket(struct seq_file *seq, struct sock *sk, struct socket_state *st)
{
	struct sw_socket_entry e;
	struct socket *socket;
	int i;

	__builtin_memset(&e, 0, sizeof(e));
	for (i = 0; i < 2; i++) {
		e.offset[i] = st->streams[i].offset;
		e.last_ts[i] = st->streams[i].last_ts;
		e.tail_len[i] = st->untold[i].tail_len;
		__builtin_memcpy(e.tail[i], st->untold[i].tail, SW_TAIL_MAX);
		if (st->opened && st->streams[i].told != st->streams[i].offset)
			e.pending |= SW_PENDING_UNTOLD;
	}
	if (st->opened && st->lost)
		e.pending |= SW_PENDING_LOST;
	st->lost = 0;
	add_spliced(&e, sk, st);
	if (sw_iterate_what == SW_ITERATE_PENDING && !e.pending && st->tcp)
		return;
	if (st->last_direction == SW_SEND)
		e.pending |= SW_PENDING_SEND;
	e.socket = st->cookie;
	e.opened = st->opened;
	e.listening = st->listening;
	e.passive = st->passive;
	e.known_start = st->known_start;
	/* Those of TCP that carry a socket of Multipath TCP lead to its process too. */
	socket = sk->sk_socket;
	e.attached = socket && socket->sk == sk;
	e.tgid = st->tgid;
	e.flight = st->flight;
	if (e.pending & SW_PENDING_LOST && !st->streams[st->last_direction & 1].flight_records) { /* of this flight a record is under way */
		e.flight--;
		e.pending ^= SW_PENDING_SEND;
	}
	fill_names(&e.names, sk);
	bpf_seq_write(seq, &e, sizeof(e));
}

/* The first way to list sockets: all that have a state. Some kernels refuse every iterator over a map's elements. */
SEC("iter/bpf_sk_storage_map")
int sw_list_storage(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct socket_state *st = ctx->value;
	struct sock *sk = ctx->sk;

	if (sk && st && st->cookie)
		list_socket(ctx->meta->seq, sk, st);
	return 0;
}

/* Whether the socket has not been listed in this round yet: many descriptors may lead to it. */
static __always_inline bool not_listed_yet(struct socket_state *st)
{
	if (!st->cookie || st->listed_round == sw_listing_round)
		return false;
	st->listed_round = sw_listing_round;
	return true;
}

/*
 * The second way: the sockets that processes have descriptors of, each once. The other end of an AF_UNIX connection is reached from
 * there too, so that one that is on its way to another process (SCM_RIGHTS), or held by io_uring alone, is not taken for closed.
 */
SEC("iter/task_file")
int sw_list_descriptors(struct bpf_iter__task_file *ctx)
{
	struct sock *sk = sock_of_descriptor(ctx), *peer;
	struct socket_state *st;

	if (!sk || !ctx->task)
		return 0;
	st = bpf_sk_storage_get(&sw_sockets, sk, 0, 0);
	if (!st || !not_listed_yet(st))
		return 0;
	list_socket(ctx->meta->seq, sk, st);
	peer = sk->__sk_common.skc_family == AF_UNIX ? unix_peer_of(sk) : 0;
	if (!peer || !peer->sk_socket)
		return 0;
	st = bpf_sk_storage_get(&sw_sockets, peer, 0, 0);
	if (st && not_listed_yet(st))
		list_socket(ctx->meta->seq, peer, st);
	return 0;
}

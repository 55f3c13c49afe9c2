/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The layer for kernels without the tracepoints of the socket layer: 6e6eda44b939 ("sock: add tracepoint for send recv length"),
 * 6.3. Programs at the return of the functions that those tracepoints stand right behind. These functions are in other files
 * than their callers, and so never inlined; io_uring and each message of sendmmsg and recvmmsg pass through them too.
 */
#ifndef SOCKWATCH_FEXIT_BPF_H
#define SOCKWATCH_FEXIT_BPF_H

/*
 * A trampoline's programs may be preempted, also by another one that would work in the same scratch memory and ring. That one
 * leaves the socket's account right and copies nothing: the bytes are known to have passed, and not what they were.
 */
static __always_inline void pass_unread(struct sock *sk, __u32 direction, int ret, int flags)
{
	struct socket_state *st;

	count(SW_COUNT_PREEMPTED);
	if (ret <= 0 || flags & (MSG_PEEK | MSG_ERRQUEUE | MSG_OOB))
		return;
	st = bpf_sk_storage_get(&sw_sockets, sk, 0, 0);
	if (!st || st->verdict >= VERDICT_IGNORE)
		return;
	if (st->last_direction != direction || !st->flight)
		begin_flight(st, direction);
	if (direction == SW_RECV)
		st->copied_seq += ret;
	st->untold[direction & 1].hidden = SW_HIDDEN_PREEMPTED;
	st->untold[direction & 1].tail_len = 0;
	pass_untold(&st->streams[direction & 1], ret, bpf_ktime_get_ns());
}

/* `msg` is null where the bytes were never in user memory. */
static __always_inline int returned(struct socket *socket, struct msghdr *msg, __u32 direction, int ret, int flags)
{
	struct scratch *s = scratch();
	struct sock *sk = socket->sk;

	if (!sk || !s)
		return 0;
	if (s->busy) {
		pass_unread(sk, direction, ret, flags);
		return 0;
	}
	s->busy = 1;
	barrier();
	s->msghdr = (__u64)msg;
	data(sk, direction, ret, flags, true, msg);
	barrier();
	s->busy = 0;
	return 0;
}

SEC("fexit/inet_sendmsg")
int BPF_PROG(sw_inet_sent, struct socket *socket, struct msghdr *msg, unsigned long size, int ret)
{
	return returned(socket, msg, SW_SEND, ret, 0);
}

SEC("fexit/inet6_sendmsg")
int BPF_PROG(sw_inet6_sent, struct socket *socket, struct msghdr *msg, unsigned long size, int ret)
{
	return returned(socket, msg, SW_SEND, ret, 0);
}

SEC("fexit/unix_stream_sendmsg")
int BPF_PROG(sw_unix_sent, struct socket *socket, struct msghdr *msg, unsigned long size, int ret)
{
	return returned(socket, msg, SW_SEND, ret, 0);
}

SEC("fexit/inet_recvmsg")
int BPF_PROG(sw_inet_received, struct socket *socket, struct msghdr *msg, unsigned long size, int flags, int ret)
{
	return returned(socket, msg, SW_RECV, ret, flags);
}

SEC("fexit/inet6_recvmsg")
int BPF_PROG(sw_inet6_received, struct socket *socket, struct msghdr *msg, unsigned long size, int flags, int ret)
{
	return returned(socket, msg, SW_RECV, ret, flags);
}

SEC("fexit/unix_stream_recvmsg")
int BPF_PROG(sw_unix_received, struct socket *socket, struct msghdr *msg, unsigned long size, int flags, int ret)
{
	return returned(socket, msg, SW_RECV, ret, flags);
}

/*
 * sendfile and splice, until dc97391e6610 ("sock: Remove ->sendpage*() in favour of sendmsg(MSG_SPLICE_PAGES)"), 6.5. Of TCP the
 * function behind inet_sendpage: that one also serves protocols that send by sendmsg in the end, which is heard of already.
 */
SEC("fexit/tcp_sendpage")
int BPF_PROG(sw_tcp_sent_page, struct sock *sk, struct page *page, int offset, unsigned long size, int flags, int ret)
{
	struct socket *socket = sk->sk_socket;

	return socket ? returned(socket, 0, SW_SEND, ret, 0) : 0;
}

SEC("fexit/unix_stream_sendpage")
int BPF_PROG(sw_unix_sent_page, struct socket *socket, struct page *page, int offset, unsigned long size, int flags, long ret)
{
	return returned(socket, 0, SW_SEND, ret, 0);
}

#endif

/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Where the bytes of the send or receive that has just happened lie in user memory, and how to copy of them what is
 * wanted. Behind the tracepoints the registers of the system call in flight tell, which has not returned yet; behind the
 * functions of the socket layer (fexit.bpf.h) the iterator of their msghdr does.
 */
#ifndef SOCKWATCH_MESSAGE_H
#define SOCKWATCH_MESSAGE_H

#include "iterator.bpf.h"
#include "state.h"
#include "uring.h"

#define IOVECS_MAX 1024     /* UIO_MAXIOV */
#define SMALL_SEGMENT 1024  /* segments up to this are copied whole */

static __always_inline void message_from_header(struct message *m, __u64 header)
{
	struct scratch *s = scratch();
	__u64 iov, n;

	if (!s || bpf_probe_read_user(&s->user_message, sizeof(s->user_message), (void *)header)) {
		m->hidden = SW_HIDDEN_FAULT;
		return;
	}
	iov = s->user_message.iov;
	n = s->user_message.iovlen;
	barrier_var(iov); /* or the compiler makes one load of these and of those from registers, which the verifier refuses */
	barrier_var(n);
	m->iov = iov;
	m->iovcnt = n > IOVECS_MAX ? IOVECS_MAX : n;
}

struct room {
	__u64 iov;
	__u64 bytes;
};

static long add_room(__u32 index, struct room *room)
{
	struct user_iovec v;

	if (bpf_probe_read_user(&v, sizeof(v), (void *)(room->iov + index * sizeof(v))))
		return 1;
	room->bytes += v.len;
	return 0;
}

/*
 * Puts into scratch()->message which element of a sendmmsg or recvmmsg this is, empty ones included. Nothing tells but their order: a call goes from element
 * to element until it has done all, or ends in an error or a short send. Each element's length is written after its
 * tracepoint. A receive may also end because its time is over, of which nothing tells: it is hidden.
 */
__noinline int message_from_array(struct socket_state *st, __u32 direction, __u32 length)
{
	struct scratch *s = scratch();
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	__u64 array = PT_REGS_PARM2_SYSCALL(regs), offset;
	__u32 vlen = PT_REGS_PARM3_SYSCALL(regs), pid = task->pid, i = 0, previous;
	struct message *m;

	if (!st || !s)
		return 0;
	m = &s->message;
	m->base = m->iov = m->iovcnt = m->hidden = m->first = m->in_kernel = 0;
	if (direction == SW_RECV && vlen > 1 && PT_REGS_PARM5_SYSCALL(regs)) {
		st->mmsg = 0;
		m->hidden = SW_HIDDEN_SYSCALL;
		return 0;
	}
	offset = st->streams[direction & 1].offset;
	if (st->mmsg == array && st->mmsg_pid == pid && st->mmsg_offset == offset && st->mmsg_next < vlen)
		i = st->mmsg_next;
	if (i > 0 && (bpf_probe_read_user(&previous, sizeof(previous),
					  (void *)(array + (i - 1) * sizeof(struct user_mmsg) +
						   __builtin_offsetof(struct user_mmsg, len))) ||
		      previous != st->mmsg_length))
		i = 0;
	message_from_header(m, array + i * sizeof(struct user_mmsg));
	st->mmsg = i + 1 < vlen ? array : 0;
	st->mmsg_pid = pid;
	st->mmsg_next = i + 1;
	st->mmsg_offset = offset + length;
	st->mmsg_length = length;
	if (direction == SW_SEND && !m->hidden) {
		struct room room = { .iov = m->iov };

		LOOP(m->iovcnt, add_room, &room);
		if (room.bytes > length)
			st->mmsg = 0;
	}
	return 0;
}

static __always_inline bool is_of_array(long nr)
{
	return nr == __NR_recvmmsg || nr == __NR_sendmmsg;
}

/* Whether file descriptor `fd` of the task is the socket: registers may belong to another call than the one at work. */
static __always_inline bool descriptor_is(struct task_struct *task, __u64 fd, struct sock *sk)
{
	struct fdtable *table = task->files->fdt;
	struct file *file = 0;

	if (fd >= table->max_fds)
		return false;
	if (bpf_probe_read_kernel(&file, sizeof(file), table->fd + fd) || !file)
		return false;
	return BPF_CORE_READ(file, private_data) == (void *)sk->sk_socket;
}

/* Where a task's registers lie on its stack: the same for all of them. 0: not known yet. */
static __u64 registers_at;

static __always_inline struct pt_regs *registers(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

	if (!registers_at) { /* written once: every CPU reads it all the time */
		struct pt_regs *pointer = regs;
		__u64 at;

		/* Read as a number: 6.12's verifier lets nothing be taken from a pointer. */
		if (!bpf_probe_read_kernel(&at, sizeof(at), &pointer))
			registers_at = at - (__u64)task->stack;
	}
	return regs;
}

/* The calls that say where the bytes lie in one argument; false for all others. */
static __always_inline bool locate_plain(struct message *m, long nr, struct pt_regs *regs)
{
	if (nr == __NR_read || nr == __NR_write || nr == __NR_recvfrom || nr == __NR_sendto) {
		m->base = PT_REGS_PARM2_SYSCALL(regs);
	} else if (nr == __NR_readv || nr == __NR_writev || nr == __NR_preadv2 || nr == __NR_pwritev2) {
		__u64 n = PT_REGS_PARM3_SYSCALL(regs);
		m->iov = PT_REGS_PARM2_SYSCALL(regs);
		m->iovcnt = n > IOVECS_MAX ? IOVECS_MAX : n;
	} else if (nr == __NR_recvmsg || nr == __NR_sendmsg) {
		message_from_header(m, PT_REGS_PARM2_SYSCALL(regs));
	} else {
		return false;
	}
	return true;
}

/* Fills in scratch()->message. */
static __always_inline void locate(struct scratch *s, struct sock *sk, struct socket_state *st, __u32 direction,
				   __u64 length, int flags, struct task_struct *task)
{
	struct pt_regs *regs = registers(task);
	struct message *m = &s->message;
	long nr = syscall_number(regs);

	m->base = m->iov = m->iovcnt = m->hidden = m->first = m->in_kernel = 0;
	if (direction == SW_RECV && flags & MSG_TRUNC && st->tcp) {
		m->hidden = SW_HIDDEN_TRUNC;
		return;
	}
	if (sw_by_iterator) {
		if (!s->msghdr || !from_iterator(m, &((struct msghdr *)s->msghdr)->msg_iter, length, true))
			m->hidden = SW_HIDDEN_SPLICE; /* of kernel memory: the bytes never were in the process */
		return;
	}
	if (syscall_is_compat(task, regs)) {
		m->hidden = SW_HIDDEN_COMPAT;
		return;
	}
	if (task->io_uring || task->flags & PF_IO_WORKER) {
		if (nr == __NR_io_uring_enter || !descriptor_is(task, PT_REGS_PARM1_SYSCALL(regs), sk)) {
			if (!locate_request(s, sk, task, direction, length))
				m->hidden = SW_HIDDEN_URING;
			else if (m->iovcnt > IOVECS_MAX)
				m->iovcnt = IOVECS_MAX;
			return;
		}
	}
	if (locate_plain(m, nr, regs))
		return;
	if (is_of_array(nr)) {
		message_from_array(st, direction, length);
	} else if (nr == __NR_sendfile || nr == __NR_splice) {
		m->hidden = SW_HIDDEN_SPLICE;
	} else {
		m->hidden = SW_HIDDEN_SYSCALL;
	}
}

static __always_inline long read_iovecs(const struct gather *g, struct user_iovec *to, __u32 size)
{
	return g->in_kernel ? bpf_probe_read_kernel(to, size, (void *)g->iov) : bpf_probe_read_user(to, size, (void *)g->iov);
}

/* Takes from one buffer what is wanted of it; true when the copy is complete or has failed. */
static __always_inline bool take(struct gather *g, struct scratch *s, __u64 base, __u64 size)
{
	__u64 from, to, end = g->position + size;

	if (end > g->length || end < g->position)
		end = g->length;
	from = g->position > g->skip ? g->position : g->skip;
	to = end < g->skip + g->want ? end : g->skip + g->want;
	if (from < to) {
		__u64 at = (from - g->skip) & (SW_CAPTURE_MAX - 1);
		__u64 n = to - from;

		barrier_var(n); /* or the compiler's idea of the bound is not the verifier's */
		if (n > SW_CAPTURE_MAX) {
			g->fault = 1;
			return true;
		}
		barrier_var(n); /* or it is kept on the stack from before the comparison, without the bound */
		if (bpf_probe_read_user(s->data + at, n, (void *)(base + from - g->position))) {
			g->fault = 1;
			return true;
		}
		g->captured = at + n;
	}
	if (g->tail) {
		__u64 tail_at = g->length - g->tail;

		from = g->position > tail_at ? g->position : tail_at;
		if (from < end) {
			__u64 at = (from - tail_at) & (SW_TAIL_MAX - 1);
			__u64 n = end - from;

			barrier_var(n);
			if (n > SW_TAIL_MAX) {
				g->fault = 1;
				return true;
			}
			barrier_var(n); /* or one comparison is made of both, with a bound that 6.1's verifier does not know */
			if (n > SW_TAIL_MAX - at) {
				g->fault = 1;
				return true;
			}
			barrier_var(n);
			if (bpf_probe_read_user(s->tail + at, n, (void *)(base + from - g->position))) {
				g->fault = 1;
				return true;
			}
		}
	}
	g->position = end;
	return end >= g->length || (!g->tail && g->captured == g->want);
}

/* Takes from the next buffer of scratch()->gather. Global, so that a loop that the verifier walks through costs it one call a turn. */
__noinline int take_one(__u32 index)
{
	struct scratch *s = scratch();
	struct user_iovec *v;

	if (!s || index >= s->gather.iovcnt)
		return 1;
	v = &s->iovecs[0];
	if (read_iovecs(&s->gather, v, sizeof(*v))) {
		s->gather.fault = 1;
		return 1;
	}
	s->gather.iov += sizeof(*v);
	return take(&s->gather, s, v->base, v->len);
}

static long take_next(__u32 index, void *nothing)
{
	return take_one(index) ? 1 : 0; /* no other value may come from here */
}

/* Does scratch()->gather. Global, so that the verifier sees it once and not once a path that leads there. */
__noinline int gather_all(void)
{
	struct scratch *s = scratch();
	struct user_iovec *first;
	struct gather *g;
	__u32 n, i;

	if (!s)
		return 1;
	g = &s->gather;
	first = s->iovecs;
	n = g->iovcnt;
	barrier_var(n);
	if (n > IOVECS_FIRST)
		n = IOVECS_FIRST;
	if (read_iovecs(g, first, n * sizeof(first[0])))
		return 1;
	if (g->first) {
		if (g->first > first[0].len)
			return 1;
		first[0].base += g->first;
		first[0].len -= g->first;
	}
	for (i = 0; i < IOVECS_FIRST; i++) {
		if (i >= n || take(g, s, first[i].base, first[i].len))
			return g->fault;
	}
	if (g->iovcnt <= IOVECS_FIRST)
		return g->fault;
	g->iov += IOVECS_FIRST * sizeof(first[0]);
	g->iovcnt -= IOVECS_FIRST;
	LOOP(IOVECS_MAX, take_next, 0);
	return g->fault;
}

/* Room for a short message, and as much again for the verifier. */
struct small_message {
	__u8 bytes[2 * SMALL_SEGMENT];
};

/* Copies all of a short message that lies in a few buffers. */
__noinline int copy_small(struct small_message *to, __u64 iov, __u32 iovcnt, __u32 length)
{
	struct user_iovec v[IOVECS_FIRST];
	__u64 position = 0, n = iovcnt;
	__u32 i;

	if (!to)
		return 1;
	barrier_var(n);
	if (n > IOVECS_FIRST || bpf_probe_read_user(v, n * sizeof(v[0]), (void *)iov))
		return 1;
	for (i = 0; i < IOVECS_FIRST; i++) {
		__u64 part;

		if (i >= n || position >= length || position >= SMALL_SEGMENT)
			break;
		part = length - position;
		if (part > v[i].len)
			part = v[i].len;
		barrier_var(part);
		if (part > SMALL_SEGMENT || bpf_probe_read_user(to->bytes + position, part, (void *)v[i].base))
			return 1;
		position += part;
	}
	return position != length;
}

/*
 * Copies `want` bytes of s->message after the first `skip` to s->data and its last `tail` bytes to s->tail.
 * Returns how many were copied; on a fault none, with s->message.hidden set.
 */
static __always_inline __u32 copy_message(struct scratch *s, __u64 length, __u64 skip, __u32 want, __u32 tail)
{
	struct message *m = &s->message;
	struct gather *g = &s->gather;

	if (m->hidden)
		return 0;
	g->iov = m->iov;
	g->iovcnt = m->iovcnt;
	g->first = m->first;
	g->in_kernel = m->in_kernel;
	g->want = want;
	g->skip = skip;
	g->length = length;
	g->tail = tail;
	g->position = 0;
	g->captured = g->fault = 0;
	if (m->iov)
		g->fault = gather_all();
	else
		take(g, s, m->base, length);
	if (g->fault) {
		m->hidden = SW_HIDDEN_FAULT;
		return 0;
	}
	return g->captured;
}

#endif

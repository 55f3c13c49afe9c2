/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * io_uring: a send or receive by a ring's request leaves nothing in the registers. io_uring's own tracepoints tell of requests
 * when they are submitted (by the task that will run them) and when they wait for the socket (by then they know their
 * file); a worker thread knows its own. When the socket reports, the latest request that fits the socket, the direction and
 * the bytes is taken, and its iterator tells the buffer. Without one that fits, the bytes are hidden.
 */
#ifndef SOCKWATCH_URING_H
#define SOCKWATCH_URING_H

#include "iterator.bpf.h"

/* From include/uapi/linux/io_uring.h, of which older copies lack some. */
#define OP_READV 1
#define OP_WRITEV 2
#define OP_READ_FIXED 4
#define OP_WRITE_FIXED 5
#define OP_SENDMSG 9
#define OP_RECVMSG 10
#define OP_READ 22
#define OP_WRITE 23
#define OP_SEND 26
#define OP_RECV 27
#define OP_SEND_ZC 47
#define OP_SENDMSG_ZC 48
#define OP_READ_MULTISHOT 49

#define RECV_MULTISHOT 2

#define OPS(op) (1ull << (op))
#define RECEIVES (OPS(OP_READV) | OPS(OP_READ_FIXED) | OPS(OP_RECVMSG) | OPS(OP_READ) | OPS(OP_RECV) | OPS(OP_READ_MULTISHOT))
#define SENDS                                                                                               \
	(OPS(OP_WRITEV) | OPS(OP_WRITE_FIXED) | OPS(OP_SENDMSG) | OPS(OP_WRITE) | OPS(OP_SEND) | OPS(OP_SEND_ZC) | \
	 OPS(OP_SENDMSG_ZC))
#define WITH_HEADER (OPS(OP_SENDMSG) | OPS(OP_RECVMSG) | OPS(OP_SENDMSG_ZC))
#define AS_FILE \
	(OPS(OP_READV) | OPS(OP_WRITEV) | OPS(OP_READ_FIXED) | OPS(OP_WRITE_FIXED) | OPS(OP_READ) | OPS(OP_WRITE) | \
	 OPS(OP_READ_MULTISHOT))

#define REQUESTS 8 /* remembered of a task or file; a chain of links that is longer is hidden in part */

struct requests {
	__u64 req[REQUESTS];
	__u64 ts[REQUESTS];
	__u32 next;
	__u32 pad;
};

/* By thread id, or by the address of the file; the two never meet. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct requests);
} sw_requests SEC(".maps");

static __always_inline void remember(__u64 key, __u64 req)
{
	struct requests *r = bpf_map_lookup_elem(&sw_requests, &key);
	__u32 i, slot;

	if (!r) {
		struct requests fresh = { .req = { req }, .ts = { bpf_ktime_get_ns() }, .next = 1 };

		bpf_map_update_elem(&sw_requests, &key, &fresh, BPF_ANY);
		return;
	}
	slot = r->next & (REQUESTS - 1);
	for (i = 0; i < REQUESTS; i++)
		if (r->req[i] == req)
			slot = i;
	if (slot == (r->next & (REQUESTS - 1)))
		r->next++;
	r->req[slot] = req;
	r->ts[slot] = bpf_ktime_get_ns();
}

static __always_inline void forget(__u64 key, __u64 req)
{
	struct requests *r = bpf_map_lookup_elem(&sw_requests, &key);
	__u32 i;

	for (i = 0; r && i < REQUESTS; i++)
		if (r->req[i] == req)
			r->ts[i] = r->req[i] = 0;
}

static __always_inline bool moves_bytes(__u8 op)
{
	return op < 64 && OPS(op) & (SENDS | RECEIVES);
}

/* Whether the request moved these bytes, and where they lie. Kernels before 6.10 keep a request's iterator on the stack. */
__noinline int request_fits(struct message *f, __u64 request, __u64 file, __u64 length, __u32 direction)
{
	struct io_kiocb *req = (void *)request;
	void *kept;
	__u64 ops;
	__u8 op;

	if (!f)
		return 0;
	f->base = f->iov = f->iovcnt = f->hidden = f->first = f->in_kernel = 0;
	op = BPF_CORE_READ(req, opcode);
	ops = op < 64 ? OPS(op) : 0;
	if (!(ops & (direction == SW_SEND ? SENDS : RECEIVES)) || (__u64)BPF_CORE_READ(req, file) != file)
		return 0;
	kept = BPF_CORE_READ(req, async_data);
	if (ops & AS_FILE) {
		struct io_rw *rw = (void *)req;

		if (kept && from_iterator(f, uring_iterator(kept), length, false))
			return 1;
		if (BPF_CORE_READ(rw, len) < length && !(ops & (OPS(OP_READV) | OPS(OP_WRITEV))))
			return 0;
		if (kept && !(ops & (OPS(OP_READ_FIXED) | OPS(OP_WRITE_FIXED))))
			return 0;
		if (ops & (OPS(OP_READV) | OPS(OP_WRITEV))) {
			f->iov = BPF_CORE_READ(rw, addr);
			f->iovcnt = BPF_CORE_READ(rw, len);
		} else {
			f->base = BPF_CORE_READ(rw, addr);
		}
		return 1;
	} else {
		struct io_sr_msg *sr = (void *)req;

		if (kept && from_iterator(f, &((struct io_async_msghdr *)kept)->msg.msg_iter, length, true))
			return 1;
		if (kept && !(ops & OPS(OP_SEND_ZC)))
			return 0;
		if (ops & WITH_HEADER) {
			struct user_message h;

			if (bpf_probe_read_user(&h, sizeof(h), BPF_CORE_READ(sr, buf)))
				return 0;
			f->iov = h.iov;
			f->iovcnt = h.iovlen;
		} else {
			f->base = (__u64)BPF_CORE_READ(sr, buf);
		}
		return 1;
	}
}

/* Whether the request will move more bytes without another word of it. */
static __always_inline bool stays(__u64 request)
{
	struct io_kiocb *req = (void *)request;
	__u8 op = BPF_CORE_READ(req, opcode);

	return op == OP_READ_MULTISHOT || ((op == OP_RECV || op == OP_RECVMSG) &&
					   BPF_CORE_READ((struct io_sr_msg *)req, flags) & RECV_MULTISHOT);
}

/*
 * Puts into s->message where the bytes lie, by the request that has just moved them; false when none of those remembered fits. It is forgotten, as it has done
 * what it was for: another request's bytes must never be taken for those of one that is not remembered.
 */
static __always_inline bool locate_request(struct scratch *s, struct sock *sk, struct task_struct *task, __u32 direction, __u64 length)
{
	__u64 file = (__u64)BPF_CORE_READ(sk, sk_socket, file), keys[2] = { task->pid, file }, best = 0, request = 0;
	struct message *f = &s->message;
	__u32 k, i;

	if (task->flags & PF_IO_WORKER) {
		struct io_worker *worker = task->worker_private;
		__u64 work = worker ? (__u64)BPF_CORE_READ(worker, cur_work) : 0;

		if (work && request_fits(f, work - bpf_core_field_offset(struct io_kiocb, work), file, length, direction))
			return true;
	}
	for (k = 0; k < 2; k++) {
		__u64 key = keys[k];
		struct requests *r = bpf_map_lookup_elem(&sw_requests, &key);

		if (!r)
			continue;
		for (i = 0; i < REQUESTS; i++) {
			if (r->ts[i] <= best || !request_fits(&s->candidate, r->req[i], file, length, direction))
				continue;
			best = r->ts[i];
			request = r->req[i];
			*f = s->candidate;
		}
	}
	if (!best)
		return false;
	if (!stays(request))
		for (k = 0; k < 2; k++)
			forget(keys[k], request);
	return true;
}

#endif

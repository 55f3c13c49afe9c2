/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Where the bytes lie that an iterator of the kernel's is about to move, or has just moved. Reads the iterator and the array behind it. */
#ifndef SOCKWATCH_ITERATOR_BPF_H
#define SOCKWATCH_ITERATOR_BPF_H

#include "scratch.h"

/* A walk from where an iterator stands back to the first of the bytes that it has passed. */
struct walk {
	__u64 iov;    /* the iovec that has been reached */
	__u64 need;   /* bytes that lie before it or in it */
	__u64 offset; /* of the iovec's bytes, those before the first that is sought; valid when found */
	__u32 back;   /* iovecs that were passed */
	__u32 found;
};

static long walk_one_back(__u32 i, struct walk *walk)
{
	struct user_iovec v;

	walk->iov -= sizeof(v);
	if (bpf_probe_read_kernel(&v, sizeof(v), (void *)walk->iov))
		return 1;
	walk->back++;
	if (v.len >= walk->need) {
		walk->offset = v.len - walk->need;
		walk->found = 1;
		return 1;
	}
	walk->need -= v.len;
	return 0;
}

#define WALK_MAX 1024 /* UIO_MAXIOV */

/* The iovecs that hold the `length` bytes that end where the iterator stands, `offset` bytes into `iov`. */
static __always_inline bool walk_back(struct message *f, __u64 iov, __u64 offset, __u64 length)
{
	struct walk walk = { .iov = iov, .need = length - offset };

	if (offset >= length) {
		walk.offset = offset - length;
	} else {
		LOOP(WALK_MAX, walk_one_back, &walk);
		if (!walk.found)
			return false;
	}
	f->iov = walk.iov;
	f->iovcnt = walk.back + 1;
	f->first = walk.offset;
	f->in_kernel = 1;
	return true;
}

/* An iterator of user memory; `moved` when it has been advanced past the bytes already. False: it is of another kind, or does not fit. */
static __always_inline bool from_iterator(struct message *f, struct iov_iter *at, __u64 length, bool moved)
{
	__u64 offset, base, count;
	__u8 type;

	if (bpf_core_read(&type, sizeof(type), &at->iter_type) || bpf_core_read(&offset, sizeof(offset), &at->iov_offset) ||
	    bpf_core_read(&count, sizeof(count), &at->count) || !iterator_base(at, &base))
		return false;
	if (is_one_buffer(type)) {
		if (moved ? offset < length : count < length)
			return false;
		f->base = base + offset - (moved ? length : 0);
		return true;
	}
	if (!is_array_of_buffers(type))
		return false;
	if (moved)
		return walk_back(f, base, offset, length);
	if (count < length)
		return false;
	f->iov = base;
	f->iovcnt = BPF_CORE_READ(at, nr_segs);
	f->first = offset;
	f->in_kernel = 1;
	return true;
}

#endif

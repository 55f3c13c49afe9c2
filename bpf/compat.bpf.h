/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Every difference between kernels that the programs know, in one place, each with the commit that made it. What is there
 * is asked of the kernel's types when the programs are loaded, never of its version: distributions carry changes back. A branch
 * that does not fit is never reached there, so that the verifier does not mind what it holds.
 */
#ifndef SOCKWATCH_COMPAT_BPF_H
#define SOCKWATCH_COMPAT_BPF_H

#include "arch.h"

/*
 * What the layer of fexit.bpf.h loads calls no kernel function (kfunc) at all: a call of one that is missing is let pass, where it is
 * never reached, only from a5d827275241 ("bpf: Be conservative while processing invalid kfunc calls"), 5.17, on. bpf_rdonly_cast is a35b9af4ec2c
 * ("bpf: Add a kfunc for generic type cast"), 6.2, and the tracepoints of the other layer are 6.3.
 *
 * Userspace looks for kernel functions by name and says here whether it found them: libbpf before 1.2 cannot let a
 * program ask.
 *
 * fc7566ad0a82 ("bpf: Introduce bpf_preempt_[disable,enable] kfuncs"), 6.10. They are needed from a46023d5616e ("tracing: Guard
 * __DECLARE_TRACE() use of __DO_TRACE_CALL() with SRCU-fast") on, 7.0: until then a tracepoint's programs flight with
 * preemption off. Nothing in the types tells of that commit, so preemption is disabled wherever it can be. 6.12
 * has the functions and lets no global function be called between them ("use static function instead"); kernels that do, as 6.18, know of each
 * whether it might sleep (struct bpf_subprog_info.might_sleep), which is what userspace looks for.
 */
const volatile __u8 sw_has_preempt_disable = 0;
extern void bpf_preempt_disable(void) __weak __ksym;
extern void bpf_preempt_enable(void) __weak __ksym;

static __always_inline void preempt_off(void)
{
	if (sw_has_preempt_disable)
		bpf_preempt_disable();
}

static __always_inline void preempt_on(void)
{
	if (sw_has_preempt_disable)
		bpf_preempt_enable();
}

/*
 * LOOP(most, step, context): calls step(i, context), which returns whether to stop, for i from 0, `most` times at most.
 * e6f2dd0f8067 ("bpf: Add bpf_loop helper"), 5.17; before it, the verifier walks through every turn, and gives up beyond 8,192
 * branches: of a message in more than LOOP_MAX buffers the rest is unreadable there.
 */
#define LOOP_MAX 128
#define LOOP(most, step, context)                                                           \
	do {                                                                                \
		if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop)) {          \
			bpf_loop(most, step, context, 0);                                   \
		} else {                                                                    \
			__u32 turn_;                                                        \
                                                                                            \
			for (turn_ = 0; turn_ < (most) && turn_ < LOOP_MAX; turn_++)        \
				if (step(turn_, context))                                   \
					break;                                              \
		}                                                                           \
	} while (0)

/*
 * The other end of an AF_UNIX connection, and its cookie; 0: none, or none yet.
 * 9eeb3aa33ae0 ("bpf: Add bpf_skc_to_unix_sock() helper"), 5.16. Without it the other end is memory to be read and no socket for
 * helpers: its cookie is known once it has been seen by itself.
 */
static __always_inline struct sock *unix_peer_of(struct sock *sk)
{
	struct unix_sock *us;

	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_skc_to_unix_sock))
		return 0;
	us = bpf_skc_to_unix_sock(sk);
	return us ? us->peer : 0;
}

static __always_inline __u64 unix_peer_cookie(struct sock *sk)
{
	struct sock *peer;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_skc_to_unix_sock)) {
		peer = unix_peer_of(sk);
		return peer ? bpf_get_socket_cookie(peer) : 0;
	}
	peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
	return peer ? BPF_CORE_READ(peer, __sk_common.skc_cookie.counter) : 0;
}

/*
 * Where an iterator's user memory begins: the buffer itself, or the array of buffers.
 * fcb14cb1bdac ("new iov_iter flavour - ITER_UBUF"), 6.0, made one buffer a kind of its own, whose address shares its place
 * with the array's. Before it there are arrays only, under the name that 747b1f65d39a ("iov_iter: overlay struct iovec and ubuf/len")
 * changed in 6.4.
 */
struct iov_iter___array {
	void *iov;
} __attribute__((preserve_access_index));

static __always_inline bool iterator_base(struct iov_iter *at, __u64 *base)
{
	if (bpf_core_field_exists(at->ubuf))
		return !bpf_core_read(base, sizeof(*base), &at->ubuf);
	return !bpf_core_read(base, sizeof(*base), &((struct iov_iter___array *)at)->iov);
}

static __always_inline bool is_one_buffer(__u8 iterator_type)
{
	return bpf_core_enum_value_exists(enum iter_type, ITER_UBUF) &&
	       iterator_type == bpf_core_enum_value(enum iter_type, ITER_UBUF);
}

static __always_inline bool is_array_of_buffers(__u8 iterator_type)
{
	return iterator_type == bpf_core_enum_value(enum iter_type, ITER_IOVEC);
}

/*
 * The iterator of a read or write by io_uring, kept for one that goes on later.
 * 0d10bd77a1be ("io_uring: get rid of struct io_rw_state"), 6.10, took it out of a struct of its own.
 */
struct io_rw_state {
	struct iov_iter iter;
} __attribute__((preserve_access_index));
struct io_async_rw___state {
	struct io_rw_state s;
} __attribute__((preserve_access_index));

static __always_inline struct iov_iter *uring_iterator(void *async_data)
{
	struct io_async_rw *kept = async_data;

	if (bpf_core_field_exists(kept->iter))
		return &kept->iter;
	return &((struct io_async_rw___state *)async_data)->s.iter;
}

#endif

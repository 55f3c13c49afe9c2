/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What differs between architectures: the number of the system call in flight, and the numbers themselves. */
#ifndef SOCKWATCH_ARCH_H
#define SOCKWATCH_ARCH_H

#include "kernel_types.h"

/* libbpf's PT_REGS macros name the kernel's own fields when they believe in a vmlinux.h; kernel_types.h is ours. */
#define __VMLINUX_H__
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/* Sees any kernel memory as a type, to be read and never written; costs nothing. */
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __weak __ksym; /* see compat.bpf.h */

#if defined(__TARGET_ARCH_x86)
#include <asm/unistd_64.h>
#define TS_COMPAT 2

static __always_inline long syscall_number(const struct pt_regs *regs)
{
	return regs->orig_ax;
}

/* A 32-bit system call: its numbers and structs are not the ones we know. */
static __always_inline bool syscall_is_compat(const struct task_struct *task, const struct pt_regs *regs)
{
	return task->thread_info.status & TS_COMPAT;
}
#else
#include <asm-generic/unistd.h>
/* Hidden by the header where the compiler's own target is not a 64-bit machine. */
#ifndef __NR_recvmmsg
#define __NR_recvmmsg 243
#endif
#ifndef __NR_sendfile
#define __NR_sendfile __NR3264_sendfile
#endif
#define PSTATE_MODE_32 0x10

static __always_inline long syscall_number(const struct pt_regs *regs)
{
	return regs->syscallno;
}

static __always_inline bool syscall_is_compat(const struct task_struct *task, const struct pt_regs *regs)
{
	return regs->pstate & PSTATE_MODE_32;
}
#endif

#endif

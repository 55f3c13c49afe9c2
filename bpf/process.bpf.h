/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Who a process is, told while it is still there: a child that has executed nothing since its fork is what the process it was
 * forked from is, and a program has the service's name that stands in the environment it was executed with, whatever it writes
 * over that later. Neither can be asked of a process that lives for a millisecond.
 */
#ifndef SOCKWATCH_PROCESS_H
#define SOCKWATCH_PROCESS_H

#include "ring.h"

#define FORKS_MAX 8         /* generations of children that executed nothing, up to the one that did */
#define ENV_STEPS 1024      /* pieces of an environment looked at: one a variable, and more of long ones */
#define ENV_PIECE 256       /* bytes of a piece; a power of two */

/* A name as it was executed with; it goes with its task, so the table needs no bound and nothing in it grows old. */
struct service_name {
	__u32 length;
	char text[SW_SERVICE_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct service_name);
} sw_service_names SEC(".maps");

/* The variables that tell a service's name; the earlier one counts for more. Set by userspace, also later. */
struct sw_variable sw_variables[SW_VARIABLES];

struct environment {
	__u64 at, end;
	__u32 inside; /* of a variable that is longer than a piece */
	__u32 best;   /* the variable found so far; SW_VARIABLES: none */
	struct service_name name;
	__u8 piece[ENV_PIECE];
};

/* Room to work in; programs that use it keep others off the CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct environment);
} sw_environment SEC(".maps");

/* The wanted variable that the piece begins with, and has a value; SW_VARIABLES: none. */
static __always_inline __u32 variable_in(const struct environment *e)
{
	const __u64 *words = (const __u64 *)e->piece;
	__u32 i, k;

	for (i = 0; i < SW_VARIABLES; i++) {
		const struct sw_variable *v = &sw_variables[i];
		__u64 differs = (words[0] ^ v->text[0]) & v->mask[0];

		if (differs || !v->length)
			continue;
		for (k = 1; k < SW_VARIABLE_MAX / 8; k++)
			differs |= (words[k] ^ v->text[k]) & v->mask[k];
		if (!differs && e->piece[v->length & (SW_VARIABLE_MAX - 1)])
			return i;
	}
	return SW_VARIABLES;
}

/* Global, so that the verifier sees it once. Whether there is more to look at. */
__noinline int next_variable(struct environment *e)
{
	__u32 found;
	long length;

	if (!e || e->at >= e->end)
		return 0;
	length = bpf_probe_read_user_str(e->piece, ENV_PIECE, (const void *)e->at);
	if (length <= 0)
		return -1;
	if (!e->inside) {
		found = variable_in(e);
		if (found < e->best) {
			long bytes = bpf_probe_read_user_str(e->name.text, SW_SERVICE_MAX,
							     (const void *)(e->at + sw_variables[found & (SW_VARIABLES - 1)].length));
			if (bytes > 1) {
				e->name.length = bytes - 1;
				e->best = found;
			}
		}
	}
	/* What fills the piece may go on behind it; where it does not, the next piece is empty. */
	e->inside = length == ENV_PIECE;
	e->at += e->inside ? ENV_PIECE - 1 : length;
	return e->best > 0;
}

/* A program has been executed: what it is to be called by the environment that the kernel has just laid out for it. */
static __always_inline void executed(struct task_struct *task)
{
	struct service_name *name;
	struct environment *e;
	__u32 key = 0;
	int i, more = 1;

	bpf_task_storage_delete(&sw_service_names, task);
	e = bpf_map_lookup_elem(&sw_environment, &key);
	if (!e)
		return;
	e->at = BPF_CORE_READ(task, mm, env_start);
	e->end = BPF_CORE_READ(task, mm, env_end);
	e->inside = 0;
	e->best = SW_VARIABLES;
	for (i = 0; i < ENV_STEPS && more > 0; i++)
		more = next_variable(e);
	if (more)
		count(SW_COUNT_ENVIRONMENTS_CUT);
	if (e->best == SW_VARIABLES)
		return;
	name = bpf_task_storage_get(&sw_service_names, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (name)
		bpf_probe_read_kernel(name, sizeof(*name), &e->name);
	else
		count(SW_COUNT_ENVIRONMENTS_CUT);
}

/* Whether both run the same program in the same place, which is random: one was forked from the other, and neither executed another. */
static __always_inline bool same_image(struct task_struct *child, struct task_struct *parent)
{
	__u64 stack = BPF_CORE_READ(child, mm, start_stack), code = BPF_CORE_READ(child, mm, start_code);

	return stack && stack == BPF_CORE_READ(parent, mm, start_stack) && code == BPF_CORE_READ(parent, mm, start_code);
}

/*
 * Fills in the current process: its own name, not the thread's, since it may be the only one that is ever known; and from whom it
 * was forked. `service` has room for SW_SERVICE_MAX bytes. Returns how many of them are the name.
 */
static __always_inline __u32 fill_process(struct sw_process *process, char *service)
{
	struct task_struct *leader = bpf_get_current_task_btf()->group_leader, *up;
	struct service_name *name;
	__u32 length;
	int i;

	process->cgroup_id = bpf_get_current_cgroup_id();
	process->user = (__u32)bpf_get_current_uid_gid();
	process->parent = 0;
	process->service_length = 0;
	process->forked = !!(leader->flags & PF_FORKNOEXEC);
	__builtin_memset(process->pad, 0, sizeof(process->pad));
	bpf_probe_read_kernel(process->comm, sizeof(process->comm), leader->comm);
	for (i = 0; i < FORKS_MAX && leader->flags & PF_FORKNOEXEC; i++) {
		up = leader->real_parent;
		if (!up)
			break;
		up = up->group_leader;
		if (!up || !same_image(leader, up))
			break;
		leader = up;
		if (!i)
			process->parent = leader->tgid;
	}
	name = bpf_task_storage_get(&sw_service_names, leader, 0, 0);
	if (!name)
		return 0;
	length = name->length;
	if (!length || length > SW_SERVICE_MAX)
		return 0;
	bpf_probe_read_kernel(service, SW_SERVICE_MAX, name->text);
	process->service_length = length;
	return length;
}

#endif

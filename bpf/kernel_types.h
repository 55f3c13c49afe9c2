/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The kernel structs and fields that sockwatch reads, and no others. CO-RE relocates every access when the programs
 * are loaded; offsets and neighbours here mean nothing.
 */
#ifndef SOCKWATCH_KERNEL_TYPES_H
#define SOCKWATCH_KERNEL_TYPES_H

#include <linux/types.h>
#include <stdbool.h>
#include <linux/bpf.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common { unsigned int inum; };
struct net { struct ns_common ns; };
typedef struct { struct net *net; } possible_net_t;
typedef struct { __s64 counter; } atomic64_t;
struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};
struct sock_common {
	union {
		struct {
			__be32 skc_daddr;
			__be32 skc_rcv_saddr;
		};
	};
	union {
		struct {
			__be16 skc_dport;
			__u16 skc_num;
		};
	};
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
};
struct file { void *private_data; };
struct socket {
	struct file *file;
	struct sock *sk;
};
struct sk_buff_head { __u32 qlen; };
struct sock {
	struct sock_common __sk_common;
	struct sk_buff_head sk_receive_queue;
	__u8 sk_shutdown;
	__u16 sk_type;
	__u16 sk_protocol;
	struct socket *sk_socket;
};
struct inet_connection_sock;
struct tcp_sock {
	__u32 rcv_nxt;
	__u32 copied_seq;
	__u32 urg_seq;
	__u64 tcp_mstamp;
	__u32 write_seq;
	__u32 snd_una;
	__u64 bytes_received;
	__u64 bytes_acked;
};
struct sockaddr_un { char sun_path[108]; };
struct unix_address {
	int len;
	struct sockaddr_un name[];
};
struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};
struct files_struct { struct fdtable *fdt; };
struct io_uring_task;
struct thread_info { __u32 status; };
struct mm_struct {
	unsigned long start_code;
	unsigned long start_stack;
	unsigned long env_start;
	unsigned long env_end;
};
struct task_struct {
	struct thread_info thread_info;
	void *stack;
	unsigned int flags;
	int pid;
	int tgid;
	struct mm_struct *mm;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	char comm[16];
	struct files_struct *files;
	struct io_uring_task *io_uring;
	void *worker_private;
};

/* The user's side of an iterator: one buffer, or an array of them. */
enum iter_type { ITER_UBUF, ITER_IOVEC };
struct iov_iter {
	__u8 iter_type;
	__u64 iov_offset;
	void *ubuf; /* shares its place with the array's address */
	__u64 count;
	unsigned long nr_segs;
};
struct msghdr { struct iov_iter msg_iter; };
struct page;
struct io_wq_work { int flags; };
struct io_kiocb {
	struct file *file;
	__u8 opcode;
	void *async_data;
	struct io_wq_work work;
};
struct io_worker { struct io_wq_work *cur_work; };
struct io_rw {
	__u64 addr;
	__u32 len;
};
struct io_async_rw { struct iov_iter iter; }; /* see compat.bpf.h */
struct io_sr_msg {
	void *buf;
	__u16 flags;
};
struct io_async_msghdr { struct msghdr msg; };

struct bpf_iter_meta { struct seq_file *seq; };
struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};
struct bpf_iter__bpf_sk_storage_map {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	struct sock *sk;
	void *value;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r10;
	unsigned long r9;
	unsigned long r8;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs { __u64 regs[31]; };
struct pt_regs {
	struct user_pt_regs user_regs;
	__s32 syscallno;
	__u64 pstate;
};
#else
#error "sockwatch knows the registers of x86_64 and arm64 only"
#endif

#pragma clang attribute pop

/* What the kernel's headers give as macros. */
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define IPPROTO_TCP 6
#define IPPROTO_MPTCP 262
#define RCV_SHUTDOWN 1
#define SHUTDOWN_MASK 3
#define MSG_OOB 1
#define MSG_PEEK 2
#define MSG_TRUNC 0x20
#define MSG_ERRQUEUE 0x2000
#define PF_IO_WORKER 0x00000010
#define PF_FORKNOEXEC 0x00000040
#define PF_KTHREAD 0x00200000
#define TCP_ESTABLISHED 1
#define TCP_SYN_RECV 3
#define TCP_FIN_WAIT1 4
#define TCP_CLOSE 7
#define TCP_CLOSE_WAIT 8
#define TCP_LAST_ACK 9
#define TCP_LISTEN 10

/* User-space layouts of system call arguments (64-bit). */
struct user_iovec {
	__u64 base;
	__u64 len;
};
struct user_message {
	__u64 name;
	__u32 namelen;
	__u32 pad;
	__u64 iov;
	__u64 iovlen;
	__u64 control;
	__u64 controllen;
	__u32 flags;
	__u32 pad2;
};
struct user_mmsg {
	struct user_message hdr;
	__u32 len;
	__u32 pad;
};

#endif

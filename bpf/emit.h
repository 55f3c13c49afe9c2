/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Records into the CPU's ring. A full ring is counted, never waited for. */
#ifndef SOCKWATCH_EMIT_H
#define SOCKWATCH_EMIT_H

#include "process.bpf.h"
#include "scratch.h"

static __always_inline void fill_names(struct sw_names *names, struct sock *sk)
{
	struct sock_common *common = &sk->__sk_common;

	names->netns = common->skc_net.net->ns.inum;
	names->local_port = common->skc_num;
	names->remote_port = bpf_ntohs(common->skc_dport);
	names->unix_path_len = 0;
	names->peer = 0;
	__builtin_memset(names->local, 0, 32);
	if (common->skc_family == AF_INET) {
		names->family = SW_FAMILY_INET;
		*(__u32 *)names->local = common->skc_rcv_saddr;
		*(__u32 *)names->remote = common->skc_daddr;
	} else if (common->skc_family == AF_INET6) {
		names->family = SW_FAMILY_INET6;
		bpf_probe_read_kernel(names->local, 16, &common->skc_v6_rcv_saddr);
		bpf_probe_read_kernel(names->remote, 16, &common->skc_v6_daddr);
	} else {
		names->family = SW_FAMILY_UNIX;
		names->local_port = names->remote_port = 0;
	}
}

/* The path of a bound AF_UNIX socket, or of the one at its other end. */
static __always_inline __u32 unix_path(struct sock *sk, char *out)
{
	struct unix_address *address = BPF_CORE_READ((struct unix_sock *)sk, addr);
	struct sock *peer;
	__s32 length;

	if (!address) {
		peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
		if (!peer)
			return 0;
		address = BPF_CORE_READ((struct unix_sock *)peer, addr);
		if (!address)
			return 0;
	}
	length = BPF_CORE_READ(address, len) - 2; /* without the family */
	if (length <= 0)
		return 0;
	if (length > SW_UNIX_PATH_MAX)
		length = SW_UNIX_PATH_MAX;
	if (bpf_probe_read_kernel(out, SW_UNIX_PATH_MAX, address->name[0].sun_path))
		return 0;
	if (!out[0])
		out[0] = '@';
	return length;
}

/* SW_FLAG_SEND, or 0. */
static __always_inline __u8 flight_direction(const struct socket_state *st)
{
	return st->last_direction == SW_SEND ? SW_FLAG_SEND : 0;
}

/* No part of its callers: together they would take too much of the stack. */
static __noinline int emit_open(struct sock *sk, struct socket_state *st, __u64 now, __u32 tgid)
{
	struct scratch *s = scratch();
	struct sw_open *open;
	__u32 service;

	if (!s)
		return false;
	open = &s->open.open;
	__builtin_memset(&s->open, 0, sizeof(s->open));
	s->open.header.socket = st->cookie;
	s->open.header.ts_ns = now;
	s->open.header.offset = st->streams[SW_RECV].offset;
	s->open.header.length = st->streams[SW_SEND].offset;
	s->open.header.kind = SW_RECORD_OPEN;
	s->open.header.flags = flight_direction(st);
	s->open.header.tgid = tgid;
	s->open.header.flight = st->flight;
	service = fill_process(&open->process, s->open.service);
	fill_names(&open->names, sk);
	open->from_start = st->from_start;
	open->accepted = st->passive;
	if (!st->tcp) {
		if (sk->__sk_common.skc_family == AF_UNIX) {
			open->names.unix_path_len = unix_path(sk, open->unix_path);
			open->names.peer = unix_peer_cookie(sk);
		}
	}
	if (!output(&s->open, sizeof(s->open.header) + sizeof(s->open.open) + service, now)) {
		count(SW_COUNT_LOST_CONTROL);
		return false;
	}
	st->opened = 1;
	st->tgid = tgid;
	introduce(tgid);
	return true;
}

static __noinline void emit_owner(struct socket_state *st, __u64 now, __u32 tgid)
{
	struct scratch *s = scratch();
	__u32 service;

	if (!s)
		return;
	__builtin_memset(&s->owner.header, 0, sizeof(s->owner.header));
	s->owner.header.socket = st->cookie;
	s->owner.header.ts_ns = now;
	s->owner.header.tgid = tgid;
	s->owner.header.kind = SW_RECORD_OWNER;
	service = fill_process(&s->owner.process, s->owner.service);
	st->tgid = tgid;
	if (!output(&s->owner, sizeof(s->owner.header) + sizeof(s->owner.process) + service, now))
		count(SW_COUNT_LOST_CONTROL);
	introduce(tgid);
}

static __noinline void emit_control(struct socket_state *st, __u8 kind, __u8 flags)
{
	struct sw_header header = {
		.socket = st->cookie,
		.ts_ns = bpf_ktime_get_ns(),
		.offset = st->streams[SW_RECV].offset,
		.length = st->streams[SW_SEND].offset,
		.tgid = st->tgid,
		.flight = st->flight,
		.kind = kind,
		.flags = kind == SW_RECORD_CLOSE ? flags | flight_direction(st) : flags,
	};

	if (output(&header, sizeof(header), header.ts_ns))
		return;
	count(SW_COUNT_LOST_CONTROL);
	if (kind == SW_RECORD_CLOSE)
		bpf_map_update_elem(&sw_lost_closes, &header.socket, &header, BPF_ANY);
}

/* Tells of the bytes that passed since the last record, of which only the end is known. */
static __noinline void emit_untold(struct socket_state *st, __u32 direction)
{
	struct stream *d = &st->streams[direction & 1];
	struct untold *u = &st->untold[direction & 1];
	struct {
		struct sw_header header;
		__u8 tail[SW_TAIL_MAX];
	} r;
	__u64 size = sizeof(r.header) + SW_TAIL_MAX;

	if (d->told == d->offset || !st->opened)
		return;
	r.header.socket = st->cookie;
	r.header.ts_ns = d->last_ts;
	r.header.offset = d->told;
	r.header.length = d->offset - d->told;
	r.header.tgid = st->tgid;
	r.header.flight = st->flight;
	r.header.captured = 0;
	r.header.tail = u->tail_len;
	r.header.kind = SW_RECORD_SEGMENT;
	r.header.flags = (direction == SW_SEND ? SW_FLAG_SEND : 0) | (d->flight_records ? SW_FLAG_LATER : 0);
	r.header.hidden = u->hidden;
	__builtin_memcpy(r.tail, u->tail, SW_TAIL_MAX);
	count(SW_COUNT_SEGMENTS);
	if (!output(&r, size, bpf_ktime_get_ns())) {
		count(SW_COUNT_LOST_SEGMENTS);
		st->lost = 1;
	}
	d->told = d->offset;
	u->tail_len = 0;
	u->hidden = 0;
}

#endif

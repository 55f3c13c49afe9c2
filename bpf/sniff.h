/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The little that the kernel side must know of protocols to decide what to copy: whether a run of bytes may begin with a
 * message, and where an HTTP/1 message ends that names its Content-Length. Userspace parses for itself; a wrong guess here
 * costs a copy or a gap that is counted, never a wrong number.
 */
#ifndef SOCKWATCH_SNIFF_H
#define SOCKWATCH_SNIFF_H

#include "message.h"
#include "ring.h"
#include "flight.h"

/* What one flight (bytes of one direction with none of the other between) may cost. */
/* In segments longer than SMALL_SEGMENT the head is sought that far. */
#define FLIGHT_BYTES (128 * 1024)    /* captured, after which only heads are */
#define FLIGHT_BYTES_PRESSED 4096    /* the same while the ring is filling up */
#define FLIGHT_RECORDS 16384
#define QUERY_FLIGHT_BYTES (1024 * 1024) /* captured of a flight of a database's or cache's */
#define TRIES_MAX 16              /* flights to look at where a socket's first bytes were not seen */

/* RFC 9110's tchar, a bit each. */
static __always_inline bool is_token(__u8 c)
{
	__u64 half = c < 64 ? 0x3ff6cfa00000000ull : 0x57ffffffc7fffffeull;

	return c < 128 && half >> (c & 63) & 1;
}

/* Of the first bytes that tell of a binary protocol. */
#define BINARY_PROBE 8

struct sniff {
	__u8 probe[PROBE_MAX];
	__u32 length;
	__u32 letters; /* of the method so far */
	__u32 matched; /* bytes of "HTTP/1." so far */
	__u32 verdict;
	__u8 stop; /* the byte that is of no word */
};

static long sniff_byte(__u32 i, struct sniff *sniff)
{
	const __u64 version = 0x2e312f50545448ull; /* "HTTP/1.", little-endian */
	__u8 c;

	if (i >= sniff->length) {
		sniff->verdict = VERDICT_MAYBE;
		return 1;
	}
	c = sniff->probe[i & (PROBE_MAX - 1)];
	if (!sniff->letters && (c == '\r' || c == '\n'))
		return 0;
	if (sniff->matched == sniff->letters && sniff->matched < 7 &&
	    c == (__u8)(version >> (sniff->matched * 8 & 63))) {
		if (++sniff->matched == 7) {
			sniff->verdict = VERDICT_MINE;
			return 1;
		}
	} else if ((c == ' ' || c == '\t') && sniff->letters) {
		sniff->verdict = VERDICT_MINE;
		return 1;
	} else if (!is_token(c)) {
		sniff->stop = c;
		sniff->verdict = VERDICT_IGNORE;
		return 1;
	}
	sniff->letters++;
	return 0;
}

/*
 * Whether bytes that are no text may begin a message of a database or cache: of Redis (an array of strings), of PostgreSQL (what a
 * client says first; later, a letter and a length), of MySQL (the greeting; later, a packet that fills the segment) or of memcached.
 */
static __always_inline __u8 judge_binary(const struct socket_state *st, const __u8 *p, __u32 have, __u64 length)
{
	__u32 big, little = p[0] | p[1] << 8 | p[2] << 16;

	if (p[0] == '*' && p[1] >= '1' && p[1] <= '9' && have >= 3)
		return VERDICT_MINE;
	if (have < BINARY_PROBE)
		return p[0] == 0x16 ? VERDICT_IGNORE : VERDICT_MAYBE; /* TLS is the most frequent of all */
	big = (__u32)p[4] << 24 | p[5] << 16 | p[6] << 8 | p[7];
	if (!p[0] && !p[1] && (big >> 16 == 3 || (big >= 80877102 && big <= 80877104)))
		return VERDICT_MINE;
	if (!p[3] && p[4] == 10 && p[5] >= '1' && p[5] <= '9')
		return VERDICT_MINE;
	/* memcached's binary protocol: an operation, a key's and other lengths */
	if (p[0] == 0x80 && p[1] <= 0x24 && !p[2] && p[4] <= 20 && !p[5])
		return VERDICT_MINE;
	if (st->from_start)
		return VERDICT_IGNORE;
	big = (__u32)p[1] << 24 | p[2] << 16 | p[3] << 8 | p[4];
	if (is_token(p[0]) && big >= 4 && big < 1 << 24)
		return VERDICT_MINE;
	if (!p[3] && p[4] && p[4] <= 0x20 && little + 4 == length)
		return VERDICT_MINE;
	return VERDICT_IGNORE;
}

/* The PROXY protocol's second version: what follows its addresses may be HTTP. */
static __always_inline bool is_proxy_header(const __u8 *p, __u32 have)
{
	return have >= 8 && *(__u32 *)p == 0x0a0d0a0d && *(__u32 *)(p + 4) == 0x510a0d00;
}

/* Adds a segment's first bytes, which are in scratch()->data, to the flight's probe and judges. */
__noinline int judge(struct socket_state *st, __u32 direction, __u32 captured, __u64 length)
{
	/* Where nothing stops the look, there are empty lines, or a word longer than can be told here: userspace knows more. */
	struct sniff sniff = { .verdict = VERDICT_MINE };
	struct scratch *s = scratch();
	__u32 have, n;

	if (!st || !s)
		return 0;
	have = st->probe_len & (PROBE_MAX - 1);
	n = captured < PROBE_MAX - have ? captured : PROBE_MAX - have;
	bpf_probe_read_kernel(st->probe + have, n & (PROBE_MAX - 1) ? n & (PROBE_MAX - 1) : PROBE_MAX, s->data);
	st->probe_len = have + n;

	__builtin_memcpy(sniff.probe, st->probe, PROBE_MAX);
	sniff.length = st->probe_len;
	LOOP(PROBE_MAX, sniff_byte, &sniff);
	st->verdict = sniff.verdict;
	if (!st->from_start && sniff.letters == PROBE_MAX)
		st->verdict = VERDICT_IGNORE; /* more likely content than a word */
	if (st->verdict == VERDICT_IGNORE) {
		if ((sniff.stop == '\r' || sniff.stop == '\n') && sniff.letters > 1)
			st->verdict = VERDICT_MINE; /* a line of one word: a command of Redis or memcached, perhaps */
		else if (is_proxy_header(st->probe, st->probe_len))
			st->verdict = VERDICT_MINE;
		else
			st->verdict = judge_binary(st, st->probe, st->probe_len, length);
		st->queries = st->verdict == VERDICT_MINE && st->probe[0] != '\r';
		if (st->verdict == VERDICT_IGNORE && st->from_start) {
			st->verdict = VERDICT_ANSWER;
			st->request_direction = 1 + direction;
		}
	} else if (st->verdict == VERDICT_MINE) {
		st->queries = st->probe[0] >= 'a' && st->probe[0] <= 'z'; /* memcached's commands; HTTP's methods are capitals */
	}
	if (st->verdict == VERDICT_MINE)
		st->request_direction = 1 + (sniff.matched == 7 ? !direction : direction);
	if (st->verdict == VERDICT_IGNORE && !st->from_start && ++st->tries < TRIES_MAX) {
		st->verdict = VERDICT_NEW;
		st->probe_len = PROBE_MAX; /* this flight has been judged */
	}
	return 0;
}

/*
 * Of a connection whose first bytes begin no message: whether the other side answers them in HTTP, as servers refuse what they
 * cannot read. If so userspace is to be told of those bytes; emit_probe() does.
 */
static __always_inline bool judge_answer(struct socket_state *st, __u32 direction, const __u8 *data, __u32 captured)
{
	const __u64 version = 0x2e312f50545448ull; /* "HTTP/1.", little-endian */
	__u64 first = *(__u64 *)data;
	__u64 known = captured >= 7 ? 0x00ffffffffffffffull : (1ull << (captured * 8 & 63)) - 1;

	if (!captured || (first ^ version) & known)
		return false;
	st->verdict = VERDICT_MINE;
	st->queries = 0;
	st->request_direction = 1 + !direction;
	return true;
}

/* The first bytes of a direction, of which nothing has been told. */
static __noinline void emit_probe(struct socket_state *st, __u32 direction)
{
	struct stream *d = &st->streams[direction & 1];
	__u32 captured = st->probe_len & (2 * PROBE_MAX - 1);
	struct scratch *s = scratch();

	if (!s)
		return;
	__builtin_memset(&s->first.header, 0, sizeof(s->first.header));
	s->first.header.socket = st->cookie;
	s->first.header.ts_ns = d->last_ts;
	s->first.header.length = d->offset;
	s->first.header.tgid = st->tgid;
	s->first.header.flight = st->flight - 1;
	s->first.header.captured = captured;
	s->first.header.kind = SW_RECORD_SEGMENT;
	s->first.header.flags = direction == SW_SEND ? SW_FLAG_SEND : 0;
	bpf_probe_read_kernel(s->first.probe, sizeof(s->first.probe), st->probe);
	count(SW_COUNT_SEGMENTS);
	if (!output(&s->first, sizeof(s->first.header) + captured, bpf_ktime_get_ns())) {
		st->opened = 0; /* what passed before it is told of is counted here */
		count_lost(st, direction, true, d->offset);
		st->opened = 1;
	}
	d->told = d->offset;
}

enum head_kind { HEAD_NONE = 0, HEAD_RESPONSE, HEAD_REQUEST };

/* How many upper-case letters begin the word, up to a space; -1: something else came first. */
static __always_inline int letters_to_space(__u64 w)
{
	__u64 x = w ^ 0x2020202020202020ull, space, before, wrong;

	space = (x - 0x0101010101010101ull) & ~x & 0x8080808080808080ull;
	space &= -space;
	before = space ? (space >> 7) - 1 : ~0ull;
	wrong = (w | (w - 0x4141414141414141ull) | (0x5a5a5a5a5a5a5a5aull - w)) & 0x8080808080808080ull;
	if (wrong & before)
		return -1;
	return space ? ((space >> 7) * 0x0001020304050607ull >> 56) & 7 : 8;
}

/*
 * What scratch()->data begins with, of which 12 bytes at least are valid. A request is told by a method of upper-case letters.
 * These functions are global, so that the verifier sees each once and not once a path that leads there.
 */
__noinline int head_kind(void)
{
	struct scratch *s = scratch();
	__u64 w;
	int n;

	if (!s)
		return HEAD_NONE;
	w = *(__u64 *)s->data;
	if ((w & 0x00ffffffffffffffull) == 0x002e312f50545448ull) /* "HTTP/1." */
		return HEAD_RESPONSE;
	n = letters_to_space(w);
	if (n == 8) {
		n = letters_to_space(*(__u64 *)(s->data + 8) & 0xffffffffull); /* zeros are no letters */
		n = n < 0 || n > 3 ? 0 : n + 8;
	}
	if (n <= 0)
		return HEAD_NONE;
	return HEAD_REQUEST;
}

struct head_scan {
	__u32 limit;
	__u32 head_end;       /* first byte after the head; 0: not found */
	__u32 length_at;      /* where the value of Content-Length begins; 0: not found */
	__u64 content_length; /* valid when has_length */
	__u8 has_length;
	__u8 has_coding; /* Transfer-Encoding: the length does not count */
};

static __always_inline __u64 lower8(const __u8 *p)
{
	return *(__u64 *)p | 0x2020202020202020ull;
}

#define WORD(a, b, c, d, e, f, g, h)                                                                            \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 | (__u64)(f) << 40 | \
	 (__u64)(g) << 48 | (__u64)(h) << 56)

static long scan_digits(__u32 i, struct head_scan *scan)
{
	struct scratch *s = scratch();
	__u8 c;

	if (!s)
		return 1;
	c = s->data[(scan->length_at + i) & (SW_CAPTURE_MAX - 1)];
	if (c == ' ' && !scan->has_length)
		return 0;
	if (c < '0' || c > '9')
		return 1;
	scan->content_length = scan->content_length * 10 + (c - '0');
	scan->has_length = 1;
	return 0;
}

/*
 * Looks at the line that begins after the first newline of one 8-byte word. Shorter lines may be missed: no harm. Global, for a
 * verifier that walks through the loop.
 */
__noinline int take_word(__u32 i, struct head_scan *scan)
{
	struct scratch *s = scratch();
	__u32 at = i * 8, k;
	const __u8 *line;
	__u64 x;

	if (!s || !scan || at >= scan->limit || at >= SMALL_SEGMENT)
		return 1;
	x = *(__u64 *)(s->data + at) ^ 0x0a0a0a0a0a0a0a0aull;
	x = (x - 0x0101010101010101ull) & ~x & 0x8080808080808080ull;
	if (!x)
		return 0;
	/* The lowest set bit stands in the newline's byte; the product's top byte is that byte's number. */
	k = (((x & -x) >> 7) * 0x0001020304050607ull >> 56) & 7;
	line = s->data + at + k + 1;
	if (line[0] == '\n' || (line[0] == '\r' && line[1] == '\n')) {
		scan->head_end = at + k + (line[0] == '\n' ? 2 : 3);
		return 1;
	}
	if (lower8(line) == WORD('c', 'o', 'n', 't', 'e', 'n', 't', '-') &&
	    lower8(line + 7) == WORD('-', 'l', 'e', 'n', 'g', 't', 'h', ':'))
		scan->length_at = at + k + 1 + 15;
	if (lower8(line) == WORD('t', 'r', 'a', 'n', 's', 'f', 'e', 'r'))
		scan->has_coding = 1;
	return 0;
}

static long scan_word(__u32 i, struct head_scan *scan)
{
	return take_word(i, scan) ? 1 : 0; /* no other value may come from here */
}

/* Finds the end of the head that begins scratch()->data, and its Content-Length, within `captured` bytes. */
static __always_inline void scan_head(struct head_scan *scan, __u32 captured)
{
	scan->limit = captured;
	scan->head_end = scan->length_at = 0;
	scan->content_length = 0;
	scan->has_length = scan->has_coding = 0;
	LOOP(SMALL_SEGMENT / 8, scan_word, scan);
	if (scan->length_at)
		LOOP(20, scan_digits, scan);
	if (scan->head_end > captured)
		scan->head_end = 0;
}

/* Whether the Content-Length of the head in scratch()->data may say nothing of its body. */
static __always_inline bool length_is_moot(const struct socket_state *st, __u32 direction, const struct scratch *s)
{
	__u32 other = (__u32)st->streams[!direction].first, own = (__u32)st->streams[direction & 1].first;
	__u32 code = *(__u32 *)(s->data + 8) >> 8; /* "HTTP/1.1 " and three digits */
	const __u32 head = 0x44414548, conn = 0x4e4e4f43; /* "HEAD", "CONN" */

	return other == head || other == conn || own == conn || (code & 0xff) == '1' || code == 0x343032 ||
	       code == 0x343033; /* 1xx, 204, 304 */
}

/* `want` bytes, or what the ring has room for: a record that is too long for it would be lost as a whole. */
static __always_inline __u32 fit(__u32 want, __u32 room)
{
	if (want <= room)
		return want;
	count(SW_COUNT_SHORTENED);
	return room;
}

/* How many of `length` bytes of a database or cache to copy into one record. */
static __always_inline __u32 query_budget(const struct stream *d, __u64 length)
{
	__u32 limit = pressed(8) ? FLIGHT_BYTES_PRESSED : QUERY_FLIGHT_BYTES;
	__u32 budget = d->flight_bytes < limit ? limit - d->flight_bytes : 0;

	if (budget > SW_CAPTURE_MAX)
		budget = SW_CAPTURE_MAX;
	return fit(length < budget ? length : budget, copy_room());
}

/*
 * How many of a segment's `length` bytes to copy when it is longer than the `have` that scratch()->data holds. Where these show
 * that nothing but one message's body follows, only its head, and the body is skipped to its end. A head that goes on is copied
 * while there is room, since half of it says nothing; of a body that must be looked at, half of what is free at most.
 */
__noinline __u32 wanted(struct socket_state *st, __u32 direction, __u64 length, __u32 have)
{
	__u32 limit = FLIGHT_BYTES, room = copy_room() / 2, budget;
	struct scratch *s = scratch();
	struct head_scan scan;
	struct stream *d;

	if (!st || !s)
		return have;
	d = &st->streams[direction & 1];
	if (st->queries)
		return query_budget(d, length);
	if (pressed(2))
		limit = FLIGHT_BYTES_PRESSED;
	if (head_kind() != HEAD_NONE) {
		scan_head(&scan, have);
		if (!scan.head_end) {
			limit = FLIGHT_BYTES;
			room = copy_room();
		} else if (scan.has_length && !scan.has_coding && !length_is_moot(st, direction, s)) {
			__u64 end = scan.head_end + scan.content_length;

			if (end >= length) {
				d->skip_until = d->offset + end;
				return scan.head_end;
			}
		}
	}
	budget = d->flight_bytes < limit ? limit - d->flight_bytes : 0;
	if (budget > SW_CAPTURE_MAX)
		budget = SW_CAPTURE_MAX;
	budget = fit(length < budget ? length : budget, room);
	return budget < have ? have : budget;
}

#endif

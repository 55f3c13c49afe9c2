/* As Linux 5.15 has them: every iterator of user memory is an array; bpf_loop and bpf_skc_to_unix_sock are still to come. */
#include "base.h"

enum iter_type { ITER_IOVEC, ITER_KVEC, ITER_BVEC, ITER_PIPE, ITER_XARRAY, ITER_DISCARD };
struct iov_iter {
	u8 iter_type;
	bool data_source;
	size_t iov_offset;
	size_t count;
	union {
		const struct iovec *iov;
	};
	unsigned long nr_segs;
};
struct io_async_rw {
	struct iovec fast_iov[8];
	const struct iovec *free_iovec;
	struct iov_iter iter;
	size_t bytes_done;
};
enum bpf_func_id { BPF_FUNC_unspec, BPF_FUNC_map_lookup_elem, BPF_FUNC_task_pt_regs = 175 };

struct iov_iter iterator;
struct io_async_rw reading;
enum iter_type kind;
enum bpf_func_id helper;

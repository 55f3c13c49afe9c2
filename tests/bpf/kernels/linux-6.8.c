/* As Linux 6.8 has them: io_uring's iterator is within a struct of its own; one buffer is the first kind of iterator. */
#include "base.h"

enum iter_type { ITER_UBUF, ITER_IOVEC, ITER_BVEC, ITER_KVEC, ITER_XARRAY, ITER_DISCARD };
struct iov_iter {
	u8 iter_type;
	bool nofault;
	bool data_source;
	size_t iov_offset;
	union {
		struct iovec __ubuf_iovec;
		struct {
			union {
				const struct iovec *__iov;
				void *ubuf;
			};
			size_t count;
		};
	};
	unsigned long nr_segs;
};
struct io_rw_state {
	struct iov_iter iter;
	struct iovec fast_iov[8];
};
struct io_async_rw {
	struct io_rw_state s;
	const struct iovec *free_iovec;
	size_t bytes_done;
};

struct iov_iter iterator;
struct io_async_rw reading;
enum iter_type kind;

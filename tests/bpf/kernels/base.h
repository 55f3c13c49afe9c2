/* What the small sets of types here share. A global of each type keeps it in the object. */
typedef unsigned char u8;
typedef unsigned long size_t;
typedef _Bool bool;
struct iovec {
	void *iov_base;
	size_t iov_len;
};

#ifndef FUZZ_CHECK_H
#define FUZZ_CHECK_H
/*
 * What the fuzz targets hold their findings against. A failed check prints one
 * line and aborts, which the fuzzer keeps as a crash.
 */
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

#define CHECK(c)                                              \
	do {                                                  \
		if (!(c))                                     \
			check_failed(#c, __FILE__, __LINE__); \
	} while (0)

void check_failed(const char *what, const char *file, int line) __attribute__((noreturn));

/* The functions that libFuzzer calls and has. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
size_t LLVMFuzzerCustomMutator(uint8_t *p, size_t n, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *p, size_t n, size_t max);

/*
 * A reader of streams must take the frames, in which a transaction may be open at the end, and find each row to be of its
 * table. The result stands for what they say: transactions, statements and rows in their order; not for how rows are put
 * together in frames, or where a table is defined.
 */
uint64_t check_frames(const struct buf *frames);

/* Numbers by chance from a seed. */
static inline uint32_t chance(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

#endif

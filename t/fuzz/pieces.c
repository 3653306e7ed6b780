#include "pieces.h"

#include <string.h>

#include "check.h"
#include "frame.h"

void piece_put(struct buf *out, int kind, const uint8_t *p, size_t n)
{
	size_t start;

	if (kind == PIECE_AS_IS) {
		(void)buf_add(out, p, n);
		return;
	}
	start = frame_begin(out, kind);
	(void)buf_add(out, p, n);
	CHECK(frame_end(out, start) == 0);
}

size_t piece_len(const uint8_t *p, size_t n, size_t head)
{
	size_t len = (size_t)(p[head - 2] | p[head - 1] << 8);

	return len < n - head ? len : n - head;
}

size_t pieces_mutate(uint8_t *p, size_t n, size_t max, unsigned seed, size_t head)
{
	uint32_t s = seed | 1;
	size_t at[256], count = 0, from, len, fresh;
	uint8_t payload[8192];

	for (size_t i = 0; i + head <= n && count < 256; i += head + piece_len(p + i, n - i, head))
		at[count++] = i;
	if (!count || chance(&s) % 6 == 0)
		return LLVMFuzzerMutate(p, n, max);
	from = at[chance(&s) % count];
	len = piece_len(p + from, n - from, head);
	if (len > sizeof payload / 2 || n + 64 > max)
		return LLVMFuzzerMutate(p, n, max);
	memcpy(payload, p + from + head, len);
	fresh = LLVMFuzzerMutate(payload, len, len + 64);
	memmove(p + from + head + fresh, p + from + head + len, n - from - head - len);
	memcpy(p + from + head, payload, fresh);
	p[from + head - 2] = (uint8_t)fresh;
	p[from + head - 1] = (uint8_t)(fresh >> 8);
	return n - len + fresh;
}

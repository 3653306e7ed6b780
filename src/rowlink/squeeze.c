#include "squeeze.h"

#include <stdlib.h>
#include <zstd.h>

#define WINDOW_LOG 23 /* 8 MiB; level 9 has 4 MiB */

struct squeeze {
	ZSTD_CCtx *z;
};

struct unsqueeze {
	ZSTD_DCtx *z;
};

struct squeeze *squeeze_new(unsigned level)
{
	struct squeeze *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->z = ZSTD_createCCtx();
	if (s->z && !ZSTD_isError(ZSTD_CCtx_setParameter(s->z, ZSTD_c_compressionLevel, (int)level)))
		return s;
	squeeze_free(s);
	return NULL;
}

void squeeze_free(struct squeeze *s)
{
	if (!s)
		return;
	ZSTD_freeCCtx(s->z);
	free(s);
}

int squeeze_add(struct squeeze *s, const void *p, size_t n, int burst_ends, struct buf *out)
{
	ZSTD_inBuffer in = {p, n, 0};
	size_t left;

	do {
		ZSTD_outBuffer o = {NULL, 0, 0};

		if (buf_room(out, ZSTD_CStreamOutSize()) < 0)
			return -1;
		o.dst = out->p + out->len;
		o.size = out->cap - out->len;
		left = ZSTD_compressStream2(s->z, &o, &in, burst_ends ? ZSTD_e_flush : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return -1;
		out->len += o.pos;
	} while (in.pos < in.size || (burst_ends && left));
	return 0;
}

struct unsqueeze *unsqueeze_new(void)
{
	struct unsqueeze *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->z = ZSTD_createDCtx();
	if (s->z && !ZSTD_isError(ZSTD_DCtx_setParameter(s->z, ZSTD_d_windowLogMax, WINDOW_LOG)))
		return s;
	unsqueeze_free(s);
	return NULL;
}

void unsqueeze_free(struct unsqueeze *s)
{
	if (!s)
		return;
	ZSTD_freeDCtx(s->z);
	free(s);
}

int unsqueeze_add(
    struct unsqueeze *s, const void *p, size_t n, size_t *used, struct buf *out, size_t max, int *left, const char **why)
{
	ZSTD_inBuffer in = {p, n, 0};
	ZSTD_outBuffer o = {NULL, 0, 0};
	size_t more;

	*used = 0;
	*left = 0;
	*why = "there is no memory";
	if (out->len >= max)
		return 0;
	if (buf_room(out, max - out->len) < 0)
		return -1;
	o.dst = out->p + out->len;
	o.size = max - out->len;
	more = ZSTD_decompressStream(s->z, &o, &in);
	*used = in.pos;
	out->len += o.pos;
	*left = o.pos == o.size; /* it may have kept some */
	if (!ZSTD_isError(more))
		return 0;
	*why = ZSTD_getErrorName(more);
	return -1;
}

#ifndef VAL_H
#define VAL_H
/*
 * One column's value in a row: exact and typed as rowstream(5) has it. Text and
 * bytes are borrowed from wherever the value was read. A val says nothing of
 * its column; struct column does.
 */
#include <stddef.h>
#include <stdint.h>

#include "mp.h"

enum val_kind {
	VAL_ABSENT, /* the row image does not hold the column */
	VAL_NULL,
	VAL_UINT,   /* u: integers from 0 up, year, bit, enum, set */
	VAL_INT,    /* i: integers below zero, only */
	VAL_FLOAT,  /* f */
	VAL_DOUBLE, /* d */
	VAL_STR,    /* p, n: decimal, dates and times, json, text in utf8mb4, utf8mb3, ascii */
	VAL_BIN	    /* p, n: text in any other character set, bytes */
};

struct val {
	enum val_kind kind;
	uint32_t n;
	union {
		uint64_t u;
		int64_t i;
		float f;
		double d;
		const uint8_t *p;
	};
};

static inline struct val val_of_int(int64_t i)
{
	struct val v = {i < 0 ? VAL_INT : VAL_UINT, 0, {.i = i}};
	return v;
}

static inline struct val val_of_uint(uint64_t u)
{
	struct val v = {VAL_UINT, 0, {.u = u}};
	return v;
}

static inline struct val val_of_str(const void *p, size_t n)
{
	struct val v = {VAL_STR, (uint32_t)n, {.p = p}};
	return v;
}

static inline struct val val_of_bin(const void *p, size_t n)
{
	struct val v = {VAL_BIN, (uint32_t)n, {.p = p}};
	return v;
}

static inline struct val val_null(void)
{
	struct val v = {VAL_NULL, 0, {0}};
	return v;
}

/* Same kind and same content, floats bit for bit. */
int val_same(const struct val *a, const struct val *b);

void val_write(struct buf *b, const struct val *v);
/* 0, or -1 with the cursor failed. Bytes are borrowed from the cursor's. */
int val_read(struct cur *c, struct val *v);

#endif

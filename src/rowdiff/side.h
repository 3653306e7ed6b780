#ifndef SIDE_H
#define SIDE_H
/* What the statements of sql.h are put together of. i is a column of the pair, part a table of the side (0 on the target). */
#include "sql.h"

size_t side_parts(const struct side *s);
const struct table *side_table(const struct side *s, size_t part);
const struct column *side_column(const struct side *s, size_t part, uint32_t i);

/* All append. */
void side_source(struct buf *out, const struct side *s, size_t part, uint32_t i);  /* the column's name, or what computes it */
void side_value(struct buf *out, const struct side *s, size_t part, uint32_t i);   /* as it is compared */
void side_hash(struct buf *out, const struct side *s, size_t part, int with_json); /* of the row */
/* (a,b,c) = key, or its first `n` columns and the next one by op. */
void side_prefix(struct buf *out, const struct side *s, size_t part, const struct buf *key, uint32_t n, const char *op);
/* FROM the table WHERE what is compared of it, in the range. Returns what stands before a further condition. */
const char *side_from(struct buf *out, const struct side *s, size_t part, const struct range *r);

#endif

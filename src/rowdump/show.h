#ifndef SHOW_H
#define SHOW_H
/* Values and times as people read them on a terminal: nothing that is printed can steer it. */
#include "table.h"

/* Appends a value in at most `width` columns of the terminal, longer ones cut with dots. Returns its width. */
unsigned show_val(struct buf *b, struct buf *tmp, const struct column *c, const struct val *v, unsigned width);
/* Appends UTF-8 text likewise; what is not UTF-8 as \xNN. keep_lines: newlines are followed by this text instead of \n. */
unsigned show_text(struct buf *b, const void *p, size_t n, unsigned width, const char *keep_lines);
void show_time(struct buf *b, int64_t us);     /* 2026-11-23 07:13:35.25 UTC */
void show_duration(struct buf *b, int64_t us); /* 12 ms, 3.2 s, 5 min, 2 h, 3 d */
int show_is_number(const struct column *c);    /* aligned to the right */

#endif

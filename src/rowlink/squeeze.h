#ifndef SQUEEZE_H
#define SQUEEZE_H
/*
 * A stream through zstd and back: one zstd frame for the life of a link, whose
 * history goes on from burst to burst, with a flush at the end of each so that
 * nothing waits. It keeps a bound on what the other side can make it use.
 */
#include "buf.h"

struct squeeze;	  /* opaque: in */
struct unsqueeze; /* opaque: and back */

/* NULL: no memory. level 1 to 9. */
struct squeeze *squeeze_new(unsigned level);
void squeeze_free(struct squeeze *s);
/* Appends to out what comes of the n bytes; all of it, and of those before, if a burst ends here. 0, or -1: no memory. */
int squeeze_add(struct squeeze *s, const void *p, size_t n, int burst_ends, struct buf *out);

struct unsqueeze *unsqueeze_new(void);
void unsqueeze_free(struct unsqueeze *s);
/*
 * Appends to out, which holds max bytes at the most then; *used of the n bytes are done with. *left is 1 if there is more to
 * come from what was used. 0, or -1: it is no zstd, or needs too much memory (*why, a constant text).
 */
int unsqueeze_add(
    struct unsqueeze *s, const void *p, size_t n, size_t *used, struct buf *out, size_t max, int *left, const char **why);

#endif

#ifndef WHOLE_H
#define WHOLE_H
/* Rows of suspects that are real, with all their values: see SQL_ALL of sql.h. */
#include "diff.h"

#define WHOLE_MOST 50 /* suspects at a time */

struct got { /* one row */
	struct suspect *s;
	struct buf bytes; /* of all values, each with a zero behind it */
	char **v;
	unsigned long *lens;
	unsigned ncols;
};

struct whole { /* of suspects [from, to) */
	struct worker *w;
	size_t from, to;
	uint32_t nkey;
	struct got *rows;
	size_t n, cap;
	struct buf key;
	int no_memory;
};

/* from, to and nkey are set. The exit code, message printed. */
int whole_fetch(struct worker *w, int is_target, struct whole *f);
void whole_release(struct whole *f);

#endif

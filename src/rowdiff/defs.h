#ifndef DEFS_H
#define DEFS_H
/* Sessions on the two servers, and the definitions of their tables. */
#include "conn.h"
#include "schema.h"
#include "table.h"

struct link { /* one session */
	struct conn *c;
	const char *side; /* "source", "target" */
	const struct conn_opts *opts;
	int is_mariadb;
	int is_down;	      /* what failed last was outside */
	_Atomic int *is_lost; /* NULL: what fails outside is the end. Else it is waited for: set, and said when it was not */
};

int no_memory(void); /* says so, once; the exit code */

/* CODE_OK; else the exit code, message printed. */
int link_open(struct link *l, const char *side, const struct conn_opts *o);
void link_close(struct link *l);
/* A statement of l failed: prints that, returns the exit code. */
int link_failed(struct link *l, const char *what);

struct defs { /* tables of one server, in the order of their names */
	struct table **t;
	size_t n, cap;
};

/* Lists the tables of a server that `wanted` wants and reads their definitions. CODE_OK; else the exit code, message printed. */
int defs_load(struct defs *d, struct link *l, int (*wanted)(void *arg, const char *db, const char *name), void *arg);
/* One table by its name; *t NULL: there is none. CODE_OK; else the exit code. */
int defs_read(struct link *l, struct schema *s, const char *db, const char *name, struct table **t);
void defs_release(struct defs *d);

#endif

#ifndef DIFF_H
#define DIFF_H
/*
 * rowdiff's state. main.c makes it; rounds.c has the workers; defs.c reads definitions; plan.c pairs the tables of the source
 * with those of the target; sql.c and side.c write what the servers compute; scan.c walks over chunks and finds rows that may
 * differ; confirm.c looks at these again until they are proven; lag.c knows how far the pipeline is; report.c tells; repair.c
 * writes the row stream.
 */
#include <pthread.h>

#include "conn.h"
#include "expr/rules.h"
#include "lag.h"
#include "pattern.h"
#include "plan.h"
#include "proof.h"
#include "repair.h"
#include "sql.h"
#include "suspect.h"

struct options {
	struct pattern_list names;
	struct rules rules;
	const char *where, *pipeline, *repair;
	int replica, json, follow;
	double window_s, settle_s, share, pause_s;
	unsigned workers;
	unsigned long long chunk_rows;
};

struct worker {
	struct rowdiff *d;
	struct link source, target;
	struct buf sql, low, high;
	struct suspects suspects;
	struct pair *pair; /* whose chunks this one is busy with */
	pthread_t thread;
	int is_running, code;
	unsigned seed;
};

struct rowdiff {
	struct options o;
	struct conn_opts *source, *target;
	struct defs s, t;
	struct pair *pairs;
	size_t npairs;

	pthread_mutex_t lock; /* the pairs' state of the round, code */
	int code;	      /* of the first worker that failed */
	_Atomic int is_lost;  /* see struct link */

	pthread_mutex_t out_lock; /* report, repair, and the counts of differences */
	struct repair repair;
	struct proofs proofs;
	uint64_t differences, unproven;
	uint64_t round;
};

int64_t now_us(void);	  /* CLOCK_MONOTONIC */
int64_t wall_us(void);	  /* since 1970 */
void wait_us(int64_t us); /* or until told to stop */

/* Opens all, compares, closes all; with --follow until told to stop. The exit code, messages printed. */
int compare_rounds(struct rowdiff *d);

/* Chunks of the round until there is none left. Returns the exit code, messages printed. */
int scan_run(struct worker *w);

/* Looks at the suspects of w->pair until each is proven, dropped or given up, and empties the list. The exit code. */
int confirm_all(struct worker *w);

int worker_failed(struct worker *w, struct link *l, const char *what); /* a statement did: message; the exit code */
struct side worker_side(const struct worker *w, int is_target);

/* ---- report.c; under out_lock, but for the last */
enum row_kind { ROW_IS_MISSING, ROW_IS_EXTRA, ROW_IS_DIFFERENT, ROW_IS_UNPROVEN };
struct shown {
	enum row_kind kind;
	const struct buf *key;	   /* as text; empty: the row has none */
	const struct buf *columns; /* of ROW_IS_DIFFERENT: see report_column */
	uint64_t copies;	   /* of a row without a key */
	uint64_t window_us;
};
/* Appends one column that differs, values NULL for NULL. */
void report_column(const struct rowdiff *d, struct buf *out, const char *name, const char *source, size_t nsource,
    const char *target, size_t ntarget);
/* Appends name and value of what a row is known by. */
void report_value(const struct rowdiff *d, struct buf *out, const char *name, const char *v, size_t n);
void report_key(const struct rowdiff *d, const struct pair *p, const struct buf *key, struct buf *out);
void report_row(struct rowdiff *d, const struct pair *p, const struct shown *s);
void report_table(struct rowdiff *d, const struct pair *p);
void report_other(struct rowdiff *d, const struct table *t); /* one that the source lacks */
void report_all(struct rowdiff *d);
void report_status(const struct rowdiff *d, struct buf *out, int as_json); /* for who looks from outside: see status_more */
void report_proofs(struct rowdiff *d);					   /* SIGUSR1: how old each is */

#endif

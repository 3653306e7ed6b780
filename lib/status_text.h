#ifndef STATUS_TEXT_H
#define STATUS_TEXT_H
/*
 * What a program shows of itself as text: one JSON object (for --status-file and /status), Prometheus' text format
 * (/metrics), a line for people. The names of both are in rowferry(7).
 */
#include "status.h"

struct status_frame { /* what the watcher knows besides */
	const char *program, *version;
	const char *metrics; /* the address that answers; NULL: none */
	int64_t started_us;  /* by status_clock_us() */
	int64_t still_us;    /* for so long nothing has moved */
	int exit_code;	     /* -1: it has not ended */
};

void status_json(struct buf *out, const struct status_view *v, const struct status_frame *f);
void status_metrics(struct buf *out, const struct status_view *v, const struct status_frame *f);
/* "idle at bin.000007:1234, lag 0.0 s" */
void status_line(struct buf *out, const struct status_view *v);

#endif

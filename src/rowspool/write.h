#ifndef WRITE_H
#define WRITE_H
/* rowspool write: a row stream on standard input into a spool. */
#include <stdint.h>

#include "out.h"

struct write_options {
	const char *dir;
	uint64_t segment_bytes;
	uint64_t keep_bytes; /* 0: all */
	int64_t keep_us;     /* 0: for ever */
	enum out_sync how;
	int64_t sync_us;
	int ready_fd;
};

int write_run(struct write_options *o); /* the exit code */

#endif

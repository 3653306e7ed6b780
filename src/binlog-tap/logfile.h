#ifndef LOGFILE_H
#define LOGFILE_H
/*
 * A binary log as a file: cuts it into events. It looks at heads only as far as
 * their length, and finds where the last whole transaction of a log ends that a
 * server still writes or did not close.
 */
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "pos.h"

struct logfile {
	int fd;
	const char *path;	 /* borrowed */
	char name[LOG_NAME_MAX]; /* its last part */
	struct buf b;		 /* bytes [at, b.len) are unread */
	size_t at;
	uint64_t pos;  /* in the file, of b.p[at] */
	uint64_t size; /* what is read at most */
	char why[160]; /* of the last failure */
};

enum logfile_result {
	LOGFILE_OK,
	LOGFILE_EOF,
	LOGFILE_DAMAGED,   /* why */
	LOGFILE_ENCRYPTED, /* MySQL's, as a whole */
	LOGFILE_ERROR	   /* why; errno */
};

/* Opens and checks the first bytes. LOGFILE_OK, DAMAGED (not a log), ENCRYPTED or ERROR. */
enum logfile_result logfile_open(struct logfile *f, const char *path);
void logfile_close(struct logfile *f);
/* The next event, borrowed until the next call. */
enum logfile_result logfile_next(struct logfile *f, const uint8_t **p, size_t *n);

/*
 * Looks through the rest for the end of the last whole transaction, and stops reading there. For a log that is in use;
 * one that is being written may end anywhere. LOGFILE_OK, DAMAGED, ERROR. Then starts over.
 */
enum logfile_result logfile_bound(struct logfile *f);
/* 1 if the log says that it was not closed. */
int logfile_is_in_use(struct logfile *f);

#endif

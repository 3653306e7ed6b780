#ifndef SPOOL_H
#define SPOOL_H
/*
 * The folder of a spool: what its files are called, who writes it, and up to
 * where it can be read.
 *
 *   NUMBER.rows   a segment: a section of a row stream (rowstream(5)) from HELLO on, with every table defined before its
 *                 first rows. All but the last end with END.
 *   NUMBER.idx    its index (index.h); can be made again from it
 *   end           one frame: up to where readers may read. The writer writes it anew in its place with whatever has become
 *                 whole; who waits is woken by that (inotify)
 *   lock          held by the writer (an open file description lock), with its process id
 *   readers/NAME  one line, the position of a reader that has a name
 *
 * What `end` says holds as long as the machine has not been started anew: the data were handed to the kernel before it.
 * After that, or without the file, what can be read is looked up in the last segment itself.
 */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>

#include "buf.h"
#include "frame.h"

#define SPOOL_BOOT_MAX 64
#define SPOOL_PATH_MAX (PATH_MAX + 64)

struct spool {
	const char *path; /* borrowed */
	char boot[SPOOL_BOOT_MAX];
	int end_fd, lock_fd; /* -1: not open */
	uint64_t *segs;	     /* spool_list: numbers, in order, without a gap */
	size_t nsegs;
};

struct spool_end {
	uint64_t seg, off; /* 0: no segment yet */
	int64_t ahead_us;  /* the source's clock minus the one here, as it was last heard of */
	int has_ahead;
};

/* What a path of the spool is, in a buffer of SPOOL_PATH_MAX. */
void spool_file(const struct spool *sp, char *path, const char *name);
void spool_segment(const struct spool *sp, char *path, uint64_t seg, const char *ending); /* "rows", "idx" */

/* CODE_OK, or the exit code with the message printed. */
int spool_open(struct spool *sp, const char *path);
/* Makes the folder and its files if need be, and takes the lock. */
int spool_open_writer(struct spool *sp, const char *path);
void spool_release(struct spool *sp);

/* Which segments are there. 0, or -1 with the message printed. */
int spool_list(struct spool *sp);

/* 1; 0: there is nothing to go by (no such file, a damaged one, or of before the machine was started). */
int spool_read_end(struct spool *sp, struct spool_end *e);
int spool_write_end(struct spool *sp, const struct spool_end *e); /* 0 or -1 (errno) */

/*
 * Up to where a segment is whole: the bytes from its beginning to the end of the last transaction, MARK or END that
 * is whole and undamaged; 0: not even HELLO. *ended: that was END. *size: of the file.
 * 0, or -1 with the message printed.
 */
int spool_scan(const char *path, uint64_t *whole, int *ended, uint64_t *size);

/* Up to where the spool can be read, looked up if it must be: e->seg 0: nowhere. 0, or -1 with the message printed. */
int spool_find_end(struct spool *sp, struct spool_end *e);

/* Forces the entries of a folder to the disk: "." the spool's own, or one in it. 0 or -1 (errno). */
int spool_sync_dir(const struct spool *sp, const char *name);

int64_t spool_clock_us(void); /* CLOCK_REALTIME */

#endif

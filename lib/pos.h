#ifndef POS_H
#define POS_H
/*
 * Where in a source's log: the POSITION argument that every program takes (now,
 * earliest, FILE:OFFSET, gtid:SET, time:RFC3339), and the order of log files by
 * their names. Pure: no server is asked.
 */
#include <stdint.h>

#include "buf.h"
#include "gtid_set.h"

enum pos_kind { POS_NOW, POS_EARLIEST, POS_FILE, POS_GTID, POS_TIME };

#define LOG_NAME_MAX 512 /* bytes of a log file's name with its zero (FN_REFLEN) */

struct pos {
	enum pos_kind kind;
	char file[LOG_NAME_MAX]; /* POS_FILE */
	uint64_t off;
	struct gtid_set *gtid; /* POS_GTID; owned */
	int64_t time_us;       /* POS_TIME */
};

/* 0, or -1 with one line of reason in why (a constant text). The position is to be released. */
int pos_parse(struct pos *p, const char *s, const char **why);
void pos_print(const struct pos *p, struct buf *out); /* pos_parse takes it again */
void pos_release(struct pos *p);

/*
 * Orders two log file names of one server: by base name, then by the number at
 * the end (999999 < 1000000). -1, 0, 1; *comparable becomes 0 if the base names
 * differ.
 */
int log_name_cmp(const char *a, const char *b, int *comparable);
/* 1 if b is the name that comes after a's. */
int log_name_is_next(const char *a, const char *b);

#endif

#ifndef ORIGIN_H
#define ORIGIN_H
/*
 * What a position means on the server at hand: asks it what has to be known
 * before its log can be followed, and after a lost connection whether it is the
 * same server.
 */
#include "conn.h"
#include "pos.h"

struct tap;

struct origin {
	char file[LOG_NAME_MAX]; /* where the log is entered; "" with gtid */
	uint64_t off;
	struct gtid_set *gtid; /* owned; NULL: by file */
	int stop_is_end;       /* --stop-at is where the log ended at the start */
	char name[64];	       /* what the tap calls itself to the server */
	char self[40];	       /* the same as a UUID, for MySQL */
	uint64_t server_id;
	int is_mariadb;
	int has_gtids; /* each transaction has one, and the log can be entered by a set of them */
};

/* 0; -1: failed, message printed, t->code and t->is_lost set. Sets t->b.gtid if it can be known. */
int origin_find(struct origin *o, struct tap *t);
int origin_check(struct origin *o, struct tap *t);
void origin_release(struct origin *o);

#endif

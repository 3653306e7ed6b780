#ifndef DUMP_POS_H
#define DUMP_POS_H
/*
 * Where in its source's log a dump was made, as the dump says it: the metadata
 * of mydumper, and what mysqldump and mariadb-dump write before the first table
 * and, of GTIDs, after the last. Pure: no file is read and no server asked.
 */
#include "pos.h"

struct dump_pos {
	char file[LOG_NAME_MAX]; /* "": not said */
	uint64_t off;
	struct gtid_set *gtid; /* owned; NULL: not said */
	/*
	 * mysqldump before 8.0.32 asks for the executed set without the lock that --source-data takes: transactions may be in the
	 * set that are not in the tables.
	 */
	int gtid_is_loose;
};

#define DUMP_METADATA "metadata" /* the file's name in mydumper's folder */
#define DUMP_HEAD_MAX (4u << 20) /* of a dump: what is looked at before its first table */
#define DUMP_TAIL_MAX 65536u	 /* and at its end */

/*
 * Both: 0, or -1 with one line of reason in why (a constant text). At least one
 * of file and gtid is there then; dump_pos_release in any case. Bytes need not
 * end with a zero.
 *
 * mydumper: the two forms that there were. To 0.14: lines "Log: ", "Pos: " and
 * "GTID:" below SHOW MASTER STATUS. Since then as in an option file, section
 * [master] or [source]: File, Position, Executed_Gtid_Set, or with --source-data
 * SOURCE_LOG_FILE, SOURCE_LOG_POS, some of them behind a #. What it says of the
 * source of a replica is left alone: that is another server's log.
 */
int dump_pos_mydumper(struct dump_pos *d, const char *p, size_t n, const char **why);
/*
 * mysqldump, mariadb-dump: CHANGE MASTER TO, CHANGE REPLICATION SOURCE TO, SET
 * GTID_PURGED, SET GLOBAL gtid_slave_pos; in comments or not. tail: the last
 * bytes of the file, in which MariaDB 10.11 has the last of these; n may be 0.
 */
int dump_pos_sql(struct dump_pos *d, const char *head, size_t nhead, const char *tail, size_t ntail, const char **why);
/* 1: a line of this dump begins its first table or database, so that its head is over. */
int dump_head_is_over(const char *line, size_t n);
void dump_pos_release(struct dump_pos *d);

#endif

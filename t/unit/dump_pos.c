/*
 * Where a dump was made: every form that mydumper, mysqldump and mariadb-dump have had, as the programs write it, and
 * what is refused. Each input is also cut at every byte: no more is read than is there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dump_pos.h"

static int count, failures;

static void ok(int good, const char *what, const char *detail)
{
	failures += !good;
	printf("%sok %d - %s%s%s\n", good ? "" : "not ", ++count, what, *detail ? ": " : "", detail);
}

#define U1 "7b166a41-65a2-11ed-9de3-0800275ff74d"
#define U2 "8b166a41-65a2-11ed-9de3-0800275ff74d"

static const struct {
	const char *name, *in, *out; /* "FILE:OFFSET GTIDS", or the reason */
} metadata[] = {
    {"mydumper 0.10, MariaDB",
	"Started dump at: 2026-11-29 01:47:16\nSHOW MASTER STATUS:\n\tLog: bin.000001\n\tPos: 369349\n\tGTID:0-28585-349\n\n"
	"Finished dump at: 2026-11-29 01:47:17\n",
	"bin.000001:369349 0-28585-349"},
    {"mydumper 0.6, without GTIDs",
	"Started dump at: 2011-05-05 13:57:17\nSHOW MASTER STATUS:\n  Log: linuxjedi-laptop-bin.000001\n  Pos: 106\n\n"
	"Finished dump at: 2011-05-05 13:57:17\n",
	"linuxjedi-laptop-bin.000001:106 -"},
    {"an empty GTID", "SHOW MASTER STATUS:\n\tLog: bin.000001\n\tPos: 4\n\tGTID:\n", "bin.000001:4 -"},
    {"a MySQL set over several lines",
	"SHOW MASTER STATUS:\n\tLog: b.000002\n\tPos: 197\n\tGTID:" U1 ":1-5,\n" U2 ":1-7\n\nFinished dump at: x\n",
	"b.000002:197 " U1 ":1-5," U2 ":1-7"},
    {"of a replica: its own log",
	"SHOW MASTER STATUS:\n\tLog: own.000003\n\tPos: 500\n\tGTID:0-2-7\n\nSHOW SLAVE STATUS:\n\tHost: 10.0.0.1\n\tLog: "
	"its.000009\n"
	"\tPos: 4711\n\tGTID:0-1-99\n\nFinished dump at: x\n",
	"own.000003:500 0-2-7"},
    {"of a replica without a log", "SHOW SLAVE STATUS:\n\tHost: 10.0.0.1\n\tLog: its.000009\n\tPos: 4711\n\tGTID:0-1-99\n",
	"it does not say where"},
    {"MySQL 8.4 and a mydumper that cannot ask it", "Started dump at: x\nFinished dump at: x\n", "it does not say where"},
    {"mydumper 0.14",
	"# Started dump at: 2023-06-09 11:47:18\n[master]\n# Channel_Name = '' # It can be use to setup replication FOR CHANNEL\n"
	"File = mydumper1-bin.000017\nPosition = 241149225\nExecuted_Gtid_Set = " U1 ":1-147115," U2 ":1-61558\n\n"
	"[`sakila`.`store`]\nRows = 2\ndata_checksum = 3119812626\n# Finished dump at: 2023-06-09 11:47:18\n",
	"mydumper1-bin.000017:241149225 " U1 ":1-147115," U2 ":1-61558"},
    {"mydumper 0.16",
	"[config]\nquote-character = BACKTICK\n\n[source]\n# Channel_Name = ''\nFile = bin.000001\nPosition = "
	"5\nExecuted_Gtid_Set = "
	"0-1-7\n\n[replication]\nFile = x.000007\nPosition = 77\n",
	"bin.000001:5 0-1-7"},
    {"with --source-data",
	"[source]\n#SOURCE_HOST = \"h\"\n#SOURCE_PORT = \n#SOURCE_USER = \"\"\nexecuted_gtid_set = \"" U1 ":1-9\"\n"
	"SOURCE_LOG_FILE = \"bin.000004\"\nSOURCE_LOG_POS = 1234\n#SOURCE_AUTO_POSITION = {0|1}\nmyloader_exec_reset_replica = "
	"1\n",
	"bin.000004:1234 " U1 ":1-9"},
    {"with --source-data, by GTID",
	"[source]\nexecuted_gtid_set = \"" U1
	":1-9\"\nSOURCE_AUTO_POSITION = 1\n#SOURCE_LOG_FILE = \"bin.000004\"\n#SOURCE_LOG_POS = 1234\n",
	"bin.000004:1234 " U1 ":1-9"},
    {"lines that end in \\r\\n", "[source]\r\nFile = bin.000001\r\nPosition = 5\r\nExecuted_Gtid_Set = 0-1-7\r\n",
	"bin.000001:5 0-1-7"},
    {"a table named source", "[`source`]\nFile = x.000001\nPosition = 7\n", "it does not say where"},
    {"no offset", "[source]\nFile = bin.000001\n", "its position in the log is not whole"},
    {"an offset that is none", "[source]\nFile = bin.000001\nPosition = 5x\n", "the offset in it is not a number"},
    {"one that is too large", "[source]\nFile = bin.000001\nPosition = 18446744073709551616\n",
	"the offset in it is not a number"},
    {"a GTID set that is none", "[source]\nFile = bin.000001\nPosition = 5\nExecuted_Gtid_Set = 0-1\n",
	"its GTID set is not understood"},
    {"a run of GTIDs backwards", "[source]\nFile = bin.000001\nPosition = 5\nExecuted_Gtid_Set = " U1 ":9-1\n",
	"its GTID set is not understood"},
    {"two places", "[source]\nFile = a.000001\nPosition = 5\nFile = a.000002\n", "it has positions in several logs"},
    {"nothing", "", "it does not say where"},
};

#define TABLE "--\n-- Table structure for table `t`\n--\nCREATE TABLE t (a INT);\n"

static const struct {
	const char *name, *head, *tail, *out;
} dumps[] = {
    {"mariadb-dump --master-data=2",
	"-- MariaDB dump 10.19  Distrib 10.11.14-MariaDB, for debian-linux-gnu (x86_64)\n--\n-- CHANGE MASTER TO "
	"MASTER_LOG_FILE='bin.000001', MASTER_LOG_POS=369349;\n\n" TABLE,
	"", "bin.000001:369349 -"},
    {"--master-data=1 of MariaDB 10.5", "CHANGE MASTER TO MASTER_LOG_FILE='bin.000001', MASTER_LOG_POS=7;\n" TABLE, "",
	"bin.000001:7 -"},
    {"--gtid of MariaDB 10.5", "CHANGE MASTER TO MASTER_USE_GTID=slave_pos;\nSET GLOBAL gtid_slave_pos='0-1-7,1-2-9';\n" TABLE,
	"", "- 0-1-7,1-2-9"},
    {"--gtid of MariaDB 10.11",
	"CHANGE MASTER TO MASTER_USE_GTID=slave_pos;\n-- CHANGE MASTER TO MASTER_LOG_FILE='bin.000001', "
	"MASTER_LOG_POS=7;\n" TABLE,
	"'x');\n\n-- The deferred gtid setting for slave corresponding to the master-data CHANGE-MASTER follows\n\n-- Preferably "
	"use GTID "
	"to start replication from GTID position:\n\nSET GLOBAL gtid_slave_pos='0-28585-349';\n/*!40103 SET "
	"TIME_ZONE=@OLD_TIME_ZONE */;\n"
	"\n-- Dump completed on 2026-11-29  1:50:00\n",
	"bin.000001:7 0-28585-349"},
    {"the same text in a procedure", "-- CHANGE MASTER TO MASTER_LOG_FILE='bin.000001', MASTER_LOG_POS=7;\n" TABLE,
	"-- The deferred gtid setting for slave x\nSET GLOBAL gtid_slave_pos='0-6-66';\nEND ;;\n-- Dump completed\n",
	"bin.000001:7 -"},
    {"--dump-slave=1",
	"CHANGE MASTER '' TO MASTER_HOST='h', MASTER_PORT=3306, MASTER_LOG_FILE='its.000002', MASTER_LOG_POS=99;\n" TABLE, "",
	"its.000002:99 -"},
    {"--dump-slave of two sources",
	"CHANGE MASTER 'a' TO MASTER_LOG_FILE='a.000002', MASTER_LOG_POS=99;\nCHANGE MASTER 'b' TO MASTER_LOG_FILE='b.000002', "
	"MASTER_LOG_POS=99;\n" TABLE,
	"", "it has positions in several logs"},
    {"mysqldump 9.7 --source-data=2",
	"-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)\nSET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '" U1 ":1-343';\n\n"
	"-- CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='bin.000001', SOURCE_LOG_POS=314286;\n\n" TABLE,
	"", "bin.000001:314286 " U1 ":1-343"},
    {"its --set-gtid-purged=COMMENTED",
	"-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)\n/* SET @@GLOBAL.GTID_PURGED='+" U1 ":1-343';*/\n" TABLE, "",
	"- " U1 ":1-343"},
    {"mysqldump 5.7 of two servers' GTIDs",
	"-- MySQL dump 10.13  Distrib 5.7.40, for Linux (x86_64)\nSET @@GLOBAL.GTID_PURGED='" U1 ":1-3,\n" U2 ":1-4:6';\n" TABLE,
	"", "- " U1 ":1-3," U2 ":1-4:6 (loose)"},
    {"8.0.31", "-- MySQL dump 10.13  Distrib 8.0.31, for Linux\nSET @@GLOBAL.GTID_PURGED='" U1 ":1';\n", "",
	"- " U1 ":1 (loose)"},
    {"8.0.32", "-- MySQL dump 10.13  Distrib 8.0.32, for Linux\nSET @@GLOBAL.GTID_PURGED='" U1 ":1';\n", "", "- " U1 ":1"},
    {"without any", "-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)\n" TABLE, "", "it does not say where"},
    {"data that looks like it", TABLE "CHANGE MASTER TO MASTER_LOG_FILE='bin.000001', MASTER_LOG_POS=7;\n", "",
	"it does not say where"},
    {"cut in the name", "CHANGE MASTER TO MASTER_LOG_FILE='bin.0000", "", "the position in it is not understood"},
    {"cut in the set", "SET @@GLOBAL.GTID_PURGED='" U1 ":1", "", "its GTID set is not understood"},
    {"no offset", "CHANGE MASTER TO MASTER_LOG_FILE='bin.000001', MASTER_LOG_POS=;\n", "",
	"the position in it is not understood"},
    {"no dump at all", "hello\n", "", "it does not say where"},
};

static void check(const char *name, int rc, struct dump_pos *d, const char *why, const char *want)
{
	struct buf got = BUF_INIT;

	if (rc < 0) {
		buf_adds(&got, why);
		if (!strncmp(why, want, strlen(want)))
			got.len = strlen(want);
	} else {
		if (*d->file)
			buf_printf(&got, "%s:%llu ", d->file, (unsigned long long)d->off);
		else
			buf_adds(&got, "- ");
		if (d->gtid)
			gtid_set_print(d->gtid, &got);
		else
			buf_adds(&got, "-");
		if (d->gtid_is_loose)
			buf_adds(&got, " (loose)");
	}
	ok(!strcmp(buf_str(&got), want), name, strcmp(buf_str(&got), want) != 0 ? buf_str(&got) : "");
	buf_release(&got);
	dump_pos_release(d);
}

/* A copy in memory of its own size, so that a sanitizer sees what is read behind it. */
static char *copy(const char *p, size_t n)
{
	char *c = malloc(n ? n : 1);

	if (!c)
		abort();
	memcpy(c, p, n);
	return c;
}

int main(void)
{
	struct dump_pos d;
	const char *why = NULL;

	for (size_t i = 0; i < sizeof metadata / sizeof *metadata; i++) {
		const char *in = metadata[i].in;
		int rc = dump_pos_mydumper(&d, in, strlen(in), &why);

		check(metadata[i].name, rc, &d, why, metadata[i].out);
		for (size_t n = 0; n < strlen(in); n++) {
			char *c = copy(in, n);

			(void)dump_pos_mydumper(&d, c, n, &why);
			dump_pos_release(&d);
			free(c);
		}
	}
	for (size_t i = 0; i < sizeof dumps / sizeof *dumps; i++) {
		const char *in = dumps[i].head, *tail = dumps[i].tail;
		int rc = dump_pos_sql(&d, in, strlen(in), tail, strlen(tail), &why);

		check(dumps[i].name, rc, &d, why, dumps[i].out);
		for (size_t n = 0; n < strlen(in); n++) {
			char *c = copy(in, n);

			(void)dump_pos_sql(&d, c, n, c, n, &why);
			dump_pos_release(&d);
			free(c);
		}
	}
	printf("1..%d\n", count);
	return failures != 0;
}

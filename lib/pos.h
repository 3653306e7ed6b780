#ifndef POS_H
#define POS_H
/*
 * Where in a source's log: GTIDs, sets of them, and the POSITION argument that
 * every program takes: now, earliest, FILE:OFFSET, gtid:SET, time:RFC3339.
 * Pure: no server is asked.
 *
 * Text forms: MariaDB's GTID is DOMAIN-SERVER-SEQ and a set is one GTID a
 * domain, with commas; MySQL's is UUID[:TAG]:N and a set is
 * UUID[:TAG]:N[-M][:N[-M]]...[:TAG:...], with commas (MySQL 8.3+ for tags).
 */
#include <stdint.h>

#include "buf.h"

enum gtid_flavor { GTID_NONE, GTID_MARIADB, GTID_MYSQL };

struct gtid_set; /* opaque; empty sets have no flavor yet */

struct gtid_set *gtid_set_new(void);
void gtid_set_free(struct gtid_set *s);
/* Parses n bytes; white space around commas is passed over. NULL: errno EINVAL or ENOMEM. "" is the empty set. */
struct gtid_set *gtid_set_parse(const char *s, size_t n);
struct gtid_set *gtid_set_copy(const struct gtid_set *s);
enum gtid_flavor gtid_set_flavor(const struct gtid_set *s);
int gtid_set_is_empty(const struct gtid_set *s);
/* The canonical text: domains, UUIDs, tags in order. */
void gtid_set_print(const struct gtid_set *s, struct buf *out);
/*
 * Adds one GTID's text: a MariaDB one takes its domain's place, a MySQL one
 * joins the intervals. 0; -1: not a GTID of the set's flavor, or no memory.
 */
int gtid_set_add(struct gtid_set *s, const char *gtid, size_t n);
/* 1 if the GTID is in the set (MariaDB: its domain's sequence number is at or past it), 0 if not, -1 not a GTID. */
int gtid_set_has(const struct gtid_set *s, const char *gtid, size_t n);
/* 1 if every transaction of b is in a. */
int gtid_set_covers(const struct gtid_set *a, const struct gtid_set *b);
/*
 * Of a log that is read in order, from before the set's place: was this transaction executed with the set? 0 no, 1 yes,
 * 2 yes as far as is known: its number is greater, but numbers of a MariaDB domain go back where its servers do not know of
 * each other (gtid_strict_mode=OFF), and the set's very GTID is still to come; -1 not a GTID. When that has come, or one
 * behind it of its server, the domain leaves the set.
 */
int gtid_set_leave(struct gtid_set *s, const char *gtid, size_t n);

/* MariaDB sets: visits domain, server, sequence of each. MySQL sets: each interval [from, to] with 16 bytes of UUID and tag (""
 * none). */
void gtid_set_each_mariadb(
    const struct gtid_set *s, void (*on_gtid)(void *, uint32_t domain, uint32_t server, uint64_t seq), void *arg);
void gtid_set_each_mysql(const struct gtid_set *s,
    void (*on_range)(void *, const uint8_t uuid[16], const char *tag, uint64_t from, uint64_t to), void *arg);

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

#ifndef GTID_SET_H
#define GTID_SET_H
/*
 * GTIDs and sets of them, of both families, from and to their text.
 *
 * MariaDB's GTID is DOMAIN-SERVER-SEQ and a set is one GTID a domain, with
 * commas; MySQL's is UUID[:TAG]:N and a set is
 * UUID[:TAG]:N[-M][:N[-M]]...[:TAG:...], with commas (tags: MySQL 8.3+).
 */
#include <stdint.h>

#include "buf.h"

enum gtid_flavor { GTID_NONE, GTID_MARIADB, GTID_MYSQL };

#define GTID_MARIADB_MAX 42 /* 10 digits, 10, 20, two hyphens */
#define GTID_UUID_LEN 36

/* Text of a MariaDB GTID, with its final zero (GTID_MARIADB_MAX + 1 bytes at most). Returns the length. */
size_t gtid_mariadb_text(char *o, uint32_t domain, uint32_t server, uint64_t seq);
/* GTID_UUID_LEN characters, without a final zero. */
void gtid_uuid_text(char *o, const uint8_t uuid[16]);
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

/*
 * Visits what a set consists of, in the order of its text: of a MariaDB set each domain, of a MySQL set each run of numbers,
 * both ends in it, with 16 bytes of UUID and the tag ("" none). A set of the other family has nothing to visit.
 */
void gtid_set_each_mariadb(
    const struct gtid_set *s, void (*on_gtid)(void *, uint32_t domain, uint32_t server, uint64_t seq), void *arg);
void gtid_set_each_mysql(const struct gtid_set *s,
    void (*on_range)(void *, const uint8_t uuid[16], const char *tag, uint64_t from, uint64_t to), void *arg);

#endif

#ifndef BINLOG_TDEF_H
#define BINLOG_TDEF_H
/*
 * The definitions in use: TABLE_MAP bytes -> definition, row decoder, id in the
 * stream. A log repeats the TABLE_MAP before every statement; equal bytes are
 * recognised by one comparison. Definitions go when a DDL names their table or
 * when all of them take much memory, and their ids are used again much later.
 */
#include <stddef.h>
#include <stdint.h>

#include "binlog/coldec.h"
#include "binlog/tmap.h"
#include "table.h"

struct tdef {
	uint8_t *raw; /* the TABLE_MAP without its id */
	size_t nraw;
	uint64_t hash;
	struct table *table; /* NULL: out of scope, its rows are not decoded */
	struct rowdec dec;
	int is_in_stream;  /* its TABLE frame was written */
	size_t bytes;	   /* of memory, about */
	struct tdef *next; /* of the same bucket */
};

#define TDEF_BUCKETS 4096u
#define TDEF_MAPS 8192u /* a statement cannot have more tables */
#define TDEF_IDS_KEPT 1024u
#define TDEFS_FULL (64u << 20) /* bytes: at the end of a statement all are dropped */
#define TDEFS_MAX (128u << 20) /* bytes: no statement has so many */

struct tdefs {
	struct tdef *bucket[TDEF_BUCKETS];
	struct { /* by the server's table id: the maps of the open statement, and older ones */
		uint64_t id;
		struct tdef *def;
	} map[TDEF_MAPS];
	size_t nmaps;
	size_t bytes;
	uint32_t last_id;
	uint32_t *free_ids; /* a queue: first given back, first used */
	size_t nfree, cap_free;
};

void tdefs_init(struct tdefs *s);
void tdefs_release(struct tdefs *s);

/* By the server's table id; NULL: no TABLE_MAP had it. */
struct tdef *tdefs_by_id(const struct tdefs *s, uint64_t id);
/* By the TABLE_MAP's bytes; binds its id to it. NULL: not known. */
struct tdef *tdefs_find(struct tdefs *s, const struct tmap *m);
/* A new one, bound to the map's id; table is consumed (NULL: out of scope) and gets its id. NULL: no memory, table is freed. */
struct tdef *tdefs_add(struct tdefs *s, const struct tmap *m, const struct tmap_col *cols, struct table *table);
/* Server table ids mean nothing any more (another log, another connection). */
void tdefs_forget_maps(struct tdefs *s);
/* A statement ended: its maps are not needed again. Keeps the table of ids sparse. */
static inline void tdefs_statement_end(struct tdefs *s)
{
	if (s->nmaps > TDEF_MAPS / 4)
		tdefs_forget_maps(s);
}
/* Drops the definitions of db.name (name NULL: of all of db; db NULL: all). Names are compared without case. */
void tdefs_drop(struct tdefs *s, const char *db, const char *name);

#endif

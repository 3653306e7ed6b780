#include "binlog/tdef.h"

#include <stdlib.h>
#include <strings.h>

#include <xxhash.h>

void tdefs_init(struct tdefs *s)
{
	memset(s, 0, sizeof *s);
}

static void give_back_id(struct tdefs *s, uint32_t id)
{
	if (s->nfree == s->cap_free) {
		size_t cap = s->cap_free ? 2 * s->cap_free : 64;
		uint32_t *p = realloc(s->free_ids, cap * sizeof *p);

		if (!p)
			return; /* the id is not used again, that is all */
		s->free_ids = p;
		s->cap_free = cap;
	}
	s->free_ids[s->nfree++] = id;
}

/* Ids are used again late, so that readers who still hold the old definition for a while are not surprised often. */
static uint32_t take_id(struct tdefs *s)
{
	uint32_t id;

	if (s->nfree <= TDEF_IDS_KEPT && s->last_id < UINT32_MAX)
		return ++s->last_id;
	id = s->free_ids[0];
	memmove(s->free_ids, s->free_ids + 1, --s->nfree * sizeof *s->free_ids);
	return id;
}

static void tdef_free(struct tdefs *s, struct tdef *d)
{
	s->bytes -= d->bytes;
	if (d->table)
		give_back_id(s, d->table->id);
	table_free(d->table);
	rowdec_release(&d->dec);
	free(d->raw);
	free(d);
}

void tdefs_forget_maps(struct tdefs *s)
{
	if (s->nmaps)
		memset(s->map, 0, sizeof s->map);
	s->nmaps = 0;
}

void tdefs_release(struct tdefs *s)
{
	tdefs_drop(s, NULL, NULL);
	free(s->free_ids);
	tdefs_init(s);
}

/* The place of an id, or the free one where it would be; TDEF_MAPS: there is none. */
static size_t place_of(const struct tdefs *s, uint64_t id)
{
	size_t at = id % TDEF_MAPS;

	for (size_t n = 0; n < TDEF_MAPS; n++, at = (at + 1) % TDEF_MAPS)
		if (!s->map[at].def || s->map[at].id == id)
			return at;
	return TDEF_MAPS;
}

struct tdef *tdefs_by_id(const struct tdefs *s, uint64_t id)
{
	size_t at = place_of(s, id);

	return at < TDEF_MAPS ? s->map[at].def : NULL;
}

static void bind_id(struct tdefs *s, uint64_t id, struct tdef *d)
{
	size_t at = place_of(s, id);

	if (at == TDEF_MAPS) {
		tdefs_forget_maps(s);
		at = place_of(s, id);
	}
	s->nmaps += !s->map[at].def;
	s->map[at].id = id;
	s->map[at].def = d;
}

struct tdef *tdefs_find(struct tdefs *s, const struct tmap *m)
{
	struct tdef *d = tdefs_by_id(s, m->id);
	uint64_t hash;

	if (d && d->nraw == m->nraw && !memcmp(d->raw, m->raw, m->nraw))
		return d;
	hash = XXH3_64bits(m->raw, m->nraw);
	for (d = s->bucket[hash % TDEF_BUCKETS]; d; d = d->next)
		if (d->hash == hash && d->nraw == m->nraw && !memcmp(d->raw, m->raw, m->nraw)) {
			bind_id(s, m->id, d);
			return d;
		}
	return NULL;
}

static size_t table_bytes(const struct table *t)
{
	size_t n = sizeof *t;

	for (uint32_t i = 0; i < t->ncols; i++) {
		n += sizeof *t->cols + 64 + sizeof(struct coldec);
		for (uint32_t j = 0; j < t->cols[i].nlabels; j++)
			n += sizeof(struct label) + 32 + t->cols[i].labels[j].n;
	}
	return n + t->nkeys * 128;
}

struct tdef *tdefs_add(struct tdefs *s, const struct tmap *m, const struct tmap_col *cols, struct table *table)
{
	struct tdef *d = calloc(1, sizeof *d);

	if (!d || !(d->raw = malloc(m->nraw))) {
		table_free(table);
		free(d);
		return NULL;
	}
	memcpy(d->raw, m->raw, m->nraw);
	d->nraw = m->nraw;
	d->hash = XXH3_64bits(m->raw, m->nraw);
	if (table && rowdec_init(&d->dec, cols, table) < 0) {
		table_free(table);
		free(d->raw);
		free(d);
		return NULL;
	}
	d->table = table;
	if (table)
		table->id = take_id(s);
	d->bytes = sizeof *d + m->nraw + (table ? table_bytes(table) : 0);
	s->bytes += d->bytes;
	d->next = s->bucket[d->hash % TDEF_BUCKETS];
	s->bucket[d->hash % TDEF_BUCKETS] = d;
	bind_id(s, m->id, d);
	return d;
}

/* Names stand in the TABLE_MAP itself: length, name, zero, twice. */
static int is_of(const struct tdef *d, const char *db, const char *name)
{
	const char *ddb = (const char *)d->raw + 1, *dname = ddb + d->raw[0] + 2;

	return (!db || !strcasecmp(ddb, db)) && (!name || !strcasecmp(dname, name));
}

void tdefs_drop(struct tdefs *s, const char *db, const char *name)
{
	for (size_t i = 0; s->bytes && i < TDEF_BUCKETS; i++)
		for (struct tdef **at = &s->bucket[i], *d; (d = *at);) {
			if (!is_of(d, db, name)) {
				at = &d->next;
				continue;
			}
			*at = d->next;
			tdef_free(s, d);
		}
	tdefs_forget_maps(s);
}

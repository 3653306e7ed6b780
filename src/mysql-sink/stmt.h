#ifndef STMT_H
#define STMT_H
/*
 * Rows into SQL. Neighbouring rows of one table and operation become one
 * statement where the outcome is the same. It sends nothing.
 */
#include "batch.h"
#include "packet.h"

struct stmt_style {
	int is_mariadb;
	int guards;	 /* each statement is followed by a guard, see packet_guard */
	int mysql_alias; /* MySQL 8.0.19 and later: VALUES(col) is deprecated there, VALUES ROW() is a table */
	int compare;	 /* a row is found by all of the old row, and each stands alone */
	int whole;	 /* updates write all of the image: the old one is not that before the new */
};

/*
 * Does an update say this column? All of the image, so that a row that somebody has changed on the target becomes what it is on
 * the source again; but of what goes through no table of values (documents, geometries) only what it changes: such rows would
 * be a statement each. With --on-conflict overwrite all.
 */
static inline int stmt_writes(
    const struct stmt_style *style, const struct source_table *st, const struct val *old, const struct val *new, uint32_t i)
{
	const struct map_col *c = &st->map->cols[i];

	if (!map_col_is_written(c) || new[i].kind == VAL_ABSENT)
		return 0;
	return c->joins || style->whole || st->policy == POLICY_OVERWRITE || !val_same(&old[i], &new[i]);
}

/* Ends the open statement; needed before the text is sent. */
void stmt_close(struct packet *p, const struct stmt_style *style);

/*
 * One row. LIT_OK; LIT_LAX (only when lax is 0): strict mode would refuse it,
 * nothing was added; LIT_NO: it cannot be written, nothing was added, see why
 * and why_col. kind: STMT_INSERT, STMT_UPSERT or STMT_REPLACE.
 */
enum lit_result stmt_insert(struct packet *p, struct source_table *st, enum stmt_kind kind, const struct val *vals,
    struct row_ref ref, int lax, const struct stmt_style *style);
enum lit_result stmt_update(struct packet *p, struct source_table *st, const struct val *old, const struct val *new,
    struct row_ref ref, int lax, const struct stmt_style *style);
enum lit_result stmt_delete(
    struct packet *p, struct source_table *st, const struct val *old, struct row_ref ref, const struct stmt_style *style);

/* The first of the map's keys that the row has; SIZE_MAX: none. */
size_t stmt_key(const struct map *m, const struct val *vals);

/* The row's key, or its first columns, for a message: "id=5". */
void stmt_show_row(struct buf *out, const struct source_table *st, const struct val *vals);

#endif

#ifndef UNDUMP_H
#define UNDUMP_H
/*
 * One run of rowundump: what was read, the state of the section and of the
 * transaction, the tables, the rows that wait to become a frame, the output.
 */
#include "fields.h"
#include "input.h"
#include "pos.h"
#include "tables.h"
#include "xid.h"

struct undump {
	struct input in;
	struct writer out;
	struct arena arena;
	struct buf made, canon; /* the frame that a line makes; the form of its raw one */
	int code;

	int in_section, in_trx, any;
	uint64_t trx_rows;
	char xid[XID_TEXT_MAX + 1]; /* of the open transaction; "" none */
	char file[LOG_NAME_MAX];    /* the position to end at when told to stop */
	uint64_t off;
	struct gtid_set *gtid; /* executed; NULL: not known */
	struct buf begin_gtid; /* of the open transaction */

	struct tables tables;	  /* of the section */
	struct table *last_table; /* the last one found by label */

	struct rows {
		int active;
		const struct table *t;
		int has_f;
		uint64_t f;
		struct rec_rows head; /* its extra lies in extra, its reason in reason */
		struct buf extra, reason;
		struct rows_writer w;
		struct buf out, raw; /* finished frames while there is a raw frame to compare them with */
		unsigned long line;
		struct val *vals;
		uint32_t cap_vals;
	} rows;
};

/* ---- main.c */
/* Appends a frame that was made (made holds it): raw's bytes instead if they say the same. 0 or -1 with message. */
int undump_put(struct undump *u, const struct fields *f, int kind);

/* ---- labels.c */
const char *label_of(const struct table *t); /* of a table that labels_keep took */
/* The latest table of that label, NULL if there is none; *many 1: there are several. */
struct table *labels_find(struct undump *u, const char *label, int *many);
int labels_keep(struct undump *u, struct table *t); /* consumes t; 0, or -1 (no memory: t is still the caller's) */
void labels_forget(struct undump *u);

/* ---- record.c: every kind but rows. 0 or -1 with message */
int record_take(struct undump *u, json_t *o, const char *kind, unsigned long line);
/* ---- rows.c */
int rows_take(struct undump *u, json_t *o, const char *op, unsigned long line);
int rows_end(struct undump *u); /* the rows that wait become a frame */
void rows_free(struct undump *u);

#endif

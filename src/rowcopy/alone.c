/* A copy that is a stream of its own: one snapshot, all tables, and the place in the log where a tap goes on. */
#include <string.h>
#include <unistd.h>

#include "copy.h"
#include "fdio.h"
#include "msg.h"
#include "readers.h"
#include "sig.h"
#include "status.h"

struct alone {
	struct copy *c;
	struct writer out;
	uint64_t part_rows; /* of the chunk that went out before the open part */
	size_t part_bytes;
};

static struct writer *writer_of(struct copy *c)
{
	return (struct writer *)((char *)c->out - offsetof(struct writer, b));
}

static int flush_now(struct copy *c)
{
	status_publish(); /* the reader may take its time */
	status_wait(STATUS_READER);
	if (writer_flush(writer_of(c)) < 0) {
		c->code = writer_failed("the stream");
		return -1;
	}
	status_now.written_bytes = c->bytes = writer_of(c)->written;
	status_set_place(c->at.file, c->at.off, NULL);
	status_step();
	if (status_is_due())
		status_publish();
	return 0;
}

static int flush_much(struct copy *c)
{
	return c->out->len >= FDIO_CHUNK || c->out->failed ? flush_now(c) : 0;
}

static int open_part(struct alone *a, const struct piece *p)
{
	a->part_bytes = 0;
	return part_begin(a->c) < 0 ? -1 : part_table(a->c, p->o);
}

static int close_part(struct alone *a, const struct piece *p, const struct buf *key)
{
	struct copy *c = a->c;

	if (key) {
		buf_reset(&c->state.key);
		if (buf_add(&c->state.key, key->p, key->len) < 0)
			return copy_no_memory(c);
	}
	return part_commit(c, p->nrows - a->part_rows);
}

/* What went out so far is whole: the rest of a long chunk, of which this may be the first piece, is a part of its own. */
static int split_part(struct alone *a, const struct piece *p)
{
	if (close_part(a, p, p->last) < 0)
		return -1;
	a->part_rows = p->nrows;
	return open_part(a, p);
}

/* One piece of a chunk goes out. */
static int put_piece(struct alone *a, const struct piece *p)
{
	struct copy *c = a->c;
	const struct table *d = p->o->def;

	if (p->is_begin) {
		if (p->is_first && write_tables_open(c, p->o) < 0)
			return -1;
		a->part_rows = 0;
		if (open_part(a, p) < 0)
			return -1;
	}
	if (buf_add(c->out, p->rows->p, p->rows->len) < 0)
		return copy_no_memory(c);
	a->part_bytes += p->rows->len;
	copy_is_at(c, p->nrows - a->part_rows);
	if (!p->is_end && p->last->len && a->part_bytes > PART_BYTES)
		return split_part(a, p);
	if (!p->is_end)
		return flush_much(c);
	if (p->is_last && state_set(&c->state, p->o->after.len && !c->no_ddl ? STATE_AFTER : STATE_DONE, d->db, d->name) < 0)
		return copy_no_memory(c);
	c->chunks++;
	if (close_part(a, p, p->is_last ? NULL : p->hi) < 0)
		return -1;
	return p->is_last ? write_tables_close(c, p->o) : 0;
}

static int put_all(struct alone *a)
{
	struct copy *c = a->c;
	struct piece p;
	int r;

	while ((r = readers_next(c->readers, &p)) > 0)
		if (put_piece(a, &p) < 0)
			return -1;
	return r;
}

static int put_end(struct copy *c, const char *why)
{
	struct rec_end e = {.file = str_of(c->at.file), .off = c->at.off, .has_off = 1, .why = str_of(why)};

	return write_end(c->out, &e) < 0 ? copy_no_memory(c) : flush_now(c);
}

int copy_alone(struct copy *c)
{
	struct alone a = {.c = c};
	struct buf none = BUF_INIT;
	int r;

	writer_init(&a.out, STDOUT_FILENO);
	c->out = &a.out.b;
	c->flush = flush_much;
	c->state.at = STATE_START;
	c->began_us = status_clock_us();
	c->readers = readers_new(c);
	r = c->readers && snap_open_same(c) == 0 && write_copy_hello(c) == 0 && readers_go(c->readers, 0, &none, 0, 1) == 0 ? 0
															    : -1;
	if (r == 0)
		r = put_all(&a);
	if (r == 0)
		r = write_over(c) < 0 ? -1 : put_end(c, "eof");
	else if (r == -2)
		r = put_end(c, "signal") < 0 ? -1 : 1;
	if (r == 0)
		copy_tell_end(c);
	msg_info(
	    "%llu rows of %zu tables in %llu chunks", (unsigned long long)c->rows, c->ntables, (unsigned long long)c->chunks);
	readers_free(c->readers);
	c->readers = NULL;
	(void)writer_flush(&a.out); /* what is good goes on: without END it is cut */
	writer_release(&a.out);
	return c->code;
}

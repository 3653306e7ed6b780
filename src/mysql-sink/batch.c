#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "batch.h"

struct source_table *source_table_new(const struct table *t)
{
	struct source_table *st = calloc(1, sizeof *st);

	if (!st)
		return NULL;
	st->def = table_copy(t);
	if (!st->def) {
		free(st);
		return NULL;
	}
	st->refs = 1;
	return st;
}

struct source_table *source_table_replace(struct source_table *st)
{
	if (!st->replace && (st->replace = source_table_new(st->def)))
		st->replace->policy = POLICY_OVERWRITE;
	return st->replace;
}

void source_table_drop(void *p)
{
	struct source_table *st = p;

	if (!st || --st->refs)
		return;
	if (st->map)
		st->map_free(st->map);
	source_table_drop(st->replace);
	table_free(st->def);
	free(st);
}

static void forget_items(struct batch *b, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		source_table_drop(b->items[i].st);
}

static void forget_marks(struct batch *b, size_t keep)
{
	while (b->nmarks > keep)
		free(b->marks[--b->nmarks].name);
}

void batch_release(struct batch *b)
{
	forget_items(b, 0, b->nitems);
	forget_marks(b, 0);
	free(b->items);
	free(b->marks);
	buf_release(&b->bytes);
}

static struct item *add_item(struct batch *b, enum item_kind kind, const void *p, size_t n)
{
	struct item *it;

	if (b->nitems == b->cap_items) {
		size_t cap = b->cap_items < 256 ? 256 : b->cap_items + b->cap_items / 2;
		struct item *more = realloc(b->items, cap * sizeof *more);

		if (!more)
			return NULL;
		b->items = more;
		b->cap_items = cap;
	}
	it = &b->items[b->nitems];
	*it = (struct item){.kind = (uint8_t)kind, .at = b->bytes.len, .len = n};
	if (buf_add(&b->bytes, p, n) < 0) {
		b->bytes.failed = 0;
		return NULL;
	}
	b->nitems++;
	return it;
}

int batch_begin(struct batch *b, const char *file)
{
	forget_marks(b, 0);
	b->is_stored = 0;
	b->trx = 0;
	if (!strcmp(b->file, file))
		return 0;
	if (!b->nitems)
		memcpy(b->base_file, file, strlen(file) + 1);
	else if (!add_item(b, ITEM_FILE, file, strlen(file) + 1))
		return -1;
	memcpy(b->file, file, strlen(file) + 1);
	return 0;
}

int batch_rows(struct batch *b, struct source_table *st, const struct rec_rows *r, const void *images, size_t n)
{
	struct item *it = add_item(b, ITEM_ROWS, images, n);

	if (!it)
		return -1;
	it->op = (uint8_t)r->op;
	it->flags = (uint8_t)(r->flags & (ROWS_NO_FK | ROWS_NO_UNIQUE | ROWS_NO_CHECK | ROWS_FK_DONE | ROWS_GUARDED));
	it->n = (uint32_t)r->n;
	it->off = r->off;
	it->st = st;
	st->refs++;
	b->open_rows += r->n;
	return 0;
}

int batch_store(struct batch *b, const struct frame *begin)
{
	struct item *it = add_item(b, ITEM_STORE, begin->raw, begin->raw_len);

	if (!it)
		return -1;
	it->off = (uint64_t)(begin->body - begin->raw);
	b->is_stored = 1;
	return 0;
}

int batch_decide(struct batch *b, struct str xid, int commit, uint64_t off)
{
	struct item *it = add_item(b, ITEM_DECIDE, xid.p, xid.n);

	if (!it)
		return -1;
	it->op = commit != 0;
	it->off = off;
	return 0;
}

int batch_trx(struct batch *b, const void *begin, size_t n)
{
	if (b->trx)
		return 0;
	if (!add_item(b, ITEM_TRX, begin, n))
		return -1;
	b->trx = b->nitems;
	return 0;
}

int batch_end(struct batch *b, const char *file, uint64_t off)
{
	struct item *it;

	if (!b->trx)
		return 0;
	it = add_item(b, ITEM_END, file, strlen(file) + 1);
	if (!it)
		return -1;
	it->off = off;
	b->trx = 0;
	return 0;
}

int batch_prepare(struct batch *b)
{
	b->open_rows = 0; /* they count when they become visible */
	b->is_stored = 0;
	return add_item(b, ITEM_STORED, NULL, 0) ? 0 : -1;
}

static size_t find_mark(const struct batch *b, struct str name)
{
	size_t i;

	for (i = 0; i < b->nmarks; i++)
		if (strlen(b->marks[i].name) == name.n && !strncasecmp(b->marks[i].name, name.p, name.n))
			break;
	return i;
}

int batch_savepoint(struct batch *b, struct str name)
{
	size_t old = find_mark(b, name);
	struct item *it;
	char *copy;

	if (old < b->nmarks) { /* a savepoint of the same name takes its place */
		free(b->marks[old].name);
		memmove(&b->marks[old], &b->marks[old + 1], (b->nmarks - old - 1) * sizeof *b->marks);
		b->nmarks--;
	}
	if (b->nmarks == b->cap_marks) {
		size_t cap = b->cap_marks ? 2 * b->cap_marks : 8;
		struct mark *more = realloc(b->marks, cap * sizeof *more);

		if (!more)
			return -1;
		b->marks = more;
		b->cap_marks = cap;
	}
	copy = strndup(name.p, name.n);
	if (!copy)
		return -1;
	it = add_item(b, ITEM_SAVEPOINT, NULL, 0);
	if (!it) {
		free(copy);
		return -1;
	}
	it->off = ++b->mark_number;
	b->marks[b->nmarks++] = (struct mark){copy, it->off, b->nitems - 1};
	return 0;
}

/* Drops the items from `keep` on. The log file stays that of the open transaction: it has only one. */
static void cut_items(struct batch *b, size_t keep, size_t bytes)
{
	forget_items(b, keep, b->nitems);
	b->nitems = keep;
	b->bytes.len = bytes;
	if (b->trx != IN_TARGET && b->trx > keep)
		b->trx = 0;
}

int batch_rollback_to(struct batch *b, struct str name, uint64_t *number)
{
	size_t i = find_mark(b, name);
	struct mark *m;

	if (i == b->nmarks)
		return -1;
	m = &b->marks[i];
	*number = m->number;
	forget_marks(b, i + 1);
	if (m->item == IN_TARGET) {
		cut_items(b, 0, 0);
		return 1;
	}
	cut_items(b, m->item + 1, b->items[m->item].at);
	return 0;
}

int batch_is_open(const struct batch *b)
{
	/* where it begins, in a log file that is new to the batch, is not for the target */
	for (size_t i = b->whole_items; i < b->nitems; i++)
		if (b->items[i].kind != ITEM_FILE)
			return 1;
	return 0;
}

void batch_commit(struct batch *b)
{
	forget_marks(b, 0);
	for (size_t i = b->whole_items; b->is_stored && i < b->nitems; i++)
		if (b->items[i].kind == ITEM_STORE)
			b->items[i].kind = ITEM_NOTHING;
	b->is_stored = 0;
	b->whole_items = b->nitems;
	b->whole_bytes = b->bytes.len;
	b->whole_rows += b->open_rows;
	b->open_rows = 0;
	b->whole_trx++;
}

void batch_undo(struct batch *b)
{
	forget_marks(b, 0);
	/* the name of the log file goes with it; batch_begin gives it again */
	if (b->nitems > b->whole_items) {
		cut_items(b, b->whole_items, b->whole_bytes);
		b->file[0] = 0;
	}
	b->open_rows = 0;
	b->is_stored = 0;
	b->trx = 0;
}

static void drop(struct batch *b, size_t items, size_t bytes)
{
	for (size_t i = 0; i < items; i++)
		if (b->items[i].kind == ITEM_FILE)
			memcpy(b->base_file, b->bytes.p + b->items[i].at, b->items[i].len);
	forget_items(b, 0, items);
	b->nitems -= items;
	if (b->nitems)
		memmove(b->items, b->items + items, b->nitems * sizeof *b->items);
	buf_shift(&b->bytes, bytes);
	for (size_t i = 0; i < b->nitems; i++)
		b->items[i].at -= bytes;
	for (size_t i = 0; i < b->nmarks; i++)
		b->marks[i].item =
		    b->marks[i].item == IN_TARGET || b->marks[i].item < items ? IN_TARGET : b->marks[i].item - items;
	if (b->trx && b->trx != IN_TARGET)
		b->trx = b->trx <= items ? IN_TARGET : b->trx - items;
	b->whole_items = b->whole_bytes = 0;
}

int batch_take_whole(struct batch *b, struct batch *to)
{
	struct batch rest = {.marks = b->marks, .nmarks = b->nmarks, .cap_marks = b->cap_marks, .mark_number = b->mark_number};
	size_t n = b->nitems - b->whole_items;

	/* what is open is the smaller part by far; the memory of the other batch is used again */
	rest.bytes = to->bytes;
	rest.items = to->items;
	rest.cap_items = to->cap_items;
	buf_reset(&rest.bytes);
	if (buf_add(&rest.bytes, b->bytes.p + b->whole_bytes, b->bytes.len - b->whole_bytes) < 0)
		return -1;
	if (n > rest.cap_items) {
		struct item *more = realloc(rest.items, n * sizeof *more);

		to->bytes = rest.bytes;
		if (!more)
			return -1;
		to->items = rest.items = more;
		to->cap_items = rest.cap_items = n;
	}
	if (n)
		memcpy(rest.items, b->items + b->whole_items, n * sizeof *rest.items);
	rest.nitems = n;
	for (size_t i = 0; i < n; i++)
		rest.items[i].at -= b->whole_bytes;
	for (size_t i = 0; i < rest.nmarks; i++) /* all of them are of the open transaction */
		rest.marks[i].item -= rest.marks[i].item == IN_TARGET ? 0 : b->whole_items;
	rest.open_rows = b->open_rows;
	rest.is_stored = b->is_stored;
	rest.trx = b->trx && b->trx != IN_TARGET ? b->trx - b->whole_items : b->trx;
	memcpy(rest.file, b->file, sizeof rest.file);
	memcpy(rest.base_file, b->base_file, sizeof rest.base_file);
	for (size_t i = 0; i < b->whole_items; i++)
		if (b->items[i].kind == ITEM_FILE)
			memcpy(rest.base_file, b->bytes.p + b->items[i].at, b->items[i].len);
	*to = *b;
	to->marks = NULL;
	to->nmarks = to->cap_marks = 0;
	to->nitems = b->whole_items;
	to->bytes.len = b->whole_bytes;
	to->open_rows = to->trx = 0;
	*b = rest;
	return 0;
}

void batch_drop_whole(struct batch *b)
{
	drop(b, b->whole_items, b->whole_bytes);
	b->whole_rows = b->whole_trx = 0;
}

void batch_drop_all(struct batch *b)
{
	drop(b, b->nitems, b->bytes.len);
	b->whole_rows = b->whole_trx = b->open_rows = 0;
	/* one row of a giant size must not stay in memory for good */
	if (b->bytes.cap > (32u << 20))
		buf_release(&b->bytes);
}

#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "code.h"
#include "line.h"
#include "msg.h"

/* One lease's line: the names of its nodes, the holder first. Other children are left out. */
struct queue {
	char **names; /* of the op */
	size_t count;
};

static int by_number(const void *a, const void *b)
{
	const int64_t x = line_number(*(char *const *)a), y = line_number(*(char *const *)b);

	return x < y ? -1 : x > y;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct queue queue_of(struct zk_op *list)
{
	struct queue q = {list->names, 0};

	for (size_t i = 0; i < list->count; i++)
		if (line_number(list->names[i]) >= 0) {
			char *name = list->names[i];

			list->names[i] = list->names[q.count];
			list->names[q.count++] = name;
		}
	if (q.count)
		qsort(q.names, q.count, sizeof *q.names, by_number);
	return q;
}

/* The value of a line "key=value" of a node's text; "-" if it is not there. */
static void add_field(struct buf *out, const struct zk_op *op, const char *key)
{
	const char *at = (const char *)op->text.p, *end = at + op->text.len, *stop;
	const size_t len = strlen(key);

	for (; at && at < end; at = stop + 1) {
		stop = memchr(at, '\n', (size_t)(end - at));
		if (!stop)
			stop = end;
		if ((size_t)(stop - at) > len && !memcmp(at, key, len) && at[len] == '=') {
			for (at += len + 1; at < stop; at++) /* somebody else may have written it */
				buf_add8(out, (unsigned char)*at < 0x20 || *at == 0x7f ? '?' : (uint8_t)*at);
			return;
		}
	}
	buf_adds(out, "-");
}

/* Asks for a node's text. ASK_ON: *op has it, or its result is ZK_NONE. */
static enum ask get(struct asker *a, const char *path, const char *name, struct zk_op **op)
{
	struct buf whole = BUF_INIT;
	enum ask r;

	buf_printf(&whole, "%s/%s", strcmp(path, "/") ? path : "", name);
	*op = zk_get(a->zk, buf_str(&whole));
	r = ask_answer(a, *op);
	if (r == ASK_ON && zk_result(*op) != ZK_OK && zk_result(*op) != ZK_NONE)
		r = ask_refused(a, *op, "read", buf_str(&whole));
	buf_release(&whole);
	return r;
}

/* The children of a node, by way of the leader. *none: there is no such node. */
static enum ask list(struct asker *a, const char *path, struct zk_op **op, int *none)
{
	struct zk_op *sync = zk_sync(a->zk, path);
	enum ask r;

	*op = zk_list(a->zk, path);
	r = ask_answer(a, *op);
	*none = r == ASK_ON && zk_result(*op) == ZK_NONE;
	if (r == ASK_ON && !*none && zk_result(*op) != ZK_OK)
		r = ask_refused(a, *op, "list", path);
	zk_op_free(sync);
	return r;
}

static enum ask status(struct asker *a, const char *path, struct buf *out, size_t *rows)
{
	struct zk_op *op, *node;
	struct queue q;
	int none;
	enum ask r = list(a, path, &op, &none);

	q = r == ASK_ON ? queue_of(op) : (struct queue){NULL, 0};
	for (size_t i = 0; i < q.count && r == ASK_ON; i++) {
		r = get(a, path, q.names[i], &node);
		if (r == ASK_ON && zk_result(node) == ZK_OK) {
			buf_adds(out, *rows ? "waits\t" : "holds\t");
			add_field(out, node, "holder");
			buf_adds(out, "\t");
			add_field(out, node, "since");
			if (*rows)
				buf_adds(out, "\t-\t");
			else
				buf_printf(out, "\t%" PRId64 "\t", node->czxid);
			add_field(out, node, "command");
			buf_adds(out, "\n");
			++*rows;
		}
		zk_op_free(node);
	}
	zk_op_free(op);
	return r;
}

static enum ask list_one(struct asker *a, const char *parent, const char *name, struct buf *out, size_t *rows)
{
	struct buf path = BUF_INIT;
	struct zk_op *op, *node = NULL;
	struct queue q = {NULL, 0};
	int none, held = 0;
	enum ask r;

	buf_printf(&path, "%s/%s", strcmp(parent, "/") ? parent : "", name);
	r = list(a, buf_str(&path), &op, &none);
	if (r == ASK_ON)
		q = queue_of(op);
	if (r == ASK_ON && q.count) {
		r = get(a, buf_str(&path), q.names[0], &node);
		held = r == ASK_ON && zk_result(node) == ZK_OK;
	}
	if (r == ASK_ON && !none) {
		buf_printf(out, "%s\t", buf_str(&path));
		if (held) {
			add_field(out, node, "holder");
			buf_adds(out, "\t");
			add_field(out, node, "since");
			buf_printf(out, "\t%" PRId64 "\t%zu\t", node->czxid, q.count - 1);
			add_field(out, node, "command");
			buf_adds(out, "\n");
		} else {
			buf_adds(out, "-\t-\t-\t0\t-\n");
		}
		++*rows;
	}
	zk_op_free(node);
	zk_op_free(op);
	buf_release(&path);
	return r;
}

static enum ask list_all(struct asker *a, const char *parent, struct buf *out, size_t *rows)
{
	struct zk_op *op;
	int none;
	enum ask r = list(a, parent, &op, &none);

	if (r == ASK_ON && op->count)
		qsort(op->names, op->count, sizeof *op->names, by_name);
	for (size_t i = 0; r == ASK_ON && i < op->count; i++)
		r = list_one(a, parent, op->names[i], out, rows);
	zk_op_free(op);
	return r;
}

/* Asks until it is answered as a whole, and prints it then. */
static int show(struct asker *a, const char *path, const char *heading,
    enum ask (*what)(struct asker *, const char *, struct buf *, size_t *), size_t *rows)
{
	struct buf out = BUF_INIT;
	enum ask r;

	do {
		buf_reset(&out);
		*rows = 0;
		r = ask_connection(a);
		if (r == ASK_ON)
			r = what(a, path, &out, rows);
	} while (r == ASK_AGAIN);
	if (r == ASK_ON && *rows)
		printf("%s%s", isatty(STDOUT_FILENO) ? heading : "", buf_str(&out));
	buf_release(&out);
	return r == ASK_ON ? CODE_OK : a->code;
}

int show_status(struct asker *a, const char *path)
{
	size_t rows;
	int code = show(a, path, "state\tholder\tsince\tepoch\tcommand\n", status, &rows);

	if (code != CODE_OK || rows)
		return code;
	msg_error("nobody holds %s", path);
	return CODE_NO;
}

int show_list(struct asker *a, const char *parent)
{
	size_t rows;
	int code = show(a, parent, "lease\tholder\tsince\tepoch\twaiting\tcommand\n", list_all, &rows);

	if (code != CODE_OK || rows)
		return code;
	msg_error("there are no leases under %s", parent);
	return CODE_NO;
}

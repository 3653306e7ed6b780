#include "repair.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "msg.h"
#include "opt.h"

#define LOG "rowdiff.000001"

static uint64_t clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int failed(struct repair *r)
{
	msg_error(r->out.b.failed || r->w.rows.failed ? "out of memory" : "a row is too large for a row stream");
	return -1;
}

static int flush(struct repair *r)
{
	if (writer_flush(&r->out) == 0)
		return 0;
	msg_error("could not write the repair: %s", strerror(errno));
	return -1;
}

int repair_open(struct repair *r, const char *file, const struct conn *source)
{
	struct rec_hello h = {.version = 1,
	    .by = str_of("rowdiff " ROWFERRY_VERSION),
	    .flavor = str_of(conn_is_mariadb(source) ? "mariadb" : "mysql"),
	    .server = str_of(conn_version_text(source)),
	    .file = str_of(LOG),
	    .off = 4,
	    .has_off = 1,
	    .time_us = (int64_t)clock_us(),
	    .has_time = 1};

	r->fd = strcmp(file, "-") != 0 ? open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : STDOUT_FILENO;
	if (r->fd < 0) {
		msg_error("cannot write \"%s\": %s", file, strerror(errno));
		return -1;
	}
	r->on = 1;
	writer_init(&r->out, r->fd);
	rows_init(&r->w);
	return write_hello(&r->out.b, &h) < 0 ? failed(r) : flush(r);
}

int repair_define(struct repair *r, struct table *t, uint32_t *id)
{
	struct rec_extra none = {0};

	if (*id)
		return 0;
	if (rows_close(&r->w, &r->out.b) < 0)
		return failed(r);
	t->id = *id = ++r->ids;
	return write_table(&r->out.b, t, &none) < 0 ? failed(r) : 0;
}

static int begin(struct repair *r)
{
	uint64_t now = clock_us();
	struct rec_begin b = {.file = str_of(LOG), .ts_us = (int64_t)now, .has_ts = 1};

	r->off = now > r->off + 1 ? now : r->off + 2;
	b.off = r->off;
	r->in_trx = 1;
	r->trx_rows = 0;
	return write_begin(&r->out.b, &b) < 0 ? failed(r) : 0;
}

int repair_row(struct repair *r, const struct table *t, uint32_t id, const struct val *old, const struct val *new)
{
	struct rec_rows head = {.table_id = id, .off = r->off, .has_off = 1};

	head.op = !old ? ROW_INSERT : new ? ROW_UPDATE : ROW_DELETE;
	head.flags = old ? ROWS_GUARDED : 0;
	if (!r->in_trx && begin(r) < 0)
		return -1;
	head.off = r->off;
	if (r->w.open && (r->w.head.op != head.op || r->w.head.table_id != id || rows_is_full(&r->w)) &&
	    rows_close(&r->w, &r->out.b) < 0)
		return failed(r);
	if (!r->w.open)
		rows_open(&r->w, &head);
	if (old)
		rows_image(&r->w, old, t->ncols);
	if (new)
		rows_image(&r->w, new, t->ncols);
	r->w.head.n++;
	r->trx_rows++;
	r->written++;
	if (r->w.rows.failed)
		return failed(r);
	if (r->out.b.len >= FDIO_CHUNK && flush(r) < 0)
		return -1;
	return r->trx_rows >= 1000 ? repair_commit(r) : 0;
}

int repair_commit(struct repair *r)
{
	struct rec_commit c = {.file = str_of(LOG), .off = r->off + 1, .rows = r->trx_rows};

	if (!r->in_trx)
		return 0;
	r->in_trx = 0;
	if (rows_close(&r->w, &r->out.b) < 0 || write_commit(&r->out.b, &c) < 0)
		return failed(r);
	return flush(r);
}

int repair_close(struct repair *r, int is_whole)
{
	struct rec_end e = {.file = str_of(LOG), .off = r->off + 1, .has_off = 1, .why = str_of("eof")};

	if (!r->on)
		return 0;
	if (!is_whole) /* whoever reads it sees that END is missing */
		return flush(r);
	if (repair_commit(r) < 0)
		return -1;
	return write_end(&r->out.b, &e) < 0 ? failed(r) : flush(r);
}

void repair_release(struct repair *r)
{
	if (!r->on)
		return;
	if (r->fd != STDOUT_FILENO)
		close(r->fd);
	rows_release(&r->w);
	writer_release(&r->out);
}

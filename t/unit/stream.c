/*
 * Records, frames and the loop: what is written is read back the same, frames
 * pass byte for byte, COMMIT's count follows dropped rows, and a stream that is
 * out of order, cut or longer than it says is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "code.h"
#include "msg.h"
#include "rec.h"
#include "stream.h"

static int tests, failed;

static void ok(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, what);
	failed += !good;
}

static struct table *sample_table(void)
{
	struct table *t = table_new("shop", "orders", 3);
	struct key *k;

	t->id = 7;
	table_set_str(&t->cols[0].name, "id", 2);
	t->cols[0].type = COL_BIGINT;
	t->cols[0].is_unsigned = 1;
	t->cols[0].nullable = 0;
	table_set_str(&t->cols[1].name, "state", 5);
	t->cols[1].type = COL_ENUM;
	table_set_str(&t->cols[1].charset, "latin1", 6);
	column_set_labels(&t->cols[1], 2);
	t->cols[1].labels[0].p = (uint8_t *)strdup("new");
	t->cols[1].labels[0].n = 3;
	t->cols[1].labels[1].p = (uint8_t *)strdup("\xe9");
	t->cols[1].labels[1].n = 1;
	table_set_str(&t->cols[2].name, "amount", 6);
	t->cols[2].type = COL_DECIMAL;
	t->cols[2].len = 65;
	t->cols[2].dec = 30;
	k = table_add_key(t, "PRIMARY", 1, 1);
	k->cols[0] = 0;
	k = table_add_key(t, "u", 0, 2);
	k->cols[0] = 2;
	k->cols[1] = 1;
	k->parts = calloc(2, sizeof *k->parts);
	k->parts[1] = 5;
	return t;
}

/* HELLO TABLE BEGIN ROWS(3) COMMIT(rows) END; the parts that a case wants otherwise are arguments. */
static void sample(struct buf *b, uint64_t commit_rows, int with_end)
{
	struct rec_hello h = {.version = 1,
	    .flavor = str_of("mariadb"),
	    .gtid = str_of("0-1-9"),
	    .file = str_of("bin.000001"),
	    .off = 4,
	    .has_off = 1};
	struct rec_begin g = {.gtid = str_of("0-1-10"), .file = str_of("bin.000001"), .off = 400, .ts_us = 5, .has_ts = 1};
	struct rec_rows rr = {.table_id = 7, .op = ROW_INSERT, .off = 450, .has_off = 1, .flags = ROWS_NO_FK};
	struct rec_commit c = {.file = str_of("bin.000001"), .off = 500, .rows = commit_rows};
	struct rec_end e = {.why = str_of("eof")};
	struct table *t = sample_table();
	struct rows_writer w;

	write_hello(b, &h);
	write_table(b, t, NULL);
	write_begin(b, &g);
	rows_init(&w);
	rows_open(&w, &rr);
	for (int i = 0; i < 3; i++) {
		struct val v[3] = {val_of_uint(UINT64_MAX - (unsigned)i), val_of_uint(2), val_of_str("-1.5", 4)};

		if (i == 1)
			v[1] = val_null();
		rows_image(&w, v, 3);
		w.head.n++;
	}
	rows_close(&w, b);
	rows_release(&w);
	write_commit(b, &c);
	if (with_end)
		write_end(b, &e);
	table_free(t);
}

static int drop_all(struct stream *s, const struct rec_rows *r, struct table *t, struct cur *c)
{
	(void)s, (void)r, (void)t, (void)c;
	return STREAM_TOOK;
}

/* Runs a stream's bytes through the loop; *out gets what it wrote. */
static int run(const struct buf *in, struct buf *out, const struct stream_calls *calls, struct buf *gtid)
{
	FILE *fi = tmpfile(), *fo = tmpfile();
	struct stream s;
	int code;
	long n;

	fwrite(in->p, 1, in->len, fi);
	fflush(fi);
	lseek(fileno(fi), 0, SEEK_SET);
	stream_init(&s, fileno(fi), fileno(fo), calls, NULL);
	code = stream_run(&s);
	if (gtid && s.gtid)
		gtid_set_print(s.gtid, gtid);
	n = lseek(fileno(fo), 0, SEEK_END);
	buf_reset(out);
	buf_room(out, (size_t)n + 1);
	if (pread(fileno(fo), out->p, (size_t)n, 0) == n)
		out->len = (size_t)n;
	stream_release(&s);
	fclose(fi);
	fclose(fo);
	return code;
}

static void frames(const struct buf *b, int *kinds, size_t max, struct rec_commit *commit)
{
	size_t n = 0;

	for (size_t at = 0; at < b->len && n < max;) {
		size_t len = (size_t)b->p[at + 1] << 24 | (size_t)b->p[at + 2] << 16 | (size_t)b->p[at + 3] << 8 | b->p[at + 4];

		kinds[n++] = b->p[at + 5];
		if (b->p[at + 5] == FRAME_COMMIT) {
			struct cur c;

			cur_init(&c, b->p + at + FRAME_HEAD, len - 12);
			read_commit(&c, commit);
			rec_extra_release(&commit->extra);
		}
		at += 6 + len;
	}
}

int main(void)
{
	struct stream_calls none = {0}, dropper = {.on_rows = drop_all};
	struct buf in = BUF_INIT, out = BUF_INIT, gtid = BUF_INIT;
	struct table *t = sample_table(), *back, *copy;
	struct rec_commit commit = {0};
	int kinds[16] = {0};
	struct cur c;

	msg_init("t");
	if (!freopen("/dev/null", "w", stderr))
		return 1;

	write_table(&in, t, NULL);
	cur_init(&c, in.p + FRAME_HEAD, in.len - FRAME_HEAD);
	back = read_table(&c, NULL);
	copy = table_copy(t);
	ok(back && table_same(t, back) && back->id == 7, "a table is read as it was written");
	ok(copy && table_same(t, copy), "a copy of a table is the same");
	copy->cols[1].labels[1].p[0] = 'x';
	ok(!table_same(t, copy), "another member of an enum is another table");
	table_free(back);
	table_free(copy);
	table_free(t);

	buf_reset(&in);
	sample(&in, 3, 1);
	ok(run(&in, &out, &none, &gtid) == CODE_OK, "a whole stream is right");
	ok(out.len == in.len && !memcmp(out.p, in.p, in.len), "and passes byte for byte");
	ok(!strcmp(buf_str(&gtid), "0-1-10"), "the executed set moved");

	ok(run(&in, &out, &dropper, NULL) == CODE_OK, "a filter that drops every row ends well");
	frames(&out, kinds, 16, &commit);
	ok(kinds[2] == FRAME_BEGIN && kinds[3] == FRAME_COMMIT && commit.rows == 0 && commit.off == 500,
	    "BEGIN and COMMIT remain, with the right count and position");

	for (size_t n = 0, bad = 0; n <= in.len; n++) {
		struct buf part = {in.p, n, 0, 0};
		int code = run(&part, &out, &none, NULL);

		bad += n < in.len && (code != CODE_OUTSIDE || out.len > n);
		if (n == in.len)
			ok(!bad, "every prefix is cut");
	}
	buf_reset(&in);
	sample(&in, 2, 1);
	ok(run(&in, &out, &none, NULL) == CODE_DAMAGED, "a transaction with more rows than it says is damaged");
	buf_reset(&in);
	sample(&in, 3, 1);
	sample(&in, 3, 1);
	ok(run(&in, &out, &none, NULL) == CODE_OK, "two streams one after the other are a stream");
	buf_reset(&in);
	sample(&in, 3, 0);
	sample(&in, 3, 1);
	ok(run(&in, &out, &none, NULL) == CODE_DAMAGED, "HELLO before END is damaged");
	buf_release(&in);
	buf_release(&out);
	buf_release(&gtid);
	printf("1..%d\n", tests);
	return failed != 0;
}

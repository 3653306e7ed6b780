/*
 * Rules files, expressions, name patterns. The input is a rules file; what it
 * says is bound to a table that has a column of each type and run on rows of it.
 *
 * Held: a mistake has a place and a text, and so has what is not SQL; patterns and expressions end, within
 * their limits; a value has the form of its column, and is the same each time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "expr/as_sql.h"
#include "expr/rules.h"

static struct table *sample;
static struct val rows[2][COL_TYPES];

static void make_sample(void)
{
	char name[32];

	if (!(sample = table_new("shop", "orders", COL_TYPES)))
		abort();
	for (int i = 0; i < COL_TYPES; i++) {
		struct column *c = &sample->cols[i];

		c->type = (enum col_type)i;
		(void)snprintf(name, sizeof name, "%s", col_type_name(c->type));
		(void)table_set_str(&c->name, name, strlen(name));
		c->len = i == COL_DECIMAL ? 20 : 10;
		c->dec = i == COL_DECIMAL ? 3 : 0;
		c->nullable = 1;
		if (col_type_has_charset(c->type)) {
			const char *cs = i == COL_CHAR ? "latin1" : "utf8mb4";

			(void)table_set_str(&c->charset, cs, strlen(cs));
			c->coll = i == COL_CHAR ? 8 : 45;
		}
		if (i == COL_ENUM || i == COL_SET) {
			(void)column_set_labels(c, 2);
			for (uint32_t k = 0; k < 2; k++) {
				c->labels[k].p = (uint8_t *)strdup(k ? "b" : "a");
				c->labels[k].n = 1;
			}
		}
		rows[1][i] = val_null();
		switch (col_type_class(c->type)) {
		case COLC_INT:
			rows[0][i] = i == COL_YEAR ? val_of_uint(2024) : val_of_uint(1);
			break;
		case COLC_FLOAT:
			rows[0][i] = (struct val){VAL_FLOAT, 0, {.f = 1.5f}};
			break;
		case COLC_DOUBLE:
			rows[0][i] = (struct val){VAL_DOUBLE, 0, {.d = -1e300}};
			break;
		case COLC_ASCII:
			rows[0][i] = i == COL_DECIMAL ? val_of_str("-12.500", 7)
				     : i == COL_DATE  ? val_of_str("2024-02-31", 10)
				     : i == COL_TIME  ? val_of_str("-838:59:59", 10)
						      : val_of_str("2024-01-01 00:00:00", 19);
			break;
		case COLC_TEXT:
			rows[0][i] = i == COL_CHAR   ? val_of_bin("\xe9t\xe9", 3)
				     : i == COL_JSON ? val_of_str("[1]", 3)
						     : val_of_str("\xc3\xa9t", 3);
			break;
		case COLC_BYTES:
			rows[0][i] = val_of_bin("0123456789abcdef", i == COL_INET4 ? 4 : 16);
			break;
		}
	}
}

/* Its parentheses match, whatever stands in the quotes of names and strings, which are hex but for few. */
static void check_sql(int failed, struct buf *sql, const struct expr_err *err)
{
	int depth = 0;

	CHECK(!failed || *err->text);
	for (size_t i = 0; !failed && i < sql->len; i++) {
		depth += sql->p[i] == '(' ? 1 : sql->p[i] == ')' ? -1 : 0;
		CHECK(sql->p[i] >= 0x20 && sql->p[i] < 0x7f && depth >= 0);
	}
	CHECK(failed || (!depth && sql->len));
	buf_release(sql);
}

static void run_where(const struct expr *e)
{
	struct expr_err err = {0};
	struct expr_prog *p = expr_bind(e, sample, &err);

	if (!p) {
		CHECK(*err.text);
		return;
	}
	for (int i = 0; i < 4; i++) {
		struct expr_row row = {.op = i < 3 ? (enum row_op)i : ROW_UPDATE,
		    .row = rows[i & 1],
		    .old = i ? rows[i & 1] : NULL,
		    .new = i == 2 ? NULL : rows[0],
		    .ts_us = 1700000000123456,
		    .file = "bin.000001",
		    .off = 4,
		    .gtid = "0-1-2"};
		enum expr_result r = expr_test(p, &row);

		CHECK(r == expr_test(p, &row));
		CHECK(r != EXPR_FAILED || *row.why);
	}
	for (int is_mariadb = 0; is_mariadb < 2; is_mariadb++) {
		struct buf sql = BUF_INIT;

		err.text[0] = 0;
		check_sql(expr_prog_sql(p, is_mariadb, &sql, &err) < 0, &sql, &err);
	}
	expr_prog_free(p);
}

/* The stream's reader is who knows what a column's value may be. */
static void check_value(const struct column *to, const struct val *v)
{
	struct table *t = table_new("d", "t", 1);
	struct buf b = BUF_INIT;
	struct val back;
	struct cur c;

	if (!t || table_set_str(&t->cols[0].name, "c", 1) < 0)
		abort();
	t->cols[0].type = to->type;
	t->cols[0].is_unsigned = to->is_unsigned;
	t->cols[0].dec = to->dec;
	t->cols[0].len = to->len;
	if (to->charset && table_set_str(&t->cols[0].charset, to->charset, strlen(to->charset)) < 0)
		abort();
	mp_array(&b, 1);
	val_write(&b, v);
	cur_init(&c, b.p, b.len);
	CHECK(read_image(&c, t, &back) == 0 && c.p == c.end);
	buf_release(&b);
	table_free(t);
}

static void run_value(const struct expr *e, const struct column *to)
{
	struct expr_err err = {0};
	struct expr_prog *p = expr_bind_value(e, sample, to, &err);
	struct buf sql = BUF_INIT;
	struct val v;

	if (!p) {
		CHECK(*err.text);
		return;
	}
	for (int i = 0; i < 2; i++) {
		struct expr_row row = {
		    .op = ROW_INSERT, .row = rows[i], .new = rows[i], .ts_us = 1, .file = "f", .off = 4, .gtid = ""};
		enum expr_result r = expr_value(p, &row, &v);

		CHECK(r == EXPR_TRUE || r == EXPR_ABSENT || r == EXPR_FAILED);
		if (r == EXPR_TRUE)
			check_value(to, &v);
	}
	err.text[0] = 0;
	check_sql(expr_prog_sql_value(p, 1, &sql, &err) < 0, &sql, &err);
	expr_prog_free(p);
}

static void run_tests(const struct rules_tests *t)
{
	for (size_t i = 0; i < t->nwhere; i++)
		run_where(t->where[i]);
}

static void run_rule(const struct rule *r)
{
	static const struct {
		const char *db, *table;
	} names[] = {{"shop", "orders"}, {"shop_07", "order_1023"}, {"a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"}};
	struct buf db = BUF_INIT, table = BUF_INIT;

	run_tests(&r->tests);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (pattern_matches(r->from, names[i].db, strlen(names[i].db), names[i].table, strlen(names[i].table)) != 1 ||
		    !r->to)
			continue;
		buf_reset(&db);
		buf_reset(&table);
		(void)target_names(r->to, r->from, names[i].db, r->of_databases ? NULL : names[i].table, &db, &table);
	}
	for (size_t i = 0; i < r->ncols; i++) {
		const struct rule_col *c = &r->cols[i];

		if (!c->expr)
			continue;
		if (c->has_type)
			run_value(c->expr, &c->type);
		for (int k = 0; !c->has_type && k < COL_TYPES; k++)
			run_value(c->expr, &sample->cols[k]);
	}
	buf_release(&db);
	buf_release(&table);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct expr_err err = {0};
	struct rules r;
	int gave_up = 0;
	char *text;

	if (!sample)
		make_sample();
	text = malloc(n ? n : 1);
	if (!text)
		abort();
	if (n)
		memcpy(text, p, n);
	rules_init(&r);
	if (rules_read(&r, "rules", text, n, &err) < 0) {
		CHECK(*err.text && err.line > 0);
	} else {
		run_tests(&r.tests);
		for (size_t i = 0; i < r.nrules; i++)
			run_rule(&r.rules[i]);
		(void)rules_find(&r, "shop", "orders", &gave_up);
		(void)rules_find(&r, "shop", NULL, &gave_up);
		(void)pattern_list_has(&r.names, "shop", 4, "orders", 6);
	}
	rules_release(&r);
	free(text);
	return 0;
}

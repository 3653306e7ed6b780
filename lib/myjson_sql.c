/* MySQL's binary JSON as an SQL expression of the identical value. */
#include "myjson.h"

enum { F_TIMESTAMP = 7, F_DATE = 10, F_TIME = 11, F_DATETIME = 12, F_VARCHAR = 15, F_DECIMAL = 246 };

struct writing {
	struct buf *out;
	struct buf text; /* of one value */
	size_t left;	 /* bytes of the document, at most */
	const char **why;
};

/* In hex, so that no setting of the server can make something else of it. */
static void put_hex(struct buf *out, const char *charset, const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *s = p;

	buf_printf(out, "%sx'", charset);
	if (buf_room(out, 2 * n + 1) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		out->p[out->len++] = (uint8_t)digits[s[i] >> 4];
		out->p[out->len++] = (uint8_t)digits[s[i] & 15];
	}
	(void)buf_add8(out, '\'');
}

static int put_opaque(struct writing *w, const struct myjson *v)
{
	char text[128];

	if (myjson_opaque_text(v, text, sizeof text) < 0) {
		*w->why = "JSON document is damaged";
		return -1;
	}
	switch (v->field_type) {
	case F_DECIMAL:
		buf_printf(w->out, "CAST('%s' AS DECIMAL(%u,%u))", text, v->p[0], v->p[1]);
		return 0;
	case F_DATE:
		buf_printf(w->out, "CAST('%s' AS DATE)", text);
		return 0;
	case F_TIME:
		buf_printf(w->out, "CAST('%s' AS TIME(6))", text);
		return 0;
	case F_DATETIME:
	case F_TIMESTAMP: /* the server itself calls and compares it as a DATETIME */
		buf_printf(w->out, "CAST('%s' AS DATETIME(6))", text);
		return 0;
	case F_VARCHAR:
		buf_adds(w->out, "CAST(");
		put_hex(w->out, "_binary ", v->p, v->n);
		buf_adds(w->out, " AS BINARY)");
		return 0;
	default:
		*w->why = "a JSON document holds bits or bytes of a kind that no statement can write";
		return 1;
	}
}

static int put_value(struct writing *w, const struct myjson *v, unsigned depth);

static int put_container(struct writing *w, const struct myjson *v, unsigned depth)
{
	int r = 0;

	if (depth >= MYJSON_DEPTH) {
		*w->why = "JSON document is nested too deep";
		return -1;
	}
	buf_adds(w->out, v->type == MYJSON_OBJECT ? "JSON_OBJECT(" : "JSON_ARRAY(");
	for (uint32_t i = 0; i < v->count && !r; i++) {
		const uint8_t *key;
		size_t nkey;
		struct myjson child;

		if (myjson_at(v, i, &child, &key, &nkey, w->why) < 0)
			return -1;
		if (i)
			(void)buf_add8(w->out, ',');
		if (v->type == MYJSON_OBJECT) {
			put_hex(w->out, "_utf8mb4 ", key, nkey);
			(void)buf_add8(w->out, ',');
		}
		r = put_value(w, &child, depth + 1);
	}
	(void)buf_add8(w->out, ')');
	return r;
}

static int put_value(struct writing *w, const struct myjson *v, unsigned depth)
{
	int is_exact;

	buf_reset(&w->text);
	is_exact = myjson_value_text(v, w->left, &w->text, w->why);
	if (is_exact < 0)
		return -1;
	if (is_exact) {
		buf_adds(w->out, "CAST(");
		put_hex(w->out, "_utf8mb4 ", w->text.p, w->text.len);
		buf_adds(w->out, " AS JSON)");
		return 0;
	}
	switch (v->type) {
	case MYJSON_INT:
		buf_printf(w->out, "CAST(%lld AS SIGNED)", (long long)v->i);
		return 0;
	case MYJSON_UINT:
		buf_printf(w->out, "CAST(%llu AS UNSIGNED)", (unsigned long long)v->u);
		return 0;
	case MYJSON_OPAQUE:
		return put_opaque(w, v);
	case MYJSON_ARRAY:
	case MYJSON_OBJECT:
		return put_container(w, v, depth);
	default:
		*w->why = "a JSON document holds text that is not UTF-8";
		return 1;
	}
}

int myjson_sql(const uint8_t *p, size_t n, struct buf *out, const char **why)
{
	struct writing w = {.out = out, .left = n, .why = why};
	struct myjson v;
	int r;

	if (myjson_root(&v, p, n, why) < 0)
		return -1;
	/* a value of a column's type becomes a document */
	buf_adds(out, "CAST(");
	r = put_value(&w, &v, 0);
	buf_adds(out, " AS JSON)");
	if (!r && (out->failed || w.text.failed)) {
		*why = "no memory";
		r = -1;
	}
	buf_release(&w.text);
	return r;
}

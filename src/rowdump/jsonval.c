#include "jsonval.h"

#include "address.h"
#include "charset.h"
#include "jsonw.h"

void json_charset_text(struct buf *b, struct buf *tmp, const char *cs, const void *p, size_t n)
{
	buf_reset(tmp);
	if (charset_to_utf8(cs, p, n, tmp) == 0)
		json_string(b, tmp->p, tmp->len);
	else
		json_b64(b, p, n);
}

/* Members of a set; 0 if one of them has no text of its own, the number is shown then. */
static int set_text(struct buf *b, const struct column *c, const struct column_text *ct, uint64_t v)
{
	size_t start = b->len;
	int first = 1;

	buf_add8(b, '"');
	for (unsigned i = 0; v; i++, v >>= 1) {
		if (!(v & 1))
			continue;
		if (i >= c->nlabels || !ct->labels[i]) {
			b->len = start;
			return 0;
		}
		if (!first)
			buf_add8(b, ',');
		first = 0;
		buf_adds(b, ct->labels[i]);
	}
	buf_add8(b, '"');
	return 1;
}

static void number_of_label(struct buf *b, const struct val *v)
{
	/* a string would be taken for a member */
	if (v->kind == VAL_UINT && v->u <= UINT64_C(1) << 53)
		json_uint(b, v->u);
	else if (v->kind == VAL_UINT)
		buf_printf(b, "{\"number\":\"%llu\"}", (unsigned long long)v->u);
	else
		buf_printf(b, "{\"number\":\"%lld\"}", (long long)v->i);
}

static void integer(struct buf *b, const struct column *c, const struct column_text *ct, const struct val *v)
{
	if (c->type == COL_ENUM) {
		if (v->kind == VAL_UINT && v->u >= 1 && v->u <= c->nlabels && ct->labels[v->u - 1]) {
			buf_add8(b, '"');
			buf_adds(b, ct->labels[v->u - 1]);
			buf_add8(b, '"');
		} else {
			number_of_label(b, v);
		}
	} else if (c->type == COL_SET) {
		if (v->kind != VAL_UINT || !ct->labels || b->failed || !set_text(b, c, ct, v->u))
			number_of_label(b, v);
	} else if (v->kind == VAL_UINT) {
		json_uint(b, v->u);
	} else {
		json_int(b, v->i);
	}
}

static void bytes(struct buf *b, const struct column *c, const struct val *v)
{
	size_t start = b->len;

	buf_add8(b, '"');
	if (address_text(b, c->type, v->p, v->n)) {
		buf_add8(b, '"');
		return;
	}
	b->len = start;
	json_b64(b, v->p, v->n);
}

void json_value(struct buf *b, struct buf *tmp, const struct column *c, const struct column_text *ct, const struct val *v)
{
	switch (v->kind) {
	case VAL_ABSENT:
		buf_adds(b, "{\"absent\":true}"); /* in arrays only */
		return;
	case VAL_NULL:
		buf_adds(b, "null");
		return;
	case VAL_UINT:
	case VAL_INT:
		integer(b, c, ct, v);
		return;
	case VAL_FLOAT:
		json_float(b, v->f);
		return;
	case VAL_DOUBLE:
		json_double(b, v->d);
		return;
	case VAL_STR:
	case VAL_BIN:
		break;
	}
	switch (col_type_class(c->type)) {
	case COLC_TEXT:
		if (c->type == COL_JSON && v->kind == VAL_BIN) {
			json_b64(b, v->p, v->n); /* MySQL's binary form, which no text has the whole of */
			break;
		}
		json_charset_text(b, tmp, c->type == COL_JSON ? "utf8mb4" : c->charset, v->p, v->n);
		break;
	case COLC_BYTES:
		bytes(b, c, v);
		break;
	default:
		json_text(b, v->p, v->n);
	}
}

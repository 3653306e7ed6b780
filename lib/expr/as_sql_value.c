/* Values of columns as SQL, converted as assign.c converts them. */
#include "as_sql.h"

#include "../charset.h"
#include "as_sql_parts.h"

static int put_decimal(struct to_sql *q, const struct step *s, unsigned digits, unsigned part)
{
	struct sql_digits d;

	if (s->type == TYPE_DOUBLE)
		return sql_refuse(q, s, "a double is rounded in another way there");
	if (part > 30)
		return sql_refuse(q, s, "the servers' decimals have no room for so many digits");
	buf_adds(q->out, "CAST(");
	if (sql_exact(q, s, &d) < 0)
		return -1;
	buf_printf(q->out, " AS DECIMAL(%u,%u))", digits, part);
	return 0;
}

static int put_text(struct to_sql *q, const struct step *s, const struct column *to)
{
	struct buf own = BUF_INIT, introducer = BUF_INIT;
	struct res r;
	int constant, rc = 0;

	if (!to->charset || charset_is_utf8(to->charset))
		return sql_utf8(q, s);
	constant = sql_constant(q, s, &r);
	if (constant < 0)
		return -1;
	if (constant && r.kind == RES_STR) {
		buf_printf(&introducer, "_%s ", to->charset);
		if (charset_from_utf8(to->charset, r.p, r.n, &own) < 0)
			rc = sql_refuse(q, s, "it is not in the column's character set");
		else
			sql_hex(q, buf_str(&introducer), own.p, own.len);
		q->out->failed |= own.failed | introducer.failed;
		buf_release(&own);
		buf_release(&introducer);
		return rc;
	}
	buf_adds(q->out, "CONVERT(");
	rc = sql_utf8(q, s);
	buf_printf(q->out, " USING %s)", to->charset);
	return rc;
}

/* Cut to the digits that the column has. */
static int put_date(struct to_sql *q, const struct step *s, const struct column *to)
{
	if (s->type != TYPE_DATE)
		return sql_refuse(q, s, "it is no date there");
	buf_adds(q->out, "LEFT(");
	if (sql_date(q, s) < 0)
		return -1;
	buf_printf(q->out, ",%d)", to->type == COL_DATE ? 10 : to->dec ? 20 + to->dec : 19);
	return 0;
}

static int put_value(struct to_sql *q, const struct step *s, const struct column *to)
{
	if (s->type == TYPE_NULL) {
		buf_adds(q->out, "NULL");
		return 0;
	}
	switch (to->type) {
	case COL_TINYINT:
	case COL_SMALLINT:
	case COL_MEDIUMINT:
	case COL_INT:
	case COL_BIGINT:
	case COL_YEAR:
	case COL_BIT:
		return put_decimal(q, s, 20, 0);
	case COL_DECIMAL:
		return put_decimal(q, s, to->len ? to->len : 65, to->dec);
	case COL_DOUBLE:
		return sql_double(q, s, 0);
	case COL_DATE:
	case COL_DATETIME:
	case COL_TIMESTAMP:
		return put_date(q, s, to);
	case COL_CHAR:
	case COL_VARCHAR:
	case COL_TINYTEXT:
	case COL_TEXT:
	case COL_MEDIUMTEXT:
	case COL_LONGTEXT:
		return put_text(q, s, to);
	case COL_VARBINARY:
	case COL_TINYBLOB:
	case COL_BLOB:
	case COL_MEDIUMBLOB:
	case COL_LONGBLOB:
		return sql_bytes(q, s);
	default:
		return sql_refuse(q, s, "a value of the column's type is made in another way there");
	}
}

int expr_prog_sql_value(struct expr_prog *p, int is_mariadb, struct buf *out, struct expr_err *err)
{
	struct to_sql q = {p, out, err, is_mariadb};

	return put_value(&q, p->root, p->to) < 0 || out->failed ? -1 : 0;
}

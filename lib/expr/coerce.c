/* Steps take the type that they are needed in, or it is a mistake; constants take the form that they are compared in. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "bind.h"
#include "when.h"

static const char *const type_names[] = {"null", "a number", "a double", "text", "a string", "bytes", "a date", "a time",
    "an enum", "a set", "a uuid", "an inet4", "an inet6", "the operation"};

struct step *bind_no_memory(struct binder *b, const struct node *n)
{
	return MISTAKE(b, n, "out of memory");
}

struct step *bind_step(struct binder *b, const struct node *n, enum step_kind kind, enum step_type type, unsigned nargs)
{
	struct step *s = calloc(1, sizeof *s);

	if (!s)
		return bind_no_memory(b, n);
	s->kind = kind;
	s->type = type;
	s->src = n;
	s->next = b->p->all;
	b->p->all = s;
	if (nargs) {
		s->args = calloc(nargs, sizeof(struct step *));
		if (!s->args)
			return bind_no_memory(b, n);
		s->nargs = nargs;
	}
	return s;
}

struct step *bind_num(struct binder *b, const struct node *n, const char *s, size_t len)
{
	struct step *c = bind_step(b, n, STEP_CONST, TYPE_NUM, 0);

	if (!c)
		return NULL;
	if (num_parse(&c->num, s, len) < 0)
		return MISTAKE(b, n, "the number has too many digits");
	c->k.kind = RES_INT;
	if (c->num.scale || num_to_int(&c->num, &c->k.i) < 0) {
		c->k.kind = RES_DEC;
		c->k.dec = &c->num;
	}
	return c;
}

struct step *bind_double(struct binder *b, const struct node *n, const char *s)
{
	struct step *c = bind_step(b, n, STEP_CONST, TYPE_DOUBLE, 0);
	double d = strtod(s, NULL);

	if (!c)
		return NULL;
	if (!(d - d == 0)) /* infinite */
		return MISTAKE(b, n, "the number is too large");
	c->k.kind = RES_DOUBLE;
	c->k.d = d;
	return c;
}

struct step *bind_bytes(struct binder *b, const struct node *n, enum step_type type, const void *p, size_t len)
{
	struct step *c = bind_step(b, n, STEP_CONST, type, 0);

	if (!c)
		return NULL;
	if (buf_add(&c->buf, p, len) < 0)
		return bind_no_memory(b, n);
	c->k.kind = RES_STR;
	c->k.p = len ? c->buf.p : (const uint8_t *)"";
	c->k.n = (uint32_t)len;
	return c;
}

enum step_type bind_type_of(const struct column *c)
{
	switch (c->type) {
	case COL_ENUM:
		return TYPE_ENUM;
	case COL_SET:
		return TYPE_SET;
	case COL_DATE:
	case COL_DATETIME:
	case COL_TIMESTAMP:
		return TYPE_DATE;
	case COL_TIME:
		return TYPE_TIME;
	case COL_UUID:
		return TYPE_UUID;
	case COL_INET4:
		return TYPE_INET4;
	case COL_INET6:
		return TYPE_INET6;
	default:
		break;
	}
	switch (col_type_class(c->type)) {
	case COLC_INT:
	case COLC_ASCII: /* dates are done, decimal is left */
		return TYPE_NUM;
	case COLC_FLOAT:
	case COLC_DOUBLE:
		return TYPE_DOUBLE;
	case COLC_TEXT:
		return TYPE_TEXT;
	case COLC_BYTES:
		break;
	}
	return TYPE_BYTES;
}

static int is_lit(const struct step *s)
{
	return s->kind == STEP_CONST && s->type == TYPE_LIT;
}

static int is_quoted_number(const char *s, size_t n)
{
	char *end;

	if (n == 0 || strspn(s, "0123456789+-.eE") != n)
		return 0;
	(void)strtod(s, &end);
	return end == s + n;
}

/* The step as a number; strings as written are read as one. */
struct step *bind_as_number(struct binder *b, struct step *s)
{
	const struct node *n;
	struct num num;

	if (!s)
		return NULL;
	n = s->src;
	switch (s->type) {
	case TYPE_NULL:
	case TYPE_NUM:
	case TYPE_DOUBLE:
	case TYPE_ENUM:
	case TYPE_SET:
		return s;
	case TYPE_LIT:
		if (!is_lit(s))
			break;
		if (num_parse(&num, n->text, n->n) == 0)
			return bind_num(b, n, n->text, n->n);
		if (is_quoted_number(n->text, n->n))
			return bind_double(b, n, n->text);
		return MISTAKE(b, n, "'%s' is not a number", n->text);
	case TYPE_BYTES:
		if (s->kind == STEP_CONST && s->k.n <= 8) {
			struct step *c = bind_step(b, n, STEP_CONST, TYPE_NUM, 0);

			if (c) {
				c->k.kind = RES_INT;
				c->k.i = 0;
				for (uint32_t i = 0; i < s->k.n; i++)
					c->k.i = c->k.i * 256 + s->k.p[i];
			}
			return c;
		}
		break;
	case TYPE_TEXT:
		return MISTAKE(b, n, "a number is expected here, not text: number(x) reads text as a number");
	default:
		break;
	}
	return MISTAKE(b, n, "a number is expected here, not %s", type_names[s->type]);
}

struct step *bind_as_condition(struct binder *b, struct step *s)
{
	if (s && (s->type == TYPE_TEXT || s->type == TYPE_LIT || s->type == TYPE_BYTES || s->type >= TYPE_UUID ||
		     s->type == TYPE_DATE || s->type == TYPE_TIME))
		return MISTAKE(b, s->src, "a condition is expected here, not %s", type_names[s->type]);
	return s;
}

struct step *bind_as_text(struct binder *b, struct step *s)
{
	struct step *t;

	if (!s)
		return NULL;
	if (s->type == TYPE_TEXT || s->type == TYPE_LIT || s->type == TYPE_NULL || s->type == TYPE_OP || s->type == TYPE_DATE ||
	    s->type == TYPE_TIME)
		return s;
	if (s->type == TYPE_BYTES)
		return MISTAKE(b, s->src, "text is expected here, not bytes");
	t = bind_step(b, s->src, STEP_TEXT, TYPE_TEXT, 1);
	if (t)
		t->args[0] = s;
	return t;
}

/* Text or bytes. */
struct step *bind_as_string(struct binder *b, struct step *s)
{
	return s && s->type == TYPE_BYTES ? s : bind_as_text(b, s);
}

static struct step *as_date(struct binder *b, struct step *s)
{
	struct when w;
	struct step *c;

	if (s->type != TYPE_LIT)
		return s;
	if (when_parse_date(&w, s->src->text, s->src->n) < 0)
		return MISTAKE(b, s->src, "'%s' is not a date: write 'YYYY-MM-DD' or 'YYYY-MM-DD HH:MM:SS'", s->src->text);
	c = bind_bytes(b, s->src, TYPE_DATE, s->src->text, s->src->n);
	return c;
}

static struct step *as_time(struct binder *b, struct step *s)
{
	struct when w;

	if (s->type != TYPE_LIT)
		return s;
	if (when_parse_time(&w, s->src->text, s->src->n) < 0)
		return MISTAKE(b, s->src, "'%s' is not a time: write 'HH:MM:SS'", s->src->text);
	return bind_bytes(b, s->src, TYPE_TIME, s->src->text, s->src->n);
}

/* uuid and inet: what is written as text becomes the bytes that the stream has. */
static struct step *as_address(struct binder *b, struct step *s, enum step_type type)
{
	uint8_t v[16];
	unsigned n = 0;

	if (s->type != TYPE_LIT)
		return s;
	if (type == TYPE_INET4) {
		if (inet_pton(AF_INET, s->src->text, v) != 1)
			return MISTAKE(b, s->src, "'%s' is not an IPv4 address", s->src->text);
		return bind_bytes(b, s->src, type, v, 4);
	}
	if (type == TYPE_INET6) {
		char mapped[64];

		snprintf(mapped, sizeof mapped, "::ffff:%s", s->src->text);
		if (inet_pton(AF_INET6, s->src->text, v) != 1 && inet_pton(AF_INET6, mapped, v) != 1)
			return MISTAKE(b, s->src, "'%s' is not an IPv6 address", s->src->text);
		return bind_bytes(b, s->src, type, v, 16);
	}
	for (const char *p = s->src->text; *p; p++) {
		unsigned d;

		if (*p == '-' && n % 2 == 0)
			continue;
		if (*p >= '0' && *p <= '9')
			d = (unsigned)(*p - '0');
		else if ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'f')
			d = (unsigned)((*p | 0x20) - 'a' + 10);
		else
			n = 64;
		if (n >= 32)
			return MISTAKE(b, s->src, "'%s' is not a uuid", s->src->text);
		v[n / 2] = (uint8_t)(n % 2 ? v[n / 2] | d : d << 4);
		n++;
	}
	if (n != 32)
		return MISTAKE(b, s->src, "'%s' is not a uuid", s->src->text);
	return bind_bytes(b, s->src, type, v, 16);
}

static struct step *as_op(struct binder *b, struct step *s)
{
	static const char *const ops[] = {"insert", "update", "delete"};

	for (unsigned i = 0; s->type == TYPE_LIT && i < 3; i++)
		if (strcmp(ops[i], s->src->text) == 0)
			return s;
	return s->type == TYPE_LIT ? MISTAKE(b, s->src, "op is 'insert', 'update' or 'delete', never '%s'", s->src->text) : s;
}

/*
 * Finds the one type that n results can be compared in, or that they all can
 * be, and brings them there. Returns it; -1: they do not go together.
 */
int bind_unify(struct binder *b, const struct node *at, struct step **v, unsigned n)
{
	unsigned has[TYPE_OP + 1] = {0};
	enum step_type type = TYPE_NULL, other = TYPE_NULL;

	for (unsigned i = 0; i < n; i++) {
		enum step_type t = v[i]->type;

		has[t]++;
	}
	if (has[TYPE_NUM] || has[TYPE_DOUBLE]) {
		has[TYPE_NUM] += has[TYPE_ENUM] + has[TYPE_SET];
		has[TYPE_ENUM] = has[TYPE_SET] = 0;
		for (unsigned i = 0; i < n; i++) {
			if (v[i]->type != TYPE_LIT && !(v[i]->type == TYPE_BYTES && v[i]->kind == STEP_CONST))
				continue;
			has[v[i]->type]--;
			v[i] = bind_as_number(b, v[i]);
			if (!v[i])
				return -1;
			has[v[i]->type]++;
		}
		if (has[TYPE_DOUBLE])
			has[TYPE_NUM] = 0;
	}
	if (has[TYPE_ENUM] || has[TYPE_SET]) {
		for (unsigned i = 0; i < n; i++) {
			if (v[i]->type != TYPE_ENUM && v[i]->type != TYPE_SET)
				continue;
			v[i] = bind_as_text(b, v[i]);
			if (!v[i])
				return -1;
		}
		has[TYPE_TEXT]++;
		has[TYPE_ENUM] = has[TYPE_SET] = 0;
	}
	/* strings as written take the type of the others */
	for (int t = TYPE_NUM; t <= TYPE_OP; t++) {
		if (!has[t] || t == TYPE_LIT)
			continue;
		if (type != TYPE_NULL)
			other = (enum step_type)t;
		else
			type = (enum step_type)t;
	}
	if (type == TYPE_NULL)
		type = has[TYPE_LIT] ? TYPE_TEXT : TYPE_NULL;
	if ((type == TYPE_TEXT && other == TYPE_BYTES) || (type == TYPE_BYTES && other >= TYPE_UUID && other <= TYPE_INET6)) {
		for (unsigned i = 0; i < n; i++)
			if (v[i]->kind == STEP_COLUMN)
				v[i]->raw = 1;
		type = TYPE_BYTES;
	} else if (other != TYPE_NULL) {
		expr_err_at(b->err, at->line, at->col, "%s and %s do not go together%s", type_names[type], type_names[other],
		    (type == TYPE_NUM || type == TYPE_DOUBLE) && other == TYPE_TEXT ? ": number(x) reads text as a number" : "");
		return -1;
	}
	for (unsigned i = 0; i < n; i++) {
		if (type == TYPE_DATE)
			v[i] = as_date(b, v[i]);
		else if (type == TYPE_TIME)
			v[i] = as_time(b, v[i]);
		else if (type >= TYPE_UUID && type <= TYPE_INET6)
			v[i] = as_address(b, v[i], type);
		else if (type == TYPE_OP)
			v[i] = as_op(b, v[i]);
		if (!v[i])
			return -1;
	}
	return (int)type;
}

/* What a column of the type can be given; NULL and the message if not this. */
struct step *bind_as_column(struct binder *b, struct step *s, const struct column *to)
{
	enum step_type want = bind_type_of(to);
	struct step *r = NULL;

	if (s->type == TYPE_NULL)
		return s;
	switch (want) {
	case TYPE_NUM:
	case TYPE_DOUBLE:
		return bind_as_number(b, s);
	case TYPE_TEXT:
		return bind_as_text(b, s);
	case TYPE_ENUM:
	case TYPE_SET:
		return s->type == TYPE_NUM ? s : bind_as_text(b, s);
	case TYPE_BYTES:
		return s->type == TYPE_UUID || s->type == TYPE_INET4 || s->type == TYPE_INET6 ? s : bind_as_string(b, s);
	case TYPE_DATE:
		r = as_date(b, s);
		break;
	case TYPE_TIME:
		r = as_time(b, s);
		break;
	default:
		r = s->type == TYPE_BYTES ? s : as_address(b, s, want);
		break;
	}
	if (r && r->type != want && r->type != TYPE_BYTES)
		return MISTAKE(b, s->src, "%s cannot be put into column \"%s\" of type %s", type_names[s->type], to->name,
		    col_type_name(to->type));
	return r;
}

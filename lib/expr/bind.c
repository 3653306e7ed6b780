/* Tree -> program for one table: names become columns, types are checked, constants take the form they are compared in. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "../charset.h"
#include "prog.h"
#include "text.h"
#include "when.h"

struct binder {
	struct expr_prog *p;
	const struct expr *e;
	const struct table *t;
	struct expr_err *err;
};

static struct step *bind_node(struct binder *b, const struct node *n);

static const char *const type_names[] = {"null", "a number", "a double", "text", "a string", "bytes", "a date", "a time",
    "an enum", "a set", "a uuid", "an inet4", "an inet6", "the operation"};

#define MISTAKE(b, n, ...) (expr_err_at((b)->err, (n)->line, (n)->col, __VA_ARGS__), NULL)

static struct step *no_memory(struct binder *b, const struct node *n)
{
	return MISTAKE(b, n, "out of memory");
}

static struct step *new_step(struct binder *b, const struct node *n, enum step_kind kind, enum step_type type, unsigned nargs)
{
	struct step *s = calloc(1, sizeof *s);

	if (!s)
		return no_memory(b, n);
	s->kind = kind;
	s->type = type;
	s->src = n;
	s->next = b->p->all;
	b->p->all = s;
	if (nargs) {
		s->args = calloc(nargs, sizeof(struct step *));
		if (!s->args)
			return no_memory(b, n);
		s->nargs = nargs;
	}
	return s;
}

static struct step *bind_args(struct binder *b, const struct node *n, enum step_kind kind, enum step_type type)
{
	struct step *s = new_step(b, n, kind, type, n->nargs);

	for (unsigned i = 0; s && i < n->nargs; i++) {
		s->args[i] = bind_node(b, n->args[i]);
		if (!s->args[i])
			return NULL;
	}
	return s;
}

static struct step *const_num(struct binder *b, const struct node *n, const char *s, size_t len)
{
	struct step *c = new_step(b, n, STEP_CONST, TYPE_NUM, 0);

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

static struct step *const_double(struct binder *b, const struct node *n, const char *s)
{
	struct step *c = new_step(b, n, STEP_CONST, TYPE_DOUBLE, 0);
	double d = strtod(s, NULL);

	if (!c)
		return NULL;
	if (!(d - d == 0)) /* infinite */
		return MISTAKE(b, n, "the number is too large");
	c->k.kind = RES_DOUBLE;
	c->k.d = d;
	return c;
}

static struct step *const_bytes(struct binder *b, const struct node *n, enum step_type type, const void *p, size_t len)
{
	struct step *c = new_step(b, n, STEP_CONST, type, 0);

	if (!c)
		return NULL;
	if (buf_add(&c->buf, p, len) < 0)
		return no_memory(b, n);
	c->k.kind = RES_STR;
	c->k.p = len ? c->buf.p : (const uint8_t *)"";
	c->k.n = (uint32_t)len;
	return c;
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
static struct step *as_number(struct binder *b, struct step *s)
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
			return const_num(b, n, n->text, n->n);
		if (is_quoted_number(n->text, n->n))
			return const_double(b, n, n->text);
		return MISTAKE(b, n, "'%s' is not a number", n->text);
	case TYPE_BYTES:
		if (s->kind == STEP_CONST && s->k.n <= 8) {
			struct step *c = new_step(b, n, STEP_CONST, TYPE_NUM, 0);

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

static struct step *as_condition(struct binder *b, struct step *s)
{
	if (s && (s->type == TYPE_TEXT || s->type == TYPE_LIT || s->type == TYPE_BYTES || s->type >= TYPE_UUID ||
		     s->type == TYPE_DATE || s->type == TYPE_TIME))
		return MISTAKE(b, s->src, "a condition is expected here, not %s", type_names[s->type]);
	return s;
}

static struct step *as_text(struct binder *b, struct step *s)
{
	struct step *t;

	if (!s)
		return NULL;
	if (s->type == TYPE_TEXT || s->type == TYPE_LIT || s->type == TYPE_NULL || s->type == TYPE_OP || s->type == TYPE_DATE ||
	    s->type == TYPE_TIME)
		return s;
	if (s->type == TYPE_BYTES)
		return MISTAKE(b, s->src, "text is expected here, not bytes");
	t = new_step(b, s->src, STEP_TEXT, TYPE_TEXT, 1);
	if (t)
		t->args[0] = s;
	return t;
}

/* Text or bytes. */
static struct step *as_string(struct binder *b, struct step *s)
{
	return s && s->type == TYPE_BYTES ? s : as_text(b, s);
}

static struct step *as_date(struct binder *b, struct step *s)
{
	struct when w;
	struct step *c;

	if (s->type != TYPE_LIT)
		return s;
	if (when_parse_date(&w, s->src->text, s->src->n) < 0)
		return MISTAKE(b, s->src, "'%s' is not a date: write 'YYYY-MM-DD' or 'YYYY-MM-DD HH:MM:SS'", s->src->text);
	c = const_bytes(b, s->src, TYPE_DATE, s->src->text, s->src->n);
	return c;
}

static struct step *as_time(struct binder *b, struct step *s)
{
	struct when w;

	if (s->type != TYPE_LIT)
		return s;
	if (when_parse_time(&w, s->src->text, s->src->n) < 0)
		return MISTAKE(b, s->src, "'%s' is not a time: write 'HH:MM:SS'", s->src->text);
	return const_bytes(b, s->src, TYPE_TIME, s->src->text, s->src->n);
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
		return const_bytes(b, s->src, type, v, 4);
	}
	if (type == TYPE_INET6) {
		char mapped[64];

		snprintf(mapped, sizeof mapped, "::ffff:%s", s->src->text);
		if (inet_pton(AF_INET6, s->src->text, v) != 1 && inet_pton(AF_INET6, mapped, v) != 1)
			return MISTAKE(b, s->src, "'%s' is not an IPv6 address", s->src->text);
		return const_bytes(b, s->src, type, v, 16);
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
	return const_bytes(b, s->src, type, v, 16);
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
static int unify(struct binder *b, const struct node *at, struct step **v, unsigned n)
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
			v[i] = as_number(b, v[i]);
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
			v[i] = as_text(b, v[i]);
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

static enum step_cmp cmp_of(int type)
{
	switch (type) {
	case TYPE_NULL:
		return CMP_NULL;
	case TYPE_NUM:
		return CMP_NUM;
	case TYPE_DOUBLE:
		return CMP_DOUBLE;
	case TYPE_DATE:
		return CMP_DATE;
	case TYPE_TIME:
		return CMP_TIME;
	default:
		return CMP_BYTES;
	}
}

/* Dates and times as written are compared as keys: the text of a constant is read here, once. */
static void key_constants(struct step *s)
{
	struct when w;

	for (unsigned i = 0; i < s->nargs; i++) {
		struct step *a = s->args[i];

		if (a->kind != STEP_CONST || a->k.kind != RES_STR)
			continue;
		if (s->cmp == CMP_DATE && when_parse_date(&w, (const char *)a->k.p, a->k.n) == 0)
			a->k.i = when_date_key(&w);
		else if (s->cmp == CMP_TIME && when_parse_time(&w, (const char *)a->k.p, a->k.n) == 0)
			a->k.i = when_time_key(&w);
		else
			continue;
		a->k.kind = RES_INT;
	}
}

/* The shape of a comparison: =, IN, BETWEEN. */
static struct step *bind_comparison(struct binder *b, const struct node *n, enum step_kind kind)
{
	struct step *s = bind_args(b, n, kind, TYPE_NUM);
	int type = s ? unify(b, n, s->args, s->nargs) : -1;

	if (type < 0)
		return NULL;
	s->cmp = cmp_of(type);
	s->negated = (uint8_t)n->negated;
	key_constants(s);
	return s;
}

static struct step *bind_arithmetic(struct binder *b, const struct node *n, enum step_kind kind)
{
	struct step *s = bind_args(b, n, kind, TYPE_NUM);

	for (unsigned i = 0; s && i < s->nargs; i++) {
		s->args[i] = as_number(b, s->args[i]);
		if (!s->args[i])
			return NULL;
		if (s->args[i]->type == TYPE_DOUBLE)
			s->type = TYPE_DOUBLE;
	}
	return s;
}

static struct step *bind_logic(struct binder *b, const struct node *n, enum step_kind kind)
{
	struct step *s = bind_args(b, n, kind, TYPE_NUM);

	for (unsigned i = 0; s && i < s->nargs; i++)
		if (!as_condition(b, s->args[i]))
			return NULL;
	return s;
}

static struct label *labels_in_utf8(const struct column *c)
{
	struct label *l = calloc(c->nlabels ? c->nlabels : 1, sizeof *l);

	for (uint32_t i = 0; l && i < c->nlabels; i++) {
		struct buf one = BUF_INIT;
		int r = !c->charset || charset_is_utf8(c->charset)
			    ? buf_add(&one, c->labels[i].p, c->labels[i].n)
			    : charset_to_utf8(c->charset, c->labels[i].p, c->labels[i].n, &one);

		if (r < 0 || one.failed) { /* keep the bytes: a label that is not text can still be told from others */
			buf_release(&one);
			(void)buf_add(&one, c->labels[i].p, c->labels[i].n);
		}
		l[i].p = one.p;
		l[i].n = (uint32_t)one.len;
	}
	return l;
}

static void labels_free(struct label *l, const struct column *c)
{
	for (uint32_t i = 0; l && i < c->nlabels; i++)
		free(l[i].p);
	free(l);
}

static enum step_type type_of_column(const struct column *c)
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

/* 1 if every byte below 0x80 is the ASCII character, wherever it stands alone. */
static int charset_keeps_ascii(const char *cs)
{
	static const char *const others[] = {"ucs2", "utf16", "utf16le", "utf32", "swe7"};

	for (unsigned i = 0; cs && i < sizeof others / sizeof others[0]; i++)
		if (strcmp(cs, others[i]) == 0)
			return 0;
	return 1;
}

static struct step *bind_column(struct binder *b, const struct node *n)
{
	int col = table_find_col(b->t, n->text, n->n);
	struct step *s;

	if (col < 0)
		return MISTAKE(b, n, "table %s.%s has no column \"%s\"", b->t->db, b->t->name, n->text);
	s = new_step(b, n, STEP_COLUMN, type_of_column(&b->t->cols[col]), 0);
	if (!s)
		return NULL;
	s->col = (uint32_t)col;
	s->column = &b->t->cols[col];
	s->utf8 = (uint8_t)charset_keeps_ascii(s->column->charset);
	/* about the row: its columns are those of whichever image stands for it */
	s->image = n->image == IMAGE_NEW && !b->e->about_change ? IMAGE_ROW : n->image;
	b->p->needs[col] = 1;
	if (s->type == TYPE_ENUM || s->type == TYPE_SET) {
		s->labels = labels_in_utf8(s->column);
		if (!s->labels)
			return no_memory(b, n);
	}
	return s;
}

static struct step *bind_word(struct binder *b, const struct node *n)
{
	static const char *const names[] = {"op", "db", "table", "ts", "position", "gtid"};
	struct step *s;

	if (n->bare && table_find_col(b->t, names[n->word], strlen(names[n->word])) >= 0)
		return MISTAKE(b, n, "table %s.%s has a column \"%s\": write new.%s for it, or %s() for the word of the stream",
		    b->t->db, b->t->name, names[n->word], names[n->word], names[n->word]);
	if (n->word == WORD_DB)
		return const_bytes(b, n, TYPE_TEXT, b->t->db, strlen(b->t->db));
	if (n->word == WORD_TABLE)
		return const_bytes(b, n, TYPE_TEXT, b->t->name, strlen(b->t->name));
	s = new_step(b, n, STEP_WORD, n->word == WORD_OP ? TYPE_OP : n->word == WORD_TS ? TYPE_DATE : TYPE_TEXT, 0);
	if (s)
		s->word = n->word;
	return s;
}

static struct step *bind_like(struct binder *b, const struct node *n)
{
	struct step *s = bind_args(b, n, STEP_LIKE, TYPE_NUM);

	if (!s)
		return NULL;
	for (unsigned i = 0; i < s->nargs; i++) {
		enum step_type t = s->args[i]->type;

		if (t == TYPE_NUM || t == TYPE_DOUBLE)
			return MISTAKE(b, n->args[i], "like compares text, not a number: concat(x) makes text of it");
		s->args[i] = as_string(b, s->args[i]);
		if (!s->args[i])
			return NULL;
	}
	if (s->nargs == 3 && s->args[2]->k.n && text_step(s->args[2]->k.p, s->args[2]->k.n) != s->args[2]->k.n)
		return MISTAKE(b, n->args[2], "escape takes one character");
	s->utf8 = s->args[0]->type != TYPE_BYTES && s->args[1]->type != TYPE_BYTES;
	for (unsigned i = 0; i < 2 && !s->utf8; i++)
		if (s->args[i]->kind == STEP_COLUMN)
			s->args[i]->raw = 1;
	s->negated = (uint8_t)n->negated;
	return s;
}

static struct step *bind_fold(struct binder *b, struct step *s)
{
	s->type = TYPE_TEXT;
	if (!b->p->locale)
		b->p->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!b->p->locale)
		return MISTAKE(b, s->src, "lower() and upper() need the locale C.UTF-8");
	return s;
}

static struct step *bind_call(struct binder *b, const struct node *n)
{
	struct step *s = bind_args(b, n, STEP_CALL, TYPE_NUM);
	unsigned first = 0;
	int type;

	if (!s)
		return NULL;
	s->fn = n->fn;
	switch (n->fn) {
	case FN_IF:
		if (!as_condition(b, s->args[0]))
			return NULL;
		first = 1;
		/* fall through */
	case FN_COALESCE:
		type = unify(b, n, s->args + first, s->nargs - first);
		if (type < 0)
			return NULL;
		s->type = (enum step_type)type;
		return s;
	case FN_MOD:
	case FN_ABS:
		for (unsigned i = 0; i < s->nargs; i++) {
			s->args[i] = as_number(b, s->args[i]);
			if (!s->args[i])
				return NULL;
			if (s->args[i]->type == TYPE_DOUBLE)
				s->type = TYPE_DOUBLE;
		}
		if (n->fn == FN_MOD)
			s->kind = STEP_MOD;
		return s;
	case FN_CHANGED:
		return s;
	case FN_SUBSTR:
		for (unsigned i = 1; i < s->nargs; i++) {
			s->args[i] = as_number(b, s->args[i]);
			if (!s->args[i])
				return NULL;
		}
		s->args[0] = as_string(b, s->args[0]);
		if (!s->args[0])
			return NULL;
		s->type = s->args[0]->type == TYPE_BYTES ? TYPE_BYTES : TYPE_TEXT;
		s->utf8 = s->type == TYPE_TEXT;
		return s;
	case FN_CONCAT:
		s->type = TYPE_TEXT;
		for (unsigned i = 0; i < s->nargs; i++) {
			s->args[i] = as_string(b, s->args[i]);
			if (!s->args[i])
				return NULL;
			if (s->args[i]->type == TYPE_BYTES)
				s->type = TYPE_BYTES;
		}
		for (unsigned i = 0; i < s->nargs && s->type == TYPE_BYTES; i++)
			if (s->args[i]->kind == STEP_COLUMN)
				s->args[i]->raw = 1;
		return s;
	default:
		break;
	}
	for (unsigned i = 0; i < s->nargs; i++) {
		int bytes = n->fn == FN_LENGTH || n->fn == FN_CRC32;

		s->args[i] = bytes ? as_string(b, s->args[i]) : as_text(b, s->args[i]);
		if (!s->args[i])
			return NULL;
	}
	if (n->fn == FN_LENGTH && s->args[0]->kind == STEP_COLUMN)
		s->args[0]->raw = 1; /* SQL counts the bytes that the column holds */
	return n->fn == FN_LOWER || n->fn == FN_UPPER ? bind_fold(b, s) : s;
}

static struct step *bind_node(struct binder *b, const struct node *n)
{
	struct step *s;

	switch (n->kind) {
	case NODE_NULL:
		s = new_step(b, n, STEP_CONST, TYPE_NULL, 0);
		return s;
	case NODE_NUMBER:
		return const_num(b, n, n->text, n->n);
	case NODE_DOUBLE:
		return const_double(b, n, n->text);
	case NODE_STRING:
		return const_bytes(b, n, TYPE_LIT, n->text, n->n);
	case NODE_BYTES:
		return const_bytes(b, n, TYPE_BYTES, n->text, n->n);
	case NODE_TRUE:
		return const_num(b, n, "1", 1);
	case NODE_FALSE:
		return const_num(b, n, "0", 1);
	case NODE_COLUMN:
		return bind_column(b, n);
	case NODE_WORD:
		return bind_word(b, n);
	case NODE_NEG:
		return bind_arithmetic(b, n, STEP_NEG);
	case NODE_ADD:
	case NODE_SUB:
	case NODE_MUL:
	case NODE_DIV:
	case NODE_IDIV:
	case NODE_MOD:
		return bind_arithmetic(b, n, (enum step_kind)(STEP_ADD + (n->kind - NODE_ADD)));
	case NODE_EQ:
	case NODE_NE:
	case NODE_LT:
	case NODE_LE:
	case NODE_GT:
	case NODE_GE:
	case NODE_SAME:
		return bind_comparison(b, n, (enum step_kind)(STEP_EQ + (n->kind - NODE_EQ)));
	case NODE_IN:
		return bind_comparison(b, n, STEP_IN);
	case NODE_BETWEEN:
		return bind_comparison(b, n, STEP_BETWEEN);
	case NODE_AND:
		return bind_logic(b, n, STEP_AND);
	case NODE_OR:
		return bind_logic(b, n, STEP_OR);
	case NODE_XOR:
		return bind_logic(b, n, STEP_XOR);
	case NODE_NOT:
		return bind_logic(b, n, STEP_NOT);
	case NODE_LIKE:
		return bind_like(b, n);
	case NODE_IS:
		s = bind_args(b, n, STEP_IS, TYPE_NUM);
		if (!s || (n->is != IS_NULL && !as_condition(b, s->args[0])))
			return NULL;
		s->is = n->is;
		s->negated = (uint8_t)n->negated;
		return s;
	case NODE_CALL:
		return bind_call(b, n);
	}
	return NULL;
}

static struct expr_prog *start(struct binder *b, const struct expr *e, const struct table *t, struct expr_err *err)
{
	struct expr_prog *p = calloc(1, sizeof *p);

	if (p)
		p->needs = calloc(t->ncols ? t->ncols : 1, 1);
	if (!p || !p->needs) {
		expr_err_at(err, 0, 0, "out of memory");
		free(p);
		return NULL;
	}
	p->t = t;
	b->p = p;
	b->e = e;
	b->t = t;
	b->err = err;
	return p;
}

struct expr_prog *expr_bind(const struct expr *e, const struct table *t, struct expr_err *err)
{
	struct binder b;
	struct expr_prog *p = start(&b, e, t, err);

	if (!p)
		return NULL;
	p->root = as_condition(&b, bind_node(&b, e->root));
	if (!p->root) {
		expr_prog_free(p);
		return NULL;
	}
	return p;
}

/* What a column of the type can be given; NULL and the message if not this. */
static struct step *as_column(struct binder *b, struct step *s, const struct column *to)
{
	enum step_type want = type_of_column(to);
	struct step *r = NULL;

	if (s->type == TYPE_NULL)
		return s;
	switch (want) {
	case TYPE_NUM:
	case TYPE_DOUBLE:
		return as_number(b, s);
	case TYPE_TEXT:
		return as_text(b, s);
	case TYPE_ENUM:
	case TYPE_SET:
		return s->type == TYPE_NUM ? s : as_text(b, s);
	case TYPE_BYTES:
		return s->type == TYPE_UUID || s->type == TYPE_INET4 || s->type == TYPE_INET6 ? s : as_string(b, s);
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

struct expr_prog *expr_bind_value(const struct expr *e, const struct table *t, const struct column *to, struct expr_err *err)
{
	struct binder b;
	struct expr_prog *p = start(&b, e, t, err);
	struct step *s;

	if (!p)
		return NULL;
	p->to = to;
	if (to->type == COL_ENUM || to->type == COL_SET)
		p->to_labels = labels_in_utf8(to);
	s = bind_node(&b, e->root);
	p->root = s ? as_column(&b, s, to) : NULL;
	if (!p->root) {
		expr_prog_free(p);
		return NULL;
	}
	return p;
}

void expr_prog_free(struct expr_prog *p)
{
	struct step *s, *next;

	if (!p)
		return;
	for (s = p->all; s; s = next) {
		next = s->next;
		if (s->labels)
			labels_free(s->labels, s->column);
		buf_release(&s->buf);
		free(s->args);
		free(s);
	}
	if (p->to_labels)
		labels_free(p->to_labels, p->to);
	if (p->locale)
		freelocale(p->locale);
	buf_release(&p->buf);
	buf_release(&p->buf2);
	free(p->needs);
	free(p);
}

const uint8_t *expr_prog_needs(const struct expr_prog *p)
{
	return p->needs;
}

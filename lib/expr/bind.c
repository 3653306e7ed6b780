/* Tree -> program for one table: names become columns, types are checked. */
#include <stdlib.h>

#include "../charset.h"
#include "bind.h"
#include "text.h"
#include "when.h"

static struct step *bind_node(struct binder *b, const struct node *n);

static struct step *bind_args(struct binder *b, const struct node *n, enum step_kind kind, enum step_type type)
{
	struct step *s = bind_step(b, n, kind, type, n->nargs);

	for (unsigned i = 0; s && i < n->nargs; i++) {
		s->args[i] = bind_node(b, n->args[i]);
		if (!s->args[i])
			return NULL;
	}
	return s;
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
	int type = s ? bind_unify(b, n, s->args, s->nargs) : -1;

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
		s->args[i] = bind_as_number(b, s->args[i]);
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
		if (!bind_as_condition(b, s->args[i]))
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
	s = bind_step(b, n, STEP_COLUMN, bind_type_of(&b->t->cols[col]), 0);
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
			return bind_no_memory(b, n);
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
		return bind_bytes(b, n, TYPE_TEXT, b->t->db, strlen(b->t->db));
	if (n->word == WORD_TABLE)
		return bind_bytes(b, n, TYPE_TEXT, b->t->name, strlen(b->t->name));
	s = bind_step(b, n, STEP_WORD, n->word == WORD_OP ? TYPE_OP : n->word == WORD_TS ? TYPE_DATE : TYPE_TEXT, 0);
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
		s->args[i] = bind_as_string(b, s->args[i]);
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
		if (!bind_as_condition(b, s->args[0]))
			return NULL;
		first = 1;
		/* fall through */
	case FN_COALESCE:
		type = bind_unify(b, n, s->args + first, s->nargs - first);
		if (type < 0)
			return NULL;
		s->type = (enum step_type)type;
		return s;
	case FN_MOD:
	case FN_ABS:
		for (unsigned i = 0; i < s->nargs; i++) {
			s->args[i] = bind_as_number(b, s->args[i]);
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
			s->args[i] = bind_as_number(b, s->args[i]);
			if (!s->args[i])
				return NULL;
		}
		s->args[0] = bind_as_string(b, s->args[0]);
		if (!s->args[0])
			return NULL;
		s->type = s->args[0]->type == TYPE_BYTES ? TYPE_BYTES : TYPE_TEXT;
		s->utf8 = s->type == TYPE_TEXT;
		return s;
	case FN_CONCAT:
		s->type = TYPE_TEXT;
		for (unsigned i = 0; i < s->nargs; i++) {
			s->args[i] = bind_as_string(b, s->args[i]);
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

		s->args[i] = bytes ? bind_as_string(b, s->args[i]) : bind_as_text(b, s->args[i]);
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
		s = bind_step(b, n, STEP_CONST, TYPE_NULL, 0);
		return s;
	case NODE_NUMBER:
		return bind_num(b, n, n->text, n->n);
	case NODE_DOUBLE:
		return bind_double(b, n, n->text);
	case NODE_STRING:
		return bind_bytes(b, n, TYPE_LIT, n->text, n->n);
	case NODE_BYTES:
		return bind_bytes(b, n, TYPE_BYTES, n->text, n->n);
	case NODE_TRUE:
		return bind_num(b, n, "1", 1);
	case NODE_FALSE:
		return bind_num(b, n, "0", 1);
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
		if (!s || (n->is != IS_NULL && !bind_as_condition(b, s->args[0])))
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
	p->root = bind_as_condition(&b, bind_node(&b, e->root));
	if (!p->root) {
		expr_prog_free(p);
		return NULL;
	}
	return p;
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
	p->root = s ? bind_as_column(&b, s, to) : NULL;
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

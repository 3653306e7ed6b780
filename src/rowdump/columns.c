#include "columns.h"

#include <stdlib.h>

#include "canon.h"
#include "charset.h"
#include "jsonw.h"

static void columns_free(void *p, uint32_t n, const struct table *t)
{
	struct columns *cs = p;

	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t k = 0; cs->cols[i].labels && k < t->cols[i].nlabels; k++)
			free(cs->cols[i].labels[k]);
		free(cs->cols[i].labels);
		free(cs->cols[i].key);
	}
	free(cs->label);
	free(cs);
}

/* the table is still whole when its user is freed, but the function gets only the pointer: it stands in front */
struct holder {
	const struct table *t;
	struct columns *cs;
};

static void holder_free(void *p)
{
	struct holder *h = p;

	columns_free(h->cs, h->t->ncols, h->t);
	free(h);
}

static int by_bytes(const void *a, const void *b)
{
	const struct label *x = *(const struct label *const *)a, *y = *(const struct label *const *)b;
	int d = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	return d ? d : (x->n > y->n) - (x->n < y->n);
}

/* A copy of the JSON string of b without its quotes. */
static char *inside(struct buf *b)
{
	return b->failed ? NULL : strndup((char *)b->p + 1, b->len - 2);
}

/* Members that stand for one number only and, in a set, can be told apart in a list. */
static int label_texts(const struct column *c, struct column_text *ct)
{
	struct buf utf8 = BUF_INIT, json = BUF_INIT;
	const struct label **sorted = calloc(c->nlabels + 1, sizeof(struct label *));
	int rc = -1;

	ct->labels = calloc(c->nlabels + 1, sizeof(*ct->labels));
	if (!sorted || !ct->labels)
		goto out;
	for (uint32_t i = 0; i < c->nlabels; i++)
		sorted[i] = &c->labels[i];
	qsort(sorted, c->nlabels, sizeof(*sorted), by_bytes);
	for (uint32_t i = 0; i < c->nlabels; i++) {
		const struct label *l = sorted[i];

		if ((i && by_bytes(&sorted[i - 1], &l) == 0) || (i + 1 < c->nlabels && by_bytes(&sorted[i + 1], &l) == 0))
			continue;
		buf_reset(&utf8);
		buf_reset(&json);
		if (charset_to_utf8(c->charset, l->p, l->n, &utf8) < 0)
			continue;
		if (c->type == COL_SET && (l->n == 0 || memchr(utf8.p, ',', utf8.len)))
			continue;
		json_string(&json, utf8.p, utf8.len);
		if (!(ct->labels[l - c->labels] = inside(&json)))
			goto out;
	}
	rc = 0;
out:
	free(sorted);
	buf_release(&utf8);
	buf_release(&json);
	return rc;
}

static int names_are_keys(const struct table *t)
{
	/* tables are narrow and this is once a table; a hash would be more text than it saves */
	for (uint32_t i = 0; i < t->ncols; i++) {
		if (!utf8_is_valid(t->cols[i].name, strlen(t->cols[i].name)))
			return 0;
		for (uint32_t k = 0; k < i; k++)
			if (strcmp(t->cols[i].name, t->cols[k].name) == 0)
				return 0;
	}
	return 1;
}

const struct columns *columns_of(struct table *t)
{
	struct holder *h = t->user;
	struct buf b = BUF_INIT, json = BUF_INIT;

	if (h)
		return h->cs;
	h = malloc(sizeof(*h));
	if (!h)
		return NULL;
	h->t = t;
	h->cs = calloc(1, sizeof(*h->cs) + (t->ncols + 1) * sizeof(h->cs->cols[0]));
	if (!h->cs) {
		free(h);
		return NULL;
	}
	canon_label(t, &b);
	json_string(&json, b.p, b.len);
	if (json.failed || !(h->cs->label = strndup((char *)json.p, json.len)))
		goto fail;
	h->cs->named = names_are_keys(t);
	for (uint32_t i = 0; i < t->ncols; i++) {
		buf_reset(&json);
		json_string(&json, t->cols[i].name, strlen(t->cols[i].name));
		buf_add8(&json, ':');
		if (json.failed || !(h->cs->cols[i].key = strndup((char *)json.p, json.len)))
			goto fail;
		if (t->cols[i].nlabels && label_texts(&t->cols[i], &h->cs->cols[i]) < 0)
			goto fail;
	}
	t->user = h;
	t->user_free = holder_free;
	buf_release(&b);
	buf_release(&json);
	return h->cs;
fail:
	buf_release(&b);
	buf_release(&json);
	holder_free(h);
	return NULL;
}

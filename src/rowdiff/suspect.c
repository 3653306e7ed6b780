#include "suspect.h"

#include <stdlib.h>
#include <string.h>

void suspects_release(struct suspects *s)
{
	free(s->v);
	buf_release(&s->keys);
	memset(s, 0, sizeof *s);
}

void suspects_clear(struct suspects *s)
{
	s->n = 0;
	buf_reset(&s->keys);
}

int suspects_add(struct suspects *s, const void *key, size_t n)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 256;
		struct suspect *v = realloc(s->v, cap * sizeof *v);

		if (!v)
			return -1;
		s->v = v;
		s->cap = cap;
	}
	s->v[s->n] = (struct suspect){.at = s->keys.len, .len = n};
	if (buf_add(&s->keys, key, n) < 0)
		return -1;
	s->n++;
	return 0;
}

static int compare(const void *a, size_t na, const void *b, size_t nb)
{
	int c = memcmp(a, b, na < nb ? na : nb);

	return c ? c : (na > nb) - (na < nb);
}

static int by_key(const void *a, const void *b, void *keys)
{
	const struct suspect *x = a, *y = b;
	const uint8_t *p = keys;

	return compare(p + x->at, x->len, p + y->at, y->len);
}

void suspects_sort(struct suspects *s)
{
	size_t n = 0;

	if (s->n)
		qsort_r(s->v, s->n, sizeof *s->v, by_key, s->keys.p);
	for (size_t i = 0; i < s->n; i++)
		if (!n || by_key(&s->v[n - 1], &s->v[i], s->keys.p) != 0)
			s->v[n++] = s->v[i];
	s->n = n;
}

struct suspect *suspects_find(struct suspects *s, size_t from, size_t to, const void *key, size_t n)
{
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int c = compare(s->keys.p + s->v[mid].at, s->v[mid].len, key, n);

		if (!c)
			return &s->v[mid];
		if (c < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}

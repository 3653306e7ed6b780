#include "fields.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "b64.h"
#include "msg.h"

int fields_wrong(const struct fields *f, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	msg_error("line %lu: %s", f->line, text);
	return -1;
}

int fields_check(const struct fields *f, const char *const *names)
{
	const char *key;
	json_t *j;

	json_object_foreach(f->o, key, j)
	{
		const char *const *n = names;

		while (*n && strcmp(*n, key) != 0)
			n++;
		if (!*n)
			return fields_wrong(f, "\"%s\" has no field \"%s\"", f->what, key);
	}
	return 0;
}

json_t *json_only(json_t *o, const char *key)
{
	return json_is_object(o) && json_object_size(o) == 1 ? json_object_get(o, key) : NULL;
}

static int base64_of(const struct fields *f, const char *key, json_t *j, struct str *s)
{
	struct buf b = BUF_INIT;
	int rc = -1;

	if (!json_is_string(j) || b64_decode(&b, json_string_value(j), json_string_length(j)) < 0) {
		fields_wrong(f, "\"%s\" is not base64", key);
	} else if (b.len > UINT32_MAX) {
		fields_wrong(f, "\"%s\" is too long", key);
	} else {
		s->p = arena_copy(f->arena, b.p, b.len);
		s->n = (uint32_t)b.len;
		rc = s->p ? 0 : fields_wrong(f, "out of memory");
	}
	buf_release(&b);
	return rc;
}

int text_of(const struct fields *f, const char *key, json_t *j, struct str *s)
{
	json_t *b64 = json_only(j, "b64");

	if (b64)
		return base64_of(f, key, b64, s);
	if (!json_is_string(j) || json_string_length(j) > UINT32_MAX)
		return fields_wrong(f, "\"%s\" is not a string", key);
	*s = str_n(json_string_value(j), json_string_length(j));
	return 0;
}

int parse_integer(const char *s, size_t n, uint64_t *u, int64_t *i, int *negative)
{
	uint64_t v = 0, limit = UINT64_MAX;
	size_t at = 0;

	*negative = n && s[0] == '-';
	if (*negative) {
		limit = UINT64_C(1) << 63;
		at = 1;
	}
	if (at == n)
		return -1;
	for (; at < n; at++) {
		unsigned d = (unsigned)(uint8_t)s[at] - '0';

		if (d > 9 || v > (limit - d) / 10)
			return -1;
		v = v * 10 + d;
	}
	if (*negative && v == 0)
		*negative = 0;
	*u = v;
	*i = *negative ? (int64_t)(0 - v) : 0;
	return 0;
}

/* A number as JSON has it, or in a string. A real is taken only where a double is exact. */
static int integer_of(const struct fields *f, const char *key, json_t *j, uint64_t *u, int64_t *i, int *negative)
{
	if (json_is_integer(j)) {
		*negative = json_integer_value(j) < 0;
		*i = json_integer_value(j);
		*u = (uint64_t)*i;
		return 0;
	}
	if (json_is_real(j) && rint(json_real_value(j)) == json_real_value(j)) {
		if (fabs(json_real_value(j)) > 9007199254740992.0)
			return fields_wrong(f, "\"%s\": a number beyond 2^53 must be a string to be exact", key);
		*i = (int64_t)json_real_value(j);
		*negative = *i < 0;
		*u = (uint64_t)*i;
		return 0;
	}
	if (json_is_string(j) && parse_integer(json_string_value(j), json_string_length(j), u, i, negative) == 0)
		return 0;
	return fields_wrong(f, "\"%s\" is not a whole number", key);
}

int uint_of(const struct fields *f, const char *key, json_t *j, uint64_t *v)
{
	int64_t i;
	int negative;

	if (integer_of(f, key, j, v, &i, &negative) < 0)
		return -1;
	return negative ? fields_wrong(f, "\"%s\" is negative", key) : 0;
}

/* 1: it is there, 0: it is not and need not be, -1: it must be there */
static int find(const struct fields *f, const char *key, int must, json_t **j)
{
	*j = json_object_get(f->o, key);
	if (*j)
		return 1;
	return must ? fields_wrong(f, "\"%s\" needs a field \"%s\"", f->what, key) : 0;
}

int get_text(const struct fields *f, const char *key, int must, struct str *s)
{
	json_t *j;
	int there = find(f, key, must, &j);

	*s = (struct str){NULL, 0};
	return there > 0 ? text_of(f, key, j, s) : there;
}

int get_uint(const struct fields *f, const char *key, int must, int *has, uint64_t *v)
{
	json_t *j;
	int there = find(f, key, must, &j);

	*v = 0;
	if (has)
		*has = there > 0;
	return there > 0 ? uint_of(f, key, j, v) : there;
}

int get_u32(const struct fields *f, const char *key, int must, int *has, uint32_t *v)
{
	uint64_t u;

	*v = 0;
	if (get_uint(f, key, must, has, &u) < 0)
		return -1;
	if (u > UINT32_MAX)
		return fields_wrong(f, "\"%s\" is too large", key);
	*v = (uint32_t)u;
	return 0;
}

int get_int(const struct fields *f, const char *key, int must, int *has, int64_t *v)
{
	json_t *j;
	int there = find(f, key, must, &j), negative;
	uint64_t u;

	*v = 0;
	if (has)
		*has = there > 0;
	if (there <= 0)
		return there;
	if (integer_of(f, key, j, &u, v, &negative) < 0)
		return -1;
	if (!negative) {
		if (u > INT64_MAX)
			return fields_wrong(f, "\"%s\" is too large", key);
		*v = (int64_t)u;
	}
	return 0;
}

int get_bool(const struct fields *f, const char *key, int *has, int *v)
{
	json_t *j;
	int there = find(f, key, 0, &j);

	*v = 0;
	*has = there > 0;
	if (!there)
		return 0;
	if (!json_is_boolean(j))
		return fields_wrong(f, "\"%s\" is not true or false", key);
	*v = json_is_true(j);
	return 0;
}

int get_base64(const struct fields *f, const char *key, struct str *s)
{
	json_t *j;

	*s = (struct str){NULL, 0};
	return find(f, key, 0, &j) > 0 ? base64_of(f, key, j, s) : 0;
}

int get_extra(const struct fields *f, struct rec_extra *e)
{
	struct str s;
	struct cur c;

	memset(e, 0, sizeof(*e));
	if (get_base64(f, "extra", &s) < 0)
		return -1;
	if (!s.p)
		return 0;
	/* pairs of msgpack values, the first of each a key */
	cur_init(&c, s.p, s.n);
	while (cur_left(&c)) {
		uint32_t n;

		(void)mp_read_bytes(&c, &n);
		(void)mp_skip(&c);
		e->pairs++;
	}
	if (c.err)
		return fields_wrong(f, "\"extra\" does not hold fields of a frame: %s", c.err);
	e->bytes.p = (uint8_t *)(uintptr_t)s.p; /* lent: nobody frees or grows it */
	e->bytes.len = s.n;
	return 0;
}

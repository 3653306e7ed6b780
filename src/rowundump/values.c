#include "values.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "canon.h"
#include "charset.h"

static int wrong(const struct fields *f, const struct column *c, const char *why)
{
	return fields_wrong(f, "column \"%s\" (%s): %s", c->name, col_type_name(c->type), why);
}

int charset_text_of(const struct fields *f, const char *what, const char *cs, json_t *j, struct str *s)
{
	struct buf b = BUF_INIT;
	int rc = -1;

	if (text_of(f, what, j, s) < 0)
		return -1;
	if (!json_is_string(j) || (charset_is_utf8(cs) && strcmp(cs, "ascii") != 0))
		return 0;
	if (charset_from_utf8(cs, s->p, s->n, &b) < 0) {
		fields_wrong(f, "\"%s\": the text has no form in the character set %s", what, cs ? cs : "(none)");
	} else {
		s->p = arena_copy(f->arena, b.p, b.len);
		s->n = (uint32_t)b.len;
		rc = s->p ? 0 : fields_wrong(f, "out of memory");
	}
	buf_release(&b);
	return rc;
}

/* ---- numbers */

static int integer_text(const struct fields *f, const struct column *c, const char *p, size_t n, struct val *v)
{
	uint64_t u;
	int64_t i;
	int negative;

	if (parse_integer(p, n, &u, &i, &negative) < 0)
		return wrong(f, c, "not a whole number of 64 bits");
	*v = negative ? val_of_int(i) : val_of_uint(u);
	return 0;
}

static int integer(const struct fields *f, const struct column *c, json_t *j, struct val *v)
{
	double d;

	if (json_is_integer(j)) {
		*v = val_of_int(json_integer_value(j));
		return 0;
	}
	if (json_is_string(j))
		return integer_text(f, c, json_string_value(j), json_string_length(j), v);
	if (!json_is_real(j))
		return wrong(f, c, "not a number");
	d = json_real_value(j);
	if (rint(d) != d)
		return wrong(f, c, "not a whole number");
	if (fabs(d) > 9007199254740992.0)
		return wrong(f, c, "a number beyond 2^53 must be a string to be exact");
	*v = val_of_int((int64_t)d);
	return 0;
}

/* The number of the only member with these bytes; 0: none. */
static uint32_t find_label(const struct column *c, const void *p, size_t n)
{
	for (uint32_t i = 0; i < c->nlabels; i++)
		if (c->labels[i].n == n && (n == 0 || memcmp(c->labels[i].p, p, n) == 0))
			return i + 1;
	return 0;
}

static int member(const struct fields *f, const struct column *c, const char *p, size_t n, struct buf *tmp, uint32_t *no)
{
	buf_reset(tmp);
	*no = charset_from_utf8(c->charset, p, n, tmp) < 0 ? 0 : find_label(c, tmp->p, tmp->len);
	if (*no)
		return 0;
	return fields_wrong(f, "column \"%s\" (%s): \"%.*s\" is not one of its members", c->name, col_type_name(c->type),
	    n > 200 ? 200 : (int)n, p);
}

/* Strings are members, numbers are numbers; {"number":"..."} is one that JSON's numbers cannot hold. */
static int members(const struct fields *f, const struct column *c, json_t *j, struct val *v)
{
	json_t *number = json_only(j, "number");
	struct buf tmp = BUF_INIT;
	const char *p, *end;
	uint64_t bits = 0;
	uint32_t no = 0;
	int rc = 0;

	if (number)
		return json_is_string(number) ? integer_text(f, c, json_string_value(number), json_string_length(number), v)
					      : wrong(f, c, "\"number\" is not a string");
	if (!json_is_string(j))
		return integer(f, c, j, v);
	p = json_string_value(j);
	end = p + json_string_length(j);
	if (c->type == COL_ENUM) {
		rc = member(f, c, p, (size_t)(end - p), &tmp, &no);
		bits = no;
	} else {
		while (p < end && rc == 0) {
			const char *comma = memchr(p, ',', (size_t)(end - p));
			const char *to = comma ? comma : end;

			rc = member(f, c, p, (size_t)(to - p), &tmp, &no);
			if (rc == 0 && no > 64)
				rc = wrong(f, c, "a set has 64 members at most");
			if (rc == 0)
				bits |= UINT64_C(1) << (no - 1);
			p = comma ? comma + 1 : end;
		}
	}
	buf_release(&tmp);
	if (rc == 0)
		*v = val_of_uint(bits);
	return rc;
}

static int bits_of(const struct fields *f, const struct column *c, json_t *j, struct val *v)
{
	size_t want = v->kind == VAL_FLOAT ? 8 : 16;
	const char *s = json_string_value(j);
	uint64_t bits;
	uint32_t half;

	if (!s || strlen(s) != want || strspn(s, "0123456789abcdefABCDEF") != want)
		return wrong(f, c, want == 8 ? "\"bits\" is not 8 hexadecimal digits" : "\"bits\" is not 16 hexadecimal digits");
	bits = strtoull(s, NULL, 16);
	half = (uint32_t)bits;
	if (v->kind == VAL_FLOAT)
		memcpy(&v->f, &half, sizeof(half));
	else
		memcpy(&v->d, &bits, sizeof(bits));
	return 0;
}

static int floating(const struct fields *f, const struct column *c, json_t *j, struct val *v)
{
	json_t *bits = json_only(j, "bits");
	const char *s;
	char *end;
	double d;

	v->n = 0;
	v->kind = c->type == COL_FLOAT ? VAL_FLOAT : VAL_DOUBLE;
	if (bits)
		return bits_of(f, c, bits, v);
	if (json_is_number(j)) {
		d = json_number_value(j);
	} else if (json_is_string(j)) {
		s = json_string_value(j);
		d = strtod(s, &end);
		if (!*s || end != s + json_string_length(j) || strspn(s, "+-.0123456789eE") != strlen(s))
			return wrong(f, c, "not a number");
	} else {
		return wrong(f, c, "not a number");
	}
	if (!isfinite(d) || (v->kind == VAL_FLOAT && !isfinite((float)d)))
		return wrong(f, c, "the number is too large");
	if (v->kind == VAL_FLOAT)
		v->f = (float)d;
	else
		v->d = d;
	return 0;
}

/* ---- text and bytes */

/* A number for a decimal: with exactly the column's digits after the point. */
static int decimal(const struct fields *f, const struct column *c, json_t *j, struct val *v)
{
	char text[512];
	int n;
	void *copy;

	if (json_is_integer(j))
		n = snprintf(
		    text, sizeof(text), "%" JSON_INTEGER_FORMAT "%s%0*d", json_integer_value(j), c->dec ? "." : "", c->dec, 0);
	else
		n = snprintf(text, sizeof(text), "%.*f", c->dec, json_real_value(j));
	if (json_is_integer(j) && !c->dec)
		n--; /* the zero of %0*d */
	if (n < 0 || n >= (int)sizeof(text) || (json_is_real(j) && strtod(text, NULL) != json_real_value(j)))
		return wrong(f, c, "the number has more digits after its point than the column; write it as a string");
	copy = arena_copy(f->arena, text, (size_t)n);
	if (!copy)
		return fields_wrong(f, "out of memory");
	*v = val_of_str(copy, (size_t)n);
	return 0;
}

static int ascii(const struct fields *f, const struct column *c, json_t *j, struct val *v)
{
	struct str s;

	if (c->type == COL_DECIMAL && json_is_number(j))
		return decimal(f, c, j, v);
	if (text_of(f, c->name, j, &s) < 0)
		return -1;
	*v = val_of_str(s.p, s.n);
	return 0;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* 32 digits, with dashes where people put them. */
static int uuid(const char *s, uint8_t out[16])
{
	unsigned n = 0;

	for (; *s; s++) {
		int d = hex_digit(*s);

		if (*s == '-' && (n == 8 || n == 12 || n == 16 || n == 20))
			continue;
		if (d < 0 || n == 32)
			return -1;
		out[n / 2] = (uint8_t)(n % 2 ? out[n / 2] | d : d << 4);
		n++;
	}
	return n == 32 ? 0 : -1;
}

static int bytes(const struct fields *f, const struct column *c, json_t *j, struct val *v)
{
	const char *s = json_string_value(j);
	uint8_t raw[16];
	struct str b;
	size_t n = 16;
	void *copy;

	if (json_only(j, "b64")) {
		if (text_of(f, c->name, j, &b) < 0)
			return -1;
		*v = val_of_bin(b.p, b.n);
		return 0;
	}
	if (!s)
		return wrong(f, c, "bytes are written {\"b64\":\"...\"}");
	switch (c->type) {
	case COL_UUID:
		if (uuid(s, raw) < 0)
			return wrong(f, c, "not a UUID");
		break;
	case COL_INET4:
		n = 4;
		if (inet_pton(AF_INET, s, raw) != 1)
			return wrong(f, c, "not an IPv4 address");
		break;
	case COL_INET6:
		if (inet_pton(AF_INET6, s, raw) != 1)
			return wrong(f, c, "not an IPv6 address");
		break;
	default:
		return wrong(f, c, "bytes are written {\"b64\":\"...\"}");
	}
	copy = arena_copy(f->arena, raw, n);
	if (!copy)
		return fields_wrong(f, "out of memory");
	*v = val_of_bin(copy, n);
	return 0;
}

static int text(const struct fields *f, const struct column *c, json_t *j, struct val *v)
{
	struct str s;

	if (c->type == COL_JSON && (json_is_object(j) || json_is_array(j)) && !json_only(j, "b64"))
		return wrong(f, c, "a document is written as one string (jq: tojson)");
	if (charset_text_of(f, c->name, c->type == COL_JSON ? "utf8mb4" : c->charset, j, &s) < 0)
		return -1;
	/* bytes of a document are MySQL's binary form */
	*v = c->type == COL_JSON && !json_only(j, "b64") ? val_of_str(s.p, s.n) : val_of_bin(s.p, s.n);
	canon_val(c, v);
	return 0;
}

int value_of(const struct fields *f, const struct column *c, json_t *j, struct val *v)
{
	json_t *absent = json_only(j, "absent");

	if (json_is_null(j)) {
		*v = val_null();
		return 0;
	}
	if (json_is_true(absent)) {
		v->kind = VAL_ABSENT;
		v->n = 0;
		return 0;
	}
	switch (col_type_class(c->type)) {
	case COLC_INT:
		return c->type == COL_ENUM || c->type == COL_SET ? members(f, c, j, v) : integer(f, c, j, v);
	case COLC_FLOAT:
	case COLC_DOUBLE:
		return floating(f, c, j, v);
	case COLC_ASCII:
		return ascii(f, c, j, v);
	case COLC_TEXT:
		return text(f, c, j, v);
	case COLC_BYTES:
		return bytes(f, c, j, v);
	}
	return -1;
}

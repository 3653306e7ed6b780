#include "binlog/coldec.h"

#include <stdlib.h>

#include "binlog/numtext.h"
#include "binlog/zip.h"
#include "mp_put.h"
#include "myjson.h"
#include "myjson_diff.h"

enum kind {
	K_I8,
	K_U8,
	K_I16,
	K_U16,
	K_I24,
	K_U24,
	K_I32,
	K_U32,
	K_I64,
	K_U64,
	K_FLOAT,
	K_DOUBLE,
	K_DECIMAL,
	K_BIT,	  /* big-endian */
	K_NUMBER, /* enum, set: little-endian */
	K_YEAR,
	K_DATE,
	K_TIME2,
	K_DATETIME2,
	K_TIMESTAMP2,
	K_TIME_OLD,
	K_DATETIME_OLD,
	K_TIMESTAMP_OLD,
	K_STRING, /* length and bytes */
	K_CHAR,	  /* the same, without the spaces that pad it */
	K_BINARY, /* the same, zeros put back */
	K_UUID,
	K_UUID_OLD,
	K_COMPRESSED,
	K_JSON, /* MySQL's */
	K_NULL
};

#define COPY_MAX 32u /* bytes that are copied at once, however few are needed */

const char ROWDEC_NO_OLD[] = "only changes of a JSON document, without the old one";

/* Sets what a character set's space looks like. */
static void set_padding(struct coldec *d, const char *charset)
{
	d->pad_unit = 1;
	if (!charset)
		return;
	if (!strcmp(charset, "ucs2") || !strncmp(charset, "utf16", 5))
		d->pad_unit = 2;
	else if (!strcmp(charset, "utf32"))
		d->pad_unit = 4;
	d->pad_le = !strcmp(charset, "utf16le");
}

static void set_string(struct coldec *d, const struct tmap_col *l, const struct column *c)
{
	d->kind = K_STRING;
	d->nlen = l->len > 255 ? 2 : 1;
	d->as_str = c->charset && charset_is_utf8(c->charset);
	switch (c->type) {
	case COL_CHAR:
		d->kind = K_CHAR;
		set_padding(d, c->charset);
		break;
	case COL_BINARY:
	case COL_INET4:
	case COL_INET6:
		d->kind = K_BINARY;
		d->len = (uint16_t)l->len;
		break;
	case COL_UUID:
		d->kind = l->is_old_uuid ? K_UUID_OLD : K_UUID;
		d->len = 16;
		break;
	default:
		break;
	}
	if (l->type == LT_VARCHAR_COMPRESSED)
		d->kind = K_COMPRESSED;
}

static void set_int(struct coldec *d, enum kind i, unsigned size, const struct column *c)
{
	d->kind = (uint8_t)(c->is_unsigned ? i + 1 : i);
	d->nlen = (uint8_t)size;
}

/* Chooses the decoder; returns the bytes that the value takes in the stream at most, content of strings apart. */
static size_t col_init(struct coldec *d, const struct tmap_col *l, const struct column *c)
{
	switch (l->type) {
	case LT_TINY:
		set_int(d, K_I8, 1, c);
		break;
	case LT_SHORT:
		set_int(d, K_I16, 2, c);
		break;
	case LT_INT24:
		set_int(d, K_I24, 3, c);
		break;
	case LT_LONG:
		set_int(d, K_I32, 4, c);
		break;
	case LT_LONGLONG:
		set_int(d, K_I64, 8, c);
		break;
	case LT_FLOAT:
		d->kind = K_FLOAT;
		d->nlen = 4;
		break;
	case LT_DOUBLE:
		d->kind = K_DOUBLE;
		d->nlen = 8;
		break;
	case LT_DECIMAL:
		d->kind = K_DECIMAL;
		d->len = (uint16_t)l->len;
		d->dec = l->dec;
		d->size = (uint8_t)decimal_bytes(l->len, l->dec);
		return MP_PUT_MAX + DECIMAL_TEXT_MAX;
	case LT_BIT:
		d->kind = K_BIT;
		d->nlen = (uint8_t)((l->len + 7) / 8);
		break;
	case LT_ENUM:
	case LT_SET:
		d->kind = K_NUMBER;
		d->nlen = (uint8_t)l->len;
		break;
	case LT_YEAR:
		d->kind = K_YEAR;
		break;
	case LT_DATE:
	case LT_NEWDATE:
		d->kind = K_DATE;
		return MP_PUT_MAX + TEMPORAL_TEXT_MAX;
	case LT_TIME2:
		d->kind = K_TIME2;
		d->dec = l->dec;
		return MP_PUT_MAX + TEMPORAL_TEXT_MAX;
	case LT_DATETIME2:
		d->kind = K_DATETIME2;
		d->dec = l->dec;
		return MP_PUT_MAX + TEMPORAL_TEXT_MAX;
	case LT_TIMESTAMP2:
		d->kind = K_TIMESTAMP2;
		d->dec = l->dec;
		return MP_PUT_MAX + TEMPORAL_TEXT_MAX;
	case LT_TIME:
		d->kind = K_TIME_OLD;
		d->dec = c->dec;
		return MP_PUT_MAX + TEMPORAL_TEXT_MAX;
	case LT_DATETIME:
		d->kind = K_DATETIME_OLD;
		d->dec = c->dec;
		return MP_PUT_MAX + TEMPORAL_TEXT_MAX;
	case LT_TIMESTAMP:
		d->kind = K_TIMESTAMP_OLD;
		d->dec = c->dec;
		return MP_PUT_MAX + TEMPORAL_TEXT_MAX;
	case LT_BLOB:
	case LT_GEOMETRY:
	case LT_VECTOR:
		d->kind = K_STRING;
		d->nlen = (uint8_t)l->len;
		d->as_str = c->charset && charset_is_utf8(c->charset);
		break;
	case LT_JSON:
		d->kind = K_JSON;
		d->nlen = (uint8_t)l->len;
		break;
	case LT_BLOB_COMPRESSED:
		d->kind = K_COMPRESSED;
		d->nlen = (uint8_t)l->len;
		d->as_str = c->charset && charset_is_utf8(c->charset);
		break;
	case LT_NULL:
		d->kind = K_NULL;
		break;
	default:
		set_string(d, l, c);
		return MP_PUT_MAX + d->len;
	}
	return MP_PUT_MAX;
}

int rowdec_init(struct rowdec *d, const struct tmap_col *log_cols, const struct table *t)
{
	memset(d, 0, sizeof *d);
	d->cols = calloc(t->ncols ? t->ncols : 1, sizeof *d->cols);
	if (!d->cols)
		return -1;
	d->ncols = t->ncols;
	d->fixed_max = 2 * MP_PUT_MAX + COPY_MAX; /* the array's head, and room for what writes more than it needs at the end */
	for (uint32_t i = 0; i < t->ncols; i++) {
		d->fixed_max += col_init(&d->cols[i], &log_cols[i], &t->cols[i]);
		if (d->cols[i].kind == K_JSON)
			d->cols[i].len = (uint16_t)d->njson++;
	}
	d->old = calloc(d->njson ? d->njson : 1, sizeof *d->old);
	if (d->old)
		return 0;
	rowdec_release(d);
	return -1;
}

void rowdec_release(struct rowdec *d)
{
	free(d->cols);
	free(d->old);
	d->cols = NULL;
	d->old = NULL;
	buf_release(&d->plain);
	buf_release(&d->whole);
}

static inline uint64_t le(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	for (unsigned i = n; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

static inline uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t le24(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

static inline uint32_t le32(const uint8_t *p)
{
	return le24(p) | (uint32_t)p[3] << 24;
}

static inline uint64_t le64(const uint8_t *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

static inline uint64_t be(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

/* The head of a text that was written behind o, where the shortest head leaves it. Returns the place behind the text. */
static inline uint8_t *close_text(uint8_t *o, size_t n)
{
	if (n >= 32)
		memmove(o + 2, o + 1, n); /* the head has two bytes */
	return mp_put_str_head(o, n) + n;
}

/* Length of a CHAR's content without the spaces at its end. */
static size_t without_padding(const struct coldec *d, const uint8_t *p, size_t n)
{
	unsigned unit = d->pad_unit;

	while (n >= unit) {
		const uint8_t *e = p + n - unit;
		unsigned space = d->pad_le ? 0 : unit - 1;

		for (unsigned i = 0; i < unit; i++)
			if (e[i] != (i == space ? 0x20 : 0))
				return n;
		n -= unit;
	}
	return n;
}

/*
 * MariaDB keeps UUIDs of versions 1 to 5 with their segments in reverse, so that those made one after the other sort so;
 * others as they are. Which it is shows in the place of the version and variant digits.
 */
void uuid_from_record(uint8_t out[16], const uint8_t in[16], int old)
{
	if (!old && !(in[6] & 0x80 && in[8] > 0 && in[8] < 0x60)) {
		memcpy(out, in, 16);
		return;
	}
	memcpy(out, in + 12, 4);
	memcpy(out + 4, in + 10, 2);
	memcpy(out + 6, in + 8, 2);
	memcpy(out + 8, in + 6, 2);
	memcpy(out + 10, in, 6);
}

/* Makes sure of n more bytes and a whole image's fixed part behind o. */
static uint8_t *more_room(struct buf *out, uint8_t *o, size_t n, const struct rowdec *d)
{
	size_t used = (size_t)(o - out->p), was = out->len;

	out->len = used;
	if (buf_room(out, n + d->fixed_max) < 0)
		return NULL;
	out->len = was;
	return out->p + used;
}

static inline uint8_t *room(struct buf *out, uint8_t *o, size_t n, const struct rowdec *d)
{
	return out->cap - (size_t)(o - out->p) >= n + d->fixed_max ? o : more_room(out, o, n, d);
}

/* A string's head and content; there is room(). Up to `end` may be read: most are short, and a copy of a fixed size is no call.
 */
static inline uint8_t *put_bytes(uint8_t *o, int as_str, const uint8_t *p, size_t n, const uint8_t *end)
{
	o = as_str ? mp_put_str_head(o, n) : mp_put_bin_head(o, n);
	if (n <= COPY_MAX && (size_t)(end - p) >= COPY_MAX)
		memcpy(o, p, COPY_MAX);
	else
		memcpy(o, p, n);
	return o + n;
}

/* As text where MySQL makes the same document of it again, else as it is. NULL: *why. */
static uint8_t *put_json(struct rowdec *d, struct buf *out, uint8_t *o, const uint8_t *p, size_t n, const char **why)
{
	int is_exact;

	buf_reset(&d->plain);
	is_exact = myjson_text(p, n, &d->plain, why);
	if (is_exact < 0)
		return NULL;
	if (is_exact) {
		p = d->plain.p;
		n = d->plain.len;
	}
	if (!(o = room(out, o, n, d))) {
		*why = "no memory";
		return NULL;
	}
	return put_bytes(o, is_exact, p, n, p + n);
}

/* Changes of a document become the document. */
static int whole_json(struct rowdec *d, uint32_t json, const uint8_t **p, size_t *n, const char **why)
{
	const struct old_json *old = &d->old[json];

	if (!old->p) {
		*why = ROWDEC_NO_OLD;
		return -1;
	}
	if (myjson_apply(old->p, old->n, *p, *n, &d->whole, why) < 0)
		return -1;
	*p = d->whole.p;
	*n = d->whole.len;
	return 0;
}

#define NEED(n)                              \
	if ((size_t)(end - p) < (size_t)(n)) \
	goto too_short

/* The older forms, which new tables no longer have. */
static size_t old_temporal(const struct coldec *d, const uint8_t **p, const uint8_t *end, char *text)
{
	unsigned n = d->kind == K_TIME_OLD	 ? time_old_bytes(d->dec)
		     : d->kind == K_DATETIME_OLD ? datetime_old_bytes(d->dec)
						 : timestamp_old_bytes(d->dec);
	const uint8_t *v = *p;

	if ((size_t)(end - v) < n)
		return SIZE_MAX;
	*p += n;
	switch (d->kind) {
	case K_TIME_OLD:
		return time_old_text(text, v, d->dec);
	case K_DATETIME_OLD:
		return datetime_old_text(text, v, d->dec);
	default:
		return timestamp_old_text(text, v, d->dec);
	}
}

const uint8_t *rowdec_image(struct rowdec *d, const uint8_t *present, uint32_t npresent, const uint8_t *p, const uint8_t *end,
    struct buf *out, const char **why)
{
	const uint8_t *nulls = p;
	uint32_t bit = 0; /* of the column among those that are present */
	uint8_t *o;

	if (buf_room(out, d->fixed_max) < 0)
		goto no_memory;
	if (d->keep_old)
		memset(d->old, 0, d->njson * sizeof *d->old);
	o = out->p + out->len;
	NEED((npresent + 7) / 8);
	p += (npresent + 7) / 8;
	o = mp_put_array(o, d->ncols);
	for (uint32_t i = 0; i < d->ncols; i++) {
		const struct coldec *c = &d->cols[i];
		const uint8_t *content;
		char *text = (char *)o + 1; /* of a decimal or a time, under a head of one byte */
		uint8_t uuid[16];
		size_t n;

		if (present && !(present[i / 8] >> i % 8 & 1)) {
			o = mp_put_false(o);
			continue;
		}
		if (nulls[bit / 8] >> bit % 8 & 1) {
			bit++;
			o = mp_put_nil(o);
			continue;
		}
		bit++;
		switch ((enum kind)c->kind) {
		case K_I8:
			NEED(1);
			o = mp_put_int(o, (int8_t)*p++);
			break;
		case K_U8:
			NEED(1);
			o = mp_put_uint(o, *p++);
			break;
		case K_I16:
			NEED(2);
			o = mp_put_int(o, (int16_t)le16(p));
			p += 2;
			break;
		case K_U16:
			NEED(2);
			o = mp_put_uint(o, le16(p));
			p += 2;
			break;
		case K_I24:
			NEED(3);
			o = mp_put_int(o, (int32_t)(le24(p) << 8) >> 8);
			p += 3;
			break;
		case K_U24:
			NEED(3);
			o = mp_put_uint(o, le24(p));
			p += 3;
			break;
		case K_I32:
			NEED(4);
			o = mp_put_int(o, (int32_t)le32(p));
			p += 4;
			break;
		case K_U32:
			NEED(4);
			o = mp_put_uint(o, le32(p));
			p += 4;
			break;
		case K_I64:
			NEED(8);
			o = mp_put_int(o, (int64_t)le64(p));
			p += 8;
			break;
		case K_U64:
			NEED(8);
			o = mp_put_uint(o, le64(p));
			p += 8;
			break;
		case K_FLOAT:
			NEED(4);
			o = mp_put_float(o, le32(p));
			p += 4;
			break;
		case K_DOUBLE:
			NEED(8);
			o = mp_put_double(o, le64(p));
			p += 8;
			break;
		case K_DECIMAL:
			NEED(c->size);
			n = decimal_text(text, p, c->len, c->dec);
			p += c->size;
			goto put_text;
		case K_BIT:
			NEED(c->nlen);
			o = mp_put_uint(o, be(p, c->nlen));
			p += c->nlen;
			break;
		case K_NUMBER:
			NEED(c->nlen);
			o = mp_put_uint(o, le(p, c->nlen));
			p += c->nlen;
			break;
		case K_YEAR:
			NEED(1);
			o = mp_put_uint(o, *p ? 1900u + *p : 0);
			p++;
			break;
		case K_DATE:
			NEED(3);
			n = date_text(text, le24(p));
			p += 3;
			goto put_text;
		case K_TIME2:
			NEED(3 + fraction_bytes(c->dec));
			n = time2_text(text, p, c->dec);
			p += 3 + fraction_bytes(c->dec);
			goto put_text;
		case K_DATETIME2:
			NEED(5 + fraction_bytes(c->dec));
			n = datetime2_text(text, p, c->dec);
			p += 5 + fraction_bytes(c->dec);
			goto put_text;
		case K_TIMESTAMP2:
			NEED(4 + fraction_bytes(c->dec));
			n = timestamp2_text(text, p, c->dec);
			p += 4 + fraction_bytes(c->dec);
			goto put_text;
		case K_TIME_OLD:
		case K_DATETIME_OLD:
		case K_TIMESTAMP_OLD:
			n = old_temporal(c, &p, end, text);
			if (n == SIZE_MAX)
				goto too_short;
		put_text:
			if (!n)
				goto impossible;
			o = close_text(o, n);
			break;
		case K_STRING:
		case K_CHAR:
			NEED(c->nlen);
			n = c->nlen == 1 ? *p : (size_t)le(p, c->nlen);
			p += c->nlen;
			NEED(n);
			content = p;
			p += n;
			if (c->pad_unit)
				n = without_padding(c, content, n);
			if (!(o = room(out, o, n, d)))
				goto no_memory;
			o = put_bytes(o, c->as_str, content, n, end);
			break;
		case K_BINARY:
			NEED(c->nlen);
			n = (size_t)le(p, c->nlen);
			p += c->nlen;
			NEED(n);
			if (n > c->len)
				goto impossible;
			o = mp_put_bin_head(o, c->len);
			memcpy(o, p, n);
			memset(o + n, 0, c->len - n);
			o += c->len;
			p += n;
			break;
		case K_UUID:
		case K_UUID_OLD:
			NEED(1);
			n = *p++;
			NEED(n);
			if (n > 16)
				goto impossible;
			memset(uuid, 0, sizeof uuid);
			memcpy(uuid, p, n);
			p += n;
			o = mp_put_bin_head(o, 16);
			uuid_from_record(o, uuid, c->kind == K_UUID_OLD);
			o += 16;
			break;
		case K_COMPRESSED:
			NEED(c->nlen);
			n = (size_t)le(p, c->nlen);
			p += c->nlen;
			NEED(n);
			content = p;
			p += n;
			if (zip_column(content, n, &d->plain, &content, &n, why) < 0)
				return NULL;
			if (!(o = room(out, o, n, d)))
				goto no_memory;
			o = put_bytes(o, c->as_str, content, n, content + n);
			break;
		case K_JSON:
			NEED(c->nlen);
			n = (size_t)le(p, c->nlen);
			p += c->nlen;
			NEED(n);
			content = p;
			p += n;
			if (d->keep_old) {
				d->old[c->len].p = content;
				d->old[c->len].n = n;
			} else if (d->partial && d->partial[c->len / 8] >> c->len % 8 & 1 &&
				   whole_json(d, c->len, &content, &n, why) < 0) {
				return NULL;
			}
			if (!(o = put_json(d, out, o, content, n, why)))
				return NULL;
			break;
		case K_NULL:
			o = mp_put_nil(o);
			break;
		}
	}
	out->len = (size_t)(o - out->p);
	return p;
too_short:
	*why = "a row is too short";
	return NULL;
impossible:
	*why = "a value that cannot be";
	return NULL;
no_memory:
	*why = "no memory";
	return NULL;
}

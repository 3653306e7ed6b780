/*
 * The tables came from the servers (charset.inc), so text means here what it
 * means there: sets of one byte are tables; sets of two and three bytes are
 * learned from iconv at first use, corrected where the servers differ, and kept
 * as tables too. Every table is one to one: a code that shares its character
 * with another has no exact form and is refused. First uses are not guarded
 * against other threads.
 */
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <stdio.h>
#include <strings.h>

#include "charset.h"
#include "charset.inc"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- collations */

/*
 * MariaDB 10.10 and later number the collations of UCA 14.0.0 by rule:
 * 2048 + 256 * set + 8 * language + 4 * nopad + 2 * accents + case.
 */
#define UCA1400 2048u
static const char *const uca_sets[] = {"utf8mb3", "utf8mb4", "ucs2", "utf16", "utf32"};
static const char *const uca_langs[] = {"", "_icelandic", "_latvian", "_romanian", "_slovenian", "_polish", "_estonian",
    "_spanish", "_swedish", "_turkish", "_czech", "_danish", "_lithuanian", "_slovak", "_spanish2", "_roman", "_persian",
    "_esperanto", "_hungarian", "_sinhala", "_german2", NULL, NULL, "_vietnamese", "_croatian"};

static int uca_parts(uint32_t coll, unsigned *set, unsigned *lang)
{
	if (coll < UCA1400)
		return 0;
	*set = (coll - UCA1400) / 256;
	*lang = (coll - UCA1400) % 256 / 8;
	return *set < COUNT(uca_sets) && *lang < COUNT(uca_langs) && uca_langs[*lang];
}

static int collation_find(uint32_t coll)
{
	size_t lo = 0, hi = COUNT(collations);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (collations[mid].id < coll)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < COUNT(collations) && collations[lo].id == coll ? (int)lo : -1;
}

const char *charset_of_collation(uint32_t coll)
{
	unsigned set, lang;
	int i = collation_find(coll);

	if (i >= 0)
		return collations[i].charset;
	return uca_parts(coll, &set, &lang) ? uca_sets[set] : NULL;
}

const char *collation_name(uint32_t coll)
{
	static char names[COUNT(uca_sets) * 256][48]; /* made when asked for, then kept */
	unsigned set, lang;
	int i = collation_find(coll);
	char *s;

	if (i >= 0)
		return collations[i].name;
	if (!uca_parts(coll, &set, &lang))
		return NULL;
	s = names[coll - UCA1400];
	if (!*s)
		snprintf(s, sizeof(names[0]), "%s_uca1400%s%s%s%s", uca_sets[set], uca_langs[lang], coll & 4 ? "_nopad" : "",
		    coll & 2 ? "_as" : "_ai", coll & 1 ? "_cs" : "_ci");
	return s;
}

static const struct charset_def *find_set(const char *name)
{
	if (!name)
		return NULL;
	if (strcasecmp(name, "utf8") == 0)
		name = "utf8mb3";
	for (size_t i = 0; i < COUNT(charsets); i++)
		if (strcasecmp(charsets[i].name, name) == 0)
			return &charsets[i];
	return NULL;
}

uint32_t charset_default_collation(const char *charset)
{
	const struct charset_def *d = find_set(charset);

	return d ? d->default_coll : 0;
}

unsigned charset_mbmaxlen(const char *charset)
{
	const struct charset_def *d = find_set(charset);

	return d ? d->maxlen : 0;
}

/* ---- UTF-8 */

/* The character at p and its length in bytes, 1 to 4; 0: not well-formed. */
static unsigned utf8_get(const uint8_t *p, size_t n, uint32_t *ch)
{
	if (p[0] < 0x80) {
		*ch = p[0];
		return 1;
	}
	if (p[0] >= 0xc2 && p[0] < 0xe0) {
		if (n < 2 || (p[1] & 0xc0) != 0x80)
			return 0;
		*ch = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
		return 2;
	}
	if (p[0] >= 0xe0 && p[0] < 0xf0) {
		if (n < 3 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80)
			return 0;
		*ch = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
		return *ch >= 0x800 && (*ch < 0xd800 || *ch > 0xdfff) ? 3 : 0;
	}
	if (p[0] >= 0xf0 && p[0] < 0xf5) {
		if (n < 4 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80 || (p[3] & 0xc0) != 0x80)
			return 0;
		*ch = (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
		return *ch >= 0x10000 && *ch <= 0x10ffff ? 4 : 0;
	}
	return 0;
}

static void utf8_put(struct buf *b, uint32_t ch)
{
	if (ch < 0x80) {
		buf_add8(b, (uint8_t)ch);
	} else if (ch < 0x800) {
		buf_add8(b, (uint8_t)(0xc0 | ch >> 6));
		buf_add8(b, (uint8_t)(0x80 | (ch & 0x3f)));
	} else if (ch < 0x10000) {
		buf_add8(b, (uint8_t)(0xe0 | ch >> 12));
		buf_add8(b, (uint8_t)(0x80 | (ch >> 6 & 0x3f)));
		buf_add8(b, (uint8_t)(0x80 | (ch & 0x3f)));
	} else {
		buf_add8(b, (uint8_t)(0xf0 | ch >> 18));
		buf_add8(b, (uint8_t)(0x80 | (ch >> 12 & 0x3f)));
		buf_add8(b, (uint8_t)(0x80 | (ch >> 6 & 0x3f)));
		buf_add8(b, (uint8_t)(0x80 | (ch & 0x3f)));
	}
}

/* How many bytes at p are ASCII. */
static size_t ascii_run(const uint8_t *p, size_t n)
{
	size_t i = 0;

	for (; n - i >= 8; i += 8) {
		uint64_t w;

		memcpy(&w, p + i, 8);
		if (w & UINT64_C(0x8080808080808080))
			break;
	}
	while (i < n && p[i] < 0x80)
		i++;
	return i;
}

int utf8_is_valid(const void *ptr, size_t n)
{
	const uint8_t *p = ptr;
	uint32_t ch;

	for (size_t i = 0; i < n;) {
		unsigned len;

		i += ascii_run(p + i, n - i);
		if (i == n)
			break;
		len = utf8_get(p + i, n - i, &ch);
		if (len == 0)
			return 0;
		i += len;
	}
	return 1;
}

/* ---- sets of two and three bytes, all of them ASCII below 0x80 */

struct wide {
	int usable;	      /* 0 not learned yet, 1, -1 iconv does not have it */
	uint16_t one[128];    /* characters of the bytes 0x80 to 0xff */
	uint16_t two[32768];  /* of the codes 0x8000 to 0xffff */
	uint16_t *three;      /* of the codes 0x8f8000 to 0x8fffff, EUC only */
	uint32_t back[65536]; /* the code of each character, 0: none */
};

static struct wide *wides[WIDE_SETS];

static uint16_t *wide_slot(struct wide *w, uint32_t code)
{
	if (code < 0x100)
		return &w->one[code - 0x80];
	if (code < 0x10000)
		return &w->two[code - 0x8000];
	return &w->three[code - 0x8f8000];
}

static size_t code_bytes(uint32_t code, uint8_t out[3])
{
	size_t n = 0;

	if (code > 0xffff)
		out[n++] = (uint8_t)(code >> 16);
	if (code > 0xff)
		out[n++] = (uint8_t)(code >> 8);
	out[n++] = (uint8_t)code;
	return n;
}

/* One character through iconv: bytes written, 0 if it did not convert exactly. */
static size_t iconv_one(iconv_t cd, const void *in, size_t n, uint8_t *out, size_t cap)
{
	char *ip = (char *)(uintptr_t)in, *op = (char *)out;
	size_t left = cap;

	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &ip, &n, &op, &left) != 0 || n != 0)
		return 0;
	if (iconv(cd, NULL, NULL, &op, &left) != 0)
		return 0;
	return cap - left;
}

static void learn_code(struct wide *w, iconv_t to, iconv_t from, uint32_t code)
{
	uint8_t bytes[3], u[16], again[16];
	size_t n = code_bytes(code, bytes);
	uint32_t ch;

	if (iconv_one(to, bytes, n, u, sizeof(u)) != 4)
		return;
	ch = (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
	if (ch < 0x80 || ch > 0xffff || w->back[ch])
		return;
	if (iconv_one(from, u, 4, again, sizeof(again)) != n || memcmp(again, bytes, n) != 0)
		return;
	*wide_slot(w, code) = (uint16_t)ch;
	w->back[ch] = code;
}

static void correct(struct wide *w, unsigned index)
{
	for (size_t i = 0; i < COUNT(wide_fixes); i++) {
		uint16_t *slot;

		if (wide_fixes[i].index != index)
			continue;
		slot = wide_slot(w, wide_fixes[i].code);
		if (*slot)
			w->back[*slot] = 0;
		*slot = 0;
	}
	for (size_t i = 0; i < COUNT(wide_fixes); i++) {
		uint16_t ch = wide_fixes[i].ch;

		if (wide_fixes[i].index != index || ch == 0)
			continue;
		if (w->back[ch])
			*wide_slot(w, w->back[ch]) = 0;
		*wide_slot(w, wide_fixes[i].code) = ch;
		w->back[ch] = wide_fixes[i].code;
	}
}

static int learn(struct wide *w, const struct charset_def *d)
{
	iconv_t to = iconv_open("UTF-32BE", d->iconv), from = iconv_open(d->iconv, "UTF-32BE");
	int ok = to != (iconv_t)-1 && from != (iconv_t)-1;

	if (ok) {
		for (uint32_t code = 0x80; code < 0x100; code++)
			learn_code(w, to, from, code);
		for (uint32_t code = 0x8000; code < 0x10000; code++)
			if (!w->one[(code >> 8) - 0x80])
				learn_code(w, to, from, code);
		for (uint32_t code = 0x8fa1a1; w->three && code < 0x8fffff; code++)
			learn_code(w, to, from, code);
		correct(w, d->index);
	}
	if (to != (iconv_t)-1)
		iconv_close(to);
	if (from != (iconv_t)-1)
		iconv_close(from);
	return ok;
}

static struct wide *wide_get(const struct charset_def *d)
{
	struct wide *w = wides[d->index];

	if (!w) {
		w = calloc(1, sizeof(*w));
		if (!w)
			return NULL;
		if (d->maxlen == 3) {
			w->three = calloc(32768, sizeof(*w->three));
			if (!w->three) {
				free(w);
				return NULL;
			}
		}
		w->usable = learn(w, d) ? 1 : -1;
		wides[d->index] = w;
	}
	return w->usable > 0 ? w : NULL;
}

static int wide_to_utf8(const struct charset_def *d, const uint8_t *p, size_t n, struct buf *out)
{
	struct wide *w = wide_get(d);

	if (!w)
		return -1;
	for (size_t i = 0; i < n;) {
		size_t run = ascii_run(p + i, n - i), len;
		uint16_t ch;

		buf_add(out, p + i, run);
		i += run;
		if (i == n)
			break;
		if (w->one[p[i] - 0x80])
			ch = w->one[p[i] - 0x80], len = 1;
		else if (w->three && p[i] == 0x8f)
			ch = n - i >= 3 && p[i + 1] >= 0x80 ? w->three[(p[i + 1] << 8 | p[i + 2]) - 0x8000] : 0, len = 3;
		else
			ch = n - i >= 2 ? w->two[(p[i] << 8 | p[i + 1]) - 0x8000] : 0, len = 2;
		if (!ch)
			return -1;
		utf8_put(out, ch);
		i += len;
	}
	return 0;
}

/* ---- one character of the sets that are tables or rules */

static int byte_from_char(const uint16_t *t, uint32_t ch)
{
	if (ch == 0)
		return 0;
	if (ch < 256 && t[ch] == ch)
		return (int)ch;
	for (int i = 1; i < 256; i++)
		if (t[i] == ch)
			return i;
	return -1;
}

static uint32_t get16(const uint8_t *p, int little)
{
	return little ? (uint32_t)p[1] << 8 | p[0] : (uint32_t)p[0] << 8 | p[1];
}

static void put16(struct buf *out, uint32_t v, int little)
{
	buf_add8(out, (uint8_t)(little ? v : v >> 8));
	buf_add8(out, (uint8_t)(little ? v >> 8 : v));
}

/* The character at p of UTF-16, UCS-2 or UTF-32 and its length; 0: none. */
static unsigned unicode_get(enum form form, const uint8_t *p, size_t n, uint32_t *ch)
{
	int little = form == FORM_UTF16LE;

	if (form == FORM_UTF32) {
		if (n < 4 || p[0] != 0)
			return 0;
		*ch = (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
		return *ch <= 0x10ffff && (*ch < 0xd800 || *ch > 0xdfff) ? 4 : 0;
	}
	if (n < 2)
		return 0;
	*ch = get16(p, little);
	if (*ch < 0xd800 || *ch > 0xdfff)
		return 2;
	if (form == FORM_UCS2 || *ch > 0xdbff || n < 4 || (get16(p + 2, little) & 0xfc00) != 0xdc00)
		return 0;
	*ch = 0x10000 + ((*ch & 0x3ff) << 10 | (get16(p + 2, little) & 0x3ff));
	return 4;
}

static int unicode_put(enum form form, uint32_t ch, struct buf *out)
{
	int little = form == FORM_UTF16LE;

	if (form == FORM_UTF32) {
		put16(out, ch >> 16, 0);
		put16(out, ch & 0xffff, 0);
	} else if (ch < 0x10000) {
		put16(out, ch, little);
	} else if (form == FORM_UCS2) {
		return -1;
	} else {
		put16(out, 0xd7c0 + (ch >> 10), little);
		put16(out, 0xdc00 | (ch & 0x3ff), little);
	}
	return 0;
}

static int put_char(const struct charset_def *d, uint32_t ch, struct buf *out)
{
	struct wide *w;
	uint8_t bytes[3];
	int byte;

	switch ((enum form)d->form) {
	case FORM_ASCII:
		return ch < 0x80 ? buf_add8(out, (uint8_t)ch) : -1;
	case FORM_BYTE:
		byte = byte_from_char(byte_chars[d->index], ch);
		return byte < 0 ? -1 : buf_add8(out, (uint8_t)byte);
	case FORM_WIDE:
		w = wide_get(d);
		if (!w || ch > 0xffff || (ch >= 0x80 && !w->back[ch]))
			return -1;
		return buf_add(out, bytes, code_bytes(ch < 0x80 ? ch : w->back[ch], bytes));
	case FORM_UTF16:
	case FORM_UTF16LE:
	case FORM_UTF32:
	case FORM_UCS2:
		return unicode_put((enum form)d->form, ch, out);
	case FORM_UTF8:
	case FORM_GB18030:
	case FORM_NONE:
		break;
	}
	return -1;
}

/* ---- MySQL's gb18030: iconv's, and its way back */

static int convert(const char *to, const char *from, const void *p, size_t n, struct buf *out)
{
	iconv_t cd = iconv_open(to, from);
	char *ip = (char *)(uintptr_t)p, *op;
	int ok = cd != (iconv_t)-1;

	while (ok && n) {
		size_t before, left;

		if (buf_grow(out, n * 4 + 16) < 0) {
			ok = 0;
			break;
		}
		op = (char *)out->p + out->len;
		before = left = out->cap - out->len;
		if (iconv(cd, &ip, &n, &op, &left) != 0 && errno != E2BIG)
			ok = 0;
		out->len += before - left;
	}
	if (cd != (iconv_t)-1)
		iconv_close(cd);
	return ok ? 0 : -1;
}

static int gb18030(const char *to, const char *from, const void *p, size_t n, struct buf *out)
{
	struct buf again = BUF_INIT;
	size_t start = out->len;
	int rc = n ? convert(to, from, p, n, out) : 0;

	if (rc == 0 && n)
		rc = convert(from, to, out->p + start, out->len - start, &again);
	if (rc == 0 && (again.len != n || (n && memcmp(again.p, p, n) != 0)))
		rc = -1;
	buf_release(&again);
	return rc;
}

/* ---- the two ways */

static int to_utf8(const struct charset_def *d, const uint8_t *p, size_t n, struct buf *out)
{
	uint32_t ch;

	switch ((enum form)d->form) {
	case FORM_UTF8:
		return utf8_is_valid(p, n) ? buf_add(out, p, n) : -1;
	case FORM_ASCII:
		return ascii_run(p, n) == n ? buf_add(out, p, n) : -1;
	case FORM_BYTE:
		for (size_t i = 0; i < n; i++) {
			ch = byte_chars[d->index][p[i]];
			if (!ch && p[i])
				return -1;
			utf8_put(out, ch);
		}
		return 0;
	case FORM_WIDE:
		return wide_to_utf8(d, p, n, out);
	case FORM_UTF16:
	case FORM_UTF16LE:
	case FORM_UTF32:
	case FORM_UCS2:
		for (size_t i = 0; i < n;) {
			unsigned len = unicode_get((enum form)d->form, p + i, n - i, &ch);

			if (!len)
				return -1;
			utf8_put(out, ch);
			i += len;
		}
		return 0;
	case FORM_GB18030:
		return gb18030("UTF-8", "GB18030", p, n, out);
	case FORM_NONE:
		break;
	}
	return -1;
}

static int from_utf8(const struct charset_def *d, const uint8_t *p, size_t n, struct buf *out)
{
	uint32_t ch;

	if (d->form == FORM_UTF8)
		return utf8_is_valid(p, n) ? buf_add(out, p, n) : -1;
	if (d->form == FORM_GB18030)
		return gb18030("GB18030", "UTF-8", p, n, out);
	for (size_t i = 0; i < n;) {
		unsigned len = utf8_get(p + i, n - i, &ch);

		if (!len || put_char(d, ch, out) < 0)
			return -1;
		i += len;
	}
	return d->form == FORM_NONE ? -1 : 0;
}

static int both(int (*way)(const struct charset_def *, const uint8_t *, size_t, struct buf *), const char *charset, const void *p,
    size_t n, struct buf *out)
{
	const struct charset_def *d = find_set(charset);
	size_t start = out->len;

	if (!d || way(d, p, n, out) < 0 || out->failed) {
		if (!out->failed)
			out->len = start;
		return -1;
	}
	return 0;
}

int charset_to_utf8(const char *charset, const void *p, size_t n, struct buf *out)
{
	return both(to_utf8, charset, p, n, out);
}

int charset_from_utf8(const char *charset, const void *p, size_t n, struct buf *out)
{
	return both(from_utf8, charset, p, n, out);
}

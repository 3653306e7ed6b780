#include "block.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

static const char first_line[] = "rowlink ";

static const struct kind {
	enum block_kind kind;
	enum block_from from;
	int both;
	uint32_t min, max;
} kinds[] = {
    {BLOCK_OPEN, BLOCK_FROM_CONNECTOR, 0, sizeof first_line, BLOCK_OPEN_MAX},
    {BLOCK_GRANT, BLOCK_FROM_LISTENER, 0, sizeof first_line, BLOCK_OPEN_MAX},
    {BLOCK_DATA, BLOCK_FROM_LISTENER, 0, 1, BLOCK_DATA_MAX},
    {BLOCK_WINDOW, BLOCK_FROM_CONNECTOR, 0, 4, 4},
    {BLOCK_BEAT, BLOCK_FROM_CONNECTOR, 1, 0, 0},
    {BLOCK_STOP, BLOCK_FROM_CONNECTOR, 0, 0, 0},
    {BLOCK_END, BLOCK_FROM_LISTENER, 0, 1, 1 + BLOCK_TEXT_MAX},
};

static const struct kind *find(uint8_t first, enum block_from from)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (first == kinds[i].kind)
			return kinds[i].both || kinds[i].from == from ? &kinds[i] : NULL;
	return NULL;
}

int block_is_kind(uint8_t first, enum block_from from)
{
	return find(first, from) != NULL;
}

int block_head(struct block_head *h, const uint8_t *p, enum block_from from)
{
	const struct kind *k = find(p[0], from);
	uint32_t len;

	if (!k)
		return -1;
	memcpy(&len, p + 1, 4);
	h->kind = k->kind;
	h->len = be32toh(len);
	return h->len >= k->min && h->len <= k->max ? 0 : -1;
}

void block_put_head(uint8_t *p, enum block_kind kind, size_t len)
{
	uint32_t be = htobe32((uint32_t)len);

	p[0] = (uint8_t)kind;
	memcpy(p + 1, &be, 4);
}

/* A number of up to nine digits, and nothing else. */
static int read_number(const char *s, size_t n, uint32_t *out)
{
	uint32_t v = 0;

	if (!n || n > 9)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		v = v * 10 + (uint32_t)(s[i] - '0');
	}
	*out = v;
	return 0;
}

static int is_name(const char *s, size_t n, const char *name)
{
	return strlen(name) == n && !memcmp(s, name, n);
}

/* One "name value". A name that is not known is a later version's, who must do without it. */
static const char *read_line(struct block_open *o, const char *s, size_t n)
{
	const char *space = memchr(s, ' ', n);
	size_t name = space ? (size_t)(space - s) : n, len = space ? n - name - 1 : 0;
	uint32_t v;

	if (!space)
		return "a line has no value";
	if (is_name(s, name, "start-at")) {
		if (o->start_at || !len || len > BLOCK_START_AT_MAX || memchr(space + 1, 0, len))
			return "the position is not one";
		o->start_at = strndup(space + 1, len);
		return o->start_at ? NULL : "there is no memory for it";
	}
	if (is_name(s, name, "zstd")) {
		if (read_number(space + 1, len, &v) < 0 || v < 1 || v > 9)
			return "a level of zstd is 1 to 9";
		o->level = v;
	} else if (is_name(s, name, "window")) {
		if (read_number(space + 1, len, &v) < 0 || v < BLOCK_WINDOW_MIN)
			return "the window is too small";
		o->window = v < BLOCK_WINDOW_MAX ? v : BLOCK_WINDOW_MAX;
	} else if (is_name(s, name, "patience-ms")) {
		if (read_number(space + 1, len, &v) < 0 || v < 100)
			return "the patience is too short";
		o->patience_ms = v;
	}
	return NULL;
}

int block_open_read(struct block_open *o, const uint8_t *p, size_t n, unsigned *version, const char **why)
{
	const char *s = (const char *)p, *end = s + n, *line;
	uint32_t v;

	memset(o, 0, sizeof *o);
	*version = 0;
	for (int first = 1; s < end; first = 0, s = line + 1) {
		line = memchr(s, '\n', (size_t)(end - s));
		*why = "a line has no end";
		if (!line)
			return -1;
		if (!first) {
			*why = read_line(o, s, (size_t)(line - s));
			if (*why)
				return -1;
			continue;
		}
		*why = "it is no rowlink";
		if ((size_t)(line - s) < sizeof first_line || memcmp(s, first_line, sizeof first_line - 1) != 0 ||
		    read_number(s + sizeof first_line - 1, (size_t)(line - s) - (sizeof first_line - 1), &v) < 0)
			return -1;
		*version = v;
		*why = "it speaks another version of the link";
		if (v != BLOCK_VERSION)
			return -1;
	}
	*why = "it says nothing";
	return *version ? 0 : -1;
}

void block_open_write(const struct block_open *o, struct buf *out)
{
	buf_printf(out, "%s%d\n", first_line, BLOCK_VERSION);
	if (o->patience_ms)
		buf_printf(out, "patience-ms %u\n", o->patience_ms);
	if (o->window)
		buf_printf(out, "window %u\n", o->window);
	if (o->level)
		buf_printf(out, "zstd %u\n", o->level);
	if (o->start_at) {
		buf_adds(out, "start-at ");
		buf_adds(out, o->start_at);
		buf_adds(out, "\n");
	}
}

void block_open_release(struct block_open *o)
{
	free(o->start_at);
	o->start_at = NULL;
}

int block_start_at_is_plain(const char *s)
{
	static const char also[] = ".:,-_+@/";

	if (*s == '-')
		return 0;
	for (; *s; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') || strchr(also, *s)))
			return 0;
	return 1;
}

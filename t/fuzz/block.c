/*
 * The blocks that two rowlinks speak in: what comes from a stranger's socket before anything is known of him. The first byte
 * says from which side; the rest is walked through as link.c does it.
 *
 * Held: a length is within its kind's limit; what an OPEN says is within its bounds, and is the same when it is written and
 * read again; a position that is plain has nothing in it that a shell would see.
 */
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "check.h"

static void check_open(const uint8_t *p, size_t n)
{
	struct block_open o, again;
	struct buf text = BUF_INIT;
	unsigned version;
	const char *why;

	if (block_open_read(&o, p, n, &version, &why) < 0) {
		CHECK(why);
		block_open_release(&o);
		return;
	}
	CHECK(version == BLOCK_VERSION && o.level <= 9 && o.window <= BLOCK_WINDOW_MAX);
	CHECK(!o.window || o.window >= BLOCK_WINDOW_MIN);
	CHECK(!o.start_at || (*o.start_at && strlen(o.start_at) <= BLOCK_START_AT_MAX && !strchr(o.start_at, '\n')));
	if (o.start_at && block_start_at_is_plain(o.start_at))
		CHECK(!strpbrk(o.start_at, " \t;&|<>()$`\\\"'*?[]#~=%!{}\n") && *o.start_at != '-');
	block_open_write(&o, &text);
	CHECK(block_open_read(&again, text.p, text.len, &version, &why) == 0);
	CHECK(again.level == o.level && again.window == o.window && again.patience_ms == o.patience_ms);
	CHECK(!again.start_at == !o.start_at && (!o.start_at || !strcmp(again.start_at, o.start_at)));
	block_open_release(&o);
	block_open_release(&again);
	buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	enum block_from from;
	struct block_head h;

	if (!n)
		return 0;
	from = p[0] & 1 ? BLOCK_FROM_LISTENER : BLOCK_FROM_CONNECTOR;
	p++;
	n--;
	while (n >= BLOCK_HEAD && block_head(&h, p, from) == 0) {
		uint8_t *payload;

		CHECK(block_is_kind(p[0], from));
		CHECK(h.len <= BLOCK_DATA_MAX);
		p += BLOCK_HEAD;
		n -= BLOCK_HEAD;
		if (h.len > n)
			break;
		/* of its own, so that a byte behind it is seen */
		payload = malloc(h.len ? h.len : 1);
		if (!payload)
			abort();
		memcpy(payload, p, h.len);
		if (h.kind == BLOCK_OPEN || h.kind == BLOCK_GRANT)
			check_open(payload, h.len);
		free(payload);
		p += h.len;
		n -= h.len;
	}
	return 0;
}

/*
 * The blocks of a link: what is written is read again, what is not allowed is refused, by kind, by side, by length.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"

static int count, failures;

static void ok(int good, const char *what)
{
	failures += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++count, what);
}

static const struct {
	enum block_kind kind;
	int of_connector, of_listener;
	uint32_t min, max;
} kinds[] = {
    {BLOCK_OPEN, 1, 0, 9, BLOCK_OPEN_MAX},
    {BLOCK_GRANT, 0, 1, 9, BLOCK_OPEN_MAX},
    {BLOCK_DATA, 0, 1, 1, BLOCK_DATA_MAX},
    {BLOCK_WINDOW, 1, 0, 4, 4},
    {BLOCK_BEAT, 1, 1, 0, 0},
    {BLOCK_STOP, 1, 0, 0, 0},
    {BLOCK_END, 0, 1, 1, 1 + BLOCK_TEXT_MAX},
};

static int takes(enum block_kind kind, uint32_t len, enum block_from from)
{
	uint8_t p[BLOCK_HEAD];
	struct block_head h;

	block_put_head(p, kind, len);
	return block_head(&h, p, from) == 0 && h.kind == kind && h.len == len;
}

static void test_heads(void)
{
	char what[64];
	int letters = 0;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		for (enum block_from from = BLOCK_FROM_CONNECTOR; from <= BLOCK_FROM_LISTENER; from++) {
			int may = from == BLOCK_FROM_CONNECTOR ? kinds[i].of_connector : kinds[i].of_listener;

			snprintf(what, sizeof what, "%c of the %s %s", kinds[i].kind, from ? "listener" : "connector",
			    may ? "is taken" : "is not");
			ok(takes(kinds[i].kind, kinds[i].min, from) == may && takes(kinds[i].kind, kinds[i].max, from) == may &&
				!takes(kinds[i].kind, kinds[i].max + 1, from) && !takes(kinds[i].kind, 0xffffffffu, from) &&
				(!kinds[i].min || !takes(kinds[i].kind, kinds[i].min - 1, from)) &&
				block_is_kind((uint8_t)kinds[i].kind, from) == may,
			    what);
		}
	for (int c = 0; c < 256; c++)
		letters += block_is_kind((uint8_t)c, BLOCK_FROM_CONNECTOR) + block_is_kind((uint8_t)c, BLOCK_FROM_LISTENER);
	ok(letters == 8, "no other letter is one");
}

static const struct {
	const char *text, *why; /* NULL: it is right */
	unsigned version;
} opens[] = {
    {"rowlink 1\n", NULL, 1},
    {"rowlink 1\npatience-ms 100\nwindow 524288\nzstd 9\nstart-at now\n", NULL, 1},
    {"rowlink 1\nsomething later\nand-more 1 2 3\n", NULL, 1},
    {"rowlink 1\nwindow 999999999\n", NULL, 1},
    {"rowlink 2\n", "it speaks another version of the link", 2},
    {"rowlink 2\n\1\2\3", "it speaks another version of the link", 2},
    {"rowlink 1", "a line has no end", 0},
    {"rowlink 1\nzstd 1", "a line has no end", 1},
    {"rowlink \n", "it is no rowlink", 0},
    {"rowlink x\n", "it is no rowlink", 0},
    {"rowlink 1 \n", "it is no rowlink", 0},
    {"rowlink 1111111111\n", "it is no rowlink", 0},
    {"\n\n\n\n\n\n\n\n\n\n", "it is no rowlink", 0},
    {"rowlink 1\nzstd\n", "a line has no value", 1},
    {"rowlink 1\nzstd 0\n", "a level of zstd is 1 to 9", 1},
    {"rowlink 1\nzstd 10\n", "a level of zstd is 1 to 9", 1},
    {"rowlink 1\nzstd -1\n", "a level of zstd is 1 to 9", 1},
    {"rowlink 1\nwindow 524287\n", "the window is too small", 1},
    {"rowlink 1\nwindow 4294967296\n", "the window is too small", 1},
    {"rowlink 1\npatience-ms 99\n", "the patience is too short", 1},
    {"rowlink 1\nstart-at \n", "the position is not one", 1},
    {"rowlink 1\nstart-at a:1\nstart-at b:1\n", "the position is not one", 1},
    {"", "it says nothing", 0},
};

static void test_opens(void)
{
	char what[160];

	for (size_t i = 0; i < sizeof opens / sizeof *opens; i++) {
		struct block_open o;
		unsigned version;
		const char *why;
		int done = block_open_read(&o, (const uint8_t *)opens[i].text, strlen(opens[i].text), &version, &why);

		snprintf(what, sizeof what, "%zu: %.20s %s", i, opens[i].text + (strlen(opens[i].text) > 10 ? 10 : 0),
		    opens[i].why ? opens[i].why : "is right");
		for (char *p = what; *p; p++)
			if (*p < 0x20)
				*p = ' ';
		ok(version == opens[i].version && (opens[i].why ? done < 0 && !strcmp(why, opens[i].why) : done == 0), what);
		block_open_release(&o);
	}
}

static void test_again(void)
{
	char at[] = "gtid:0-1-5,1-1-7";
	struct block_open a = {at, 4, 8 << 20, 10000}, b;
	struct buf text = BUF_INIT;
	unsigned version;
	const char *why;

	block_open_write(&a, &text);
	ok(block_open_read(&b, text.p, text.len, &version, &why) == 0 && version == BLOCK_VERSION &&
		!strcmp(a.start_at, b.start_at) && a.level == b.level && a.window == b.window && a.patience_ms == b.patience_ms,
	    "what is written is read again");
	block_open_release(&b);
	buf_reset(&text);
	a.window = BLOCK_WINDOW_MAX;
	block_open_write(&a, &text);
	ok(block_open_read(&b, text.p, text.len, &version, &why) == 0 && b.window == BLOCK_WINDOW_MAX, "and the largest window");
	block_open_release(&b);
	buf_release(&text);
}

static void test_plain(void)
{
	ok(block_start_at_is_plain("bin.000001:4") && block_start_at_is_plain("gtid:0-1-5,1-1-3") &&
		block_start_at_is_plain("time:2026-01-02T03:04:05.6+07:00") && block_start_at_is_plain("now"),
	    "positions are plain");
	ok(!block_start_at_is_plain("-x") && !block_start_at_is_plain("a b:4") && !block_start_at_is_plain("a;b:4") &&
		!block_start_at_is_plain("$x:4") && !block_start_at_is_plain("`x`:4") && !block_start_at_is_plain("a\nb:4") &&
		!block_start_at_is_plain("'a':4") && !block_start_at_is_plain("\xc3\xa4:4") && !block_start_at_is_plain("{}:4"),
	    "what means something to a shell is not");
}

int main(void)
{
	test_heads();
	test_opens();
	test_again();
	test_plain();
	printf("1..%d\n", count);
	return failures != 0;
}

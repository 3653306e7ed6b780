#include "look.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "code.h"
#include "find.h"
#include "msg.h"
#include "retain.h"
#include "walk.h"

/* ---- the end */

static int empty(const char *dir)
{
	msg_warn("the spool \"%s\" is empty", dir);
	return CODE_NO;
}

int look_position(const char *dir)
{
	struct buf b = BUF_INIT;
	struct spool_end end;
	struct spool sp;
	struct walk w;
	int code;

	/* a pipeline's first start */
	if (access(dir, F_OK) < 0 && errno == ENOENT) {
		msg_warn("there is no spool \"%s\" yet", dir);
		return CODE_NO;
	}
	code = spool_open(&sp, dir);
	if (code == CODE_OK && spool_find_end(&sp, &end) < 0)
		code = CODE_OUTSIDE;
	if (code != CODE_OK || !end.seg) {
		spool_release(&sp);
		return code == CODE_OK ? empty(dir) : code;
	}
	code = walk_segment(&w, &sp, end.seg, end.off, 1);
	if (code == CODE_OK) {
		walk_place_print(&w.to, &b);
		printf("%s\n", buf_str(&b));
	}
	buf_release(&b);
	walk_release(&w);
	spool_release(&sp);
	return code;
}

/* ---- list */

static void put_time(int64_t us)
{
	time_t sec = (time_t)(us / 1000000);
	char text[40];
	struct tm tm;

	if (us && gmtime_r(&sec, &tm) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm))
		printf("\t%s", text);
	else
		printf("\t-");
}

static void put_place(const struct walk_place *p)
{
	struct buf b = BUF_INIT;

	walk_place_print(p, &b);
	printf("\t%s", buf_str(&b));
	buf_release(&b);
}

static int list_segment(struct spool *sp, uint64_t seg, const struct spool_end *end)
{
	char path[SPOOL_PATH_MAX];
	struct stat st;
	struct walk w;
	int code;

	spool_segment(sp, path, seg, "rows");
	if (stat(path, &st) < 0) {
		if (errno == ENOENT) /* it has gone meanwhile */
			return CODE_OK;
		msg_error("could not read \"%s\": %s", path, strerror(errno));
		return CODE_OUTSIDE;
	}
	code = walk_segment(&w, sp, seg, seg == end->seg ? end->off : (uint64_t)st.st_size, 1);
	if (code == CODE_OK) {
		printf("segment\t%" PRIu64 "\t%s\t%" PRIu64 "\t%" PRIu64, seg, w.is_closed ? "closed" : "open",
		    seg == end->seg ? end->off : (uint64_t)st.st_size, w.n);
		put_place(&w.from);
		put_place(&w.to);
		put_time(w.first_us);
		put_time(w.newest_us);
		printf("\n");
	} else {
		printf("segment\t%" PRIu64 "\tdamaged\t%" PRIu64 "\t-\t-\t-\t-\t-\n", seg, (uint64_t)st.st_size);
	}
	walk_release(&w);
	return code;
}

struct listing {
	struct spool *sp;
	uint64_t end;
};

/* How much is kept for it. */
static int list_reader(void *arg, const char *name, struct pos *at)
{
	struct listing *l = arg;
	char path[SPOOL_PATH_MAX];
	struct buf b = BUF_INIT;
	uint64_t seg, bytes = 0;
	struct stat st;

	printf("reader\t%s", name);
	if (!at) {
		printf("\t-\t-\n");
		return 0;
	}
	pos_print(at, &b);
	printf("\t%s", buf_str(&b));
	buf_release(&b);
	if (!l->sp->nsegs || find_segment(l->sp, at, &seg) != FOUND) {
		printf("\t-\n");
		return 0;
	}
	for (; seg <= l->end; seg++) {
		spool_segment(l->sp, path, seg, "rows");
		if (stat(path, &st) == 0)
			bytes += (uint64_t)st.st_size;
	}
	printf("\t%" PRIu64 "\n", bytes);
	return 0;
}

int look_list(const char *dir)
{
	struct spool_end end;
	struct listing l;
	struct spool sp;
	int code = spool_open(&sp, dir), worst;

	if (code == CODE_OK && spool_find_end(&sp, &end) < 0)
		code = CODE_OUTSIDE;
	for (size_t i = 0; code != CODE_OUTSIDE && i < sp.nsegs && sp.segs[i] <= end.seg; i++) {
		worst = list_segment(&sp, sp.segs[i], &end);
		if (worst != CODE_OK)
			code = worst;
	}
	l.sp = &sp;
	l.end = end.seg;
	if ((code == CODE_OK || code == CODE_DAMAGED) && reader_each(&sp, list_reader, &l) < 0)
		code = CODE_OUTSIDE;
	spool_release(&sp);
	return code;
}

/* ---- readers */

int look_ack(const char *dir, const char *reader, const char *position)
{
	struct spool sp;
	struct pos at;
	const char *why;
	int code = CODE_OK;

	if (!reader_name_ok(reader))
		return CODE_USAGE;
	if (pos_parse(&at, position, &why) < 0) {
		msg_error("\"%s\": %s", position, why);
		return CODE_USAGE;
	}
	if (at.kind != POS_FILE && at.kind != POS_GTID) {
		msg_error("a reader has come to a place: FILE:OFFSET or gtid:SET, not %s", position);
		code = CODE_USAGE;
	}
	pos_release(&at);
	if (code != CODE_OK)
		return code;
	code = spool_open(&sp, dir);
	if (code == CODE_OK && reader_store(&sp, reader, position) < 0)
		code = CODE_OUTSIDE;
	spool_release(&sp);
	return code;
}

int look_forget(const char *dir, const char *reader)
{
	struct spool sp;
	int code, got = -1;

	if (!reader_name_ok(reader))
		return CODE_USAGE;
	code = spool_open(&sp, dir);
	if (code == CODE_OK)
		got = reader_forget(&sp, reader);
	if (got > 0)
		msg_warn("there is no reader \"%s\"", reader);
	spool_release(&sp);
	return code != CODE_OK ? code : got < 0 ? CODE_OUTSIDE : got ? CODE_NO : CODE_OK;
}

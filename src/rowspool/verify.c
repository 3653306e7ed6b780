#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "code.h"
#include "look.h"
#include "msg.h"
#include "out.h"
#include "recover.h"
#include "walk.h"

struct verify {
	struct spool sp;
	struct spool_end end;
	int rebuild;
	/* where the segment before ended */
	struct walk_place last;
	int has_last;
	uint64_t segments, bytes, trx;
	int code;
};

static void bad(struct verify *v, int code)
{
	if (v->code != CODE_OUTSIDE)
		v->code = code;
}

/* One that is not there has no bytes, and nowhere. */
static int is_same(const uint8_t *a, const uint8_t *b, size_t n)
{
	return !n || !memcmp(a, b, n);
}

/* Is the index what the segment says it should be? The last segment's may lag behind. */
static void check_index(struct verify *v, struct walk *w, uint64_t seg, uint64_t size)
{
	char path[SPOOL_PATH_MAX];
	struct out none;
	struct index x;
	int ok;

	if (w->is_closed ? walk_finish_index(w) < 0 : w->index.b.failed) {
		msg_no_memory();
		bad(v, CODE_OUTSIDE);
		return;
	}
	spool_segment(&v->sp, path, seg, "idx");
	ok = index_load(&x, path) == 0 && x.b.len <= w->index.b.len && is_same(x.b.p, w->index.b.p, x.b.len) &&
	     (!w->is_closed || x.b.len == w->index.b.len);
	/* of one that is written now a part is still to come, or is ahead of what we saw of the segment */
	if (!ok && !w->is_closed)
		ok = x.b.len >= w->index.b.len && is_same(x.b.p, w->index.b.p, w->index.b.len);
	index_free(&x);
	if (ok)
		return;
	if (v->rebuild && w->is_closed) {
		out_init(&none, &v->sp);
		if (recover_index(&v->sp, &none, seg, size) == CODE_OK)
			msg_tell("the index \"%s\" was made anew", path);
		else
			bad(v, CODE_OUTSIDE);
		out_release(&none);
		return;
	}
	msg_error("the index \"%s\" is not that of its segment", path);
	msg_hint("rowspool verify --rebuild-index %s makes it anew", v->sp.path);
	bad(v, CODE_DAMAGED);
}

static void check_chain(struct verify *v, const struct walk *w, const char *path)
{
	struct buf a = BUF_INIT, b = BUF_INIT;

	if (!v->has_last || walk_place_is(&v->last, &w->from))
		return;
	walk_place_print(&v->last, &a);
	walk_place_print(&w->from, &b);
	msg_error("\"%s\" begins at %s, the segment before it ends at %s", path, buf_str(&b), buf_str(&a));
	buf_release(&a);
	buf_release(&b);
	bad(v, CODE_DAMAGED);
}

static void check_segment(struct verify *v, uint64_t seg)
{
	char path[SPOOL_PATH_MAX];
	uint64_t size;
	struct stat st;
	struct walk w;
	int code;

	spool_segment(&v->sp, path, seg, "rows");
	if (stat(path, &st) < 0) {
		msg_error("could not read \"%s\": %s", path, strerror(errno));
		bad(v, CODE_OUTSIDE);
		return;
	}
	size = seg == v->end.seg ? v->end.off : (uint64_t)st.st_size;
	code = walk_segment(&w, &v->sp, seg, size, 0);
	if (code == CODE_OK && !w.is_closed && seg != v->end.seg) {
		msg_error("\"%s\" has no end", path);
		code = CODE_DAMAGED;
	}
	if (code == CODE_OK) {
		check_chain(v, &w, path);
		check_index(v, &w, seg, size);
		v->has_last = walk_place_set(&v->last, w.to.file, w.to.off, w.to.gtid) == 0;
		v->segments++;
		v->bytes += size;
		v->trx += w.n;
	} else {
		v->has_last = 0; /* said once is enough */
		bad(v, code);
	}
	walk_release(&w);
}

int look_verify(const char *dir, int rebuild_index)
{
	struct verify v = {.rebuild = rebuild_index};

	v.code = spool_open(&v.sp, dir);
	if (v.code == CODE_OK && spool_find_end(&v.sp, &v.end) < 0)
		v.code = CODE_OUTSIDE;
	if (v.code == CODE_OK) {
		for (size_t i = 0; i < v.sp.nsegs && v.sp.segs[i] <= v.end.seg; i++)
			check_segment(&v, v.sp.segs[i]);
		printf("%" PRIu64 " segments, %" PRIu64 " bytes, %" PRIu64 " transactions: %s\n", v.segments, v.bytes, v.trx,
		    v.code == CODE_OK	     ? "whole"
		    : v.code == CODE_DAMAGED ? "damaged"
					     : "not all could be read");
	}
	walk_place_release(&v.last);
	spool_release(&v.sp);
	return v.code;
}

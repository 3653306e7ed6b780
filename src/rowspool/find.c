#include "find.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"
#include "walk.h"

#define HELLO_MAX (16u << 20)

int find_is_before(const char *file, uint64_t off, const struct pos *at, int *comparable)
{
	int c;

	*comparable = 1;
	if (!strcmp(file, at->file))
		return off < at->off;
	c = log_name_cmp(file, at->file, comparable);
	return c < 0 && *comparable;
}

/* ---- the segment */

static int place_of(const struct rec_hello *h, struct walk_place *p)
{
	if (h->gtid.p && !(p->gtid = gtid_set_parse(h->gtid.p, h->gtid.n)))
		return -1;
	if (h->file.p) {
		memcpy(p->file, h->file.p, h->file.n); /* shorter than LOG_NAME_MAX: rec.h */
		p->file[h->file.n] = 0;
	}
	p->off = h->off;
	return 0;
}

/* The first n bytes of the file, at most, as the reader's. */
static int load(struct reader *r, int fd, size_t n)
{
	ssize_t got;

	buf_reset(&r->b);
	if (buf_room(&r->b, n) < 0)
		return -1;
	got = pread(fd, r->b.p, n, 0);
	r->b.len = got < 0 ? 0 : (size_t)got;
	return got < 0 ? -1 : 0;
}

int find_begin(const struct spool *sp, uint64_t seg, struct walk_place *p)
{
	enum frame_result how = FRAME_CUT;
	char path[SPOOL_PATH_MAX];
	struct rec_hello h;
	struct reader r;
	struct frame f;
	struct cur c;
	const char *why;
	int fd, rc = -1;

	memset(p, 0, sizeof *p);
	spool_segment(sp, path, seg, "rows");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	reader_init(&r, -1);
	/* a set of GTIDs can be long, but mostly is not */
	for (size_t n = 4096; how == FRAME_CUT && n <= HELLO_MAX && load(&r, fd, n) == 0; n *= 16)
		how = frame_read(&r, &f, &why);
	if (how == FRAME_OK && f.kind == FRAME_HELLO) {
		cur_init(&c, f.body, f.body_len);
		rc = read_hello(&c, &h) < 0 ? -1 : place_of(&h, p);
		rec_extra_release(&h.extra);
	}
	reader_release(&r);
	close(fd);
	return rc;
}

/* Does the segment begin at the position or before it? 1, 0; -1 it cannot be said. */
static int begins_before(const struct spool *sp, uint64_t seg, const struct pos *at)
{
	struct walk_place p;
	int comparable, rc = -1;

	if (find_begin(sp, seg, &p) == 0) {
		if (at->kind == POS_GTID) {
			if (p.gtid)
				rc = gtid_set_covers(at->gtid, p.gtid);
		} else if (*p.file) {
			rc = find_is_before(p.file, p.off, at, &comparable) || (!strcmp(p.file, at->file) && p.off == at->off);
			if (!comparable)
				rc = -1;
		}
	}
	walk_place_release(&p);
	return rc;
}

/* Has the segment a transaction of that time or later? By its index, if it is closed; 1, 0; -1 it cannot be said. */
static int reaches(const struct spool *sp, uint64_t seg, int64_t time_us)
{
	char path[SPOOL_PATH_MAX];
	struct index x;
	int rc = -1;

	spool_segment(sp, path, seg, "idx");
	if (index_load(&x, path) == 0 && x.is_closed)
		rc = x.n && x.e[x.n - 1].newest_us >= time_us;
	index_free(&x);
	return rc;
}

/* The last segment from which on, as far as is known, all is older. */
static uint64_t by_time(const struct spool *sp, int64_t time_us)
{
	size_t i = sp->nsegs - 1;

	while (i > 0 && reaches(sp, sp->segs[i - 1], time_us) != 0)
		i--;
	return sp->segs[i];
}

enum found find_segment(const struct spool *sp, const struct pos *at, uint64_t *seg)
{
	int known = 0;

	switch (at->kind) {
	case POS_NOW:
		*seg = sp->segs[sp->nsegs - 1];
		return FOUND;
	case POS_EARLIEST:
		*seg = sp->segs[0];
		return FOUND;
	case POS_TIME:
		*seg = by_time(sp, at->time_us);
		return FOUND;
	default:
		break;
	}
	for (size_t i = sp->nsegs; i > 0; i--) {
		int before = begins_before(sp, sp->segs[i - 1], at);

		if (before > 0) {
			*seg = sp->segs[i - 1];
			return FOUND;
		}
		known |= before == 0;
	}
	return known ? FOUND_PURGED : FOUND_NOT;
}

/* ---- the entry */

static int entry_is_before(const struct index_entry *e, const struct pos *at)
{
	struct gtid_set *g;
	int comparable, rc;
	char file[LOG_NAME_MAX];

	switch (at->kind) {
	case POS_NOW:
		return 1;
	case POS_TIME:
		return e->newest_us < at->time_us;
	case POS_GTID:
		g = e->gtid.p ? gtid_set_parse(e->gtid.p, e->gtid.n) : NULL;
		rc = g && gtid_set_covers(at->gtid, g);
		gtid_set_free(g);
		return rc;
	case POS_FILE:
		memcpy(file, e->file.p, e->file.n);
		file[e->file.n] = 0;
		rc = find_is_before(file, e->off, at, &comparable);
		return comparable && (rc || (!strcmp(file, at->file) && e->off == at->off));
	default:
		return 0;
	}
}

int find_enter(struct feed *f, const struct spool *sp, const struct pos *at)
{
	char path[SPOOL_PATH_MAX];
	struct index x;
	int rc;

	spool_segment(sp, path, f->seg, "idx");
	rc = index_load(&x, path);
	/* the first that does not fit is the last that is looked at: what the index says is not right then */
	for (size_t i = x.n; rc == 0 && i > 0; i--) {
		if (x.e[i - 1].at > f->limit || !entry_is_before(&x.e[i - 1], at))
			continue;
		rc = feed_enter(f, &x, &x.e[i - 1]);
		break;
	}
	index_free(&x);
	return rc;
}

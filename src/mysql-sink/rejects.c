#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "code.h"
#include "fdio.h"
#include "gtid_set.h"
#include "msg.h"
#include "opt.h"
#include "rejects.h"

#define SPILL_BYTES (1u << 20) /* that wait in memory */

static int failed(const struct rejects *r, const char *doing)
{
	msg_error("could not %s %s: %s", doing, r->path, strerror(errno));
	return -1;
}

static int no_memory(void)
{
	msg_no_memory();
	return -1;
}

/* ---- the file as it was left */

#define GTID_BYTES 160 /* UUID, tag and number have less */

struct section {
	uint64_t start, end; /* in the file */
	uint64_t seq;
	char file[LOG_NAME_MAX]; /* where its last transaction ends */
	uint64_t off;
	char gtid[GTID_BYTES]; /* of that, "" none */
};

static void take_str(char *to, size_t size, struct str s)
{
	size_t n = s.p ? s.n : 0;

	n = n < size ? n : size - 1;
	memcpy(to, s.p ? s.p : "", n);
	to[n] = 0;
}

/* 0; -1 damaged; 1: the file is not what it is taken for. last becomes what `now` is, when that is whole. */
static int scan_frame(const struct frame *f, const char *pipeline, struct section *now, struct section *last)
{
	struct rec_hello h;
	struct rec_begin b;
	struct rec_commit m;
	struct cur c;
	int rc = 0;

	cur_init(&c, f->body, f->body_len);
	switch (f->kind) {
	case FRAME_HELLO:
		rc = read_hello(&c, &h);
		if (rc == 0 &&
		    (!h.pipeline.p || h.pipeline.n != strlen(pipeline) || memcmp(h.pipeline.p, pipeline, h.pipeline.n)))
			rc = 1;
		*now = (struct section){.start = f->at, .seq = h.seq};
		rec_extra_release(&h.extra);
		break;
	case FRAME_BEGIN:
		rc = read_begin(&c, &b);
		if (rc == 0)
			take_str(now->gtid, sizeof now->gtid, b.gtid);
		rec_extra_release(&b.extra);
		break;
	case FRAME_COMMIT:
		rc = read_commit(&c, &m);
		if (rc == 0) {
			take_str(now->file, sizeof now->file, m.file);
			now->off = m.off;
		}
		rec_extra_release(&m.extra);
		break;
	case FRAME_END:
		now->end = f->at + f->raw_len;
		*last = *now;
		break;
	default:
		break;
	}
	return rc;
}

/* Looks for the last section that is whole. */
static int scan(const struct rejects *r, struct section *last, int *code)
{
	enum frame_result how;
	const char *why = "not understood";
	struct section now = {0};
	struct reader in;
	struct frame f;
	int rc = 0;

	reader_init(&in, r->fd);
	in.no_stop = 1;
	while ((how = frame_read(&in, &f, &why)) == FRAME_OK) {
		rc = f.at == 0 && f.kind != FRAME_HELLO ? 1 : scan_frame(&f, r->pipeline, &now, last);
		if (rc)
			break;
	}
	reader_release(&in);
	if (how == FRAME_EOF || how == FRAME_CUT)
		return 0;
	*code = rc > 0 ? CODE_USAGE : how == FRAME_ERROR ? CODE_OUTSIDE : CODE_DAMAGED;
	if (how == FRAME_ERROR)
		return failed(r, "read");
	if (rc > 0)
		msg_error("%s has something else in it than the rejects of pipeline \"%s\"", r->path, r->pipeline);
	else
		msg_error("%s is damaged at byte %llu: %s", r->path, (unsigned long long)f.at, why);
	msg_hint("move it away: a new one is made then");
	return -1;
}

/*
 * Was the last section's transaction not committed? The checkpoint of such a one stands where it stood before, unless the
 * pipeline was started anew meanwhile: then the numbers mean something else, and what is before the position stays.
 */
static int is_ahead(const struct section *last, const struct ckpt *c)
{
	struct gtid_set *have;
	int comparable = 1, cmp;

	if (!c || !last->end || last->seq != c->seq + 1)
		return 0;
	if (c->at.has_gtid && *last->gtid) {
		have = gtid_set_parse((const char *)c->at.gtid.p, c->at.gtid.len);
		cmp = have ? gtid_set_has(have, last->gtid, strlen(last->gtid)) : -1;
		gtid_set_free(have);
		if (cmp >= 0)
			return !cmp;
	}
	cmp = log_name_cmp(last->file, c->at.file, &comparable);
	return !*c->at.file || !comparable || cmp > 0 || (cmp == 0 && last->off > c->at.off);
}

static int settle(struct rejects *r, const struct ckpt *c, int *code)
{
	struct section last = {0};
	struct stat st;

	*code = CODE_OUTSIDE;
	if (fstat(r->fd, &st) < 0)
		return failed(r, "look at");
	if (!S_ISREG(st.st_mode)) {
		msg_error("--rejects: %s is not an ordinary file, of which the end can be cut off", r->path);
		*code = CODE_USAGE;
		return -1;
	}
	if (scan(r, &last, code) < 0)
		return -1;
	r->kept = is_ahead(&last, c) ? last.start : last.end;
	r->len = (uint64_t)st.st_size;
	if (r->len > r->kept)
		msg_info(
		    "%llu bytes at the end of %s are of rows that come again", (unsigned long long)(r->len - r->kept), r->path);
	*code = CODE_OUTSIDE;
	return rejects_start(r);
}

/* A file that is new is durable when its folder is. */
static int sync_folder(struct rejects *r)
{
	char *path = strdup(r->path);
	int fd = path ? open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1, rc;

	free(path);
	if (fd < 0) /* it may be that we may write there and not read */
		return errno == EACCES ? 0 : failed(r, "look into the folder of");
	/* some file systems have nothing like it */
	rc = fsync(fd) < 0 && errno != EINVAL ? failed(r, "keep") : 0;
	close(fd);
	return rc;
}

int rejects_open(struct rejects *r, const char *path, const struct ckpt *ckpt, const char *pipeline, int *code)
{
	memset(r, 0, sizeof *r);
	rows_init(&r->rows);
	r->path = path;
	r->pipeline = pipeline;
	*code = CODE_OUTSIDE;
	/* a limit of the file's size is an error as a full disk is */
	signal(SIGXFSZ, SIG_IGN);
	r->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (r->fd < 0) {
		*code = errno == ENOENT || errno == EACCES || errno == EISDIR || errno == EPERM ? CODE_USAGE : CODE_OUTSIDE;
		return failed(r, "open");
	}
	if (flock(r->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		msg_error("%s is in use by another process", path);
		return -1;
	}
	return settle(r, ckpt, code) < 0 || sync_folder(r) < 0 ? -1 : 0;
}

void rejects_release(struct rejects *r)
{
	if (!r->path)
		return;
	if (r->fd >= 0) {
		if (!r->in_doubt && r->len > r->kept && ftruncate(r->fd, (off_t)r->kept) < 0)
			(void)failed(r, "cut the end off");
		close(r->fd);
	}
	buf_release(&r->b);
	buf_release(&r->begin);
	rows_release(&r->rows);
	free(r->saves);
}

/* ---- the open section */

/* Everything behind this place goes. */
static int cut(struct rejects *r, uint64_t at)
{
	if (at >= r->len) {
		buf_reset(&r->b);
		return 0;
	}
	if (ftruncate(r->fd, (off_t)at) < 0)
		return failed(r, "cut the end off");
	r->len = at;
	buf_reset(&r->b);
	return 0;
}

static uint64_t end_of(const struct rejects *r)
{
	return r->len + r->b.len;
}

/* Tables that were defined so far are defined anew when rows of them come. */
static void forget_tables(struct rejects *r)
{
	if (!++r->section)
		r->section = 1;
}

int rejects_start(struct rejects *r)
{
	int was_sealed = r->in_doubt;

	r->in_doubt = r->has_begun = 0;
	r->nrows = r->nsaves = 0;
	r->last_id = 0;
	buf_reset(&r->begin);
	forget_tables(r);
	if (cut(r, r->kept) < 0)
		return -1;
	/* what was made to last would be there again after a power failure, and look as if it had been committed */
	return was_sealed && fdatasync(r->fd) < 0 ? failed(r, "cut the end off") : 0;
}

/* Writes what waits in memory. */
static int spill(struct rejects *r)
{
	size_t at = 0;

	if (r->b.failed)
		return no_memory();
	while (at < r->b.len) {
		ssize_t n = pwrite(r->fd, r->b.p + at, r->b.len - at, (off_t)r->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(r, "write");
		at += (size_t)n;
		r->len += (uint64_t)n;
	}
	buf_reset(&r->b);
	return 0;
}

int rejects_begin(struct rejects *r, const void *begin, size_t n)
{
	r->has_begun = 0;
	r->nrows = 0;
	buf_reset(&r->begin);
	return buf_add(&r->begin, begin, n) < 0 ? no_memory() : 0;
}

/* The section's own head: no position, since what is in it has gaps. */
static int put_hello(struct rejects *r, const struct ckpt *ckpt, const struct source_id *source)
{
	struct rec_hello h = {.version = 1,
	    .by = str_of("mysql-sink " ROWFERRY_VERSION),
	    .flavor = str_of(source->flavor),
	    .server = str_of(*source->version ? source->version : NULL),
	    .uuid = str_of(*source->uuid ? source->uuid : NULL),
	    .server_id = source->server_id,
	    .has_server_id = source->has_server_id,
	    .pipeline = str_of(r->pipeline),
	    .seq = ckpt->seq + 1,
	    .has_seq = 1};

	return write_hello(&r->b, &h);
}

/* Tables get numbers of the section's own: those of the stream are used again, also for others. */
static int put_table(struct rejects *r, struct source_table *st)
{
	struct table t = *st->def;

	st->section = r->section;
	st->section_id = t.id = ++r->last_id;
	return write_table(&r->b, &t, NULL);
}

int rejects_row(struct rejects *r, const struct ckpt *ckpt, const struct source_id *source, const struct item *it,
    const void *images, size_t n, const char *reason)
{
	struct rec_rows head = {
	    .op = (enum row_op)it->op, .off = it->off, .has_off = 1, .flags = it->flags, .reason = str_of(reason)};

	if (end_of(r) == r->kept && put_hello(r, ckpt, source) < 0)
		return no_memory();
	if (it->st->section != r->section && put_table(r, it->st) < 0)
		return no_memory();
	if (!r->has_begun)
		(void)buf_add(&r->b, r->begin.p, r->begin.len);
	r->has_begun = 1;
	r->nrows++;
	head.table_id = it->st->section_id;
	rows_open(&r->rows, &head);
	(void)buf_add(&r->rows.rows, images, n);
	r->rows.head.n = 1;
	if (rows_close(&r->rows, &r->b) < 0)
		return no_memory();
	return r->b.len >= SPILL_BYTES ? spill(r) : 0;
}

int rejects_end(struct rejects *r, const char *file, uint64_t off)
{
	struct rec_commit c = {.file = str_of(file), .off = off, .rows = r->nrows};
	int rc = r->has_begun ? write_commit(&r->b, &c) : 0;

	r->has_begun = 0;
	return rc < 0 ? no_memory() : 0;
}

int rejects_seal(struct rejects *r)
{
	struct rec_end e = {.why = str_of("rejects")};

	if (end_of(r) == r->kept)
		return 0;
	if (write_end(&r->b, &e) < 0)
		return no_memory();
	if (spill(r) < 0)
		return -1;
	if (fdatasync(r->fd) < 0)
		return failed(r, "write");
	r->in_doubt = 1;
	return 0;
}

void rejects_keep(struct rejects *r)
{
	r->kept = r->len;
	r->in_doubt = 0;
}

/* ---- undone */

struct reject_mark rejects_mark(const struct rejects *r)
{
	return (struct reject_mark){end_of(r), r->has_begun, r->nrows, r->nsaves};
}

int rejects_back(struct rejects *r, const struct reject_mark *m)
{
	size_t left = m->at > r->len ? (size_t)(m->at - r->len) : 0;

	r->has_begun = m->has_begun;
	r->nrows = m->nrows;
	r->nsaves = m->nsaves;
	if (m->at == end_of(r))
		return 0;
	forget_tables(r);
	if (m->at >= r->len) {
		r->b.len = left;
		return 0;
	}
	return cut(r, m->at);
}

int rejects_savepoint(struct rejects *r, uint64_t number)
{
	if (r->nsaves == r->cap_saves) {
		size_t cap = r->cap_saves ? 2 * r->cap_saves : 8;
		struct reject_save *more = realloc(r->saves, cap * sizeof *more);

		if (!more)
			return no_memory();
		r->saves = more;
		r->cap_saves = cap;
	}
	r->nsaves++; /* in the mark too: it stays set when it was gone back to */
	r->saves[r->nsaves - 1] = (struct reject_save){number, rejects_mark(r)};
	return 0;
}

int rejects_rollback_to(struct rejects *r, uint64_t number)
{
	for (size_t i = r->nsaves; i-- > 0;)
		if (r->saves[i].number == number) {
			struct reject_mark m = r->saves[i].mark;

			return rejects_back(r, &m);
		}
	return 0;
}

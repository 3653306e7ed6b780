#include "feed.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"

void feed_release(struct feed *f)
{
	if (f->fd >= 0)
		close(f->fd);
	buf_release(&f->lead);
	feed_init(f);
}

int feed_open(struct feed *f, const struct spool *sp, uint64_t seg, uint64_t limit)
{
	char path[SPOOL_PATH_MAX];
	int fd;

	spool_segment(sp, path, seg, "rows");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	feed_release(f);
	f->fd = fd;
	f->seg = seg;
	f->limit = limit;
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return 0;
}

int feed_enter(struct feed *f, const struct index *x, const struct index_entry *e)
{
	if (e->at > f->limit || !index_fits(x, e, f->fd))
		return 0;
	if (buf_add(&f->lead, x->b.p, e->len) < 0)
		return -1;
	f->at = e->at;
	return 0;
}

ssize_t feed_take(struct feed *f, const struct spool *sp, struct buf *b)
{
	char path[SPOOL_PATH_MAX];
	ssize_t n = (ssize_t)f->lead.len;
	size_t want;

	if (n) {
		if (buf_add(b, f->lead.p, f->lead.len) < 0)
			goto no_memory;
		buf_release(&f->lead);
		return n;
	}
	want = b->cap - b->len > FDIO_CHUNK ? b->cap - b->len : FDIO_CHUNK;
	if (want > f->limit - f->at)
		want = (size_t)(f->limit - f->at);
	if (!want)
		return 0;
	if (buf_room(b, want) < 0)
		goto no_memory;
	do
		n = pread(f->fd, b->p + b->len, want, (off_t)f->at);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		b->len += (size_t)n;
		f->at += (uint64_t)n;
		return n;
	}
	spool_segment(sp, path, f->seg, "rows");
	if (n < 0)
		msg_error("could not read \"%s\": %s", path, strerror(errno));
	else
		msg_error("the segment \"%s\" ends at byte %llu: it was cut while it was read", path, (unsigned long long)f->at);
	return -1;
no_memory:
	msg_no_memory();
	return -1;
}

#include "plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"
#include "spool.h"

#define TAIL (PLAN_KEEP / sizeof(struct step))
#define PAGE (65536 / sizeof(struct step))

int plan_init(struct plan *p)
{
	memset(p, 0, sizeof *p);
	p->fd = -1;
	p->tail = malloc(TAIL * sizeof *p->tail);
	p->page = malloc(PAGE * sizeof *p->page);
	if (p->tail && p->page)
		return 0;
	msg_no_memory();
	return -1;
}

void plan_release(struct plan *p)
{
	if (p->fd >= 0)
		close(p->fd);
	free(p->tail);
	free(p->page);
}

static off_t place(uint64_t i)
{
	return (off_t)(i * sizeof(struct step));
}

/* The older half of the tail goes to the file. */
static int store(struct plan *p)
{
	size_t half = TAIL / 2;

	if (p->fd < 0 && (p->fd = spool_temp("what is to be undone")) < 0)
		return -1;
	if (file_write_at(p->fd, p->tail, half * sizeof *p->tail, place(p->stored)) < 0) {
		msg_error("could not write to a temporary file: %s", strerror(errno));
		return -1;
	}
	memmove(p->tail, p->tail + half, (TAIL - half) * sizeof *p->tail);
	p->stored += half;
	return 0;
}

int plan_add(struct plan *p, const struct step *s)
{
	if (p->n - p->stored == TAIL && store(p) < 0)
		return -1;
	p->tail[p->n++ - p->stored] = *s;
	return 0;
}

void plan_cut(struct plan *p, uint64_t n)
{
	p->n = n;
	if (n < p->stored) {
		p->stored = n;
		p->page_n = 0; /* may be written anew */
	}
}

int plan_get(struct plan *p, uint64_t i, struct step *s)
{
	if (i >= p->stored) {
		*s = p->tail[i - p->stored];
		return 0;
	}
	if (i < p->page_at || i >= p->page_at + p->page_n) {
		p->page_at = i + 1 > PAGE ? i + 1 - PAGE : 0;
		p->page_n = (size_t)(i + 1 - p->page_at);
		if (file_read_at(p->fd, p->page, p->page_n * sizeof *p->page, place(p->page_at)) < 0) {
			msg_error("could not read a temporary file: %s", strerror(errno));
			p->page_n = 0;
			return -1;
		}
	}
	*s = p->page[i - p->page_at];
	return 0;
}

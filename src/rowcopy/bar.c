#include "bar.h"

#include <stdio.h>
#include <unistd.h>

#include "status.h"

#define EVERY_US 500000

static int64_t began_us, said_us;

void bar_rows(struct copy *c, size_t index, uint64_t rows_of_chunk)
{
	int64_t now = status_clock_us();
	uint64_t all = 0, have = c->rows + rows_of_chunk;
	double seconds, rate;

	if (!began_us)
		began_us = now;
	if (now - said_us < EVERY_US || !isatty(STDERR_FILENO))
		return;
	said_us = now;
	for (size_t i = 0; i < c->ntables; i++)
		all += c->tables[i].rows;
	if (all < have)
		all = have;
	seconds = (double)(now - began_us) / 1e6;
	rate = seconds > 0 ? (double)have / seconds : 0;
	fprintf(stderr, "\r%3d%%  %llu rows  %.0f rows/s  %.1f MB/s  %.0f s left  %s.%s\033[K", all ? (int)(100 * have / all) : 0,
	    (unsigned long long)have, rate, seconds > 0 ? (double)c->bytes / 1e6 / seconds : 0,
	    rate > 0 ? (double)(all - have) / rate : 0, c->tables[index].db, c->tables[index].name);
}

void bar_end(struct copy *c)
{
	(void)c;
	if (said_us)
		fprintf(stderr, "\r\033[K");
	said_us = 0;
}

#ifndef READERS_OWN_H
#define READERS_OWN_H
/* What read.c, the readers' threads, and readers.c, who starts them and takes what they read, share. Under the lock m, but for
 * a reader's own and, while it plans, the plan. */
#include "readers.h"

struct slot { /* a chunk on its way */
	struct opened *o;
	int is_first, is_last, is_begun, is_done;
	unsigned reader;
	struct buf lo, hi;
	struct buf out; /* ROWS frames that are ready */
	uint64_t rows;
	struct buf last; /* key of the last row in out */
};

struct hand {
	struct readers *all;
	unsigned number;
	pthread_t thread;
	int has_thread, has_looked;
	struct conn *conn;
	size_t locked; /* index + 1 of the table whose definition the connection holds; 0 none */
	/* of the chunk at hand */
	struct slot *slot;
	struct rows_writer w;
	struct buf frames, room, last;
	struct val *vals;
	uint32_t cap_vals;
	uint64_t rows;
	const char *odd; /* column of a value that was not understood */
};

struct readers {
	struct copy *c;
	pthread_mutex_t m;
	pthread_cond_t work, news; /* for the readers, for who takes */
	struct hand *r;
	unsigned n, busy;
	struct slot *ring;
	unsigned cap, head, used;
	size_t slot_bytes;
	struct buf taken, taken_last;
	/* the plan */
	int going, planning, is_over, failed, quit, one_table;
	size_t next; /* table */
	struct opened *cur;
	int cur_is_new;
	struct buf lo;
	unsigned times;
	unsigned planned; /* chunks of this round */
};

/* The life of a reader's thread. */
void *reader_run(void *hand);

#endif

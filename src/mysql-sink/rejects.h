#ifndef REJECTS_H
#define REJECTS_H
/*
 * The file of rows that were not applied (--rejects): a row stream of which each
 * section has the rows of one transaction of the target, with the seq that the
 * checkpoint has when that is committed. A section is durable before the COMMIT
 * is sent; if it is not known whether that was done, the checkpoint tells at the
 * next start. What is undone is cut off again.
 *
 * It knows streams and files, and nothing of the target.
 */
#include "batch.h"
#include "ckpt.h"
#include "rec.h"

struct reject_mark { /* a place in the open section */
	uint64_t at;
	int has_begun;
	uint64_t nrows;
	size_t nsaves;
};

struct rejects {
	const char *path, *pipeline; /* borrowed */
	int fd;
	uint64_t kept; /* bytes of the file that are decided */
	uint64_t len;  /* bytes that are in the file */
	struct buf b;  /* what comes behind them */
	int in_doubt;  /* a COMMIT was sent, or is about to be, for what is behind kept */
	/* the open section */
	unsigned section; /* which one it is: source_table.section */
	uint32_t last_id; /* of its tables */
	/* the source transaction at hand */
	struct buf begin; /* its BEGIN frame */
	int has_begun;	  /* that is in the section */
	uint64_t nrows;
	struct rows_writer rows;
	/* savepoints of a source transaction that is applied while it arrives */
	struct reject_save {
		uint64_t number;
		struct reject_mark mark;
	} * saves;
	size_t nsaves, cap_saves;
};

/*
 * Opens the file, or makes it, and cuts off what an earlier run has left behind what the checkpoint (NULL: there is none)
 * has. 0, or -1 with the message printed and *code.
 */
int rejects_open(struct rejects *r, const char *path, const struct ckpt *ckpt, const char *pipeline, int *code);
/* What is not kept and not in doubt is cut off. */
void rejects_release(struct rejects *r);

/* All of the following: 0, or -1 with the message printed, an error outside. */

/* A transaction of the target begins, maybe once more: nothing of it is here. */
int rejects_start(struct rejects *r);
/* A transaction of the source begins; its BEGIN frame. */
int rejects_begin(struct rejects *r, const void *begin, size_t n);
/* One row of it: images as the item's operation has them. */
int rejects_row(struct rejects *r, const struct ckpt *ckpt, const struct source_id *source, const struct item *it,
    const void *images, size_t n, const char *reason);
/* It ends at this position. */
int rejects_end(struct rejects *r, const char *file, uint64_t off);
/* Makes the section whole and durable: the COMMIT may be sent. */
int rejects_seal(struct rejects *r);
/* It was done. */
void rejects_keep(struct rejects *r);

/* The rows behind a mark are undone. */
struct reject_mark rejects_mark(const struct rejects *r);
int rejects_back(struct rejects *r, const struct reject_mark *m);
/* The same by the numbers of the source's savepoints. */
int rejects_savepoint(struct rejects *r, uint64_t number);
int rejects_rollback_to(struct rejects *r, uint64_t number);

#endif

#ifndef FRAME_H
#define FRAME_H
/*
 * bytes <-> frames (rowstream(5), Frame). Checks the head, then the payload;
 * knows the kinds' numbers but not what is in them.
 */
#include "buf.h"
#include "cur.h"
#include "fdio.h"

enum frame_kind {
	FRAME_HELLO = 1,
	FRAME_TABLE,
	FRAME_BEGIN,
	FRAME_ROWS,
	FRAME_DDL,
	FRAME_COMMIT,
	FRAME_MARK,
	FRAME_END,
	FRAME_SAVEPOINT,
	FRAME_ROLLBACK,
	FRAME_NOTE,
	FRAME_PREPARE,
	FRAME_DECIDE,
	FRAME_KINDS
};

#define FRAME_HEAD 18u	       /* bytes before the payload in the form that writers use */
#define FRAME_MAX 1342177280u  /* bytes behind the ext header at most: checks and payload */
#define FRAME_ROWS_FULL 65536u /* a ROWS payload past this is ended */

struct frame {
	int kind;	    /* 1 to 127 */
	const uint8_t *raw; /* the whole frame, borrowed until the next read */
	size_t raw_len;
	const uint8_t *body; /* the payload, in raw */
	size_t body_len;
	uint64_t at; /* offset of the frame in the stream */
};

enum frame_result {
	FRAME_OK,
	FRAME_EOF,     /* the end, between frames */
	FRAME_CUT,     /* the end, inside a frame */
	FRAME_DAMAGED, /* *why says how */
	FRAME_STOP,    /* told to stop while waiting */
	FRAME_ERROR    /* errno */
};

/* The next frame, checked; memory grows with the bytes that come and not with the length that a head claims. */
enum frame_result frame_read(struct reader *r, struct frame *f, const char **why);

/* Starts a frame in b; returns the place to give to frame_end. Payload is appended in between. */
size_t frame_begin(struct buf *b, int kind);
/* Fills in length and checks. 0; -1: the body is larger than FRAME_MAX or b failed; the frame is taken back. */
int frame_end(struct buf *b, size_t start);

const char *frame_kind_name(int kind); /* "ROWS"; NULL if not known */

#endif

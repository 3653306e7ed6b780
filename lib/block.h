#ifndef BLOCK_H
#define BLOCK_H
/*
 * The blocks that two rowlinks speak in (rowlink(1), THE LINK): a kind, a length,
 * so many bytes. Bytes to blocks and back, pure: it knows no descriptor and keeps
 * no state. Which kinds may come when is its caller's business.
 *
 *   kind    1 byte, a letter
 *   length  4 bytes, the high one first; each kind has its limit
 */
#include "buf.h"

#define BLOCK_VERSION 1
#define BLOCK_HEAD 5		       /* bytes before the payload */
#define BLOCK_DATA_MAX (256 * 1024)    /* bytes of the payload of DATA */
#define BLOCK_OPEN_MAX (96 * 1024)     /* a set of GTIDs can be long */
#define BLOCK_START_AT_MAX (64 * 1024) /* bytes of a position in it */
#define BLOCK_TEXT_MAX 1024	       /* bytes of the text of END */
#define BLOCK_WINDOW_MIN (512 * 1024)
#define BLOCK_WINDOW_MAX (512 * 1024 * 1024)
#define BLOCK_PASS (512 * 1024) /* a sender may pass the window by so much, with what it had begun */

enum block_kind {
	BLOCK_OPEN = 'O',   /* first of who connects: what it asks for */
	BLOCK_GRANT = 'G',  /* first of who listens: it gets that */
	BLOCK_DATA = 'D',   /* listener: bytes of the stream, or of its zstd stream */
	BLOCK_WINDOW = 'W', /* connector: so many more bytes of DATA may be sent (4 bytes) */
	BLOCK_BEAT = 'H',   /* both: I am here (0 bytes) */
	BLOCK_STOP = 'S',   /* connector: the command is to end its stream (0 bytes) */
	BLOCK_END = 'E'	    /* last of who listens: an exit code (1 byte) and a line of text */
};

enum block_from { BLOCK_FROM_CONNECTOR, BLOCK_FROM_LISTENER };

struct block_head {
	enum block_kind kind;
	uint32_t len;
};

/* Reads the BLOCK_HEAD bytes at p. 0, or -1: nobody who speaks this sends it. */
int block_head(struct block_head *h, const uint8_t *p, enum block_from from);
/* 1 if the first of them can be sent from there. */
int block_is_kind(uint8_t first, enum block_from from);
/* Writes them. len is within the kind's limit. */
void block_put_head(uint8_t *p, enum block_kind kind, size_t len);

/* What is asked for, and what is given. Numbers that are not said are 0. */
struct block_open {
	char *start_at;	      /* owned; NULL: none is asked for */
	unsigned level;	      /* of zstd; 0: not compressed */
	uint32_t window;      /* bytes of DATA that may be sent before the first WINDOW */
	uint32_t patience_ms; /* who hears nothing for so long takes the other for dead */
};

/* 0; -1: why is a constant text, *version what was spoken (0: nothing that is known). The result is to be released. */
int block_open_read(struct block_open *o, const uint8_t *p, size_t n, unsigned *version, const char **why);
/* The payload of OPEN, and of GRANT: those that are not 0 or NULL. */
void block_open_write(const struct block_open *o, struct buf *out);
void block_open_release(struct block_open *o);

/* 1 if a position has only bytes that mean nothing to a shell, and does not begin like an option. */
int block_start_at_is_plain(const char *s);

#endif

#ifndef BINLOG_COLDEC_H
#define BINLOG_COLDEC_H
/*
 * Row images -> rows of the stream. For each table one decoder a column is
 * prepared when its TABLE_MAP is first seen; the images then go from the event's
 * bytes straight into the msgpack buffer, with no value in between and no
 * allocation. This is where a busy tap spends its time.
 */
#include <stddef.h>
#include <stdint.h>

#include "binlog/tmap.h"
#include "buf.h"
#include "table.h"

struct coldec {
	uint8_t kind; /* of coldec.c */
	uint8_t dec;
	uint8_t nlen;	  /* strings, blobs: bytes of the length; integers, bit, enum, set: bytes of the value */
	uint8_t as_str;	  /* text travels as str */
	uint8_t pad_unit; /* char: bytes of the space that pads it, 0 not char */
	uint8_t pad_le;	  /* that space is little-endian */
	uint8_t size;	  /* decimal: bytes */
	uint16_t len;	  /* binary: bytes to pad to; decimal: digits */
};

struct rowdec {
	uint32_t ncols;
	size_t fixed_max; /* bytes that an image takes in the stream at most, without the content of strings */
	struct coldec *cols;
	struct buf plain; /* an uncompressed column, a document's text */
	/* PARTIAL_UPDATE_ROWS: the old row's documents, to which the new row has changes */
	uint32_t njson;
	struct old_json {
		const uint8_t *p; /* borrowed; NULL: NULL or absent */
		size_t n;
	} * old;
	int keep_old;		/* the next image's documents are to be kept */
	const uint8_t *partial; /* the next image: bits of the documents that it has only changes of; NULL: none */
	struct buf whole;	/* a document with its changes */
};

/* Prepares for a table. log_cols are the TABLE_MAP's, t its definition, which fit (tmap_check). 0, or -1 (no memory). */
int rowdec_init(struct rowdec *d, const struct tmap_col *log_cols, const struct table *t);
void rowdec_release(struct rowdec *d);

/* Why there is no new document: the log has only changes of it, and not the old one. Compared by its address. */
extern const char ROWDEC_NO_OLD[];

/*
 * Decodes one image of the columns in `present` (NULL: all of them; npresent is their number) from p, up to end,
 * and appends one array to out. Returns the place behind the image, or NULL with the reason in why and out as it was.
 */
const uint8_t *rowdec_image(struct rowdec *d, const uint8_t *present, uint32_t npresent, const uint8_t *p, const uint8_t *end,
    struct buf *out, const char **why);

/* In the memory order of MariaDB's UUID record format -> order of the text (sql_type_uuid.h). old: a column of 10.7 to 10.10's
 * type. */
void uuid_from_record(uint8_t out[16], const uint8_t in[16], int old);

#endif

#ifndef FUZZ_PIECES_H
#define FUZZ_PIECES_H
/*
 * Inputs that are a list of pieces: a head of some bytes, of which the last two are the payload's length (low byte first),
 * and the payload. Frames are made of them here, with heads and checks, so that the fuzzer gets past those.
 */
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

#define PIECE_AS_IS 0xff /* a kind: no frame, the bytes as they are */

/* Appends one to out. */
void piece_put(struct buf *out, int kind, const uint8_t *p, size_t n);

/* Bytes of the payload of the piece that begins at p; no more than there are. n >= head. */
size_t piece_len(const uint8_t *p, size_t n, size_t head);

/* Changes the payload of one piece, mostly: what a custom mutator does. */
size_t pieces_mutate(uint8_t *p, size_t n, size_t max, unsigned seed, size_t head);

#endif

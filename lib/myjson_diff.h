#ifndef MYJSON_DIFF_H
#define MYJSON_DIFF_H
/*
 * Partial updates of MySQL's JSON (sql/json_diff.h): the log has, in the place
 * of a new document, what to change in the old one. Applied to the old document
 * they give the new one, in the binary form again.
 */
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

/* old: a binary document; diffs: their bytes in the log. Replaces what is in out. 0, or -1 with the reason in why. */
int myjson_apply(const uint8_t *old, size_t nold, const uint8_t *diffs, size_t ndiffs, struct buf *out, const char **why);

#endif

#include "json.h"

#include <jansson.h>
#include <stdlib.h>

static int add(const char *p, size_t n, void *out)
{
	return buf_add(out, p, n);
}

/* As MySQL has it: of members of one name the last one stays; a number that is no integer of 64 bits is a double. */
int json_canon(struct buf *out, const char *p, size_t n)
{
	const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
	json_error_t e;
	json_t *o = json_loadb(p, n, flags, &e);
	size_t at = out->len;

	if (!o && json_error_code(&e) == json_error_numeric_overflow)
		o = json_loadb(p, n, flags | JSON_DECODE_INT_AS_REAL, &e);
	if (!o || json_dump_callback(o, add, out, JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT) < 0) {
		out->len = at;
		(void)buf_add(out, p, n);
	}
	json_decref(o);
	return out->failed ? -1 : 0;
}

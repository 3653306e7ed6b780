/*
 * MySQL's binary JSON and its partial updates. The input: length of a document
 * in 2 bytes, the document, changes of it.
 *
 * Held: a document that is read gives text and SQL each time the same; text that
 * claims to be exact is in UTF-8; what changes make of a document is one.
 */
#include <stdlib.h>

#include <jansson.h>

#include "charset.h"
#include "check.h"
#include "myjson.h"
#include "myjson_diff.h"

static void check_text(const uint8_t *p, size_t n)
{
	struct buf text = BUF_INIT, again = BUF_INIT, sql = BUF_INIT;
	const char *why = NULL;
	int r = myjson_text(p, n, &text, &why), s;

	CHECK(r >= 0 || why);
	CHECK(myjson_text(p, n, &again, &why) == r);
	CHECK(r < 0 || (text.len == again.len && !memcmp(text.p, again.p, text.len)));
	if (r == 1) {
		json_t *j =
		    json_loadb((char *)text.p, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);

		CHECK(utf8_is_valid(text.p, text.len));
		/* jansson goes less deep than the server, and takes no number beyond a double */
		if (j)
			json_decref(j);
	}
	why = NULL;
	s = myjson_sql(p, n, &sql, &why);
	CHECK(s == 0 || why);
	CHECK(r >= 0 || s != 0);
	buf_release(&text);
	buf_release(&again);
	buf_release(&sql);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf doc = BUF_INIT;
	const char *why = NULL;
	struct myjson v;
	uint8_t *old, *diffs;
	size_t len, ndiffs;

	if (n < 2)
		return 0;
	len = (size_t)(p[0] | p[1] << 8);
	if (len > n - 2)
		len = n - 2;
	ndiffs = n - 2 - len;
	old = malloc(len ? len : 1);
	diffs = malloc(ndiffs ? ndiffs : 1);
	if (!old || !diffs)
		abort();
	memcpy(old, p + 2, len);
	memcpy(diffs, p + 2 + len, ndiffs);
	check_text(old, len);
	if (myjson_apply(old, len, diffs, ndiffs, &doc, &why) == 0) {
		/* its structure is right; a scalar in it that cannot be is seen when it is read */
		check_text(doc.p, doc.len);
		CHECK(myjson_root(&v, doc.p, doc.len, &why) == 0);
	} else {
		CHECK(why);
	}
	buf_release(&doc);
	free(old);
	free(diffs);
	return 0;
}

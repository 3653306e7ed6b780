/*
 * What a dump says of the log (lib/dump_pos.h). The first byte says which kind; of mysqldump's the second how much of the
 * rest is its end.
 *
 * Held: what was read is a position, which is printed and parsed again as the same; what was not has a reason.
 */
#include <string.h>

#include "check.h"
#include "dump_pos.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const char *text = (const char *)p + 2, *why = NULL;
	struct buf b = BUF_INIT;
	struct gtid_set *again;
	struct dump_pos d;
	size_t tail;
	int rc;

	if (n < 2)
		return 0;
	tail = (n - 2) * p[1] / 255;
	if (p[0] & 1)
		rc = dump_pos_mydumper(&d, text, n - 2, &why);
	else
		rc = dump_pos_sql(&d, text, n - 2 - tail, text + (n - 2 - tail), tail, &why);
	if (rc < 0) {
		CHECK(why);
	} else {
		CHECK(*d.file || (d.gtid && !gtid_set_is_empty(d.gtid)));
		CHECK(!*d.file == !d.off && strlen(d.file) < sizeof d.file);
	}
	if (d.gtid) {
		gtid_set_print(d.gtid, &b);
		again = gtid_set_parse(buf_str(&b), b.len);
		CHECK(again && gtid_set_covers(again, d.gtid) && gtid_set_covers(d.gtid, again));
		gtid_set_free(again);
	}
	buf_release(&b);
	dump_pos_release(&d);
	return 0;
}

#include "resume.h"

#include <string.h>

#include "pos.h"

static void put(char *to, size_t size, struct str s)
{
	size_t n = s.p ? s.n : 0;

	if (n >= size)
		n = size - 1;
	memcpy(to, s.p ? s.p : "", n);
	to[n] = 0;
}

void source_read(struct source_id *id, const struct rec_hello *h)
{
	memset(id, 0, sizeof *id);
	put(id->flavor, sizeof id->flavor, h->flavor);
	put(id->uuid, sizeof id->uuid, h->uuid);
	put(id->version, sizeof id->version, h->server);
	id->has_server_id = h->has_server_id;
	id->server_id = h->has_server_id ? h->server_id : 0;
}

int source_is_family(const struct source_id *a, const struct source_id *b)
{
	return !*a->flavor || !*b->flavor || !strcmp(a->flavor, b->flavor);
}

int source_is_same(const struct source_id *a, const struct source_id *b)
{
	if (!source_is_family(a, b))
		return 0;
	if (*a->uuid && *b->uuid)
		return !strcmp(a->uuid, b->uuid);
	return !a->has_server_id || !b->has_server_id || a->server_id == b->server_id;
}

static enum resume by_gtid(const struct gtid_set *start, const struct gtid_set *have)
{
	enum gtid_flavor a = gtid_set_flavor(start), b = gtid_set_flavor(have);

	if (a != GTID_NONE && b != GTID_NONE && a != b)
		return RESUME_OTHER_GTIDS;
	if (!gtid_set_covers(have, start))
		return RESUME_GAP;
	return gtid_set_covers(start, have) ? RESUME_HERE : RESUME_BY_GTID;
}

enum resume resume_compare(const struct resume_place *start, const struct resume_place *have, int same_source)
{
	int comparable, c;

	if (start->gtid && have->gtid)
		return by_gtid(start->gtid, have->gtid);
	if (!same_source)
		return RESUME_OTHER_SERVER;
	if (!*have->file)
		return RESUME_NO_GTID;
	if (!*start->file) /* it does not say where it starts */
		return RESUME_BY_FILE;
	c = log_name_cmp(start->file, have->file, &comparable);
	if (!comparable)
		return RESUME_OTHER_FILES;
	if (c > 0 || (c == 0 && start->off > have->off))
		return RESUME_GAP;
	return c == 0 && start->off == have->off ? RESUME_HERE : RESUME_BY_FILE;
}

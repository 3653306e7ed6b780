#include "proof.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"

struct proof *proof_of(struct proofs *p, const char *db, const char *name)
{
	struct buf full = BUF_INIT;
	struct proof *more;
	size_t i = 0;

	buf_printf(&full, "%s.%s", db, name);
	while (i < p->n && strcmp(p->v[i].name, buf_str(&full)) != 0)
		i++;
	if (i == p->n) {
		more = realloc(p->v, (p->n + 1) * sizeof *more);
		if (more)
			p->v = more;
		if (more && (more[i].name = strdup(buf_str(&full)))) {
			more[i].proven_us = 0;
			more[i].round = 0;
			more[i].result = "";
			p->n++;
		}
	}
	buf_release(&full);
	return i < p->n ? &p->v[i] : NULL;
}

int64_t proofs_oldest(const struct proofs *p, uint64_t round)
{
	int64_t oldest = INT64_MAX;

	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].round == round && p->v[i].proven_us < oldest)
			oldest = p->v[i].proven_us;
	return oldest == INT64_MAX ? 0 : oldest;
}

void proofs_release(struct proofs *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].name);
	free(p->v);
	*p = (struct proofs){NULL, 0};
}

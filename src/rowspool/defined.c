#include "defined.h"

#include <stdlib.h>

#include "code.h"
#include "msg.h"

static void drop(void *user)
{
	struct defined *d = user;

	buf_release(&d->frame);
	free(d);
}

int defined_keep(struct stream *s, struct table *t)
{
	struct defined *d = calloc(1, sizeof *d);

	if (!d || buf_add(&d->frame, s->frame.raw, s->frame.raw_len) < 0) {
		free(d);
		msg_no_memory();
		s->code = CODE_OUTSIDE;
		return -1;
	}
	t->user = d;
	t->user_free = drop;
	return 0;
}

/* Statements: which go out. They are never changed. */
#include <stdlib.h>

#include "code.h"
#include "filter.h"
#include "msg.h"

static int stop(struct stream *s, const struct rec_ddl *r, const char *why, const char *hint)
{
	msg_error("%s at %s:%llu: %.*s%s", why, s->begin_file, (unsigned long long)(r->has_off ? r->off : s->begin_off),
	    (int)(r->sql.n < 300 ? r->sql.n : 300), r->sql.p, r->sql.n < 300 ? "" : " ...");
	msg_hint("%s", hint);
	s->code = CODE_USAGE;
	return -1;
}

/* 1 in, 0 out, -1 stop; name "": a database. */
static int judge_name(struct stream *s, const struct rec_ddl *r, struct str db, struct str name)
{
	struct filter *f = s->arg;
	char *d = strndup(db.p ? db.p : "", db.n), *n = strndup(name.p ? name.p : "", name.n);
	const struct rule *rule;
	enum rules_ddl ddl;
	int in = -1, gave_up = 0, said;

	if (!d || !n) {
		msg_no_memory();
		s->code = CODE_OUTSIDE;
	} else {
		rule = *n ? rules_find(&f->rules, d, n, &gave_up) : NULL;
		said = rule && rule->tests.ddl != RULES_DDL_UNSAID; /* of the table: that comes first */
		ddl = said ? rule->tests.ddl : f->rules.tests.ddl;
		in = ddl == RULES_DDL_PASS && !said ? 1 : filter_has(f, s, d, *n ? n : NULL);
		if (in == 1 && gave_up)
			in = stop(s, r, "a regular expression gave up on a name of the statement", "make it simpler");
		else if (in == 1 && ddl == RULES_DDL_STOP)
			in = stop(s, r, "the rules stop at the statement", "apply it by hand, or change ddl in the rules");
		else if (in == 1 && ddl == RULES_DDL_DROP)
			in = 0;
	}
	free(d);
	free(n);
	return in;
}

static int judge_names(struct stream *s, const struct rec_ddl *r)
{
	struct filter *f = s->arg;
	unsigned in = 0, out = 0;

	if (r->nnames == 0) { /* about no table: where its default database goes, it goes */
		if (r->db.p && r->db.n)
			return judge_name(s, r, r->db, str_of(""));
		if (f->rules.tests.ddl == RULES_DDL_STOP)
			return stop(s, r, "the rules stop at the statement", "apply it by hand, or change ddl in the rules");
		return f->rules.tests.ddl == RULES_DDL_PASS ||
		       (f->rules.tests.ddl == RULES_DDL_UNSAID && f->rules.names.nin == 0);
	}
	for (uint32_t i = 0; i < r->nnames; i++) {
		int has = judge_name(s, r, r->names[i].db, r->names[i].name);

		if (has < 0)
			return -1;
		in += has == 1;
		out += has == 0;
	}
	if (in && out)
		return stop(s, r, "a statement is about tables inside and outside of the filter",
		    "--ddl pass lets such statements through, --ddl drop drops them: then do on the target by hand what is "
		    "needed");
	return in > 0;
}

int on_ddl(struct stream *s, const struct rec_ddl *r)
{
	struct filter *f = s->arg;
	enum rules_ddl ddl = f->cmd.ddl;
	int go = 1;

	hold_end(s);
	if (ddl == RULES_DDL_UNSAID)
		go = judge_names(s, r);
	else if (ddl == RULES_DDL_DROP)
		go = 0;
	else if (ddl == RULES_DDL_STOP)
		return stop(s, r, "told to stop at a statement", "apply it by hand on the target, then start behind it");
	if (go < 0)
		return -1;
	f->ddl_dropped += !go;
	return go ? STREAM_PASS : STREAM_TOOK;
}

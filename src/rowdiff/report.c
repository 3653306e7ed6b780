/* Text for people, or JSON lines. Standard output; with the repair there, standard error. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "charset.h"
#include "diff.h"
#include "msg.h"

static FILE *where(const struct rowdiff *d)
{
	return d->o.repair && !strcmp(d->o.repair, "-") ? stderr : stdout;
}

static void say(const struct rowdiff *d, struct buf *line)
{
	(void)buf_add8(line, '\n');
	fwrite(line->p, 1, line->len, where(d));
	fflush(where(d));
	buf_release(line);
}

/* ---- values */

static void put_hex(struct buf *out, const char *p, size_t n)
{
	buf_adds(out, "0x");
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%02x", (unsigned)(uint8_t)p[i]);
}

/* A value that was cut in the middle of a character is text all the same. */
static size_t text_length(const char *p, size_t n)
{
	for (size_t cut = 0; cut < 4 && cut <= n; cut++)
		if (utf8_is_valid(p, n - cut) && (!cut || n == SQL_SHOWN))
			return n - cut;
	return SIZE_MAX;
}

static void put_json(struct buf *out, const char *p, size_t n)
{
	size_t len = p ? text_length(p, n) : 0;

	if (!p) {
		buf_adds(out, "null");
		return;
	}
	(void)buf_add8(out, '"');
	if (len == SIZE_MAX)
		put_hex(out, p, n);
	for (size_t i = 0; len != SIZE_MAX && i < len; i++) {
		if (p[i] == '"' || p[i] == '\\')
			buf_printf(out, "\\%c", p[i]);
		else if ((uint8_t)p[i] < 0x20 || p[i] == 0x7f)
			buf_printf(out, "\\u%04x", (unsigned)p[i]);
		else
			(void)buf_add8(out, (uint8_t)p[i]);
	}
	(void)buf_add8(out, '"');
}

static int is_number(const char *p, size_t n)
{
	return n && n < 30 && strspn(p, "0123456789.-+e") >= n;
}

static void put_text(struct buf *out, const char *p, size_t n)
{
	size_t len = p ? text_length(p, n) : 0;

	if (!p) {
		buf_adds(out, "NULL");
	} else if (is_number(p, n)) {
		(void)buf_add(out, p, n);
	} else if (len == SIZE_MAX) {
		put_hex(out, p, n);
	} else {
		(void)buf_add8(out, '\'');
		for (size_t i = 0; i < len; i++) {
			if ((uint8_t)p[i] < 0x20 || p[i] == 0x7f)
				buf_printf(out, "\\x%02x", (unsigned)p[i]);
			else if (p[i] == '\'' || p[i] == '\\')
				buf_printf(out, "\\%c", p[i]);
			else
				(void)buf_add8(out, (uint8_t)p[i]);
		}
		buf_adds(out, "'");
	}
	if (p && n == SQL_SHOWN)
		buf_adds(out, "...");
}

void report_value(const struct rowdiff *d, struct buf *out, const char *name, const char *v, size_t n)
{
	if (out->len)
		buf_adds(out, d->o.json ? "," : ", ");
	if (d->o.json) {
		put_json(out, name, strlen(name));
		(void)buf_add8(out, ':');
		put_json(out, v, n);
	} else {
		buf_printf(out, "%s=", name);
		put_text(out, v, n);
	}
}

void report_key(const struct rowdiff *d, const struct pair *p, const struct buf *key, struct buf *out)
{
	size_t at = 0, n;

	for (uint32_t k = 0; k < p->nkey; k++) {
		const uint8_t *v = key_next(key, &at, &n);

		report_value(d, out, p->cols[p->key[k]].name, (const char *)v, n);
	}
}

void report_column(const struct rowdiff *d, struct buf *out, const char *name, const char *source, size_t nsource,
    const char *target, size_t ntarget)
{
	if (!d->o.json) {
		buf_printf(out, "%s%s: ", out->len ? ", " : "", name);
		put_text(out, source, nsource);
		buf_adds(out, " on the source, ");
		put_text(out, target, ntarget);
		buf_adds(out, " on the target");
		return;
	}
	buf_adds(out, out->len ? ",{\"name\":" : "{\"name\":");
	put_json(out, name, strlen(name));
	buf_adds(out, ",\"source\":");
	put_json(out, source, nsource);
	buf_adds(out, ",\"target\":");
	put_json(out, target, ntarget);
	(void)buf_add8(out, '}');
}

/* ---- lines */

static const char *const kinds[] = {"missing", "extra", "different", "unproven"};

static void put_name(const struct rowdiff *d, struct buf *out, const char *db, const char *name)
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "%s.%s", db, name);
	if (d->o.json)
		put_json(out, buf_str(&b), b.len);
	else
		(void)buf_add(out, b.p, b.len);
	buf_release(&b);
}

void report_row(struct rowdiff *d, const struct pair *p, const struct shown *s)
{
	struct buf b = BUF_INIT;

	if (d->o.json) {
		buf_printf(&b, "{\"difference\":\"%s\",\"table\":", kinds[s->kind]);
		put_name(d, &b, p->db, p->name);
		buf_printf(&b, ",\"%s\":{", p->nkey ? "key" : "row");
		(void)buf_add(&b, s->key->p, s->key->len);
		buf_adds(&b, "}");
		if (s->copies != 1)
			buf_printf(&b, ",\"copies\":%llu", (unsigned long long)s->copies);
		if (s->columns && s->columns->len) {
			buf_adds(&b, ",\"columns\":[");
			(void)buf_add(&b, s->columns->p, s->columns->len);
			(void)buf_add8(&b, ']');
		}
		if (s->kind != ROW_IS_UNPROVEN)
			buf_printf(&b, ",\"window\":%.3f", (double)s->window_us / 1e6);
		(void)buf_add8(&b, '}');
	} else {
		buf_printf(&b, "%-9s  ", kinds[s->kind]);
		put_name(d, &b, p->db, p->name);
		buf_adds(&b, " (");
		(void)buf_add(&b, s->key->p, s->key->len);
		buf_adds(&b, p->nkey || !s->key->len ? ")" : ", ...)");
		if (s->copies != 1)
			buf_printf(&b, " %llu times", (unsigned long long)s->copies);
		if (s->columns && s->columns->len) {
			buf_adds(&b, ": ");
			(void)buf_add(&b, s->columns->p, s->columns->len);
		}
	}
	say(d, &b);
}

static const char *verdict(const struct pair *p)
{
	if (!p->target)
		return "missing";
	if (p->missing || p->extra || p->different || p->lost_cols)
		return "different";
	return p->unproven ? "unproven" : "same";
}

static void put_time(struct buf *out, int64_t us)
{
	time_t t = (time_t)(us / 1000000);
	struct tm tm;
	char text[32];

	gmtime_r(&t, &tm);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_adds(out, text);
}

/* When the table was last the same, this round or an earlier one. */
static int64_t prove(struct rowdiff *d, const struct pair *p)
{
	struct proof *proof = proof_of(&d->proofs, p->db, p->name);

	if (!proof)
		return 0;
	proof->round = d->round;
	proof->result = verdict(p);
	if (!strcmp(verdict(p), "same"))
		proof->proven_us = p->began_us;
	return proof->proven_us;
}

static void put_proven(const struct rowdiff *d, struct buf *out, int64_t us)
{
	if (d->o.json) {
		buf_adds(out, us ? "\"" : "null");
		if (us) {
			put_time(out, us);
			buf_adds(out, "\"");
		}
	} else if (us) {
		buf_printf(out, "%.1f s ago", (double)(wall_us() - us) / 1e6);
	} else {
		buf_adds(out, "never");
	}
}

void report_proofs(struct rowdiff *d)
{
	for (size_t i = 0; i < d->proofs.n; i++)
		if (d->proofs.v[i].proven_us)
			msg_tell("%s was the same %.1f s ago", d->proofs.v[i].name,
			    (double)(wall_us() - d->proofs.v[i].proven_us) / 1e6);
		else
			msg_tell("%s was not seen to be the same", d->proofs.v[i].name);
}

static void put_name_of(struct buf *out, const char *name, int as_json)
{
	if (as_json) {
		put_json(out, name, strlen(name));
		return;
	}
	for (; *name; name++) { /* a label's value */
		if (*name == '"' || *name == '\\')
			(void)buf_add8(out, '\\');
		(void)buf_add8(out, *name == '\n' ? ' ' : (uint8_t)*name);
	}
}

void report_status(const struct rowdiff *d, struct buf *out, int as_json)
{
	int64_t now = wall_us();
	int any = 0;

	if (as_json)
		buf_printf(out, "  \"round\": %llu,\n  \"differences\": %llu,\n  \"unproven\": %llu,\n  \"tables\": {",
		    (unsigned long long)d->round, (unsigned long long)d->differences, (unsigned long long)d->unproven);
	else
		buf_printf(out,
		    "# HELP rowferry_diff_round Which round this is.\n# TYPE rowferry_diff_round gauge\nrowferry_diff_round "
		    "%llu\n"
		    "# HELP rowferry_diff_rows Rows that differ, or are unproven, in this round so far.\n"
		    "# TYPE rowferry_diff_rows gauge\nrowferry_diff_rows{result=\"different\"} %llu\n"
		    "rowferry_diff_rows{result=\"unproven\"} %llu\n"
		    "# HELP rowferry_proof_age_seconds How long ago a table was last the same; +Inf: never so far.\n"
		    "# TYPE rowferry_proof_age_seconds gauge\n",
		    (unsigned long long)d->round, (unsigned long long)d->differences, (unsigned long long)d->unproven);
	for (size_t i = 0; i < d->proofs.n; i++) {
		const struct proof *p = &d->proofs.v[i];
		double age = (double)(now - p->proven_us) / 1e6;

		buf_adds(out, !as_json ? "rowferry_proof_age_seconds{table=\"" : any++ ? ",\n    " : "\n    ");
		put_name_of(out, p->name, as_json);
		if (!as_json && p->proven_us)
			buf_printf(out, "\"} %.3f\n", age);
		else if (!as_json)
			buf_adds(out, "\"} +Inf\n");
		else if (p->proven_us)
			buf_printf(out, ": {\"result\": \"%s\", \"proof_age_seconds\": %.3f}", p->result, age);
		else
			buf_printf(out, ": {\"result\": \"%s\", \"proof_age_seconds\": null}", p->result);
	}
	if (as_json)
		buf_adds(out, "\n  },\n");
}

void report_table(struct rowdiff *d, const struct pair *p)
{
	struct buf b = BUF_INIT;
	int64_t proven = prove(d, p);

	if (!p->target || p->lost_cols)
		d->differences++;
	if (d->o.json) {
		buf_adds(&b, "{\"table\":");
		put_name(d, &b, p->db, p->name);
		buf_printf(&b,
		    ",\"result\":\"%s\",\"rows\":%llu,\"target_rows\":%llu,\"chunks\":%llu,\"narrowed\":%llu,\"missing\":%llu,"
		    "\"extra\":%llu,\"different\":%llu,\"unproven\":%llu,\"window\":%.3f,\"proven\":",
		    verdict(p), (unsigned long long)p->rows, (unsigned long long)p->target_rows, (unsigned long long)p->chunks,
		    (unsigned long long)p->narrowed, (unsigned long long)p->missing, (unsigned long long)p->extra,
		    (unsigned long long)p->different, (unsigned long long)p->unproven, (double)p->window_us / 1e6);
		put_proven(d, &b, proven);
		if (p->said.len) {
			buf_adds(&b, ",\"not_compared\":");
			put_json(&b, (const char *)p->said.p, p->said.len);
		}
		(void)buf_add8(&b, '}');
	} else {
		buf_printf(&b, "%-9s  ", verdict(p));
		put_name(d, &b, p->db, p->name);
		buf_printf(&b, ": %llu rows", (unsigned long long)p->rows);
		if (p->target && (p->missing || p->extra || p->different || p->unproven))
			buf_printf(&b, ", %llu missing, %llu extra, %llu different, %llu unproven; longest window %.3f s",
			    (unsigned long long)p->missing, (unsigned long long)p->extra, (unsigned long long)p->different,
			    (unsigned long long)p->unproven, (double)p->window_us / 1e6);
		buf_printf(
		    &b, "; %llu chunks, %llu of them narrowed", (unsigned long long)p->chunks, (unsigned long long)p->narrowed);
		if (p->said.len) {
			buf_adds(&b, "; not compared: ");
			(void)buf_add(&b, p->said.p, p->said.len);
		}
		if (d->o.follow && strcmp(verdict(p), "same") != 0) {
			buf_adds(&b, "; the same ");
			put_proven(d, &b, proven);
		}
	}
	say(d, &b);
}

void report_other(struct rowdiff *d, const struct table *t)
{
	struct buf b = BUF_INIT;

	d->differences++;
	if (d->o.json) {
		buf_adds(&b, "{\"table\":");
		put_name(d, &b, t->db, t->name);
		buf_adds(&b, ",\"result\":\"extra\"}");
	} else {
		buf_printf(&b, "%-9s  ", "extra");
		put_name(d, &b, t->db, t->name);
		buf_adds(&b, ": no table of the source goes there");
	}
	say(d, &b);
}

void report_all(struct rowdiff *d)
{
	struct buf b = BUF_INIT;
	uint64_t rows = 0;
	size_t same = 0;
	int64_t oldest = proofs_oldest(&d->proofs, d->round), longest = 0;

	for (size_t i = 0; i < d->npairs; i++) {
		const struct pair *p = &d->pairs[i];

		rows += p->rows;
		same += !strcmp(verdict(p), "same");
		if ((int64_t)p->window_us > longest)
			longest = (int64_t)p->window_us;
	}
	if (d->o.json) {
		buf_printf(&b,
		    "{\"round\":%llu,\"tables\":%zu,\"same\":%zu,\"rows\":%llu,\"differences\":%llu,\"unproven\":%llu,"
		    "\"window\":%.3f,\"oldest\":",
		    (unsigned long long)d->round, d->npairs, same, (unsigned long long)rows, (unsigned long long)d->differences,
		    (unsigned long long)d->unproven, (double)longest / 1e6);
		put_proven(d, &b, oldest);
		(void)buf_add8(&b, '}');
	} else {
		buf_printf(&b, "%s: %zu of %zu tables are the same, %llu rows compared, %llu differences, %llu unproven; ",
		    d->differences ? "different"
		    : d->unproven  ? "unproven"
				   : "same",
		    same, d->npairs, (unsigned long long)rows, (unsigned long long)d->differences,
		    (unsigned long long)d->unproven);
		if (d->o.pipeline || d->o.replica)
			buf_adds(&b, "differences outlived the lag");
		else
			buf_printf(&b, "differences lasted at least %g s", d->o.window_s);
		if (d->differences)
			buf_printf(&b, ", the longest look %.3f s", (double)longest / 1e6);
		if (d->o.follow) {
			buf_adds(&b, "; oldest proof ");
			put_proven(d, &b, oldest);
		}
	}
	say(d, &b);
}

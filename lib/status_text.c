#include "status_text.h"

#include <stddef.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define ALL (STATUS_TAP | STATUS_FILTER | STATUS_SINK)

/* Counters, by their names in JSON; in Prometheus' format rowferry_NAME_total. */
static const struct {
	const char *name, *help;
	unsigned roles;
	size_t at; /* in struct status */
} counters[] = {
    {"transactions", "Source transactions that have ended.", ALL, offsetof(struct status, transactions)},
    {"statements", "Statements that change definitions.", ALL, offsetof(struct status, statements)},
    {"marks", "MARK frames, which say where an idle source is.", ALL, offsetof(struct status, marks)},
    {"events", "Events of the source's log that were read.", STATUS_TAP, offsetof(struct status, events)},
    {"frames", "Frames of the stream that were read.", STATUS_FILTER | STATUS_SINK, offsetof(struct status, frames)},
    {"read_bytes", "Bytes of the log or the stream that were read.", ALL, offsetof(struct status, read_bytes)},
    {"written_bytes", "Bytes of the stream that were written.", STATUS_TAP | STATUS_FILTER,
	offsetof(struct status, written_bytes)},
    {"written_rows", "Rows that went out.", STATUS_FILTER, offsetof(struct status, written_rows)},
    {"applied_rows", "Rows that are on the target.", STATUS_SINK, offsetof(struct status, applied_rows)},
    {"applied_transactions", "Source transactions that are on the target.", STATUS_SINK, offsetof(struct status, applied_trx)},
    {"batches", "Transactions of the target.", STATUS_SINK, offsetof(struct status, batches)},
    {"undone_batches", "Batches that were undone and applied again in their turn.", STATUS_SINK, offsetof(struct status, undone)},
    {"skipped_rows", "Rows that were left out by --on-conflict skip.", STATUS_SINK, offsetof(struct status, skipped_rows)},
    {"rejected_rows", "Rows that were left out and are in the file of --rejects.", STATUS_SINK,
	offsetof(struct status, rejected_rows)},
    {"overwritten_rows", "Rows of the target that --on-conflict overwrite replaced.", STATUS_SINK,
	offsetof(struct status, overwritten_rows)},
    {"passed_transactions", "Source transactions that the target had already.", STATUS_SINK, offsetof(struct status, passed_trx)},
    {"stream_bytes", "Bytes of the stream that were carried.", STATUS_LINK, offsetof(struct status, stream_bytes)},
    {"link_bytes", "Bytes of it as they travelled, compressed or not.", STATUS_LINK, offsetof(struct status, link_bytes)},
};
#define COUNTERS (sizeof counters / sizeof *counters)

static const char *const ops[3] = {"insert", "update", "delete"};

static uint64_t counter(const struct status *s, size_t i)
{
	uint64_t n;

	memcpy(&n, (const char *)s + counters[i].at, sizeof n);
	return n;
}

/* Bytes of the UTF-8 character at p; 0: there is none. */
static size_t char_len(const unsigned char *p, size_t n)
{
	size_t len = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0;

	if (!len || len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) || (*p == 0xf0 && p[1] < 0x90) ||
	    (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

/* A quoted string, of JSON or (Prometheus knows three escapes only) of a label. Bytes that are no text are shown as ?. */
static void put_text(struct buf *out, const void *text, size_t n, int is_label)
{
	const unsigned char *p = text;

	(void)buf_add8(out, '"');
	for (size_t i = 0, len; i < n; i += len ? len : 1) {
		len = char_len(p + i, n - i);
		if (p[i] == '"' || p[i] == '\\') {
			(void)buf_add8(out, '\\');
			(void)buf_add8(out, p[i]);
		} else if (!len || (p[i] < 0x20 && is_label)) {
			(void)buf_add8(out, '?');
		} else if (p[i] < 0x20) {
			buf_printf(out, "\\u%04x", p[i]);
		} else {
			(void)buf_add(out, p + i, len);
		}
	}
	(void)buf_add8(out, '"');
}

static void put_json(struct buf *out, const char *z)
{
	if (z)
		put_text(out, z, strlen(z), 0);
	else
		buf_adds(out, "null");
}

/* A time as RFC 3339 has it. */
static void put_time(struct buf *out, int64_t us)
{
	time_t s = (time_t)(us / 1000000);
	char text[40];
	struct tm tm;

	if (!us || !gmtime_r(&s, &tm) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm)) {
		buf_adds(out, "null");
		return;
	}
	buf_printf(out, "\"%s.%06dZ\"", text, (int)(us % 1000000));
}

static void put_note(struct buf *out, const char *key, const struct status_note *n)
{
	buf_printf(out, "  \"%s\": ", key);
	if (!n->n) {
		buf_adds(out, "null,\n");
		return;
	}
	buf_adds(out, "{\"time\": ");
	put_time(out, n->time_us);
	buf_adds(out, ", \"text\": ");
	put_json(out, n->text);
	buf_adds(out, "},\n");
}

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void put_place(struct buf *out, const struct status *s)
{
	buf_adds(out, "  \"position\": ");
	if (!*s->file) {
		buf_adds(out, "null,\n");
		return;
	}
	buf_adds(out, "{\"file\": ");
	put_json(out, s->file);
	buf_printf(out, ", \"offset\": %llu, \"gtid\": ", (unsigned long long)s->off);
	if (s->has_gtid)
		put_text(out, s->gtid.p, s->gtid.len, 0);
	else
		buf_adds(out, "null");
	buf_adds(out, "},\n");
}

void status_json(struct buf *out, const struct status_view *v, const struct status_frame *f)
{
	const struct status *s = &v->s;
	int64_t up = status_clock_us() - f->started_us, now = now_us();
	double lag;

	buf_adds(out, "{\n  \"program\": ");
	put_json(out, f->program);
	buf_adds(out, ",\n  \"version\": ");
	put_json(out, f->version);
	buf_adds(out, ",\n  \"pipeline\": ");
	put_json(out, s->pipeline);
	buf_printf(out, ",\n  \"pid\": %ld,\n  \"time\": ", (long)getpid());
	put_time(out, now);
	buf_adds(out, ",\n  \"started\": ");
	put_time(out, now - up);
	buf_printf(out, ",\n  \"uptime_seconds\": %.3f,\n  \"state\": \"%s\",\n", (double)up / 1e6, status_state_name(v->state));
	put_place(out, s);
	buf_adds(out, "  \"source_time\": ");
	put_time(out, s->done_us);
	if (status_lag(s, &lag))
		buf_printf(out, ",\n  \"lag_seconds\": %.3f", lag);
	else
		buf_adds(out, ",\n  \"lag_seconds\": null");
	buf_printf(out, ",\n  \"still_seconds\": %.3f,\n  \"waiting_bytes\": %llu,\n", (double)f->still_us / 1e6,
	    (unsigned long long)status_waiting(s));
	if (s->role & STATUS_SINK)
		buf_printf(out, "  \"kept_bytes\": %llu,\n", (unsigned long long)s->kept_bytes);
	if (!(s->role & STATUS_LINK))
		buf_printf(out, "  \"rows\": {\"insert\": %llu, \"update\": %llu, \"delete\": %llu},\n",
		    (unsigned long long)s->rows[0], (unsigned long long)s->rows[1], (unsigned long long)s->rows[2]);
	for (size_t i = 0; i < COUNTERS; i++)
		if (counters[i].roles & s->role)
			buf_printf(out, "  \"%s\": %llu,\n", counters[i].name, (unsigned long long)counter(s, i));
	buf_printf(out, "  \"retries\": %llu,\n  \"errors\": %llu,\n  \"warnings\": %llu,\n", (unsigned long long)v->retries,
	    (unsigned long long)v->error.n, (unsigned long long)v->warning.n);
	put_note(out, "last_error", &v->error);
	put_note(out, "last_warning", &v->warning);
	if (status_more)
		status_more(out, 1);
	buf_adds(out, "  \"metrics\": ");
	put_json(out, f->metrics);
	buf_adds(out, ",\n  \"exit_code\": ");
	if (f->exit_code < 0)
		buf_adds(out, "null");
	else
		buf_puti(out, f->exit_code);
	buf_adds(out, "\n}\n");
}

/* ---- Prometheus */

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP rowferry_%s %s\n# TYPE rowferry_%s %s\n", name, help, name, type);
}

static void put_count(struct buf *out, const char *name, const char *help, uint64_t n)
{
	char full[64];

	(void)snprintf(full, sizeof full, "%s_total", name);
	head(out, full, "counter", help);
	buf_printf(out, "rowferry_%s %llu\n", full, (unsigned long long)n);
}

static void put_gauge(struct buf *out, const char *name, const char *help, double value)
{
	head(out, name, "gauge", help);
	buf_printf(out, "rowferry_%s %.3f\n", name, value);
}

static void put_rows(struct buf *out, const struct status *s)
{
	head(out, "rows_total", "counter", "Rows of the source by what was done to them.");
	for (int i = 0; i < 3; i++)
		buf_printf(out, "rowferry_rows_total{op=\"%s\"} %llu\n", ops[i], (unsigned long long)s->rows[i]);
}

void status_metrics(struct buf *out, const struct status_view *v, const struct status_frame *f)
{
	const struct status *s = &v->s;
	int64_t up = status_clock_us() - f->started_us;
	double lag;

	head(out, "info", "gauge", "Which program this is; always 1.");
	buf_adds(out, "rowferry_info{program=");
	put_text(out, f->program, strlen(f->program), 1);
	buf_adds(out, ",version=");
	put_text(out, f->version, strlen(f->version), 1);
	buf_adds(out, ",pipeline=");
	put_text(out, s->pipeline ? s->pipeline : "", s->pipeline ? strlen(s->pipeline) : 0, 1);
	buf_adds(out, "} 1\n");
	head(out, "state", "gauge", "What the program does; 1 for one of them.");
	for (int i = 0; i < STATUS_STATES; i++)
		buf_printf(out, "rowferry_state{state=\"%s\"} %d\n", status_state_name((enum status_state)i), i == (int)v->state);
	put_gauge(out, "start_time_seconds", "When the program was started.", (double)(now_us() - up) / 1e6);
	put_gauge(out, "uptime_seconds", "For how long it has run.", (double)up / 1e6);
	put_gauge(out, "still_seconds", "For how long nothing has moved.", (double)f->still_us / 1e6);
	if (status_lag(s, &lag))
		put_gauge(out, "lag_seconds", "How old the newest thing is that is done, by the source's clock.", lag);
	if (s->done_us)
		put_gauge(
		    out, "source_time_seconds", "When the source committed the last that is done.", (double)s->done_us / 1e6);
	put_gauge(out, "waiting_bytes", "Bytes that have arrived and were not looked at.", (double)status_waiting(s));
	if (s->role & STATUS_SINK)
		put_gauge(out, "kept_bytes", "Bytes that were looked at and are not on the target yet.", (double)s->kept_bytes);
	if (*s->file) {
		head(out, "position_bytes", "gauge", "The place in the source's log before which all is done.");
		buf_adds(out, "rowferry_position_bytes{file=");
		put_text(out, s->file, strlen(s->file), 1);
		buf_printf(out, "} %llu\n", (unsigned long long)s->off);
	}
	if (!(s->role & STATUS_LINK))
		put_rows(out, s);
	for (size_t i = 0; i < COUNTERS; i++)
		if (counters[i].roles & s->role)
			put_count(out, counters[i].name, counters[i].help, counter(s, i));
	put_count(out, "retries", "What failed and was tried again.", v->retries);
	put_count(out, "errors", "Errors that were said.", v->error.n);
	put_count(out, "warnings", "Warnings that were said.", v->warning.n);
	if (v->error.n)
		put_gauge(out, "last_error_time_seconds", "When the last error was said.", (double)v->error.time_us / 1e6);
	if (status_more)
		status_more(out, 0);
}

void status_line(struct buf *out, const struct status_view *v)
{
	double lag;

	buf_adds(out, status_state_name(v->state));
	if (*v->s.file)
		buf_printf(out, " at %s:%llu", v->s.file, (unsigned long long)v->s.off);
	if (status_lag(&v->s, &lag))
		buf_printf(out, ", lag %.1f s", lag);
}

/* What a program shows of itself: lag, the texts, the addresses where it is shown. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "status_text.h"

static int count, failures;

static void ok(int good, const char *what)
{
	failures += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++count, what);
}

/* The lag is that, to a second. -1: not known. */
static int lag_is(const struct status *s, double want)
{
	double lag = -1;
	int known = status_lag(s, &lag);

	return want < 0 ? !known : known && lag >= want && lag < want + 1;
}

#define S 1000000ll
#define SOURCE (1900000000 * S) /* what the source's clock shows, wherever ours is */

static void lags(void)
{
	struct status s = {.quiet_us = 3 * S, .ahead_us = STATUS_NO_CLOCK, .input_fd = -1};

	s.done_us = SOURCE;
	ok(lag_is(&s, -1), "a source whose clock is not known");
	s.ahead_us = SOURCE - status_clock_us();
	s.done_us = 0;
	ok(lag_is(&s, -1), "nothing is done yet");
	s.done_us = SOURCE - 100 * S;
	ok(lag_is(&s, 100), "the last that is done is 100 s old");
	s.done_us = SOURCE - 2 * S;
	ok(lag_is(&s, 0), "nothing is left to do, and nothing need have come meanwhile");
	s.pending = 1;
	ok(lag_is(&s, 2), "something is left to do");
	s.done_us = SOURCE + 50 * S;
	ok(lag_is(&s, 0), "a time that is still to come is no lag");
	status_set_clock(SOURCE, 1);
	status_set_clock(SOURCE - 60 * S, 0);
	ok(llabs(status_now.ahead_us - (SOURCE - status_clock_us())) < S, "a MARK that has waited does not set the clock back");
	status_set_clock(SOURCE - 60 * S, 1);
	ok(llabs(status_now.ahead_us - (SOURCE - 60 * S - status_clock_us())) < S, "one that has not does");
	status_set_clock(SOURCE, 0);
	ok(llabs(status_now.ahead_us - (SOURCE - status_clock_us())) < S, "and any may set it forward");
}

static int has(struct buf *b, const char *text)
{
	return strstr(buf_str(b), text) != NULL;
}

static void texts(void)
{
	struct status_view v = {.state = STATUS_TARGET};
	struct status_frame f = {.program = "mysql-sink", .version = "1", .exit_code = -1};
	struct gtid_set *g = gtid_set_parse("0-1-5", 5);
	struct buf b = BUF_INIT;

	status_watch(1);
	status_now.role = STATUS_SINK;
	status_now.pipeline = "a\"b\\c\n\xff\xed\xa0\x80\xc3\xa9";
	status_now.rows[0] = 18446744073709551615u;
	status_now.applied_rows = 7;
	status_set_place("bin.000001", 1234, g);
	gtid_set_free(g);
	status_hear(1, "it\tfailed");
	status_publish();
	status_now.applied_rows = 8;
	status_look(&v);
	v.state = STATUS_TARGET;
	status_json(&b, &v, &f);
	ok(has(&b, "\"pipeline\": \"a\\\"b\\\\c\\u000a?"
		   "???\xc3\xa9\""),
	    "JSON: what is no text is shown as ?");
	ok(has(&b, "\"position\": {\"file\": \"bin.000001\", \"offset\": 1234, \"gtid\": \"0-1-5\"}"), "JSON: the position");
	ok(has(&b, "\"insert\": 18446744073709551615"), "JSON: a number of 64 bits");
	ok(has(&b, "\"applied_rows\": 7,"), "what was not published is not seen");
	ok(has(&b, "\"state\": \"target\"") && has(&b, "\"exit_code\": null"), "JSON: the state");
	ok(has(&b, "\"text\": \"it\\u0009failed\"") && has(&b, "\"last_warning\": null"), "JSON: the last error");
	ok(!has(&b, "\"written_rows\""), "what a sink does not have is left out");
	buf_reset(&b);
	status_metrics(&b, &v, &f);
	ok(has(&b, "pipeline=\"a\\\"b\\\\c??"
		   "???\xc3\xa9\""),
	    "a label");
	ok(has(&b, "\nrowferry_applied_rows_total 7\n") && has(&b, "\n# TYPE rowferry_applied_rows_total counter\n"),
	    "a counter");
	ok(has(&b, "\nrowferry_position_bytes{file=\"bin.000001\"} 1234\n"), "the position as a gauge");
	ok(has(&b, "rowferry_state{state=\"target\"} 1\n") && has(&b, "rowferry_state{state=\"idle\"} 0\n"), "the states");
	buf_release(&b);
	status_view_release(&v);
	status_release();
	status_watch(0);
}

static void addresses(void)
{
	static const char *const good[] = {"127.0.0.1:0", "127.9.9.9:65535", "localhost:80", "[::1]:80", "::1:80", "unix:/x/y",
	    "unix:z"},
				 *const bad[] = {"", ":", ":80", "80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
				     "127.0.0.1:+1", "127.0.0.1: 1", "127.0.0.1:99999999999999999999", "0.0.0.0:80", "[::]:80",
				     "128.0.0.1:80", "[::ffff:127.0.0.1]:80", "host:80", "[]:80", "unix:"};
	struct http_address a;
	char what[80];

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		(void)snprintf(what, sizeof what, "%s is of the loopback", good[i]);
		ok(!http_address_parse(&a, good[i]), what);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		(void)snprintf(what, sizeof what, "\"%s\" is not", bad[i]);
		ok(http_address_parse(&a, bad[i]) != NULL, what);
	}
}

int main(void)
{
	lags();
	texts();
	addresses();
	printf("1..%d\n", count);
	return failures != 0;
}

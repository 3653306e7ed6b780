/* Where a stream goes on from what is there of it already: each answer, for each way to know a place. */
#include <stdio.h>
#include <string.h>

#include "resume.h"

static int count, failures;

static void ok(int good, const char *what)
{
	failures += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++count, what);
}

#define U "11111111-2222-3333-4444-555555555555"
#define V "aaaaaaaa-2222-3333-4444-555555555555"

static const struct {
	const char *what, *file, *gtid, *have_file, *have_gtid; /* gtid NULL: not known */
	uint64_t off, have_off;
	int same;
	enum resume want;
} cases[] = {
    {"the very offset", "b.000001", NULL, "b.000001", NULL, 4, 4, 1, RESUME_HERE},
    {"an offset before", "b.000001", NULL, "b.000001", NULL, 4, 5, 1, RESUME_BY_FILE},
    {"an offset behind", "b.000001", NULL, "b.000001", NULL, 5, 4, 1, RESUME_GAP},
    {"a file before", "b.000009", NULL, "b.000010", NULL, 999, 4, 1, RESUME_BY_FILE},
    {"a file behind, with more digits", "b.1000000", NULL, "b.999999", NULL, 4, 999, 1, RESUME_GAP},
    {"files of other names", "b.000001", NULL, "c.000001", NULL, 4, 4, 1, RESUME_OTHER_FILES},
    {"another server", "b.000001", NULL, "b.000001", NULL, 4, 4, 0, RESUME_OTHER_SERVER},
    {"a stream that does not say where it starts", "", NULL, "b.000001", NULL, 0, 4, 1, RESUME_BY_FILE},
    {"a place that is a set alone", "b.000001", NULL, "", U ":1", 4, 0, 1, RESUME_NO_GTID},
    {"the very set", "b.000001", "0-1-5", "b.000001", "0-1-5", 4, 999, 1, RESUME_HERE},
    {"a set before, whatever the offsets", "b.000009", "0-1-5", "b.000001", "0-1-6", 4, 4, 1, RESUME_BY_GTID},
    {"a set behind", "b.000001", "0-1-7", "b.000001", "0-1-6", 4, 4, 1, RESUME_GAP},
    {"sets of another server's log", "x.000001", "0-1-5", "b.000001", "0-1-5", 4, 4, 0, RESUME_HERE},
    {"nothing executed", "b.000001", "", "b.000001", "0-1-5", 4, 4, 1, RESUME_BY_GTID},
    {"nothing executed on either side", "b.000001", "", "b.000001", "", 4, 4, 1, RESUME_HERE},
    {"a domain more", "b.000001", "0-1-5,1-1-1", "b.000001", "0-1-5", 4, 4, 1, RESUME_GAP},
    {"a domain less", "b.000001", "0-1-5", "b.000001", "0-1-5,1-1-1", 4, 4, 1, RESUME_BY_GTID},
    {"a hole", "b.000001", U ":1-4:6", "b.000001", U ":1-5", 4, 4, 1, RESUME_GAP},
    {"a hole that is filled", "b.000001", U ":1-4", "b.000001", U ":1-4:6", 4, 4, 1, RESUME_BY_GTID},
    {"each has what the other has not", "b.000001", U ":1", "b.000001", V ":1", 4, 4, 1, RESUME_GAP},
    {"the other family", "b.000001", U ":1", "b.000001", "0-1-5", 4, 4, 1, RESUME_OTHER_GTIDS},
    {"a set on one side alone: by file", "b.000001", NULL, "b.000001", "0-1-5", 4, 5, 1, RESUME_BY_FILE},
    {"the same, the other way", "b.000001", "0-1-5", "b.000001", NULL, 6, 5, 1, RESUME_GAP},
};

static struct gtid_set *set(const char *text)
{
	return text ? gtid_set_parse(text, strlen(text)) : NULL;
}

static void check_cases(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct gtid_set *a = set(cases[i].gtid), *b = set(cases[i].have_gtid);
		struct resume_place start = {cases[i].file, cases[i].off, a}, have = {cases[i].have_file, cases[i].have_off, b};

		ok(resume_compare(&start, &have, cases[i].same) == cases[i].want, cases[i].what);
		gtid_set_free(a);
		gtid_set_free(b);
	}
}

static struct source_id source(const char *flavor, const char *uuid, int server_id)
{
	struct rec_hello h = {.flavor = str_of(flavor), .uuid = str_of(uuid), .has_server_id = server_id > 0};
	struct source_id id;

	h.server_id = (uint64_t)server_id;
	source_read(&id, &h);
	return id;
}

static void check_sources(void)
{
	struct source_id a = source("mysql", U, 1), b = source("mysql", V, 1), c = source("mysql", NULL, 1),
			 d = source("mysql", NULL, 2), e = source("mariadb", NULL, 1), f = source("mysql", NULL, 0);
	char text[300];

	ok(source_is_same(&a, &a) && !source_is_same(&a, &b), "a UUID tells");
	ok(source_is_same(&a, &c) && !source_is_same(&a, &d), "else the number does");
	ok(!source_is_same(&c, &e) && !source_is_family(&c, &e), "a family is not the other");
	ok(source_is_family(&a, &d), "two servers of one family are");
	ok(source_is_same(&a, &f) && source_is_same(&d, &f), "who says nothing may be anybody");
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = 0;
	a = source("mysql", text, 1);
	ok(strlen(a.uuid) == sizeof a.uuid - 1, "what is too long is cut");
}

int main(void)
{
	check_cases();
	check_sources();
	printf("1..%d\n", count);
	return failures != 0;
}

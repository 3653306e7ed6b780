#include "opt.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "code.h"
#include "msg.h"

enum { ID_HELP = 900, ID_VERSION, ID_VERBOSE };

static const struct opt common[] = {
    {ID_VERBOSE, 'v', "verbose", NULL, "say more on stderr; twice: much more"},
    {ID_HELP, 0, "help", NULL, "print this help"},
    {ID_VERSION, 'V', "version", NULL, "print the version"},
    {0},
};

struct opt_state {
	struct option *longs;
	const struct opt **by_index;
	char shorts[256];
};

static const struct opt *table(const struct opts *o, int i)
{
	const int n = (int)(sizeof o->tables / sizeof *o->tables);
	int given = 0;

	while (given < n && o->tables[given])
		given++;
	return i < given ? o->tables[i] : i == given ? common : NULL;
}

static int takes(const struct opt *p)
{
	return !p->arg ? no_argument : *p->arg == '[' ? optional_argument : required_argument;
}

static void state_free(struct opt_state *s)
{
	if (!s)
		return;
	free(s->longs);
	free(s->by_index);
	free(s);
}

static struct opt_state *prepare(const struct opts *o)
{
	struct opt_state *s = calloc(1, sizeof *s);
	size_t n = 0, at = 0;
	char *sh;

	if (!s)
		return NULL;
	for (int i = 0; table(o, i); i++)
		for (const struct opt *p = table(o, i); p->id; p++)
			n++;
	s->longs = calloc(n + 1, sizeof *s->longs);
	s->by_index = calloc(n + 1, sizeof *s->by_index);
	if (!s->longs || !s->by_index) {
		state_free(s);
		return NULL;
	}
	sh = s->shorts;
	*sh++ = ':'; /* a missing argument is told apart; messages are ours */
	for (int i = 0; table(o, i); i++)
		for (const struct opt *p = table(o, i); p->id; p++, at++) {
			s->longs[at] = (struct option){p->name, takes(p), NULL, 0};
			s->by_index[at] = p;
			if (p->letter) {
				*sh++ = p->letter;
				for (int k = takes(p); k > 0; k--)
					*sh++ = ':';
			}
		}
	return s;
}

static const struct opt *by_letter(const struct opts *o, int c)
{
	for (int i = 0; table(o, i); i++)
		for (const struct opt *p = table(o, i); p->id; p++)
			if (p->letter && p->letter == c)
				return p;
	return NULL;
}

static void print_one(const struct opt *p)
{
	char left[80];
	int n;

	if (p->letter)
		n = snprintf(left, sizeof left, "  -%c, --%s", p->letter, p->name);
	else
		n = snprintf(left, sizeof left, "      --%s", p->name);
	if (p->arg)
		n += snprintf(left + n, sizeof left - (size_t)n, *p->arg == '[' ? "[=%.*s]" : "=%.*s",
		    (int)strlen(p->arg) - (*p->arg == '[' ? 2 : 0), p->arg + (*p->arg == '['));
	if (n > 33)
		printf("%s\n%34s%s\n", left, "", p->help);
	else
		printf("%-34s%s\n", left, p->help);
}

static void print_help(const struct opts *o)
{
	const char *line = o->usage;

	for (const char *head = "usage: "; *line; head = "       ") {
		int n = (int)strcspn(line, "\n");

		printf("%s%.*s\n", head, n, line);
		line += n + (line[n] == '\n');
	}
	for (int i = 0; table(o, i); i++) {
		printf("\n");
		for (const struct opt *p = table(o, i); p->id; p++)
			if (p->help)
				print_one(p);
	}
	printf("\nSee %s(1).\n", msg_name());
}

/* One step of the walk: the option, its value in optarg. NULL: *code says how the walk ends. */
static const struct opt *next(const struct opts *o, const struct opt_state *s, int argc, char **argv, int *code)
{
	int at = -1, before = optind;
	int c = getopt_long(argc, argv, s->shorts, s->longs, &at);
	const struct opt *p;
	const char *said = before < argc ? argv[before] : "";

	*code = CODE_USAGE;
	if (c == -1) {
		*code = -1;
		return NULL;
	}
	if (c == ':') {
		msg_error("option %s needs a value", argv[optind - 1]);
		return NULL;
	}
	if (c == '?') {
		/* the value of a wrong option may be a password: only its name is shown */
		msg_error("unknown or ambiguous option %.*s", (int)strcspn(said, "="), said);
		msg_hint("%s --help lists the options", msg_name());
		return NULL;
	}
	p = c ? by_letter(o, c) : s->by_index[at];
	if (p && p->id == ID_HELP)
		print_help(o);
	else if (p && p->id == ID_VERSION)
		printf("%s (rowferry) %s\n", msg_name(), ROWFERRY_VERSION);
	else
		return p;
	*code = CODE_OK;
	return NULL;
}

int opts_take(const struct opts *o, int argc, char **argv, int (*take)(void *arg, int id, const char *value), void *arg)
{
	struct opt_state *s = prepare(o);
	const struct opt *p;
	int code = CODE_OK;

	if (!s) {
		msg_no_memory();
		return CODE_OUTSIDE;
	}
	opterr = 0;
	optind = 1;
	while (code == CODE_OK && (p = next(o, s, argc, argv, &code))) {
		code = CODE_OK;
		if (p->id == ID_VERBOSE)
			msg_more();
		else
			code = take(arg, p->id, optarg);
	}
	state_free(s);
	return code;
}

int opt_no_arguments(int argc, char **argv)
{
	if (optind >= argc)
		return 0;
	msg_error("there are no arguments but options: \"%s\"", argv[optind]);
	return -1;
}

int opt_input(int argc, char **argv, int *fd)
{
	*fd = STDIN_FILENO;
	if (argc - optind > 1) {
		msg_error("one file at a time; \"%s\" is a second one", argv[optind + 1]);
		return -1;
	}
	if (optind == argc || strcmp(argv[optind], "-") == 0)
		return 0;
	*fd = open(argv[optind], O_RDONLY | O_CLOEXEC);
	if (*fd >= 0)
		return 0;
	msg_error("cannot open \"%s\": %s", argv[optind], strerror(errno));
	return -1;
}

static int out_of_range(const char *option, const char *value, unsigned long long min, unsigned long long max, const char *what)
{
	msg_error("%s%s: \"%s\" is not %s from %llu to %llu", *option == '-' ? "" : "--", option, value, what, min, max);
	return -1;
}

int opt_uint(const char *option, const char *value, unsigned long long min, unsigned long long max, unsigned long long *out)
{
	char *end;

	errno = 0;
	*out = strtoull(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || errno || *out < min || *out > max)
		return out_of_range(option, value, min, max, "a number");
	return 0;
}

int opt_size(const char *option, const char *value, unsigned long long min, unsigned long long max, unsigned long long *out)
{
	static const char units[] = "KMGkmg";
	unsigned shift = 0;
	char *end;

	errno = 0;
	*out = strtoull(value, &end, 10);
	if (*end && strchr(units, *end)) {
		shift = 10 * (unsigned)((strchr(units, *end) - units) % 3 + 1);
		end++;
	}
	if (*value < '0' || *value > '9' || *end || errno || *out > (~0ull >> shift))
		return out_of_range(option, value, min, max, "a size in bytes (K, M, G)");
	*out <<= shift;
	if (*out < min || *out > max)
		return out_of_range(option, value, min, max, "a size in bytes (K, M, G)");
	return 0;
}

int opt_seconds(const char *option, const char *value, double min, double max, double *out)
{
	char *end;

	errno = 0;
	*out = strtod(value, &end);
	if (!((*value >= '0' && *value <= '9') || *value == '.') || *end || errno || !(*out >= min && *out <= max)) {
		msg_error(
		    "%s%s: \"%s\" is not a number of seconds from %g to %g", *option == '-' ? "" : "--", option, value, min, max);
		return -1;
	}
	return 0;
}

int stdout_close(int code)
{
	if ((fflush(stdout) == 0 && !ferror(stdout) && close(STDOUT_FILENO) == 0) || code != CODE_OK)
		return code;
	msg_error("could not write to standard output: %s", strerror(errno));
	return CODE_OUTSIDE;
}

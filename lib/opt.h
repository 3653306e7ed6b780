#ifndef OPT_H
#define OPT_H
/*
 * Command lines: tables of options, read by getopt_long, and the --help text
 * made from the same tables, so that the two cannot differ. --help, --version
 * and -v are in every program and handled here. Options of the connection come
 * from conn.h's own table.
 */
#include <stddef.h>

struct opt {
	int id;	     /* what opts_take hands over; > 0, unique over all tables of a program */
	char letter; /* 0: none */
	const char *name;
	const char *arg;  /* NULL: takes none; "FILE": takes one; "[PASSWORD]": may take one (with = or glued) */
	const char *help; /* lower case, no full stop; NULL: accepted but not in --help (other spellings) */
};

struct opts {
	const char *usage;	     /* lines after "usage: ", separated by \n */
	const struct opt *tables[4]; /* each ends with id 0; NULL ends the list */
};

/*
 * Hands each option to take, with its value (NULL if it has none). take returns
 * CODE_OK to go on, or the exit code to end with, its message printed. Returns
 * -1 when the options are over: optind is the first argument. Else the exit
 * code: CODE_OK when --help or --version was answered, CODE_USAGE with the
 * message printed, or what take returned.
 */
int opts_take(const struct opts *o, int argc, char **argv, int (*take)(void *arg, int id, const char *value), void *arg);

/* What stands behind the options. Both: 0, or -1 with the message printed. */
int opt_no_arguments(int argc, char **argv);
/* One file at the most: *fd is that file, opened; standard input if there is none or it is "-". */
int opt_input(int argc, char **argv, int *fd);

/* Numbers with bounds; 0, or -1 with a message that names the option. Sizes take K, M, G (1024). */
int opt_uint(const char *option, const char *value, unsigned long long min, unsigned long long max, unsigned long long *out);
int opt_size(const char *option, const char *value, unsigned long long min, unsigned long long max, unsigned long long *out);
int opt_seconds(const char *option, const char *value, double min, double max, double *out);

/*
 * The last thing that main does: closes standard output, where a write that
 * failed late is told. Returns the exit code: code, or CODE_OUTSIDE with the
 * message printed if code was CODE_OK and what was written is not there.
 */
int stdout_close(int code);

#define ROWFERRY_VERSION "0.1.0"

#endif

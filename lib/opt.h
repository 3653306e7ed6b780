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
	int id;	     /* what opt_next returns; > 0, unique over all tables of a program */
	char letter; /* 0: none */
	const char *name;
	const char *arg;  /* NULL: takes none; "FILE": takes one; "[PASSWORD]": may take one (with = or glued) */
	const char *help; /* lower case, no full stop; NULL: accepted but not in --help (other spellings) */
};

struct opts {
	const char *usage;	     /* lines after "usage: ", separated by \n */
	const struct opt *tables[4]; /* each ends with id 0; NULL ends the list */
	/* the walk */
	int argc;
	char **argv;
	void *state;
};

#define OPT_END (-1)   /* the options are over; optind is the first argument */
#define OPT_WRONG (-2) /* wrong use; the message was printed */
#define OPT_DONE (-3)  /* --help or --version was answered: exit 0 */

/* Returns the id of the next option with *value (NULL if it has none), or OPT_*. */
int opt_next(struct opts *o, int argc, char **argv, const char **value);
void opt_release(struct opts *o);

/* Numbers with bounds; 0, or -1 with a message that names the option. Sizes take K, M, G (1024). */
int opt_uint(const char *option, const char *value, unsigned long long min, unsigned long long max, unsigned long long *out);
int opt_size(const char *option, const char *value, unsigned long long min, unsigned long long max, unsigned long long *out);
int opt_seconds(const char *option, const char *value, double min, double max, double *out);

/*
 * Closes stdout and looks at the result: 0, or -1 with a message. The last thing
 * that main does.
 */
int stdout_close(void);

#define ROWFERRY_VERSION "0.1.0"

#endif

#ifndef CNF_H
#define CNF_H
/*
 * Option files of the mysql clients (my.cnf): which files there are, and what
 * stands in the groups that one asks for. It knows the files' form, not what
 * any option means. The client libraries read them too, but let a file win over
 * what was said on the command line, and take no --defaults-extra-file.
 */

struct cnf_where {
	const char *defaults_file; /* read this one alone; NULL: the usual places */
	const char *extra_file;	   /* read after the global files, before the user's; NULL: none */
	const char *suffix;	   /* each group is also read with this behind its name; NULL: none */
};

/*
 * Reads the files in their order. on_option gets each option of a wanted group,
 * with _ in names as -, value NULL when it has none; what comes later is meant
 * to win. 0; -1: a file that was named cannot be read, a line is wrong, or
 * on_option returned -1 (it has printed its reason then). groups ends with NULL.
 */
int cnf_read(const struct cnf_where *w, const char *const *groups,
    int (*on_option)(void *arg, const char *group, const char *name, const char *value, const char *file, unsigned line),
    void *arg);

#endif

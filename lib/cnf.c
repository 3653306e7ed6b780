#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cnf.h"
#include "msg.h"

#define LINE_MAX_BYTES 65536
#define INCLUDE_DEPTH 10 /* as the servers' own reader */

struct walk {
	const char *const *groups;
	const char *suffix;
	int (*on_option)(void *, const char *, const char *, const char *, const char *, unsigned);
	void *arg;
};

static int read_file(const struct walk *w, const char *file, int must, int depth);

static int is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static char *trim(char *s)
{
	size_t n;

	while (is_space(*s))
		s++;
	for (n = strlen(s); n > 0 && is_space(s[n - 1]); n--)
		s[n - 1] = 0;
	return s;
}

/* A # outside quotes begins a comment. */
static void cut_comment(char *s)
{
	char quote = 0;
	int escaped = 0;

	for (; *s; s++) {
		if ((*s == '"' || *s == '\'') && !escaped) {
			if (!quote)
				quote = *s;
			else if (quote == *s)
				quote = 0;
		}
		if (!quote && *s == '#') {
			*s = 0;
			return;
		}
		escaped = quote && *s == '\\' && !escaped;
	}
}

/* Takes quotes and escapes off a value, in place. */
static char *unquote(char *s)
{
	size_t n = strlen(s);
	char *to, *from;

	if (n >= 2 && (*s == '"' || *s == '\'') && s[n - 1] == *s) {
		s[n - 1] = 0;
		s++;
	}
	for (from = to = s; *from; from++) {
		if (*from != '\\' || !from[1]) {
			*to++ = *from;
			continue;
		}
		switch (*++from) {
		case 'n':
			*to++ = '\n';
			break;
		case 't':
			*to++ = '\t';
			break;
		case 'r':
			*to++ = '\r';
			break;
		case 'b':
			*to++ = '\b';
			break;
		case 's':
			*to++ = ' ';
			break;
		case '"':
		case '\'':
		case '\\':
			*to++ = *from;
			break;
		default: /* as it stands */
			*to++ = '\\';
			*to++ = *from;
		}
	}
	*to = 0;
	return s;
}

static const char *wanted_group(const struct walk *w, const char *name)
{
	for (const char *const *g = w->groups; *g; g++) {
		size_t n = strlen(*g);

		if (!strcmp(*g, name) || (w->suffix && !strncmp(*g, name, n) && !strcmp(name + n, w->suffix)))
			return *g;
	}
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_dir(const struct walk *w, const char *dir, int depth)
{
	char **files = NULL, path[PATH_MAX];
	size_t n = 0;
	int rc = 0;
	DIR *d = opendir(dir);

	if (!d)
		return 0;
	for (struct dirent *e; (e = readdir(d));) {
		size_t len = strlen(e->d_name);
		char **more;

		if (len < 5 || strcmp(e->d_name + len - 4, ".cnf") != 0)
			continue;
		more = realloc(files, (n + 1) * sizeof *files);
		if (!more || !(more[n] = strdup(e->d_name))) {
			msg_no_memory();
			rc = -1;
			files = more ? more : files;
			break;
		}
		files = more;
		n++;
	}
	closedir(d);
	if (n)
		qsort(files, n, sizeof *files, by_name);
	for (size_t i = 0; i < n; i++) {
		if (rc == 0 && (size_t)snprintf(path, sizeof path, "%s/%s", dir, files[i]) < sizeof path)
			rc = read_file(w, path, 0, depth + 1);
		free(files[i]);
	}
	free(files);
	return rc;
}

static int include(const struct walk *w, const char *file, unsigned line, char *s, int depth)
{
	int dir = !strncmp(s, "includedir", 10);

	s += dir ? 10 : 7;
	if (!is_space(*s)) {
		msg_error("%s:%u: wrong include", file, line);
		return -1;
	}
	if (depth >= INCLUDE_DEPTH)
		return 0;
	s = trim(s);
	return dir ? read_dir(w, s, depth) : read_file(w, s, 0, depth + 1);
}

static int read_line(const struct walk *w, const char *file, unsigned line, char *s, const char **group, int depth)
{
	char *value, *name, *end;

	s = trim(s);
	if (!*s || *s == '#' || *s == ';')
		return 0;
	if (*s == '!') {
		s = trim(s + 1);
		if (!strncmp(s, "include", 7))
			return include(w, file, line, s, depth);
		return 0;
	}
	if (*s == '[') {
		end = strchr(s, ']');
		if (!end) {
			msg_error("%s:%u: a group's name has no ]", file, line);
			return -1;
		}
		*end = 0;
		*group = wanted_group(w, trim(s + 1));
		return 0;
	}
	if (!*group)
		return 0;
	cut_comment(s);
	value = strchr(s, '=');
	if (value) {
		*value = 0;
		value = unquote(trim(value + 1));
	}
	name = trim(s);
	for (char *c = name; *c; c++)
		if (*c == '_')
			*c = '-';
	if (!strncmp(name, "loose-", 6))
		name += 6;
	return w->on_option(w->arg, *group, name, value, file, line);
}

static int read_file(const struct walk *w, const char *file, int must, int depth)
{
	struct stat st;
	char line[LINE_MAX_BYTES];
	const char *group = NULL;
	unsigned n = 0;
	int rc = 0;
	FILE *f = fopen(file, "re");

	if (!f || fstat(fileno(f), &st) < 0 || S_ISDIR(st.st_mode)) {
		int e = f ? EISDIR : errno;

		if (f)
			fclose(f);
		if (!must)
			return 0;
		msg_error("cannot read option file %s: %s", file, strerror(e));
		return -1;
	}
	if (S_ISREG(st.st_mode) && (st.st_mode & S_IWOTH)) {
		msg_warn("option file %s can be written by everybody and is not read", file);
		fclose(f);
		return must ? -1 : 0;
	}
	while (rc == 0 && fgets(line, sizeof line, f)) {
		n++;
		if (!strchr(line, '\n') && !feof(f)) { /* also of zero bytes there are no lines */
			msg_error("%s:%u: a line of more than %d bytes, or with a zero byte", file, n, LINE_MAX_BYTES - 2);
			rc = -1;
		} else {
			rc = read_line(w, file, n, line, &group, depth);
		}
	}
	if (rc == 0 && ferror(f)) {
		msg_error("cannot read option file %s: %s", file, strerror(errno));
		rc = -1;
	}
	explicit_bzero(line, sizeof line);
	fclose(f);
	return rc;
}

int cnf_read(const struct cnf_where *where, const char *const *groups,
    int (*on_option)(void *arg, const char *group, const char *name, const char *value, const char *file, unsigned line),
    void *arg)
{
	struct walk w = {groups, where->suffix, on_option, arg};
	const char *home = getenv("HOME"), *dir = getenv("MARIADB_HOME");
	char path[PATH_MAX];

	if (where->defaults_file)
		return read_file(&w, where->defaults_file, 1, 0);
	if (read_file(&w, "/etc/my.cnf", 0, 0) < 0 || read_file(&w, "/etc/mysql/my.cnf", 0, 0) < 0)
		return -1;
	if (!dir)
		dir = getenv("MYSQL_HOME");
	if (dir && (size_t)snprintf(path, sizeof path, "%s/my.cnf", dir) < sizeof path && read_file(&w, path, 0, 0) < 0)
		return -1;
	if (where->extra_file && read_file(&w, where->extra_file, 1, 0) < 0)
		return -1;
	if (!home) {
		struct passwd *pw = getpwuid(getuid());

		home = pw ? pw->pw_dir : NULL;
	}
	if (home && (size_t)snprintf(path, sizeof path, "%s/.my.cnf", home) < sizeof path && read_file(&w, path, 0, 0) < 0)
		return -1;
	return 0;
}

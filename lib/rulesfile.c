#include "rulesfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"

void rules_mistake(const char *file, const struct expr_err *err, const char *about)
{
	if (err->line)
		msg_error("%s:%u:%u: %s%s", file, err->line, err->col, err->text, about);
	else
		msg_error("%s: %s%s", file, err->text, about);
}

static int read_file(int fd, struct buf *b)
{
	ssize_t n;

	do {
		if (b->len > RULES_MAX) {
			errno = EFBIG;
			return -1;
		}
		if (buf_room(b, 65536) < 0) {
			errno = ENOMEM;
			return -1;
		}
		n = read(fd, b->p + b->len, 65536);
		if (n > 0)
			b->len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 ? -1 : 0;
}

/* A file that is not there, or not for us, is for a person to mend; a disk that fails may come back. */
static int is_outside(int e)
{
	return e == EIO || e == ENOMEM || e == EMFILE || e == ENFILE || e == ESTALE || e == ETIMEDOUT;
}

int rules_load(struct rules *r, const char *path)
{
	struct buf b = BUF_INIT;
	struct expr_err err;
	int fd, rc = -1;

	if (r->file) {
		msg_error("--rules is given more than once");
		return -2;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read_file(fd, &b) < 0) {
		rc = is_outside(errno) ? -1 : -2;
		msg_error("%s read rules file \"%s\": %s", rc == -1 ? "could not" : "cannot", path, strerror(errno));
	} else if (rules_read(r, path, (const char *)b.p, b.len, &err) < 0) {
		rules_mistake(path, &err, "");
		rc = -2;
	} else {
		rc = 0;
	}
	if (fd >= 0)
		close(fd);
	buf_release(&b);
	return rc;
}

int rules_load_where(struct rules_tests *t, const char *text)
{
	struct expr_err err;
	struct expr *e = expr_parse(text, strlen(text), 1, 1, &err);

	if (!e) {
		rules_mistake("--where", &err, "");
		return -2;
	}
	if (rules_add_where(t, e) < 0) {
		msg_no_memory();
		return -1;
	}
	return 0;
}

int rules_load_ddl(enum rules_ddl *ddl, const char *text)
{
	if (rules_parse_ddl(text, strlen(text), ddl) == 0)
		return 0;
	msg_error("--ddl is pass, drop or stop, not \"%s\"", text);
	return -2;
}

#include "input.h"

void input_init(struct input *in, int fd)
{
	reader_init(&in->r, fd);
	in->line = in->next = 1;
}

void input_release(struct input *in)
{
	reader_release(&in->r);
}

static enum input_result ended(enum fdio how, enum input_result at_eof)
{
	return how == FDIO_EOF ? at_eof : how == FDIO_STOP ? INPUT_STOP : INPUT_ERROR;
}

/* Where an object is: depth of brackets, inside a string, behind a backslash. */
struct walk {
	unsigned long depth;
	int in_string, escaped;
};

/* 1 when c ends the object. */
static int step(struct walk *w, uint8_t c)
{
	if (w->in_string) {
		if (w->escaped)
			w->escaped = 0;
		else if (c == '\\')
			w->escaped = 1;
		else if (c == '"')
			w->in_string = 0;
		return 0;
	}
	if (c == '"')
		w->in_string = 1;
	else if (c == '{' || c == '[')
		w->depth++;
	else if (c == '}' || c == ']')
		return --w->depth == 0;
	return 0;
}

enum input_result input_next(struct input *in, const char **p, size_t *n)
{
	struct reader *r = &in->r;
	struct walk w = {0, 0, 0};
	enum fdio how;

	for (;;) {
		uint8_t c;

		if ((how = reader_want(r, 1)) != FDIO_OK) {
			in->line = in->next;
			return ended(how, INPUT_EOF);
		}
		c = r->b.p[r->at];
		if (c == '{')
			break;
		in->line = in->next;
		if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
			return INPUT_WRONG;
		in->next += c == '\n';
		r->at++;
	}
	in->line = in->next;
	for (size_t i = 0;; i++) {
		uint8_t c;

		if (i == reader_left(r) && (how = reader_want(r, i + 1)) != FDIO_OK)
			return ended(how, INPUT_CUT);
		c = r->b.p[r->at + i];
		in->next += c == '\n';
		if (step(&w, c)) {
			*p = (const char *)r->b.p + r->at;
			*n = i + 1;
			r->at += i + 1;
			return INPUT_OK;
		}
	}
}

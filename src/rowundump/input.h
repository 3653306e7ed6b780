#ifndef INPUT_H
#define INPUT_H
/*
 * The input cut into JSON objects, one after the other, on lines of their own
 * or over several. It knows where an object ends, not what is in it.
 */
#include "fdio.h"

enum input_result {
	INPUT_OK,
	INPUT_EOF,
	INPUT_CUT,   /* the end inside an object */
	INPUT_WRONG, /* something that is no object */
	INPUT_STOP,
	INPUT_ERROR /* errno */
};

struct input {
	struct reader r;
	unsigned long line; /* of the last object's first byte, from 1; after INPUT_CUT and INPUT_WRONG where that is */
	unsigned long next; /* line of the next unread byte */
};

void input_init(struct input *in, int fd);
void input_release(struct input *in);
/* The next object, borrowed until the next call. */
enum input_result input_next(struct input *in, const char **p, size_t *n);

#endif

#ifndef PRETTY_H
#define PRETTY_H
/* What the two parts of --pretty share: text in a style, if colours are wanted. */
#include "dump.h"

enum style { PLAIN, BOLD, DIM, GREEN, YELLOW, RED, CYAN };

void pretty_style(struct dump *d, enum style s); /* from here on */
void pretty_say(struct dump *d, enum style s, const char *text);

/* pretty_rows.c: on_rows of the stream */
int pretty_rows(struct stream *s, const struct rec_rows *r, struct table *t, struct cur *c);

#endif

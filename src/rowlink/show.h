#ifndef SHOW_H
#define SHOW_H
/*
 * What rowlink shows of itself to who looks from outside (watch.h), beside what every program does. Who connects shows its one
 * link. A listener shows all that its processes carry, what became of connections, and, in the JSON object alone, each
 * stream: as labels of metrics they would make a new series with each connection.
 */
#include <stddef.h>

#define SHOW_US 250000 /* how often what is shown is brought up to date */

struct carried;
struct listener;

/* Both begin it, if it is asked for: CODE_OK, or the exit code with the message printed. */
int show_start_one(void);
int show_start_listener(struct listener *l); /* its base is there */

/* Where who connects counts: the numbers stay when the link is gone. */
struct carried *show_one(void);
/* Brings it up to date. waiting: bytes that have come and are not passed on. */
void show_link(const struct carried *c, size_t waiting);
void show_listener(const struct listener *l);

/* For a connection: where both processes see it. NULL: nobody looks, or there is no memory for that. */
struct carried *show_share(void);
void show_unshare(struct carried *c); /* NULL does nothing */

#endif

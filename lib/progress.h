#ifndef PROGRESS_H
#define PROGRESS_H
/*
 * Progress of long work for whoever sits at the terminal: one line on stderr (rows, of a link bytes),
 * drawn anew a few times a second by the thread that watches (watch.h). It begins
 * after a second, so that short work shows nothing, and goes away before a
 * message. One program of a pipeline draws it, the last that sees the terminal: one
 * that writes its stream into a pipe leaves it to those behind; but while tables are
 * copied, whoever copies them, for that knows the end.
 */
#include "status.h"

/* always, never or auto. 0, or -1 with the message printed. */
int progress_take(const char *when);
/* Draws also in front of others, while there are copy_rows. Before watch_start. */
void progress_first(void);
/* Is there to be any? role is one of enum status_role. */
int progress_is_wanted(unsigned role);
/* Draws the line, if it is wanted and time. still_us: for so long nothing has moved. */
void progress_draw(const struct status_view *v, int64_t still_us);
/* Leaves the terminal to another program, which knows more about what goes on. Not if the line was asked for. Of any thread. */
void progress_leave(void);
/* Takes the line away, if there was one. done: says how much it was in all. */
void progress_end(const struct status_view *v, int done);

#endif

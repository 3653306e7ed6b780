#ifndef COMMAND_H
#define COMMAND_H
/*
 * The command of one connection: started for the position that was asked for,
 * its output and its remarks on pipes of ours, its end on a descriptor. Who is
 * served, and what is done with the output, is far.c's.
 */
#include "block.h"
#include "child.h"

struct command {
	struct child child;
	int out, err, pid_fd; /* to be read, not blocking; pid_fd can be read when it has ended. -1: closed */
	struct buf line;
	char last[BLOCK_TEXT_MAX + 1]; /* the last line of its standard error, an error if there was one */
	const char *peer;
};

/* 1 if {} stands in an argument: it cannot be run without a position. */
int command_wants_position(char **argv);
/* start_at NULL: none. peer is borrowed. 0, or -1 with the message printed. To be released in any case. */
int command_start(struct command *c, char **argv, const char *start_at, const char *peer);
/* Prints what it has said on standard error, each line with the peer's name. 1 when there is no more to come. */
int command_said(struct command *c);
/* Once ended: the exit code for the other side: 100 if it could not be run, 111 if a signal has ended it. */
int command_code(struct command *c, const char *name);
void command_release(struct command *c);

#endif

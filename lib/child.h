#ifndef CHILD_H
#define CHILD_H
/*
 * A command that we run: a process group of its own, with the descriptors that we
 * were started with, default signals and nothing blocked. It is made ready first and
 * runs only when it is let: in between those who watch over it are told of it,
 * so that there is no moment in which it runs and nobody would stop it.
 */
#include <stddef.h>
#include <sys/types.h>

struct child {
	pid_t pid;  /* and process group; 0: never started */
	int go;	    /* its starting shot, our end */
	int failed; /* tells why it could not be executed */
	int ended;
	int status; /* of waitpid, once ended */
};

struct child_how {
	int std[3];	 /* its descriptors 0 to 2, each above 2, or -1 for ours */
	int when_orphan; /* the signal that it gets when the thread that started it is no more; 0: none */
};

/* Remembers which descriptors were open when we were started, for the command to have; without it it has 0 to 2. First thing in
 * main. */
void child_note_descriptors(void);
/*
 * Makes it ready. env: "NAME=value" strings that are added to the environment or replace what is there; NULL ends them.
 * how NULL: with our descriptors 0 to 2, and it outlives us.
 * 0, or -1 with errno. Orphans of the command become our children from then on, so that nothing of it is lost sight of.
 */
int child_start(struct child *c, char **argv, const char *const *env, const struct child_how *how);
/* It runs the command, or, if it may not, ends as if that had. */
void child_go(struct child *c, int may);
void child_signal(const struct child *c, int signo); /* to the whole group */
/* Takes notice of processes that have ended. 1 if other was among them. */
int child_reap(struct child *c, pid_t other);
/* 1 if no process is left in its group. */
int child_is_gone(const struct child *c);
/* The exit code that a shell would see; 127 and 126, with the message printed, if it could not be executed. Once ended. */
int child_code(const struct child *c, const char *name);
void child_release(struct child *c);

#endif

#ifndef RETAIN_H
#define RETAIN_H
/*
 * Which segments stay: those that size and age allow, the last, and those that a
 * reader with a name has not passed. Readers' positions are files in readers/.
 */
#include "pos.h"
#include "spool.h"

#define READER_NAME_MAX 128

/* May a reader be called so? Letters, digits and -_.@, not a dot first. Else the message is printed. */
int reader_name_ok(const char *name);
/* 0: *at is its position, to be released; 1: there is none of that name; -1: with the message printed. */
int reader_load(const struct spool *sp, const char *name, struct pos *at);
/* 0, or -1 with the message printed. */
int reader_store(const struct spool *sp, const char *name, const char *position);
/* 0; 1: there was none; -1 with the message printed. */
int reader_forget(const struct spool *sp, const char *name);
/* Calls f for each, in the order of names; at NULL: its position is not understood. 0, -1 with the message printed, or what f
 * gave. */
int reader_each(const struct spool *sp, int (*f)(void *arg, const char *name, struct pos *at), void *arg);

struct retain {
	uint64_t keep_bytes;	    /* 0: any number */
	int64_t keep_us;	    /* 0: for ever */
	char said[READER_NAME_MAX]; /* the reader that was last said to hold up */
};

/* Removes what need not stay. 0, or -1 with the message printed. */
int retain(struct retain *r, struct spool *sp);

#endif

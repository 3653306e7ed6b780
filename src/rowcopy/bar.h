#ifndef BAR_H
#define BAR_H
/*
 * One line on standard error that is written over and over, if that is a terminal: how far, how fast, how long still. It is
 * drawn instead of progress.h's, which knows no end; the sink behind leaves the terminal to it.
 */
#include "copy.h"

void bar_rows(struct copy *c, size_t index, uint64_t rows_of_chunk);
void bar_end(struct copy *c);

#endif

#ifndef PROGRESS_H
#define PROGRESS_H
/* One line on standard error that is written over and over, if that is a terminal: how far, how fast, how long still. */
#include "copy.h"

void progress_rows(struct copy *c, size_t index, uint64_t rows_of_chunk);
void progress_end(struct copy *c);

#endif

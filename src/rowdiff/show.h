#ifndef SHOW_H
#define SHOW_H
/* What came of the suspects: reads the rows that differ once more, whole, for the report and the repair. */
struct worker;

int show_suspects(struct worker *w); /* the exit code */

#endif

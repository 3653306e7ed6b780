#ifndef LOOK_H
#define LOOK_H
/* What is in a spool, for people and scripts: rowspool list, verify, ack, forget, and write --print-position. Exit codes. */

int look_list(const char *dir);
int look_verify(const char *dir, int rebuild_index);
int look_position(const char *dir);
int look_ack(const char *dir, const char *reader, const char *position);
int look_forget(const char *dir, const char *reader);

#endif

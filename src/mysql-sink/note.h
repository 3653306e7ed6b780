#ifndef NOTE_H
#define NOTE_H
/*
 * What the checkpoint notes of a DDL statement that is about to run: where it stands, what it is, and how its objects look, by
 * which it is seen later on whether it ran.
 *
 * ddl_at is "TRX/NUMBER NAMESTEXT": the transaction, the statement's number in it, and prints, 8 hex digits each, of the names
 * and of the text. A statement of the log is the same whenever it comes; that of a copy at the same place may be another one,
 * when the table was changed meanwhile, and so may one that rules of rowmap change. ddl_print is of the objects.
 */
#include "exec.h"

enum note_part { NOTE_NAMES = 8, NOTE_TEXT = 16 };

int note_verb_is(const struct rec_ddl *r, const char *word);   /* is it one of the verb's words? */
void note_put_name(struct buf *sql, const struct rec_name *n); /* in backquotes */

/* How the objects look now. 0; -1 with the link's err, another try may do. */
int note_look(struct exec *x, const struct rec_ddl *r, char print[17]);
/* What is to be ddl_at. */
void note_put(char *at, size_t size, const struct rec_ddl *r, const char *trx, unsigned number);
/* Is the note of the same place, and of the same names, or of the very statement? One of an earlier version has the place alone.
 */
int note_is_of(struct ckpt *c, const char *at, enum note_part part);
/* It is of a later statement of the transaction: this one ran before it. */
int note_is_past(struct ckpt *c, const char *trx, unsigned number);

#endif

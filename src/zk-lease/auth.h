#ifndef AUTH_H
#define AUTH_H
/*
 * The user and password of --auth-file: one line, "user:password".
 */

/*
 * Reads it; the caller wipes and frees it with auth_free. NULL with the message printed: never with what is in the file. A
 * file that others can read gets a warning.
 */
char *auth_read(const char *file);
void auth_free(char *auth);

#endif

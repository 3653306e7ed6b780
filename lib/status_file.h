#ifndef STATUS_FILE_H
#define STATUS_FILE_H
/* The file of --status-file: whoever reads it sees a whole text, the old one or the new. */
#include "buf.h"

#define STATUS_FILE_NAME_MAX 4080 /* bytes of its name, with what is put behind it below PATH_MAX */

/* Writes PATH.new, which takes the place of path. 0, or -1 (errno), with the old text kept. */
int status_file_put(const char *path, const struct buf *text);

#endif

#ifndef FUZZ_SUPPLY_H
#define FUZZ_SUPPLY_H
/* Definitions as a server might give them for a table of the log: mostly ones that fit, drawn by chance where several do. */
#include "binlog/tmap.h"

struct table *supply_table(const struct tmap *m, struct tmap_col *cols, uint32_t seed);

#endif

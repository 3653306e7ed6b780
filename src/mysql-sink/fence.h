#ifndef FENCE_H
#define FENCE_H
/*
 * A holder of a lease that takes a pipeline over: its epoch goes into the checkpoint in a transaction of its own, before
 * anything is read from the source. From then on no batch of a sink with a lower epoch can commit (ckpt_sql_move finds its row
 * no more), however long that was stopped or cut off. What is left of its sessions is ended, as their locks would be in the
 * way. The epoch is any number that grows from holder to holder: zk-lease(1) takes ZooKeeper's transaction ids.
 */
#include "ckpt.h"

/*
 * 0: the checkpoint has this epoch, or there is none yet; else the exit code, after a message: CODE_LEASE when it has a higher
 * one.
 */
int fence(const struct conn_opts *conn, const char *pipeline, uint64_t epoch);

/* The bare statement, over a link that is there; c is read again behind it. 0 or -1 (the link's err). */
int fence_raise(struct link *l, struct ckpt *c, uint64_t epoch);

/* After a lost connection: is there a higher epoch? It is said then. 1 or 0; also 0 when it cannot be seen. */
int fence_is_lost(const struct conn_opts *conn, const struct ckpt *ours);

/* Says that the checkpoint is another's, whose epoch is higher than ours. Returns CODE_LEASE. */
int fence_lost(const struct ckpt *now, uint64_t ours);

#endif

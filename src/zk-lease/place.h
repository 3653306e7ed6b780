#ifndef PLACE_H
#define PLACE_H
/*
 * Where a lease is, as the command line says it: the servers and the path.
 * Whatever ZooKeeper or its library would refuse is found here first, since
 * what they say of it helps nobody.
 */

/* HOST:PORT[,HOST:PORT...][/CHROOT]. 0, or -1 with the message printed. */
int place_check_servers(const char *servers);
/* A path of nodes. 0, or -1 with the message printed, which names the option. */
int place_check_path(const char *option, const char *path);

#endif

#include "ready.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"
#include "notify.h"
#include "opt.h"

int ready_take(int *fd, const char *value)
{
	unsigned long long n;

	if (opt_uint("--ready-fd", value, STDERR_FILENO + 1, 65535, &n) < 0)
		return -1;
	*fd = (int)n;
	return 0;
}

void ready_say(int *fd)
{
	notify_say("READY=1");
	if (*fd < 0)
		return;
	if (write(*fd, "\n", 1) != 1)
		msg_warn("could not write to descriptor %d: %s", *fd, strerror(errno));
	close(*fd);
	*fd = -1;
}

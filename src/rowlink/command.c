#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "code.h"
#include "msg.h"

#define PIPE_BYTES (512 * 1024)

int command_wants_position(char **argv)
{
	for (; *argv; argv++)
		if (strstr(*argv, "{}"))
			return 1;
	return 0;
}

/* An argument with the position for each {}; NULL: no memory. */
static char *filled(const char *arg, const char *start_at)
{
	struct buf b = BUF_INIT;
	const char *at;
	char *s;

	for (; (at = strstr(arg, "{}")); arg = at + 2) {
		buf_add(&b, arg, (size_t)(at - arg));
		buf_adds(&b, start_at);
	}
	buf_adds(&b, arg);
	s = b.failed ? NULL : strdup(buf_str(&b));
	buf_release(&b);
	return s;
}

static void free_args(char **args)
{
	for (char **a = args; a && *a; a++)
		free(*a);
	free(args);
}

static char **fill_args(char **argv, const char *start_at)
{
	size_t n = 0;
	char **args;

	while (argv[n])
		n++;
	args = calloc(n + 1, sizeof *args);
	for (size_t i = 0; args && i < n; i++) {
		args[i] = filled(argv[i], start_at);
		if (!args[i]) {
			free_args(args);
			return NULL;
		}
	}
	return args;
}

static int new_pipe(int *ours, int *its)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	*ours = fds[0];
	*its = fds[1];
	return fcntl(*ours, F_SETFL, O_NONBLOCK);
}

static int start(struct command *c, char **args, const char *const *env)
{
	struct child_how how = {{open("/dev/null", O_RDONLY | O_CLOEXEC), -1, -1}, SIGTERM};
	int *std = how.std, done = -1, saved;

	if (std[0] >= 0 && new_pipe(&c->out, &std[1]) == 0 && new_pipe(&c->err, &std[2]) == 0) {
		(void)fcntl(c->out, F_SETPIPE_SZ, PIPE_BYTES);
		done = child_start(&c->child, args, env, &how);
	}
	if (done == 0) {
		c->pid_fd = pidfd_open(c->child.pid, 0);
		if (c->pid_fd >= 0)
			child_go(&c->child, 1);
		else
			done = -1;
	}
	saved = errno;
	for (int i = 0; i < 3; i++)
		if (std[i] >= 0)
			close(std[i]);
	errno = saved;
	return done;
}

int command_start(struct command *c, char **argv, const char *start_at, const char *peer)
{
	struct buf peer_env = BUF_INIT, at_env = BUF_INIT;
	const char *env[3] = {NULL};
	char **args = fill_args(argv, start_at ? start_at : "");
	int done = -1;

	memset(c, 0, sizeof *c);
	c->out = c->err = c->pid_fd = c->child.go = c->child.failed = -1;
	c->peer = peer;
	buf_printf(&peer_env, "ROWLINK_PEER=%s", peer);
	buf_printf(&at_env, "ROWLINK_START_AT=%s", start_at ? start_at : "");
	env[0] = buf_str(&peer_env);
	env[1] = buf_str(&at_env);
	/* what the service manager has given us is not its */
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
	if (!args || peer_env.failed || at_env.failed)
		errno = ENOMEM;
	else
		done = start(c, args, env);
	if (done < 0)
		msg_error("could not start the command for %s: %s", peer, strerror(errno));
	free_args(args);
	buf_release(&peer_env);
	buf_release(&at_env);
	return done;
}

/* One line of it, with who it is about before it. Written at once, so that lines of several do not mix. */
static void say(struct command *c)
{
	struct buf b = BUF_INIT;
	size_t n = c->line.len < BLOCK_TEXT_MAX ? c->line.len : BLOCK_TEXT_MAX;

	for (size_t i = 0; i < c->line.len; i++)
		if (c->line.p[i] < 0x20 || c->line.p[i] == 0x7f)
			c->line.p[i] = '?';
	/* a remark behind the error does not hide it */
	if (c->line.len && (memmem(c->line.p, c->line.len, ": error: ", 9) || !strstr(c->last, ": error: "))) {
		memcpy(c->last, c->line.p, n);
		c->last[n] = 0;
	}
	buf_printf(&b, "%s: %s: ", msg_name(), c->peer);
	buf_add(&b, c->line.p, c->line.len);
	buf_add8(&b, '\n');
	if (!b.failed)
		(void)!write(STDERR_FILENO, b.p, b.len);
	buf_release(&b);
	buf_reset(&c->line);
}

int command_said(struct command *c)
{
	char text[4096];
	ssize_t n = 0;

	while (c->err >= 0 && ((n = read(c->err, text, sizeof text)) > 0 || (n < 0 && errno == EINTR)))
		for (ssize_t i = 0; i < n; i++) {
			if (text[i] != '\n')
				buf_add8(&c->line, (uint8_t)text[i]);
			if (text[i] == '\n' || c->line.len >= sizeof text)
				say(c);
		}
	if (c->err >= 0 && n < 0)
		return 0;
	if (c->line.len)
		say(c);
	return 1;
}

int command_code(struct command *c, const char *name)
{
	int code = child_code(&c->child, name);

	if (code == 126 || code == 127) {
		if (!*c->last)
			snprintf(c->last, sizeof c->last, "the listener cannot run its command");
		return CODE_USAGE;
	}
	return code > 128 ? CODE_OUTSIDE : code;
}

void command_release(struct command *c)
{
	int *all[] = {&c->out, &c->err, &c->pid_fd};

	for (size_t i = 0; i < 3; i++)
		if (*all[i] >= 0) {
			close(*all[i]);
			*all[i] = -1;
		}
	child_release(&c->child);
	buf_release(&c->line);
}

#include "child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "msg.h"

#define MAX_DESCRIPTORS 1024 /* more than so many, and the rest may see one of the library's */

static int ours[MAX_DESCRIPTORS]; /* those that we were started with, in order, from 3 on */
static size_t count;

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

void child_note_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	int fd;

	while (d && (e = readdir(d)) && count < MAX_DESCRIPTORS) {
		fd = atoi(e->d_name);
		if (*e->d_name != '.' && fd > STDERR_FILENO && fd != dirfd(d))
			ours[count++] = fd;
	}
	if (d)
		closedir(d);
	qsort(ours, count, sizeof *ours, by_number);
}

/* The library's descriptors are not all closed on exec, and come and go on another thread. */
static void close_later(int from, int to)
{
	if (from > to || close_range((unsigned)from, (unsigned)to, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	for (int fd = from; fd <= to && fd < 65536; fd++) /* a kernel before 5.11 */
		fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void keep_ours_alone(void)
{
	int from = STDERR_FILENO + 1;

	for (size_t i = 0; i < count; i++) {
		close_later(from, ours[i] - 1);
		from = ours[i] + 1;
	}
	if (count < MAX_DESCRIPTORS)
		close_later(from, 0x7fffffff);
}

/* After fork of a process with threads: only what is safe in a signal handler. */
static void child_main(char **argv, char **env, const struct child_how *how, int go, int failed) __attribute__((noreturn));

static void child_main(char **argv, char **env, const struct child_how *how, int go, int failed)
{
	struct sigaction was;
	sigset_t none;
	ssize_t n;
	int why;
	char c;

	setpgid(0, 0);
	if (how && how->when_orphan)
		prctl(PR_SET_PDEATHSIG, how->when_orphan);
	for (int s = 1; s < NSIG; s++)
		if (s != SIGHUP || (sigaction(s, NULL, &was) == 0 && was.sa_handler != SIG_IGN))
			signal(s, SIG_DFL);
	while ((n = read(go, &c, 1)) < 0 && errno == EINTR)
		;
	if (n != 1) /* whoever was to let us go is no more */
		_exit(0);
	keep_ours_alone();
	for (int fd = 0; how && fd <= STDERR_FILENO; fd++)
		if (how->std[fd] >= 0)
			dup2(how->std[fd], fd);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvpe(argv[0], argv, env);
	why = errno;
	(void)!write(failed, &why, sizeof why);
	_exit(why == ENOENT ? 127 : 126);
}

/* The environment with some names set. The strings are borrowed. NULL: no memory. */
static char **env_with(const char *const *add)
{
	size_t have = 0, more = 0, n = 0;
	char **env;

	while (environ[have])
		have++;
	while (add[more])
		more++;
	env = calloc(have + more + 1, sizeof *env);
	if (!env)
		return NULL;
	for (size_t i = 0; i < have; i++) {
		size_t k = 0;

		while (add[k] && strncmp(environ[i], add[k], strcspn(add[k], "=") + 1) != 0)
			k++;
		if (!add[k])
			env[n++] = environ[i];
	}
	for (size_t k = 0; k < more; k++)
		env[n++] = (char *)(uintptr_t)add[k];
	return env;
}

int child_start(struct child *c, char **argv, const char *const *env, const struct child_how *how)
{
	char **all = env_with(env);
	int go[2], failed[2], saved;

	memset(c, 0, sizeof *c);
	c->go = c->failed = -1;
	if (!all)
		return -1;
	if (pipe2(go, O_CLOEXEC) < 0)
		goto no_go;
	if (pipe2(failed, O_CLOEXEC | O_NONBLOCK) < 0)
		goto no_failed;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	c->pid = fork();
	if (c->pid == 0) {
		close(go[1]); /* or it would wait for itself */
		child_main(argv, all, how, go[0], failed[1]);
	}
	saved = errno;
	close(go[0]);
	close(failed[1]);
	c->go = go[1];
	c->failed = failed[0];
	free(all);
	errno = saved;
	if (c->pid > 0) {
		setpgid(c->pid, c->pid); /* both do: whoever comes first */
		return 0;
	}
	c->pid = 0;
	return -1;
no_failed:
	close(go[0]);
	close(go[1]);
no_go:
	free(all);
	return -1;
}

void child_go(struct child *c, int may)
{
	if (may)
		(void)!write(c->go, "", 1);
	close(c->go);
	c->go = -1;
}

void child_signal(const struct child *c, int signo)
{
	if (c->pid)
		kill(-c->pid, signo);
}

int child_reap(struct child *c, pid_t other)
{
	int status, found = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == other)
			found = 1;
		if (pid == c->pid) {
			c->ended = 1;
			c->status = status;
		}
	}
	return found;
}

int child_is_gone(const struct child *c)
{
	return !c->pid || (c->ended && kill(-c->pid, 0) < 0 && errno == ESRCH);
}

int child_code(const struct child *c, const char *name)
{
	int why;

	if (read(c->failed, &why, sizeof why) == (ssize_t)sizeof why)
		msg_error("cannot run \"%s\": %s", name, strerror(why));
	return WIFSIGNALED(c->status) ? 128 + WTERMSIG(c->status) : WEXITSTATUS(c->status);
}

void child_release(struct child *c)
{
	if (c->go >= 0)
		close(c->go);
	if (c->failed >= 0)
		close(c->failed);
	c->go = c->failed = -1;
}

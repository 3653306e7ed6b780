#include "zk.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <zookeeper/zookeeper.h>

#include "boottime.h"

/*
 * A session belongs to its thread, which opens it, sleeps, closes it and frees it. What is shared is guarded by the lock of
 * the struct zk, which is not freed while a session is left.
 */
struct zk_session {
	struct zk *zk;
	zhandle_t *handle; /* NULL until the library has made it */
	int failed;	   /* it could not */
	int leave;	   /* set by zk_leave */
	int fired;	   /* a watch has */
	int connections;   /* that it has had, as far as we were told */
	struct zk_op *ops; /* not answered yet */
};

struct zk {
	struct zk_options o;
	pthread_mutex_t lock;
	pthread_cond_t told; /* a session is to leave */
	int wake;
	int sessions; /* threads that have not ended */
	struct zk_session *now;
	char where[NI_MAXHOST + NI_MAXSERV + 4];
};

static void notify(struct zk *z)
{
	eventfd_write(z->wake, 1);
}

/* ---- on the library's threads */

static void on_event(zhandle_t *zh, int type, int state, const char *path, void *arg)
{
	struct zk_session *s = arg;

	(void)zh;
	(void)path;
	pthread_mutex_lock(&s->zk->lock);
	if (type != ZOO_SESSION_EVENT)
		s->fired = 1;
	else if (state == ZOO_CONNECTED_STATE)
		s->connections++;
	pthread_mutex_unlock(&s->zk->lock);
	notify(s->zk);
}

static enum zk_result result_of(int rc)
{
	switch (rc) {
	case ZOK:
		return ZK_OK;
	case ZNONODE:
		return ZK_NONE;
	case ZNODEEXISTS:
		return ZK_EXISTS;
	case ZNOAUTH:
		return ZK_DENIED;
	case ZCONNECTIONLOSS:
	case ZOPERATIONTIMEOUT:
	case ZCLOSING:
	case ZSESSIONMOVED:
	case ZSESSIONEXPIRED: /* the state says so too */
	case ZINVALIDSTATE:
	case ZAUTHFAILED:
		return ZK_LOST;
	default:
		return ZK_REFUSED;
	}
}

static void op_release(struct zk_op *op)
{
	for (size_t i = 0; i < op->count; i++)
		free(op->names[i]);
	free(op->names);
	buf_release(&op->text);
	free(op);
}

/* With the lock held. */
static void op_unlink(struct zk_op *op)
{
	if (op->prev)
		op->prev->next = op->next;
	else
		op->session->ops = op->next;
	if (op->next)
		op->next->prev = op->prev;
	op->session = NULL;
}

static void answer(struct zk_op *op, int rc)
{
	struct zk *z = op->zk;
	int given_up;

	pthread_mutex_lock(&z->lock);
	op_unlink(op);
	given_up = op->given_up;
	op->code = rc;
	op->result = result_of(rc);
	pthread_mutex_unlock(&z->lock);
	if (given_up)
		op_release(op);
	notify(z);
}

static void on_done(int rc, const void *arg)
{
	answer((struct zk_op *)(uintptr_t)arg, rc);
}

static void on_path(int rc, const char *path, const void *arg)
{
	struct zk_op *op = (struct zk_op *)(uintptr_t)arg;

	if (rc == ZOK && path)
		buf_adds(&op->text, path);
	answer(op, op->text.failed ? ZSYSTEMERROR : rc);
}

static void on_stat(int rc, const struct Stat *stat, const void *arg)
{
	struct zk_op *op = (struct zk_op *)(uintptr_t)arg;

	if (rc == ZOK && stat)
		op->czxid = stat->czxid;
	answer(op, rc);
}

static void on_data(int rc, const char *data, int len, const struct Stat *stat, const void *arg)
{
	struct zk_op *op = (struct zk_op *)(uintptr_t)arg;

	if (rc == ZOK && data && len > 0)
		buf_add(&op->text, data, (size_t)len);
	if (rc == ZOK && stat)
		op->czxid = stat->czxid;
	answer(op, op->text.failed ? ZSYSTEMERROR : rc);
}

static void on_names(int rc, const struct String_vector *names, const void *arg)
{
	struct zk_op *op = (struct zk_op *)(uintptr_t)arg;

	if (rc == ZOK && names && names->count > 0) {
		op->names = calloc((size_t)names->count, sizeof *op->names);
		for (; op->names && op->count < (size_t)names->count; op->count++)
			if (!(op->names[op->count] = strdup(names->data[op->count])))
				break;
		if (op->count < (size_t)names->count)
			rc = ZSYSTEMERROR;
	}
	answer(op, rc);
}

/* A refusal is seen in the state. */
static void on_auth(int rc, const void *arg)
{
	(void)rc;
	(void)arg;
}

/* ---- the session's thread */

/* Ops that the library has forgotten: nobody calls back any more. */
static void ops_end(struct zk_session *s)
{
	struct zk_op *op;

	while ((op = s->ops)) {
		op_unlink(op);
		op->code = ZCLOSING;
		op->result = ZK_LOST;
		if (op->given_up)
			op_release(op);
	}
}

/* ZK_TLS: the build has found zookeeper_init_ssl in the library. */
int zk_has_tls(void)
{
#ifdef ZK_TLS
	return 1;
#else
	return 0;
#endif
}

static zhandle_t *handle_new(const struct zk_options *o, struct zk_session *s)
{
#ifdef ZK_TLS
	if (o->certs)
		return zookeeper_init_ssl(o->servers, o->certs, on_event, o->timeout_ms, NULL, s, 0);
#endif
	return zookeeper_init(o->servers, on_event, o->timeout_ms, NULL, s, 0);
}

static void *session_run(void *arg)
{
	struct zk_session *s = arg;
	struct zk *z = s->zk;
	zhandle_t *h = handle_new(&z->o, s);

	pthread_mutex_lock(&z->lock);
	if (h && z->o.auth && !s->leave) /* left behind for long, and it may be freed */
		zoo_add_auth(h, "digest", z->o.auth, (int)strlen(z->o.auth), on_auth, NULL);
	s->handle = h;
	s->failed = !h;
	notify(z);
	while (!s->leave)
		pthread_cond_wait(&z->told, &z->lock);
	pthread_mutex_unlock(&z->lock);
	if (h)
		zookeeper_close(h);
	pthread_mutex_lock(&z->lock);
	ops_end(s);
	z->sessions--;
	notify(z);
	pthread_mutex_unlock(&z->lock);
	free(s);
	return NULL;
}

/* ---- on the main thread */

struct zk *zk_new(const struct zk_options *o)
{
	struct zk *z = calloc(1, sizeof *z);

	if (!z)
		return NULL;
	z->o = *o;
	z->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (z->wake < 0) {
		free(z);
		return NULL;
	}
	pthread_mutex_init(&z->lock, NULL);
	pthread_cond_init(&z->told, NULL);
	zoo_set_debug_level(0); /* says nothing: what matters is said by us */
	return z;
}

void zk_free(struct zk *z)
{
	int left;

	if (!z)
		return;
	pthread_mutex_lock(&z->lock);
	left = z->sessions;
	pthread_mutex_unlock(&z->lock);
	if (left) /* a thread hangs and may still look at it */
		return;
	close(z->wake);
	pthread_cond_destroy(&z->told);
	pthread_mutex_destroy(&z->lock);
	free(z);
}

int zk_fd(const struct zk *z)
{
	return z->wake;
}

void zk_clear(struct zk *z)
{
	eventfd_t n;

	(void)eventfd_read(z->wake, &n);
}

int zk_enter(struct zk *z)
{
	struct zk_session *s = calloc(1, sizeof *s);
	pthread_attr_t detached;
	pthread_t thread;
	int rc;

	if (!s)
		return -1;
	s->zk = z;
	pthread_mutex_lock(&z->lock);
	z->sessions++;
	z->now = s;
	pthread_mutex_unlock(&z->lock);
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	rc = pthread_create(&thread, &detached, session_run, s);
	pthread_attr_destroy(&detached);
	if (rc == 0)
		return 0;
	pthread_mutex_lock(&z->lock);
	z->sessions--;
	z->now = NULL;
	pthread_mutex_unlock(&z->lock);
	free(s);
	return -1;
}

int zk_leave(struct zk *z, int64_t until_ms)
{
	struct timespec nap = {0, 1000000};
	int left;

	pthread_mutex_lock(&z->lock);
	if (z->now)
		z->now->leave = 1;
	z->now = NULL;
	pthread_cond_broadcast(&z->told);
	while ((left = z->sessions) && boottime_now() < until_ms) {
		pthread_mutex_unlock(&z->lock);
		nanosleep(&nap, NULL);
		pthread_mutex_lock(&z->lock);
	}
	pthread_mutex_unlock(&z->lock);
	return left ? -1 : 0;
}

/*
 * The library is asked rather than its events remembered: what it has is true also if an event never comes. Of a connection
 * that is lost it tells just before it has noted that itself.
 */
enum zk_state zk_state(struct zk *z)
{
	enum zk_state is = ZK_CONNECTING;
	int state;

	pthread_mutex_lock(&z->lock);
	if (!z->now || z->now->failed) {
		is = ZK_NO_HOST;
	} else if (z->now->handle) {
		state = zoo_state(z->now->handle);
		if (state == ZOO_CONNECTED_STATE)
			is = ZK_CONNECTED;
		else if (state == ZOO_EXPIRED_SESSION_STATE)
			is = ZK_EXPIRED;
		else if (state == ZOO_AUTH_FAILED_STATE)
			is = ZK_AUTH_FAILED;
	}
	pthread_mutex_unlock(&z->lock);
	return is;
}

int zk_connections(struct zk *z)
{
	int n;

	pthread_mutex_lock(&z->lock);
	n = z->now ? z->now->connections : 0;
	pthread_mutex_unlock(&z->lock);
	return n;
}

int zk_timeout_ms(struct zk *z)
{
	int ms;

	pthread_mutex_lock(&z->lock);
	ms = z->now && z->now->handle ? zoo_recv_timeout(z->now->handle) : z->o.timeout_ms;
	pthread_mutex_unlock(&z->lock);
	return ms;
}

int zk_watch_fired(struct zk *z)
{
	int fired;

	pthread_mutex_lock(&z->lock);
	fired = z->now && z->now->fired;
	if (z->now)
		z->now->fired = 0;
	pthread_mutex_unlock(&z->lock);
	return fired;
}

const char *zk_where(struct zk *z)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof addr;
	char host[NI_MAXHOST], port[NI_MAXSERV];

	*z->where = 0;
	pthread_mutex_lock(&z->lock);
	if (z->now && z->now->handle && zookeeper_get_connected_host(z->now->handle, (struct sockaddr *)&addr, &len) &&
	    getnameinfo((struct sockaddr *)&addr, len, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) ==
		0)
		snprintf(z->where, sizeof z->where, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
	pthread_mutex_unlock(&z->lock);
	return z->where;
}

/* ---- requests */

/* The op, and the handle to ask with; NULL when there is none, and the op then has its result. */
static struct zk_op *op_new(struct zk *z, zhandle_t **h)
{
	struct zk_op *op = calloc(1, sizeof *op);

	*h = NULL;
	if (!op)
		return NULL;
	op->zk = z;
	op->sent_ms = boottime_now();
	pthread_mutex_lock(&z->lock);
	if (z->now && z->now->handle) {
		*h = z->now->handle;
		op->session = z->now;
		op->next = z->now->ops;
		if (op->next)
			op->next->prev = op;
		z->now->ops = op;
	} else {
		op->code = ZCONNECTIONLOSS;
		op->result = ZK_LOST;
	}
	pthread_mutex_unlock(&z->lock);
	return op;
}

/*
 * rc of the library's function: if it is not ZOK nobody will call back. When its memory is short that is not certain, and the
 * op is left to its deadline.
 */
static struct zk_op *op_asked(struct zk_op *op, int rc)
{
	struct zk *z = op->zk;

	if (rc != ZOK && rc != ZMARSHALLINGERROR) {
		pthread_mutex_lock(&z->lock);
		op_unlink(op);
		op->code = rc;
		op->result = result_of(rc);
		pthread_mutex_unlock(&z->lock);
	}
	return op;
}

struct zk_op *zk_create(struct zk *z, const char *path, const struct buf *data, enum zk_kind kind)
{
	const struct ACL_vector *acl = z->o.auth ? &ZOO_CREATOR_ALL_ACL : &ZOO_OPEN_ACL_UNSAFE;
	const int mode = kind == ZK_LINE ? ZOO_EPHEMERAL_SEQUENTIAL : ZOO_PERSISTENT;
	zhandle_t *h;
	struct zk_op *op = op_new(z, &h);

	return h ? op_asked(op, zoo_acreate(h, path, data ? (const char *)data->p : NULL, data ? (int)data->len : -1, acl, mode,
				    on_path, op))
		 : op;
}

struct zk_op *zk_delete(struct zk *z, const char *path)
{
	zhandle_t *h;
	struct zk_op *op = op_new(z, &h);

	return h ? op_asked(op, zoo_adelete(h, path, -1, on_done, op)) : op;
}

struct zk_op *zk_exists(struct zk *z, const char *path, int watch)
{
	zhandle_t *h;
	struct zk_op *op = op_new(z, &h);

	return h ? op_asked(op, zoo_awexists(h, path, watch ? on_event : NULL, watch ? z->now : NULL, on_stat, op)) : op;
}

struct zk_op *zk_get(struct zk *z, const char *path)
{
	zhandle_t *h;
	struct zk_op *op = op_new(z, &h);

	return h ? op_asked(op, zoo_aget(h, path, 0, on_data, op)) : op;
}

struct zk_op *zk_set(struct zk *z, const char *path, const struct buf *data)
{
	zhandle_t *h;
	struct zk_op *op = op_new(z, &h);

	return h ? op_asked(op, zoo_aset(h, path, (const char *)data->p, (int)data->len, -1, on_stat, op)) : op;
}

struct zk_op *zk_list(struct zk *z, const char *path)
{
	zhandle_t *h;
	struct zk_op *op = op_new(z, &h);

	return h ? op_asked(op, zoo_aget_children(h, path, 0, on_names, op)) : op;
}

struct zk_op *zk_sync(struct zk *z, const char *path)
{
	zhandle_t *h;
	struct zk_op *op = op_new(z, &h);

	return h ? op_asked(op, zoo_async(h, path, on_path, op)) : op;
}

enum zk_result zk_result(const struct zk_op *op)
{
	enum zk_result r;

	if (!op)
		return ZK_REFUSED;
	pthread_mutex_lock(&op->zk->lock);
	r = op->result;
	pthread_mutex_unlock(&op->zk->lock);
	return r;
}

const char *zk_text(const struct zk_op *op)
{
	return op ? zerror(op->code) : "out of memory";
}

void zk_op_free(struct zk_op *op)
{
	int pending;

	if (!op)
		return;
	pthread_mutex_lock(&op->zk->lock);
	pending = op->result == ZK_PENDING;
	op->given_up = 1;
	pthread_mutex_unlock(&op->zk->lock);
	if (!pending) /* else its answer frees it, or the end of its session */
		op_release(op);
}

#include "tls.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"
#include "zk.h"

int tls_take(const char **to, const char *option, const char *file)
{
	if (strchr(file, ',')) {
		msg_error("%s: \"%s\": the library takes no name with a comma", option, file);
		return -1;
	}
	if (access(file, R_OK) < 0) {
		msg_error("%s: cannot read \"%s\": %s", option, file, strerror(errno));
		return -1;
	}
	*to = file;
	return 0;
}

int tls_certs(struct tls_files *t, const char **certs)
{
	*certs = NULL;
	if (!t->ca && !t->cert && !t->key)
		return 0;
	if (!zk_has_tls()) {
		msg_error("ZooKeeper's client library here is one without TLS");
		msg_hint("build with one that has zookeeper_init_ssl, or use a tunnel: see zk-lease(1)");
		return -1;
	}
	if (!t->ca || !t->cert || !t->key) {
		msg_error("--ssl-ca, --ssl-cert and --ssl-key: TLS takes all three");
		return -1;
	}
	buf_printf(&t->certs, "%s,%s,%s", t->ca, t->cert, t->key);
	*certs = buf_str(&t->certs);
	return 0;
}

void tls_release(struct tls_files *t)
{
	buf_release(&t->certs);
}

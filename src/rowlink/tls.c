#include "tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>

#include "msg.h"

struct tls {
	SSL_CTX *ctx;
	int is_listener;
};

/* The first thing that went wrong, which those behind it followed from. */
static const char *reason(void)
{
	unsigned long e = ERR_peek_error();
	const char *text = ERR_SYSTEM_ERROR(e) ? strerror(ERR_GET_REASON(e)) : ERR_reason_error_string(e);

	return text ? text : "OpenSSL does not say why";
}

/* Nobody is there to be asked for the password of a key. */
static int no_password(char *p, int size, int writing, void *arg)
{
	(void)p;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

void tls_look_at_key(const struct tls_files *files)
{
	struct stat st;

	if (stat(files->key, &st) == 0 && (st.st_mode & 077))
		msg_warn("--key: others than its owner may read or write \"%s\"", files->key);
}

static int read_files(SSL_CTX *ctx, const struct tls_files *f)
{
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(ctx, f->cert) != 1) {
		msg_error("--cert: cannot read a certificate from \"%s\": %s", f->cert, reason());
		return -1;
	}
	if (SSL_CTX_use_PrivateKey_file(ctx, f->key, SSL_FILETYPE_PEM) != 1) {
		msg_error("--key: cannot read a key without a password from \"%s\": %s", f->key, reason());
		return -1;
	}
	if (SSL_CTX_check_private_key(ctx) != 1) {
		msg_error("--key: it is not the key of the certificate in \"%s\": %s", f->cert, reason());
		return -1;
	}
	if (SSL_CTX_load_verify_file(ctx, f->ca) != 1) {
		msg_error("--ca: cannot read certificates from \"%s\": %s", f->ca, reason());
		return -1;
	}
	return 0;
}

struct tls *tls_new(const struct tls_files *files, int is_listener)
{
	struct tls *t = calloc(1, sizeof *t);

	if (t)
		t->ctx = SSL_CTX_new(is_listener ? TLS_server_method() : TLS_client_method());
	if (!t || !t->ctx) {
		msg_error("could not start TLS: %s", t ? reason() : strerror(errno));
		free(t);
		return NULL;
	}
	t->is_listener = is_listener;
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(
	    t->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_num_tickets(t->ctx, 0);
	SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_default_passwd_cb(t->ctx, no_password);
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	if (read_files(t->ctx, files) == 0)
		return t;
	tls_free(t);
	return NULL;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->ctx);
	free(t);
}

/* The certificate must be for that name: OpenSSL checks it with the rest. */
static int pin(SSL *ssl, const char *name)
{
	X509_VERIFY_PARAM *p = SSL_get0_param(ssl);

	if (X509_VERIFY_PARAM_set1_ip_asc(p, name) == 1)
		return 0;
	X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(p, name, 0) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1 ? 0 : -1;
}

struct bufferevent *tls_on_socket(struct tls *t, struct event_base *base, int fd, const char *name)
{
	SSL *ssl = SSL_new(t->ctx);
	struct bufferevent *b = NULL;

	if (ssl && (t->is_listener || pin(ssl, name) == 0))
		b = bufferevent_openssl_socket_new(base, fd, ssl,
		    t->is_listener ? BUFFEREVENT_SSL_ACCEPTING : BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
	if (b)
		bufferevent_openssl_set_allow_dirty_shutdown(b, 1); /* the link's own END tells a whole stream from a cut one */
	else
		SSL_free(ssl);
	return b;
}

const char *tls_allowed(struct bufferevent *b, const char *const *names, size_t n)
{
	X509 *cert = SSL_get0_peer_certificate(bufferevent_openssl_get_ssl(b));
	const char *found = NULL;

	for (size_t i = 0; cert && i < n && !found; i++)
		if (X509_check_host(cert, names[i], 0, X509_CHECK_FLAG_NO_WILDCARDS, NULL) == 1)
			found = names[i];
	return found;
}

static void add_alt_names(X509 *cert, struct buf *out)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; all && i < sk_GENERAL_NAME_num(all) && i < 8; i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(all, i);
		const ASN1_STRING *s = g->d.ia5;

		if (g->type == GEN_DNS)
			buf_printf(out, "%s%.*s", out->len ? ", " : "", ASN1_STRING_length(s) < 200 ? ASN1_STRING_length(s) : 200,
			    (const char *)ASN1_STRING_get0_data(s));
	}
	GENERAL_NAMES_free(all);
}

void tls_peer(struct bufferevent *b, struct buf *out)
{
	X509 *cert = SSL_get0_peer_certificate(bufferevent_openssl_get_ssl(b));
	char name[256] = "?";

	if (cert)
		add_alt_names(cert, out);
	if (cert && !out->len)
		(void)X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, sizeof name);
	if (!out->len)
		buf_adds(out, name);
	/* it is printed, also by those who do not look at what they print */
	for (size_t i = 0; i < out->len; i++)
		if (out->p[i] < 0x20 || out->p[i] == 0x7f)
			out->p[i] = '?';
}

void tls_what(struct bufferevent *b, struct buf *out)
{
	SSL *ssl = bufferevent_openssl_get_ssl(b);

	buf_printf(out, "%s, %s", SSL_get_version(ssl), SSL_get_cipher_name(ssl));
}

int tls_why(struct bufferevent *b, int is_listener, struct buf *out)
{
	const char *other = is_listener ? "connector" : "listener";
	SSL *ssl = bufferevent_openssl_get_ssl(b);
	unsigned long e = bufferevent_get_openssl_error(b);
	long verify = ssl ? SSL_get_verify_result(ssl) : X509_V_OK;
	const char *text = e ? ERR_reason_error_string(e) : NULL;

	if (ERR_SYSTEM_ERROR(e))
		buf_adds(out, strerror(ERR_GET_REASON(e)));
	if (!e || ERR_SYSTEM_ERROR(e))
		return 0;
	if (verify != X509_V_OK)
		buf_printf(out, "the certificate of the %s is not accepted: %s", other, X509_verify_cert_error_string(verify));
	else if (ERR_GET_LIB(e) == ERR_LIB_SSL && ERR_GET_REASON(e) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
		buf_printf(out, "the %s has no certificate", other);
	else if (ERR_GET_LIB(e) == ERR_LIB_SSL && ERR_GET_REASON(e) > SSL_AD_REASON_OFFSET)
		buf_printf(out, "the %s does not accept our certificate, or our TLS: %s", other, text ? text : "?");
	else
		buf_printf(out, "TLS with the %s failed: %s", other, text ? text : "?");
	return 1;
}

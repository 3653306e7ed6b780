#include "place.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"

/* What is wrong with it, or NULL. */
static const char *path_mistake(const char *path)
{
	const char *at = path;

	if (*path != '/')
		return "begin with a slash";
	if (!path[1])
		return "have a name in it";
	while (*at) {
		const size_t len = strcspn(++at, "/"); /* behind the slash */

		if (!len)
			return "not have an empty name in it";
		if ((len == 1 && *at == '.') || (len == 2 && at[0] == '.' && at[1] == '.'))
			return "not have . or .. in it";
		at += len;
	}
	for (at = path; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return "not have control characters in it";
	return strlen(path) > 900 ? "not be that long" : NULL;
}

int place_check_path(const char *option, const char *path)
{
	const char *mistake = path_mistake(path);

	if (!mistake)
		return 0;
	msg_error("%s: \"%s\": a path must %s", option, path, mistake);
	return -1;
}

/* host:port, len bytes */
static int is_server(const char *s, size_t len)
{
	const char *colon = memrchr(s, ':', len);
	size_t digits;

	if (!colon || colon == s || memchr(s, ' ', len) || memchr(s, '\t', len))
		return 0;
	digits = strspn(colon + 1, "0123456789");
	return digits && digits <= 5 && digits == len - (size_t)(colon + 1 - s) && atol(colon + 1) >= 1 &&
	       atol(colon + 1) <= 65535;
}

int place_check_servers(const char *servers)
{
	const char *root = servers + strcspn(servers, "/"), *at = servers;

	do {
		const size_t len = strcspn(at, ",/");

		if (!is_server(at, len)) {
			msg_error("--zk: \"%.*s\" is not HOST:PORT", (int)len, at);
			return -1;
		}
		at += len;
	} while (*at++ == ',');
	return *root && root[1] ? place_check_path("--zk", root) : 0;
}

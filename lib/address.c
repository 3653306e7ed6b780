#include "address.h"

#include <arpa/inet.h>

static void uuid_text(struct buf *out, const uint8_t *p)
{
	static const char hex[] = "0123456789abcdef";
	char s[36], *to = s;

	for (unsigned i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*to++ = '-';
		*to++ = hex[p[i] >> 4];
		*to++ = hex[p[i] & 15];
	}
	(void)buf_add(out, s, sizeof s);
}

int address_text(struct buf *out, enum col_type type, const uint8_t *p, size_t n)
{
	char s[INET6_ADDRSTRLEN];

	if (type == COL_UUID && n == 16)
		uuid_text(out, p);
	else if (type == COL_INET4 && n == 4)
		buf_adds(out, inet_ntop(AF_INET, p, s, sizeof s));
	else if (type == COL_INET6 && n == 16)
		buf_adds(out, inet_ntop(AF_INET6, p, s, sizeof s));
	else
		return 0;
	return 1;
}

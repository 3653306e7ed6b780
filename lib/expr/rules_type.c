#include <string.h>
#include <strings.h>

#include "../charset.h"
#include "rules_type.h"

static int find_type(const char *name)
{
	static const struct {
		const char *name;
		enum col_type type;
	} others[] = {{"integer", COL_INT}, {"dec", COL_DECIMAL}, {"numeric", COL_DECIMAL}, {"bool", COL_TINYINT},
	    {"boolean", COL_TINYINT}, {"real", COL_DOUBLE}};
	char lower[32];
	size_t n = strlen(name);

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (strcasecmp(others[i].name, name) == 0)
			return (int)others[i].type;
	if (n >= sizeof lower)
		return -1;
	for (size_t i = 0; i < n; i++)
		lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
	return col_type_parse(lower, n);
}

/* Bounds of the one number in parentheses: max 0, there is none. */
static const char *take_length(struct column *c, const unsigned long *args, unsigned nargs, unsigned long max, int needed)
{
	if (nargs > 1 || (nargs && max == 0))
		return "the type has fewer numbers";
	if (nargs == 0 && needed)
		return "the type needs a length";
	if (nargs && (args[0] < 1 || args[0] > max))
		return "the length is out of range";
	c->len = nargs ? (uint32_t)args[0] : 1;
	return NULL;
}

const char *rules_type(struct column *c, const char *name, const unsigned long *args, unsigned nargs, int is_unsigned)
{
	int type = find_type(name);

	if (type < 0)
		return "there is no such type";
	c->type = (enum col_type)type;
	c->nullable = -1;
	c->is_unsigned = (uint8_t)is_unsigned;
	if (is_unsigned && c->type > COL_DOUBLE)
		return "only numbers are unsigned";
	if (col_type_has_charset(c->type)) {
		c->charset = strdup("utf8mb4");
		if (!c->charset)
			return "out of memory";
		c->coll = charset_default_collation("utf8mb4");
	}
	switch (c->type) {
	case COL_TINYINT:
	case COL_SMALLINT:
	case COL_MEDIUMINT:
	case COL_INT:
	case COL_BIGINT:
	case COL_YEAR:
		return nargs > 1 ? "the type has fewer numbers" : NULL; /* a display width says nothing of the value */
	case COL_DECIMAL:
		c->len = nargs ? (uint32_t)args[0] : 10;
		c->dec = nargs > 1 && args[1] < 256 ? (uint8_t)args[1] : 0;
		if ((nargs && (args[0] < 1 || args[0] > 65)) || (nargs > 1 && (args[1] > 38 || args[1] > args[0])))
			return "a decimal has 1 to 65 digits, at most 38 of them after the point";
		return NULL;
	case COL_TIME:
	case COL_DATETIME:
	case COL_TIMESTAMP:
		if (nargs > 1 || (nargs && args[0] > 6))
			return "a time has at most 6 digits after the point";
		c->dec = nargs ? (uint8_t)args[0] : 0;
		return NULL;
	case COL_CHAR:
	case COL_BINARY:
		return take_length(c, args, nargs, 255, 0);
	case COL_VARCHAR:
	case COL_VARBINARY:
		return take_length(c, args, nargs, 65535, 1);
	case COL_BIT:
		return take_length(c, args, nargs, 64, 0);
	case COL_ENUM:
	case COL_SET:
	case COL_GEOMETRY:
	case COL_VECTOR:
		return "a column of this type cannot be added";
	default:
		return nargs ? "the type has no numbers" : NULL;
	}
}

#include "myjson_diff.h"

#include <stdlib.h>
#include <string.h>

#include "cur.h"
#include "myjson.h"

/*
 * A document as a tree that can be changed. Scalars stay where they are in the old document or in the diffs: type byte and
 * bytes. Nodes are of one arena.
 */
struct node {
	uint8_t type; /* of the binary form; arrays and objects as the small ones */
	uint8_t is_large;
	const uint8_t *p, *key;
	size_t n, nkey;
	uint64_t size;	    /* of its bytes behind the type */
	struct node **kids; /* arrays, objects; owned */
	uint32_t nkids, cap;
	struct node *next; /* in the arena */
};

struct tree {
	struct node *all;
	size_t left; /* bytes that values may still claim: no two share bytes */
	const char **why;
};

enum { B_OBJECT = 0, B_ARRAY = 2, B_LITERAL = 4, B_INT16 = 5, B_UINT16, B_INT32, B_UINT32 };

static struct node *failed(struct tree *t, const char *why)
{
	*t->why = why;
	return NULL;
}

static struct node *new_node(struct tree *t)
{
	struct node *n = calloc(1, sizeof *n);

	if (!n)
		return failed(t, "no memory");
	n->next = t->all;
	t->all = n;
	return n;
}

static void tree_release(struct tree *t)
{
	for (struct node *n = t->all, *next; n; n = next) {
		next = n->next;
		free(n->kids);
		free(n);
	}
}

static int insert_kid(struct tree *t, struct node *n, uint32_t at, struct node *kid)
{
	if (n->nkids == n->cap) {
		uint32_t cap = n->cap ? 2 * n->cap : 4;
		struct node **p = realloc(n->kids, cap * sizeof *p);

		if (!p) {
			failed(t, "no memory");
			return -1;
		}
		n->kids = p;
		n->cap = cap;
	}
	memmove(n->kids + at + 1, n->kids + at, (n->nkids - at) * sizeof *n->kids);
	n->kids[at] = kid;
	n->nkids++;
	return 0;
}

static int is_container(const struct node *n)
{
	return n->type == B_OBJECT || n->type == B_ARRAY;
}

/* ---- from bytes */

static struct node *node_of(struct tree *t, const struct myjson *v, unsigned depth)
{
	struct node *n = new_node(t);

	if (!n)
		return NULL;
	if (v->own > t->left)
		return failed(t, "JSON document is damaged");
	t->left -= v->own;
	n->type = v->code;
	n->p = v->raw;
	n->n = v->nraw;
	if (v->type != MYJSON_ARRAY && v->type != MYJSON_OBJECT)
		return n;
	if (depth >= MYJSON_DEPTH)
		return failed(t, "JSON document is nested too deep");
	n->type = v->type == MYJSON_OBJECT ? B_OBJECT : B_ARRAY;
	for (uint32_t i = 0; i < v->count; i++) {
		struct myjson child;
		struct node *kid;
		const uint8_t *key;
		size_t nkey;

		if (myjson_at(v, i, &child, &key, &nkey, t->why) < 0 || !(kid = node_of(t, &child, depth + 1)))
			return NULL;
		if (nkey > t->left)
			return failed(t, "JSON document is damaged");
		t->left -= nkey;
		kid->key = key;
		kid->nkey = nkey;
		if (insert_kid(t, n, n->nkids, kid) < 0)
			return NULL;
	}
	return n;
}

static struct node *parse(struct tree *t, const uint8_t *p, size_t n)
{
	struct myjson v;

	t->left = n;
	return myjson_root(&v, p, n, t->why) < 0 ? NULL : node_of(t, &v, 0);
}

/* ---- paths: $.name."name in quotes"[3] */

struct leg {
	int is_index;
	uint64_t index;
	const uint8_t *name;
	size_t nname;
};

static void put_utf8(struct buf *b, unsigned c)
{
	if (c < 0x80) {
		(void)buf_add8(b, (uint8_t)c);
		return;
	}
	if (c < 0x800)
		(void)buf_add8(b, (uint8_t)(0xc0 | c >> 6));
	else {
		(void)buf_add8(b, (uint8_t)(0xe0 | c >> 12));
		(void)buf_add8(b, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
	}
	(void)buf_add8(b, (uint8_t)(0x80 | (c & 0x3f)));
}

static int hex4(struct cur *c, unsigned *v)
{
	*v = 0;
	for (int i = 0; i < 4; i++) {
		uint8_t h = cur_u8(c);
		unsigned d = h >= '0' && h <= '9' ? h - 48u : (h | 32) >= 'a' && (h | 32) <= 'f' ? (h | 32u) - 87u : 16u;

		if (d > 15)
			return -1;
		*v = *v << 4 | d;
	}
	return 0;
}

/* A name in quotes, as a JSON string; the opening one was read. */
static int quoted_name(struct cur *c, struct buf *name)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";

	for (;;) {
		uint8_t ch = cur_u8(c);
		const char *at;
		unsigned u;

		if (c->err)
			return -1;
		if (ch == '"')
			return 0;
		if (ch != '\\') {
			(void)buf_add8(name, ch);
			continue;
		}
		ch = cur_u8(c);
		if (ch == 'u') {
			if (hex4(c, &u) < 0)
				return -1;
			put_utf8(name, u); /* the server writes control characters so, nothing else */
		} else if (ch && (at = strchr(from, ch))) {
			(void)buf_add8(name, (uint8_t)to[at - from]);
		} else {
			(void)buf_add8(name, ch);
		}
	}
}

/* 1 a leg, 0 the path ends, -1 wrong. A name is in `name` or in the path itself. */
static int next_leg(struct cur *c, struct leg *l, struct buf *name)
{
	uint8_t ch;

	memset(l, 0, sizeof *l);
	if (!cur_left(c))
		return 0;
	ch = cur_u8(c);
	if (ch == '[') {
		l->is_index = 1;
		while ((ch = cur_u8(c)) >= '0' && ch <= '9' && l->index < UINT32_MAX)
			l->index = l->index * 10 + (ch - '0');
		return ch == ']' ? 1 : -1;
	}
	if (ch != '.' || !cur_left(c))
		return -1;
	if (*c->p == '"') {
		cur_skip(c, 1);
		buf_reset(name);
		if (quoted_name(c, name) < 0 || name->failed)
			return -1;
		l->name = name->p;
		l->nname = name->len;
		return 1;
	}
	l->name = c->p;
	while (cur_left(c) && *c->p != '.' && *c->p != '[')
		c->p++;
	l->nname = (size_t)(c->p - l->name);
	return l->nname ? 1 : -1;
}

/* Shorter keys first, then by their bytes. The place where the name is, or would be. */
static uint32_t place_of(const struct node *n, const uint8_t *name, size_t nname, int *found)
{
	uint32_t lo = 0, hi = n->nkids;

	*found = 0;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		const struct node *k = n->kids[mid];
		int c = k->nkey != nname ? (k->nkey < nname ? -1 : 1) : nname ? memcmp(k->key, name, nname) : 0;

		if (!c) {
			*found = 1;
			return mid;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The place of a leg in its parent. 0, or -1 if the parent is not of that kind. */
static int seek(const struct node *parent, const struct leg *l, uint32_t *at, int *found)
{
	if (parent->type != (l->is_index ? B_ARRAY : B_OBJECT))
		return -1;
	if (!l->is_index) {
		*at = place_of(parent, l->name, l->nname, found);
		return 0;
	}
	*found = l->index < parent->nkids;
	*at = *found ? (uint32_t)l->index : parent->nkids;
	return 0;
}

/* ---- the changes */

enum { DIFF_REPLACE, DIFF_INSERT, DIFF_REMOVE };

static const uint8_t *keep(struct tree *t, const uint8_t *p, size_t n)
{
	struct node *holder = new_node(t);
	uint8_t *copy;

	if (!holder)
		return NULL;
	copy = malloc(n ? n : 1);
	if (!copy) {
		failed(t, "no memory");
		return NULL;
	}
	if (n)
		memcpy(copy, p, n);
	holder->kids = (struct node **)(void *)copy; /* freed with the arena */
	return copy;
}

static int change(struct tree *t, struct node *parent, const struct leg *l, unsigned op, struct node *value)
{
	uint32_t at;
	int found;

	if (seek(parent, l, &at, &found) < 0 || (op == DIFF_INSERT ? found && !l->is_index : !found)) {
		failed(t, "a partial update of a JSON document does not fit its old value");
		return -1;
	}
	if (op == DIFF_REMOVE) {
		memmove(parent->kids + at, parent->kids + at + 1, (parent->nkids - at - 1) * sizeof *parent->kids);
		parent->nkids--;
		return 0;
	}
	if (op == DIFF_REPLACE) {
		value->key = parent->kids[at]->key;
		value->nkey = parent->kids[at]->nkey;
		parent->kids[at] = value;
		return 0;
	}
	if (!l->is_index) {
		value->nkey = l->nname;
		if (!(value->key = keep(t, l->name, l->nname)))
			return -1;
	}
	return insert_kid(t, parent, at, value);
}

static int apply_one(struct tree *t, struct node **root, unsigned op, const uint8_t *path, size_t npath, struct node *value)
{
	struct buf names[2] = {BUF_INIT, BUF_INIT};
	struct node *at = *root;
	struct leg leg, next;
	struct cur c;
	int r, which = 0, found;

	cur_init(&c, path, npath);
	if (npath && *path == '$')
		cur_skip(&c, 1);
	r = next_leg(&c, &leg, &names[0]);
	if (!r) { /* the whole document */
		*root = value;
		r = op == DIFF_REPLACE ? 0 : -1;
	} else if (r > 0) {
		while ((r = next_leg(&c, &next, &names[!which])) > 0) {
			uint32_t kid;

			if (seek(at, &leg, &kid, &found) < 0 || !found) {
				r = -1;
				break;
			}
			at = at->kids[kid];
			leg = next;
			which = !which;
		}
		if (!r) {
			*t->why = NULL;
			r = change(t, at, &leg, op, value);
		}
	}
	if (r < 0 && !*t->why)
		failed(t, "a partial update of a JSON document does not fit its old value");
	buf_release(&names[0]);
	buf_release(&names[1]);
	return r;
}

/* ---- to bytes */

static int is_inlined(const struct node *n, int is_large)
{
	return n->type == B_LITERAL || n->type == B_INT16 || n->type == B_UINT16 ||
	       (is_large && (n->type == B_INT32 || n->type == B_UINT32));
}

static uint64_t size_as(const struct node *n, int is_large)
{
	unsigned word = is_large ? 4 : 2;
	uint64_t size = 2 * word + (uint64_t)n->nkids * (1 + word + (n->type == B_OBJECT ? word + 2 : 0));

	for (uint32_t i = 0; i < n->nkids; i++)
		size += n->kids[i]->nkey + (is_inlined(n->kids[i], is_large) ? 0 : n->kids[i]->size);
	return size;
}

/* Small where everything is within 64 KiB, as the server chooses. */
static int measure(struct node *n, unsigned depth)
{
	n->size = n->n;
	if (!is_container(n))
		return 0;
	if (depth >= MYJSON_DEPTH)
		return -1;
	for (uint32_t i = 0; i < n->nkids; i++)
		if (measure(n->kids[i], depth + 1) < 0)
			return -1;
	n->size = size_as(n, 0);
	n->is_large = n->size > UINT16_MAX;
	if (n->is_large)
		n->size = size_as(n, 1);
	return n->size > UINT32_MAX ? -1 : 0;
}

static void put_le(struct buf *b, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		(void)buf_add8(b, (uint8_t)(v >> 8 * i));
}

static void put(struct buf *b, const struct node *n)
{
	unsigned word = n->is_large ? 4 : 2;
	int is_object = n->type == B_OBJECT;
	uint64_t at;

	if (!is_container(n)) {
		(void)buf_add(b, n->p, n->n);
		return;
	}
	put_le(b, n->nkids, word);
	put_le(b, n->size, word);
	at = 2 * word + (uint64_t)n->nkids * (1 + word + (is_object ? word + 2 : 0));
	for (uint32_t i = 0; is_object && i < n->nkids; i++) {
		put_le(b, at, word);
		put_le(b, n->kids[i]->nkey, 2);
		at += n->kids[i]->nkey;
	}
	for (uint32_t i = 0; i < n->nkids; i++) {
		const struct node *k = n->kids[i];

		(void)buf_add8(b, (uint8_t)(k->type + (is_container(k) && k->is_large)));
		if (is_inlined(k, n->is_large)) {
			(void)buf_add(b, k->p, k->n);
			put_le(b, k->type == B_INT16 && k->p[1] & 0x80 ? UINT32_MAX : 0, word - (unsigned)k->n);
		} else {
			put_le(b, at, word);
			at += k->size;
		}
	}
	for (uint32_t i = 0; is_object && i < n->nkids; i++)
		(void)buf_add(b, n->kids[i]->key, n->kids[i]->nkey);
	for (uint32_t i = 0; i < n->nkids; i++)
		if (!is_inlined(n->kids[i], n->is_large))
			put(b, n->kids[i]);
}

static uint64_t packed(struct cur *c)
{
	uint8_t first = cur_u8(c);

	if (first < 251)
		return first;
	if (first == 251 || first == 255) {
		(void)cur_fail(c, "wrong length");
		return 0;
	}
	return cur_le(c, first == 252 ? 2 : first == 253 ? 3 : 8);
}

/* Each: what to do, length and text of the path, then but for a removal length and bytes of the value. */
int myjson_apply(const uint8_t *old, size_t nold, const uint8_t *diffs, size_t ndiffs, struct buf *out, const char **why)
{
	struct tree t = {.why = why};
	struct node *root = parse(&t, old, nold), *value;
	struct cur c;
	int r = -1;

	cur_init(&c, diffs, ndiffs);
	while (root && cur_left(&c)) {
		unsigned op = cur_u8(&c);
		uint64_t npath = packed(&c), n;
		const uint8_t *path = npath > cur_left(&c) ? NULL : cur_bytes(&c, (size_t)npath), *p;

		*why = "a partial update of a JSON document is damaged";
		if (!path || op > DIFF_REMOVE)
			goto done;
		value = NULL;
		if (op != DIFF_REMOVE) {
			n = packed(&c);
			p = n > cur_left(&c) ? NULL : cur_bytes(&c, (size_t)n);
			if (!p || c.err || !(value = parse(&t, p, (size_t)n)))
				goto done;
		}
		if (apply_one(&t, &root, op, path, (size_t)npath, value) < 0)
			goto done;
	}
	if (!root)
		goto done;
	*why = "JSON document is too large or nested too deep";
	if (measure(root, 0) < 0)
		goto done;
	buf_reset(out);
	(void)buf_add8(out, (uint8_t)(root->type + (is_container(root) && root->is_large)));
	put(out, root);
	*why = "no memory";
	r = out->failed ? -1 : 0;
done:
	tree_release(&t);
	return r;
}

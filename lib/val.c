#include "val.h"

int val_same(const struct val *a, const struct val *b)
{
	if (a->kind != b->kind)
		return 0;
	switch (a->kind) {
	case VAL_ABSENT:
	case VAL_NULL:
		return 1;
	case VAL_UINT:
	case VAL_INT:
		return a->u == b->u;
	case VAL_FLOAT:
		return !memcmp(&a->f, &b->f, sizeof a->f);
	case VAL_DOUBLE:
		return !memcmp(&a->d, &b->d, sizeof a->d);
	case VAL_STR:
	case VAL_BIN:
		return a->n == b->n && (!a->n || !memcmp(a->p, b->p, a->n));
	}
	return 0;
}

void val_write(struct buf *b, const struct val *v)
{
	switch (v->kind) {
	case VAL_ABSENT:
		mp_bool(b, 0);
		break;
	case VAL_NULL:
		mp_nil(b);
		break;
	case VAL_UINT:
		mp_uint(b, v->u);
		break;
	case VAL_INT:
		mp_int(b, v->i);
		break;
	case VAL_FLOAT:
		mp_float(b, v->f);
		break;
	case VAL_DOUBLE:
		mp_double(b, v->d);
		break;
	case VAL_STR:
		mp_str(b, v->p, v->n);
		break;
	case VAL_BIN:
		mp_bin(b, v->p, v->n);
		break;
	}
}

int val_read(struct cur *c, struct val *v)
{
	struct mp m;

	v->n = 0;
	switch (mp_read(c, &m)) {
	case MP_NIL:
		v->kind = VAL_NULL;
		return 0;
	case MP_BOOL:
		if (m.b)
			return cur_fail(c, "true is not a value");
		v->kind = VAL_ABSENT;
		return 0;
	case MP_UINT:
		v->kind = VAL_UINT;
		v->u = m.u;
		return 0;
	case MP_INT:
		v->kind = VAL_INT;
		v->i = m.i;
		return 0;
	case MP_FLOAT:
		v->kind = VAL_FLOAT;
		v->f = m.f;
		return 0;
	case MP_DOUBLE:
		v->kind = VAL_DOUBLE;
		v->d = m.d;
		return 0;
	case MP_STR:
	case MP_BIN:
		v->kind = m.type == MP_STR ? VAL_STR : VAL_BIN;
		v->p = m.p;
		v->n = m.n;
		return 0;
	case MP_BAD:
		return -1;
	default:
		return cur_fail(c, "not a value");
	}
}

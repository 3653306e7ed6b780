#!/usr/bin/python3
"""Rules that a server can read as rowfilter and rowmap do, at random, and the rows for them.

exprs.py rules SEED N     a rules file: tables e.t1 to e.tN, each with a condition and computed columns
exprs.py rows SEED        SQL: the table e.t0 and its rows

Each expression has a type, so that it is no mistake, and numbers have their most digits counted as lib/expr/as_sql_num.c
counts them, so that none is refused."""
import random
import sys

COLUMNS = [
    ("a", "INT"), ("b", "SMALLINT"), ("u", "BIGINT UNSIGNED"), ("g", "BIGINT"), ("d", "DECIMAL(20,4)"),
    ("du", "DECIMAL(10,2) UNSIGNED"), ("z", "INT(6) UNSIGNED ZEROFILL"), ("dz", "DECIMAL(8,3) ZEROFILL"), ("f", "DOUBLE"), ("r", "FLOAT"),
    ("s", "VARCHAR(40)"), ("l", "VARCHAR(20) CHARACTER SET latin1"), ("c", "CHAR(10)"), ("w", "VARCHAR(12) CHARACTER SET utf16"),
    ("x", "VARBINARY(20)"), ("bi", "BINARY(4)"), ("e", "ENUM('x','Y','zz','10')"), ("m", "SET('p','q','R')"),
    ("dt", "DATETIME(3)"), ("da", "DATE"), ("st", "TIMESTAMP(6) NULL DEFAULT NULL"), ("ti", "TIME(2)"), ("y", "YEAR"), ("bt", "BIT(9)"), ("j", "JSON")]

# what is not found at random often enough
WRITTEN = """a = 1
a in (1, 7, null)
a not in (1, null)
u = 18446744073709551615
u > 9223372036854775807
u - 18446744073709551615 < 0
a - u < 0
g * g > 9223372036854775807
z = 42 and concat(z) = '42'
concat(dz) = '1.500'
d = 2.5 or du < 0.005
d % 1 = 0.25
a div 5 = 8
y in (0, 26, 1926, 2026)
bt + 1 = 6
e = 2
e = '10'
e = 10
e > 'Y'
m = 'p,R'
m = 5
m like '%R%'
r = 0.1
r = 0.5
f = 0.1
f * 3 = 0.30000000000000004
f mod r = 0
'10' + a = 17
s = 'abc'
s = 'abc '
s <> 'ABC'
s < 'b'
s like 'a%'
s like 'a\\_c'
s like '%|%'
s like '100|%' escape '|'
s like '__'
s like '%\\\\%'
c = 'ab'
c like 'ab'
l = 'café'
l > 'b'
w = 'añ😀'
length(w) = 8
char_length(s) = 3
length(l) = 4
crc32(s) % 2 = 0
substr(s, -1) = 'c'
substr(s, 2, 1) = 'b'
substr(s, char_length(s) - 1) = 'bc'
find_in_set('p', m)
find_in_set(s, 'abc,a_c,')
x = 0x00ff
x = 'abc'
s = x'616263'
x like 'a%'
bi = x'61620000'
concat(x, bi) > 'b'
dt = '2026-02-28 13:14:15.25'
dt >= '2026-02-28'
da = '0000-00-00'
dt is null
da is not null
da is null or ti is null
dt > da
st < '2026-03-01 00:00:00.000001'
coalesce(st, dt) between '2000-01-01' and '2027-01-01'
ti < '00:00:00'
ti = '-00:00:00.5'
ti between '-01:00:00' and '838:59:59'
j is null
not a
a is not true
(a > 0) is unknown
(a > 0) <=> null
if(a, s, l) = 'abc'
coalesce(a, d, 0) = 0
ifnull(f, d) = 2.5
a > 0 xor b > 0
concat(da, ' ', a) like '2026%'
concat(db, '.', table) like 'e.t%'
substr('é', b) = 'é'
substr(concat('é', table), b, 1) > 'a'
lower('ABC') = s or 10 / 4 = d
mod(-7, du) is false
b % 0.01 = 0
a between b and u
b not between -5 and null
null
1"""


class Maker:
    """Every method returns SQL; of exact numbers with the most digits before and behind the point."""

    def __init__(self, seed):
        self.r = random.Random(seed)

    def one(self, *makers):
        return self.r.choice(makers)()

    def pick(self, *texts):
        return self.r.choice(texts)

    def num0(self):
        return self.r.choice([("a", 20, 0), ("b", 20, 0), ("u", 20, 0), ("g", 20, 0), ("d", 16, 4), ("du", 8, 2), ("z", 20, 0), ("dz", 5, 3),
                              ("y", 20, 0), ("bt", 20, 0), ("0", 1, 0), ("1", 1, 0), ("-7", 1, 0), ("2.5", 1, 1), ("0.0001", 1, 4), ("42", 2, 0),
                              ("18446744073709551615", 20, 0), ("null", 1, 0)])

    def num(self, d):
        if d == 0:
            return self.num0()
        kind = self.r.randrange(11)
        x, xw, xp = self.num(d - 1)
        y, yw, yp = self.num(d - 1)
        w, p = max(xw, yw), max(xp, yp)
        if kind < 3:
            t = "(%s %s %s)" % (x, self.pick("+", "-"), y), w + 1, p
        elif kind < 5:
            t = "(%s * %s)" % (x, y), xw + yw, xp + yp
        elif kind == 5:
            t = self.pick("(%s %% %s)", "mod(%s, %s)") % (x, y), w, p
        elif kind == 6:
            t = "(%s div %s)" % (self.pick("42", "-7", "1000001", "null"), self.pick("a", "b", "d", "z", "2.5")), 12, 0
        elif kind == 7:
            t = self.pick("(- %s)", "abs(%s)") % x, xw, xp
        elif kind == 8:
            t = "coalesce(%s, %s)" % (x, y), w, p
        elif kind == 9:
            t = "if(%s, %s, %s)" % (self.cond(d - 1), x, y), w, p
        else:
            t = self.pick("char_length(%s)", "length(%s)", "crc32(%s)") % self.text(d - 1), 20, 0
        return t if t[2] <= 30 and t[1] + t[2] <= 65 else self.num0()

    def double(self, d):
        if d == 0:
            return self.pick("f", "r", "1e2", "2.5e-3", "f", "r")
        return self.one(lambda: "(%s %s %s)" % (self.double(d - 1), self.pick("+", "-", "*", "/"), self.pick(self.double(d - 1), self.num0()[0])),
                        lambda: "abs(%s)" % self.double(d - 1), lambda: "(- %s)" % self.double(d - 1),
                        lambda: "if(%s, %s, %s)" % (self.cond(0), self.double(d - 1), self.double(d - 1)))

    def text(self, d):
        if d == 0:
            return self.pick("s", "l", "c", "w", "s", "'abc'", "'ABC'", "'a '", "''", "'é'", "null", "concat(e)", "concat(m)")
        return self.one(lambda: "concat(%s, %s)" % (self.text(d - 1), self.text(d - 1)), lambda: "concat(%s, '-', %s)" % (self.text(d - 1), self.pick("a", "u", "d", "dz", "da", "ti", "y")),
                        lambda: "substr(%s, %s)" % (self.text(d - 1), self.pick("1", "2", "-2", "0", "b", "99")),
                        lambda: "substr(%s, %s, %s)" % (self.text(d - 1), self.pick("1", "2", "-3", "b"), self.pick("1", "3", "-1", "b")),
                        lambda: "coalesce(%s, %s)" % (self.text(d - 1), self.text(d - 1)),
                        lambda: "if(%s, %s, %s)" % (self.cond(d - 1), self.text(d - 1), self.text(d - 1)))

    def bytes(self):
        return self.pick("x", "bi", "x'616263'", "0x00ff", "concat(x, bi)", "substr(x, 2)", "x''")

    def date(self):
        return self.pick("dt", "da", "st", "'2026-02-28'", "'2026-02-28 13:14:15.25'", "coalesce(st, da)", "if(a > 0, dt, da)", "'0000-00-00'")

    def time(self):
        return self.pick("ti", "'12:00:00'", "'-00:00:00.5'", "coalesce(ti, '00:00')", "ti")

    def sign(self):
        return self.pick("=", "<>", "<", "<=", ">", ">=", "<=>")

    def cond(self, d):
        if d > 0:
            return self.one(lambda: "(%s) %s (%s)" % (self.cond(d - 1), self.pick("and", "or", "xor"), self.cond(d - 1)), lambda: "not (%s)" % self.cond(d - 1),
                            lambda: "(%s) is %s%s" % (self.cond(d - 1), self.pick("", "not "), self.pick("true", "false", "unknown")),
                            lambda: "(%s) = (%s)" % (self.cond(0), self.pick("a", "b", "1", "0")))
        makers = [lambda: self.num(self.r.randrange(3))[0], lambda: self.num(1)[0], lambda: self.double(self.r.randrange(2)), lambda: self.text(self.r.randrange(3)),
                  lambda: self.text(1), self.bytes, self.date, self.time]
        make = self.r.choice(makers)
        return self.one(lambda: "%s %s %s" % (make(), self.sign(), make()), lambda: "%s %s %s" % (make(), self.sign(), make()),
                        lambda: "%s %sin (%s, %s, %s)" % (make(), self.pick("", "not "), make(), make(), make()),
                        lambda: "%s %sbetween %s and %s" % (make(), self.pick("", "not "), make(), make()),
                        lambda: "%s is %snull" % (make(), self.pick("", "not ")),
                        lambda: "%s %slike %s" % (self.text(1), self.pick("", "not "), self.pick("'a%'", "'%c'", "'_b_'", "'%'", "'%a%c%'", "'%\\\\_%'", "'__'", "'%é%'", "'A%'")),
                        lambda: "%s %s %s" % (self.num(1)[0], self.sign(), self.double(0)), lambda: self.num(1)[0])

    def row(self, i):
        def one(*values):
            return self.r.choice(values + ("NULL",))
        return [str(i), one(1, 0, -7, 42, 7, 2147483647, -2147483648), one(1, 0, -1, 3, 7, 32767, -32768),
                one(0, 1, 42, 18446744073709551615, 9223372036854775808, 9007199254740993), one(0, 7, -9223372036854775808, 9223372036854775807, 4294967296),
                one("0", "2.5", "42.25", "-9999999999999999.9999", "0.0001"), one("0", "0.01", "2.50", "99999999.99"), one(0, 1, 42, 1234567, 4294967295),
                one("0", "1.5", "42.125"), one("0", "0.1", "2.5", "-1e10", "1e-10", "42"), one("0", "0.1", "0.5", "-1.5", "16777216"),
                one("'abc'", "'ABC'", "'abc '", "'a_c'", "'100%'", "''", "'ab'", "'é'", "'e'", "'a|b\\\\c'", "'😀'", "'Z'"),
                one("'café'", "'abc'", "'€'", "''", "'a '", "'ß'"), one("'ab'", "'ab  '", "''", "'É'", "'abc'"), one("'añ😀'", "'abc'", "''", "'é'"),
                one("0x00ff", "'abc'", "'ABC'", "''", "'abc '"), one("'ab'", "''", "'abcd'", "0x00ff"), one("'x'", "'Y'", "'zz'", "'10'"),
                one("''", "'p'", "'p,R'", "'q'", "'p,q,R'"),
                one("'2026-02-28 13:14:15.250'", "'2026-02-28'", "'0000-00-00'", "'9999-12-31 23:59:59.999'", "'1000-01-01'"),
                one("'2026-02-28'", "'0000-00-00'", "'9999-12-31'", "'1000-01-01'"), one("'2026-02-28 13:14:15.25'", "'2001-01-01'", "'2026-03-01 00:00:00'"),
                one("'-01:00:00'", "'00:00:00'", "'838:59:59'", "'-00:00:00.5'", "'12:00:00.01'"), one(0, 1926, 2026, 2155), one(0, 5, 511), one("'{}'", "'[1]'")]


def main():
    m = Maker(int(sys.argv[2]))
    if sys.argv[1] == "rows":
        print("SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = ''; DROP DATABASE IF EXISTS e; CREATE DATABASE e CHARACTER SET utf8mb4; USE e;")
        print("CREATE TABLE t0 (id INT PRIMARY KEY, %s);" % ", ".join("%s %s" % c for c in COLUMNS))
        for i in range(1, 61):
            print("INSERT INTO t0 VALUES (%s);" % ", ".join(str(v) for v in m.row(i)))
        return
    written = WRITTEN.split("\n")
    for i in range(1, int(sys.argv[3]) + 1):
        print("table e.t%d" % i)
        print("\twhere %s" % (written[i - 1] if i <= len(written) else m.cond(m.r.randrange(4))))
        if i % 3:
            continue
        print("\tadd n decimal(65,5) = %s" % m.num(m.r.randrange(3))[0])
        print("\tadd i bigint = %s" % m.pick("a - 1", "b * 2", "du", "d % 100", "if(a > 0, 1, 2)", "char_length(s)", "0.5", "-0.5", "a = 1", "'12'", "crc32(s)"))
        print("\tadd o double = %s" % m.pick(m.double(1), "d", "u", "f / 3"))
        print("\tadd v varchar(2000) = %s" % m.text(m.r.randrange(3)))
        print("\tadd k datetime(2) = %s" % m.pick("dt", "da", "st", "'2026-02-28 13:14:15.259'", "coalesce(st, dt)"))
        print("\tset s = %s" % m.pick("concat(c, '!')", "substr(s, 2)", "s", "'secret'", "null"))
        print("\tset l = %s" % m.pick("substr(l, 2)", "concat(l, 'é')", "'ß'"))
        print("\tset c = %s" % m.pick("concat(c, ' ')", "substr(s, 1, 9)", "concat(b)", "c", "'ab '"))
        print("\tset a bigint unsigned = %s" % m.pick("u", "abs(b)", "crc32(l)"))
        print("\tset da date = %s" % m.pick("dt", "st", "da"))
        print("\tset x varbinary(40) = %s" % m.pick("concat(x, bi)", "s", "x'00'", "substr(x, 1, 2)"))


main()

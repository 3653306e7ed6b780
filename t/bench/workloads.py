"""The workloads of scripts/bench, as SQL for a server's own client: each makes database bench and fills it. All random
numbers come from one seed, so a workload is the same in every run. Rows are about 200 bytes with a secondary index."""

import random

DIGITS = "0123456789"
TABLE = "(id BIGINT PRIMARY KEY, k INT NOT NULL, c CHAR(120) NOT NULL, pad VARCHAR(60) NOT NULL, KEY k (k))"
PACKET = 60000


class Text:
    """Random text by the slice: drawing each character would take longer than the server does."""

    def __init__(self, rnd):
        self.rnd = rnd
        self.block = "".join(rnd.choices(DIGITS + "abcdefghij", k=1 << 16))

    def take(self, n):
        at = self.rnd.randrange(len(self.block) - n)
        return self.block[at:at + n]


def packets(statements):
    """Statements put together: the client sends what stands between two delimiters at once."""
    yield "delimiter //\n"
    part, size = [], 0
    for s in statements:
        part.append(s)
        size += len(s)
        if size > PACKET:
            yield ";\n".join(part) + "\n//\n"
            part, size = [], 0
    if part:
        yield ";\n".join(part) + "\n//\n"


def mixed(rnd, text, n, per_trx, keys_only=0):
    """n one-row statements on four tables, half of them inserts, three tenths updates, two tenths deletes."""
    for t in range(4):
        yield f"CREATE TABLE t{t} {TABLE}"
    alive = [[] for _ in range(4)]
    serial = 0
    for i in range(n):
        if per_trx > 1 and i % per_trx == 0:
            yield "BEGIN"
        t = rnd.randrange(4)
        what = rnd.random()
        if what < 0.5 or not alive[t]:
            serial += 1
            alive[t].append(serial)
            yield f"INSERT INTO t{t} VALUES ({serial},{rnd.randrange(1 << 30)},'{text.take(119)}','{text.take(55)}')"
        elif what < 0.8:
            yield f"UPDATE t{t} SET k = {rnd.randrange(1 << 30)}, c = '{text.take(119)}' WHERE id = {rnd.choice(alive[t])}"
        else:
            at = rnd.randrange(len(alive[t]))
            alive[t][at], alive[t][-1] = alive[t][-1], alive[t][at]
            yield f"DELETE FROM t{t} WHERE id = {alive[t].pop()}"
        if per_trx > 1 and (i + 1) % per_trx == 0:
            yield "COMMIT"


def bulk(rnd, text, n):
    """Transactions of 10,000 rows: seven inserts, two updates, one delete, and so on."""
    yield f"CREATE TABLE t0 {TABLE}"
    serial = 0
    for trx in range(n // 10000):
        kind = trx % 10
        if kind < 7:
            yield "BEGIN"
            for _ in range(100):
                rows = ",".join(f"({serial + i},{rnd.randrange(1 << 30)},'{text.take(119)}','{text.take(55)}')" for i in range(100))
                serial += 100
                yield f"INSERT INTO t0 VALUES {rows}"
            yield "COMMIT"
        elif kind < 9:
            yield f"UPDATE t0 SET k = k + 1, pad = REVERSE(pad) WHERE id >= {serial - 10000 * (kind - 5)} ORDER BY id LIMIT 10000"
        else:
            yield f"DELETE FROM t0 WHERE id >= {serial - 40000} ORDER BY id LIMIT 10000"


def hot(rnd, text, n):
    """Updates of 100 rows, one a transaction."""
    yield f"CREATE TABLE t0 {TABLE}"
    yield "INSERT INTO t0 VALUES " + ",".join(f"({i},0,'{text.take(119)}','{text.take(55)}')" for i in range(100))
    for _ in range(n):
        yield f"UPDATE t0 SET k = k + 1, c = '{text.take(119)}' WHERE id = {rnd.randrange(100)}"


def wide(rnd, text, n):
    """Rows of 60 columns with text, JSON, decimals and times; 100 a transaction, every fourth an update of all."""
    kinds = ["INT", "BIGINT UNSIGNED", "VARCHAR(100)", "DECIMAL(20,6)", "DATETIME(6)", "DOUBLE", "JSON", "TEXT", "CHAR(20)", "TIMESTAMP(3) NULL"]
    cols = [f"c{i} {kinds[i % 10]}" for i in range(59)]
    yield f"CREATE TABLE t0 (id INT PRIMARY KEY, {', '.join(cols)}, KEY (c0))"

    def value(i):
        return (str(rnd.randrange(1 << 31)), str(rnd.getrandbits(64)), f"'{text.take(40)}'", f"{rnd.randrange(10 ** 14)}.{rnd.randrange(10 ** 6)}",
                f"'2024-{rnd.randrange(1, 13):02}-{rnd.randrange(1, 29):02} 12:34:56.{rnd.randrange(10 ** 6):06}'", repr(rnd.random() * 1e6),
                f"""'{{"a": {rnd.randrange(1000)}, "list": [1, 2.5, "{text.take(10)}"], "deep": {{"k": null}}}}'""", f"'{text.take(80)}'",
                f"'{text.take(18)}'", f"'2024-{rnd.randrange(1, 13):02}-01 01:02:03.5'")[i % 10]

    serial = 0
    for trx in range(n // 100):
        yield "BEGIN"
        if trx % 4 == 3:
            yield f"UPDATE t0 SET c0 = c0 + 1, c2 = REVERSE(c2), c5 = c5 * 2 WHERE id >= {serial - 100}"
        else:
            for _ in range(10):
                yield "INSERT INTO t0 VALUES " + ",".join(
                    "(" + ",".join([str(serial + r)] + [value(i) for i in range(59)]) + ")" for r in range(10))
                serial += 10
        yield "COMMIT"


def huge(rnd, text, n):
    """One transaction."""
    yield f"CREATE TABLE t0 {TABLE}"
    yield "CREATE TABLE digits (d INT)"
    yield "INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)"
    power = len(str(n - 1))
    sum_of = "+".join(f"d{i}.d*{10 ** i}" for i in range(power))
    froms = ", ".join(f"digits d{i}" for i in range(power))
    yield (f"INSERT INTO t0 SELECT id, id % 1000003, LPAD(id * 7919, 119, '{text.take(100)}'), LPAD(id, 55, '{text.take(50)}') "
           f"FROM (SELECT {sum_of} AS id FROM {froms}) AS ids WHERE id < {n}")


def many_tables(n):
    return n // 30


def many(rnd, text, n):
    """2,000 tables in a full run; transactions of ten rows in ten of them."""
    tables = many_tables(n)
    for t in range(tables):
        yield f"CREATE TABLE t{t} {TABLE}"
    for i in range(n):
        if i % 10 == 0:
            yield "BEGIN"
        yield f"INSERT INTO t{rnd.randrange(tables)} VALUES ({i},{rnd.randrange(1 << 30)},'{text.take(119)}','{text.take(55)}')"
        if i % 10 == 9:
            yield "COMMIT"


# name: what makes it, and rows: in a full run where the log is read and where it is applied, the same in a quick run
WORKLOADS = {
    "bulk": (bulk, 1000000, 1000000, 200000, 200000),
    "hundred": (lambda r, t, n: mixed(r, t, n, 100), 300000, 300000, 40000, 40000),
    "one": (lambda r, t, n: mixed(r, t, n, 1), 200000, 50000, 40000, 10000),
    "hot": (hot, 200000, 30000, 10000, 10000),
    "wide": (wide, 60000, 60000, 6000, 6000),
    "huge": (huge, 1000000, 1000000, 200000, 200000),
    "many": (many, 60000, 60000, 6000, 6000),
}


def rows(name, quick, applied=False):
    return WORKLOADS[name][1 + 2 * quick + applied]


DATABASE = "CREATE DATABASE bench CHARACTER SET utf8mb4;\nUSE bench;\n"


def sql(name, n, seed=1):
    """The text of a workload of n rows, in pieces."""
    rnd = random.Random(f"{name} {seed}")
    yield DATABASE
    yield from packets(WORKLOADS[name][0](rnd, Text(rnd), n))


def sql_of_tables(name, n):
    """Of one that has many tables: their definitions alone, and how many transactions of the log these are."""
    return DATABASE + "".join(f"CREATE TABLE t{t} {TABLE};\n" for t in range(many_tables(n))), many_tables(n) + 1

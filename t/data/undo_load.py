#!/usr/bin/python3
"""A random workload for the tests of rowundo: undo_load.py SOCKET SEED TRANSACTIONS [schema|work|later]

schema makes database u with its tables and some rows. work runs transactions of every shape: rows of tables with
and without keys, keys that move and change places, equal rows, text of several character sets, savepoints, XA,
rollbacks, statements of many rows. later changes rows that work does not touch: those with ids from 100000 up."""

import random
import sys

import pymysql

SCHEMA = """
CREATE DATABASE u CHARACTER SET utf8mb4
CREATE TABLE u.parent (id INT PRIMARY KEY, name VARCHAR(40), KEY (name)) ENGINE=InnoDB
CREATE TABLE u.child (id INT AUTO_INCREMENT PRIMARY KEY, parent_id INT, note TEXT, FOREIGN KEY (parent_id) REFERENCES u.parent (id)) ENGINE=InnoDB
CREATE TABLE u.wide (id INT UNSIGNED, part VARCHAR(10) COLLATE utf8mb4_bin, n BIGINT UNSIGNED, d DECIMAL(20,6), f FLOAT, g DOUBLE,
  e ENUM('a','b','ü',''), s SET('x','y','z'), b BIT(17), dt DATETIME(6), ts TIMESTAMP(3) NULL, t TIME(2), y YEAR, dd DATE, raw VARBINARY(60), bl BLOB,
  c1 VARCHAR(60) CHARACTER SET latin1, c2 VARCHAR(60) CHARACTER SET utf16, c3 CHAR(20) CHARACTER SET gbk, j JSON, p POINT, PRIMARY KEY (id, part)) ENGINE=InnoDB
CREATE TABLE u.uniq (a INT NOT NULL, b INT, c VARCHAR(20), UNIQUE KEY (a), UNIQUE KEY (b)) ENGINE=InnoDB
CREATE TABLE u.bag (v VARCHAR(10), n INT, f DOUBLE, x BLOB) ENGINE=InnoDB
CREATE TABLE u.folded (k VARCHAR(20) COLLATE utf8mb4_unicode_ci PRIMARY KEY, v TEXT) ENGINE=InnoDB
CREATE TABLE u.gen (id INT PRIMARY KEY, a INT, twice INT AS (a * 2) VIRTUAL, kept INT AS (a + 1) STORED) ENGINE=InnoDB
"""

socket, seed, count, step = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
rnd = random.Random(seed)
con = pymysql.connect(unix_socket=socket, user="root", charset="utf8mb4", autocommit=False)
cur = con.cursor()
cur.execute("SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION', foreign_key_checks = 1")
HIGH = 100000
xids = 0


def run(sql, args=()):
    """A statement that a constraint refuses is not done; that is as good."""
    try:
        cur.execute(sql, args)
    except (pymysql.err.IntegrityError, pymysql.err.DataError):
        pass


def word(n=8):
    return "".join(rnd.choice("abcXYZ  é€ÄßñЖ中😀'\\\"\n\t%_-") for _ in range(rnd.randrange(n + 1)))


def latin(n=8):
    return "".join(rnd.choice("abcé ÄßñÿX'\\") for _ in range(rnd.randrange(n + 1)))


def null(v):
    return None if rnd.random() < 0.15 else v


def blob(n):
    return bytes(rnd.randrange(256) for _ in range(rnd.randrange(n)))


def stamp():
    return "20%02d-%02d-%02d %02d:%02d:%02d.%06d" % (rnd.randrange(5, 36), rnd.randrange(1, 13), rnd.randrange(1, 28), rnd.randrange(24),
                                                    rnd.randrange(60), rnd.randrange(60), rnd.randrange(1000000))


def wide():
    return (null(rnd.choice((0, 1, 2**63, 2**64 - 1, rnd.randrange(2**64)))), null("%d.%06d" % (rnd.randrange(-10**9, 10**9), rnd.randrange(10**6))),
            null(rnd.choice((0.1, -1e-30, 3.4e38, rnd.random()))), null(rnd.choice((0.1, 1e308, 5e-324, rnd.gauss(0, 1e6)))),
            null(rnd.choice("abü")), null(rnd.choice(("", "x", "x,z", "x,y,z"))), null(rnd.randrange(2**17)), null(stamp()), null(stamp()),
            null("%s%d:%02d:%02d.%02d" % (rnd.choice(("", "-")), rnd.randrange(839), rnd.randrange(59), rnd.randrange(59), rnd.randrange(100))),
            null(rnd.randrange(1901, 2156)), null(stamp()[:10]), null(blob(30)), null(blob(300)), null(latin()), null(word()), null(rnd.choice(("中文", "a", "功"))),
            null('{"k": [%d, "%s", null, %s]}' % (rnd.randrange(2**40), rnd.choice("aé😀"), rnd.choice(("1.5", "true", "-7")))),
            null("POINT(%d %d)" % (rnd.randrange(90), rnd.randrange(90))))


WIDE = "n,d,f,g,e,s,b,dt,ts,t,y,dd,raw,bl,c1,c2,c3,j,p".split(",")
PLACES = ["%s"] * 18 + ["ST_GeomFromText(%s)"]


def row_ops(low):
    """One change, of rows whose ids are from low up."""
    i, k = low + rnd.randrange(60), low + rnd.randrange(60)
    kind = rnd.randrange(17)
    if kind == 0:
        run("INSERT INTO u.parent VALUES (%s, %s)", (i, word()))
    elif kind == 1:
        run("INSERT INTO u.child (id, parent_id, note) VALUES (%s, %s, %s)", (low + rnd.randrange(600), null(i), null(word(200))))
    elif kind == 2:
        run("DELETE FROM u.child WHERE parent_id = %s", (i,))
    elif kind == 3:
        run("DELETE FROM u.parent WHERE id BETWEEN %s AND %s", (i, i + 3))
    elif kind == 4:
        run("UPDATE u.child SET parent_id = %s, note = CONCAT('x', IFNULL(note, '')) WHERE parent_id = %s", (null(k), i))
    elif kind in (5, 6):
        run("INSERT INTO u.wide (id, part, %s) VALUES (%%s, %%s, %s)" % (",".join(WIDE), ",".join(PLACES)), (i, rnd.choice(("", "a", "A", "é"))) + wide())
    elif kind in (7, 8):
        n = sorted(rnd.sample(range(len(WIDE)), rnd.randrange(1, 6)))
        new = wide()
        run("UPDATE u.wide SET %s WHERE id = %%s" % ", ".join("%s = %s" % (WIDE[x], PLACES[x]) for x in n), tuple(new[x] for x in n) + (i,))
    elif kind == 9:
        run("UPDATE u.wide SET id = %s, part = CONCAT(LEFT(part, 2), %s) WHERE id = %s", (k, rnd.choice("abc"), i))
    elif kind == 10:
        run("DELETE FROM u.wide WHERE id IN (%s, %s)", (i, k))
    elif kind == 11:
        run("INSERT INTO u.uniq VALUES (%s, %s, %s)", (i, null(low + rnd.randrange(60)), null(word())))
    elif kind == 12:  # two rows change places
        run("UPDATE u.uniq SET a = -1 - a WHERE a = %s", (i,))
        run("UPDATE u.uniq SET a = %s WHERE a = %s", (i, k))
        run("UPDATE u.uniq SET a = %s WHERE a = %s", (k, -1 - i))
    elif kind == 13:
        f = null(rnd.choice((0.1, -7e-9, 1e300)))
        for _ in range(rnd.randrange(1, 4)):
            run("INSERT INTO u.bag VALUES (%s, %s, %s, %s)", (null(rnd.choice(("a", "A", "a ", "é", ""))), low + rnd.randrange(5), f, null(b"\0\xff'")))
    elif kind == 14:
        if rnd.random() < 0.5:
            run("DELETE FROM u.bag WHERE n = %s ORDER BY v, f, x LIMIT 2", (low + rnd.randrange(5),))
        else:
            run("UPDATE u.bag SET v = %s, n = %s WHERE n = %s ORDER BY v, f, x LIMIT 2",
                (rnd.choice("aAb"), low + rnd.randrange(5), low + rnd.randrange(5)))
    elif kind == 15:
        key = str(low) + rnd.choice(("straße", "STRASSE", "Ä", "ä", "a", "A"))
        run(rnd.choice(("REPLACE INTO u.folded VALUES (%s, %s)", "UPDATE u.folded SET k = %s, v = %s WHERE k LIKE '" + str(low) + "%%' LIMIT 1")), (key, word(50)))
    elif rnd.random() < 0.5:
        run("INSERT INTO u.gen (id, a) VALUES (%s, %s) ON DUPLICATE KEY UPDATE a = IFNULL(a, 0) + 1", (i, null(k)))
    else:
        run("DELETE FROM u.gen WHERE id = %s", (i,))


def trx(low):
    global xids
    kind = rnd.random()
    if kind < 0.1:
        xids += 1
        xid = "'undo-%d-%d', 'b', 7" % (seed, xids)
        run("XA START " + xid)
        for _ in range(rnd.randrange(1, 5)):
            row_ops(low)
        run("XA END " + xid)
        if rnd.random() < 0.3:
            run("XA COMMIT " + xid + " ONE PHASE")
        else:
            run("XA PREPARE " + xid)
            run(rnd.choice(("XA COMMIT ", "XA COMMIT ", "XA ROLLBACK ")) + xid)
        return
    run("BEGIN")
    for _ in range(rnd.randrange(1, 8)):
        row_ops(low)
        if rnd.random() < 0.15:
            name = rnd.choice(("s1", "S2", "`a b`"))
            run("SAVEPOINT " + name)
            for _ in range(rnd.randrange(4)):
                row_ops(low)
            if rnd.random() < 0.7:
                run("ROLLBACK TO " + name)
    if kind < 0.15:
        run("UPDATE u.wide SET n = 5, c2 = 'all' WHERE id >= %s AND id < %s", (low, low + HIGH))
    run("ROLLBACK" if kind > 0.93 else "COMMIT")


if step == "schema":
    for line in SCHEMA.strip().replace("\n  ", " ").split("\n"):
        cur.execute(line)
    for base in (0, HIGH):
        for _ in range(count):
            trx(base)
else:
    for _ in range(count):
        trx(HIGH if step == "later" else 0)
con.commit()

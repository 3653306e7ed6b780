#!/usr/bin/python3
"""fold_load.py SOCKET SEED STATEMENTS: random transactions on database f that are hard to put together: keys that change,
swap and go round, rows that come and go under one key, keys that differ in case only, unique keys with NULL, with
prefixes and on generated columns, foreign keys, tables without a key; with each kind of row image. The source is the
judge of what is possible: a statement that it refuses is left out."""

import random
import sys

import pymysql

SCHEMA = """
CREATE TABLE plain (id INT PRIMARY KEY, n BIGINT, s VARCHAR(40), b BLOB)
CREATE TABLE word (w VARCHAR(20) COLLATE utf8mb4_general_ci PRIMARY KEY, n INT, t TEXT)
CREATE TABLE uniq (id INT PRIMARY KEY, u INT, v VARCHAR(12) COLLATE utf8mb4_general_ci, n INT, UNIQUE (u), UNIQUE (v, n))
CREATE TABLE prefix (a INT, b VARCHAR(10) CHARACTER SET latin1 COLLATE latin1_german2_ci, s VARCHAR(30), d DECIMAL(12,3), PRIMARY KEY (a, b), UNIQUE (s(3)))
CREATE TABLE gen (id INT PRIMARY KEY, n INT, m INT AS (n % 50) STORED, s VARCHAR(10), UNIQUE (m))
CREATE TABLE bin (k BINARY(4) PRIMARY KEY, n INT, f DOUBLE, e ENUM('x','y','z'), at TIMESTAMP(3) NULL ON UPDATE CURRENT_TIMESTAMP(3))
CREATE TABLE parent (id INT PRIMARY KEY, n INT)
CREATE TABLE child (id INT PRIMARY KEY, p INT, n INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE CASCADE)
CREATE TABLE self (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES self (id) ON DELETE SET NULL)
CREATE TABLE nokey (a INT, b VARCHAR(10))
CREATE TABLE nullable (a INT, b VARCHAR(10), UNIQUE (a))
CREATE TABLE amount (k DECIMAL(10,2), u BIGINT UNSIGNED, n INT, PRIMARY KEY (k, u))
CREATE TABLE total (id INT PRIMARY KEY, n INT)
"""
WORDS = ["a", "A", "b", "B", "ab", "Ab", "aB", "x y", "é", "É", "e", "ß", "ss", "ä", "ae", "0", "o'k", "z\\\\", "ü", "y "]


def statements(r):
    """One random change, mostly of few rows so that they meet."""
    i, j, n = r.randrange(60), r.randrange(60), r.randrange(-1000, 1000)
    w, x = r.choice(WORDS).replace("'", "''"), r.choice(WORDS).replace("'", "''")
    u, v = r.choice([i, "NULL"]), r.randrange(40)
    return r.choice([
        lambda: [f"INSERT INTO plain VALUES ({i}, {n}, '{w}', REPEAT('{x}', {v * 50}))"],
        lambda: [f"UPDATE plain SET n = {n} WHERE id = {i}"],
        lambda: [f"UPDATE plain SET n = n + 1, s = '{x}' WHERE id < {i}"],
        lambda: [f"UPDATE plain SET id = {j} WHERE id = {i}"],
        lambda: ["UPDATE plain SET id = id + 1 ORDER BY id DESC"],
        lambda: ["UPDATE plain SET id = id - 1 ORDER BY id"],
        lambda: [f"DELETE FROM plain WHERE id = {i}", f"INSERT INTO plain VALUES ({i}, {n}, '{x}', NULL)"],
        lambda: [f"INSERT INTO plain VALUES ({i}, {n}, '{w}', '')", f"UPDATE plain SET b = '{x}' WHERE id = {i}", f"DELETE FROM plain WHERE id = {i}"],
        lambda: [f"REPLACE INTO plain SELECT id + {r.randrange(3)}, n, s, b FROM plain WHERE id BETWEEN {i} AND {i + 9}"],
        lambda: [f"DELETE FROM plain WHERE id % 7 = {v % 7}"],
        lambda: [f"INSERT INTO word VALUES ('{w}', {n}, '{x}')"],
        lambda: [f"UPDATE word SET w = '{x}' WHERE w = '{w}'"],
        lambda: [f"UPDATE word SET w = UPPER(w), n = n + 1 WHERE w = '{w}'"],
        lambda: [f"UPDATE word SET n = {n} WHERE w > '{w}'"],
        lambda: [f"DELETE FROM word WHERE w = '{w}'", f"INSERT INTO word VALUES (LOWER('{w}'), {n}, NULL)"],
        lambda: [f"INSERT INTO uniq VALUES ({i}, {u}, '{w}', {v})"],
        lambda: [f"UPDATE uniq SET u = -1 WHERE id = {i} AND u = {j}", f"UPDATE uniq SET u = {j} WHERE u = {v}", f"UPDATE uniq SET u = {v} WHERE u = -1"],
        lambda: [f"UPDATE uniq SET u = NULL, n = {v} WHERE id = {i}"],
        lambda: [f"UPDATE uniq SET id = {j} WHERE id = {i}"],
        lambda: [f"UPDATE uniq SET v = '{x}' WHERE v = '{w}'"],
        lambda: [f"REPLACE INTO uniq VALUES ({i}, {u}, '{x}', {v})"],
        lambda: [f"DELETE FROM uniq WHERE u = {j} OR id = {i}"],
        lambda: [f"INSERT INTO prefix VALUES ({v % 9}, '{w}', '{x}{i}', {n}.125)"],
        lambda: [f"UPDATE prefix SET s = CONCAT('{w}', s) WHERE a = {v % 9}"],
        lambda: [f"UPDATE prefix SET b = '{x}', d = d + 1 WHERE a = {v % 9} AND b = '{w}'"],
        lambda: [f"DELETE FROM prefix WHERE a = {v % 9}"],
        lambda: [f"INSERT INTO gen (id, n, s) VALUES ({i}, {n}, '{w}')"],
        lambda: [f"UPDATE gen SET n = {n} WHERE id = {i}"],
        lambda: [f"REPLACE INTO gen (id, n, s) VALUES ({i}, {abs(n)}, '{w}')"],
        lambda: [f"INSERT INTO bin VALUES (UNHEX('{i % 16:02x}00{v:02x}00'), {n}, {n} / 7, '{r.choice('xyz')}', '2024-01-01 00:00:00.5')"],
        lambda: [f"UPDATE bin SET k = UNHEX('{i % 16:02x}00{v:02x}00') WHERE n = {n} OR k = UNHEX('{j % 16:02x}00{v:02x}00')"],
        lambda: [f"UPDATE bin SET f = f * 3, e = '{r.choice('xyz')}' WHERE n > {n}"],
        lambda: [f"UPDATE bin SET n = {n}, at = at WHERE k > UNHEX('{j % 16:02x}')"],
        lambda: [f"DELETE FROM bin WHERE n % 5 = {v % 5}"],
        lambda: [f"INSERT INTO parent VALUES ({i}, {n})", f"INSERT INTO child SELECT COALESCE(MAX(id), 0) + 1, {i}, {n} FROM child"],
        lambda: [f"UPDATE parent SET id = {j} WHERE id = {i}"],
        lambda: [f"DELETE FROM parent WHERE id = {i}", f"INSERT INTO parent VALUES ({i}, {n})"],
        lambda: [f"UPDATE child SET p = {i} WHERE n < {n}"],
        lambda: [f"INSERT INTO self VALUES ({i}, NULL)", f"UPDATE self SET up = {j} WHERE id = {i}"],
        lambda: [f"DELETE FROM self WHERE id = {i}"],
        lambda: [f"INSERT INTO nokey VALUES ({v}, '{w}'), ({v}, '{w}')"],
        lambda: [f"UPDATE nokey SET a = a + 1 WHERE b = '{w}' LIMIT 2"],
        lambda: [f"DELETE FROM nokey WHERE a = {v} LIMIT 1"],
        lambda: [f"INSERT INTO nullable VALUES ({u}, '{w}')"],
        lambda: [f"UPDATE nullable SET b = '{x}', a = {r.choice([j, 'NULL'])} WHERE a = {i} OR a IS NULL"],
        lambda: [f"INSERT INTO amount VALUES ({n}.50, {r.choice([i, 18446744073709551615])}, {v})"],
        lambda: [f"UPDATE amount SET n = n + 1 WHERE k < {n}"],
        lambda: [f"UPDATE amount SET k = k + 1 WHERE n = {v}"],
    ])()


def main():
    sock, seed, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    r = random.Random(seed)
    con = pymysql.connect(unix_socket=sock, user="root", charset="utf8mb4")
    cur = con.cursor()
    cur.execute("DROP DATABASE IF EXISTS f")
    cur.execute("CREATE DATABASE f CHARACTER SET utf8mb4")
    con.select_db("f")
    for line in SCHEMA.strip().split("\n"):
        cur.execute(line)
    # what a reader of the target may look at at any time: its sum is always 1000
    cur.execute("INSERT INTO total VALUES " + ",".join(f"({i}, 50)" for i in range(20)))
    con.commit()
    done = refused = trx = 0
    while done < count:
        cur.execute(f"SET SESSION binlog_row_image = {r.choice(['FULL', 'FULL', 'MINIMAL', 'NOBLOB'])}")
        for _ in range(r.choice([1, 1, 2, 5, 30])):
            for s in statements(r):
                try:
                    cur.execute(s)
                    done += 1
                except pymysql.Error as e:
                    if e.args[0] in (1205, 1213):
                        raise
                    refused += 1
        a, b, n = r.randrange(20), r.randrange(20), r.randrange(30)
        cur.execute(f"UPDATE total SET n = n - {n} WHERE id = {a}")
        cur.execute(f"UPDATE total SET n = n + {n} WHERE id = {b}")
        if r.random() < 0.1:
            con.rollback()
        else:
            con.commit()
            trx += 1
    print(f"{done} statements in {trx} transactions, {refused} refused")


if __name__ == "__main__":
    main()

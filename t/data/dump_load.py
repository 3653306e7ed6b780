#!/usr/bin/python3
"""Writers for the tests that start from a dump: dump_load.py SOCKET WRITERS FILE

Makes database shop if it is not there, then WRITERS sessions change its tables in short transactions until FILE is
there. No FLOAT: dumps round it."""

import multiprocessing
import os
import random
import sys

import pymysql

SCHEMA = """
CREATE DATABASE shop CHARACTER SET utf8mb4
CREATE TABLE shop.customer (id INT PRIMARY KEY, name VARCHAR(60), notes TEXT, prefs JSON, made TIMESTAMP(3) NULL) ENGINE=InnoDB
CREATE TABLE shop.orders (id BIGINT AUTO_INCREMENT PRIMARY KEY, customer_id INT, price DECIMAL(12,2), d DOUBLE, state ENUM('new','paid','gone'), code VARBINARY(20), KEY (customer_id), FOREIGN KEY (customer_id) REFERENCES shop.customer (id)) ENGINE=InnoDB
CREATE TABLE shop.log (at DATETIME, what VARCHAR(40), n INT) ENGINE=InnoDB
CREATE TABLE shop.counter (k VARCHAR(10) PRIMARY KEY, n BIGINT) ENGINE=InnoDB
"""

socket, writers, stop = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def connect():
    return pymysql.connect(unix_socket=socket, user="root", charset="utf8mb4", autocommit=False)


def trx(cur, r):
    c = r.randrange(500)
    what = r.randrange(6)
    if what == 0:
        cur.execute("REPLACE INTO shop.log VALUES (NOW(), %s, %s)", (r.choice(("a", "é", "'\\\"\n", None)), r.randrange(50)))
    if what <= 2:
        cur.execute("INSERT IGNORE INTO shop.customer VALUES (%s, %s, %s, %s, NOW(3))",
                    (c, r.choice(("Ada", "Zoë", "王", "O'Hara\\")), "n" * r.randrange(300), '{"a": [%d, "é"]}' % r.randrange(99)))
        cur.execute("INSERT INTO shop.orders (customer_id, price, d, state, code) VALUES (%s, %s, %s, %s, %s)",
                    (c, r.randrange(10**6) / 100, r.random(), r.choice(("new", "paid")), bytes(r.randrange(256) for _ in range(r.randrange(20)))))
    elif what == 3:
        cur.execute("UPDATE shop.orders SET state = 'gone', price = price + 1 WHERE customer_id = %s LIMIT 3", (c,))
    elif what == 4:
        cur.execute("DELETE FROM shop.orders WHERE customer_id = %s ORDER BY id LIMIT 2", (c,))
        cur.execute("DELETE FROM shop.log WHERE n = %s LIMIT 1", (r.randrange(50),))
    else:
        cur.execute("UPDATE shop.customer SET name = CONCAT(LEFT(name, 20), %s) WHERE id = %s", (r.choice("xyz"), c))
    cur.execute("UPDATE shop.counter SET n = n + 1 WHERE k = %s", ("w%d" % r.randrange(writers),))


def write(number):
    con, r = connect(), random.Random(number)
    cur = con.cursor()
    while not os.path.exists(stop):
        try:
            trx(cur, r)
            con.commit()
        except pymysql.err.OperationalError as e:
            if e.args[0] not in (1205, 1213):
                raise
            con.rollback()


con = connect()
cur = con.cursor()
cur.execute("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = 'shop'")
if not cur.fetchone()[0]:
    for line in SCHEMA.strip().split("\n"):
        cur.execute(line)
    cur.executemany("INSERT INTO shop.counter VALUES (%s, 0)", [("w%d" % i,) for i in range(writers)])
    r = random.Random(0)
    for _ in range(2000):
        trx(cur, r)
    con.commit()
jobs = [multiprocessing.Process(target=write, args=(i + 1,)) for i in range(writers)]
for j in jobs:
    j.start()
for j in jobs:
    j.join()
sys.exit(max(j.exitcode for j in jobs))

#!/usr/bin/python3
"""Work for many workers, and a look at what they do.

workers_load.py load SOCKET SEED STATEMENTS: random transactions on the databases f (what a reader looks at) and f0 to f2
(the tables of fold_load.py and more); prints where the work begins, after the definitions. Most transactions stay in one of
f0 to f2, so that some share keys with those before them and some do not. The source is the judge of what is possible: a
statement that it refuses is left out.

workers_load.py clear SOCKET DATABASE...: makes their tables what they were before such work.

workers_load.py chains SOURCE TARGET ROUNDS: on database c, for each way in which two transactions can depend on each other, pairs
of which the second is possible only after the first. Many of the keys that tie them are the target's only: it makes the
tables on both.

workers_load.py watch SOCKET source|any STOP: reads the target over and over until the file STOP exists; each state that the
source cannot have had is printed, then the figures."""

import os
import random
import sys
import time

import pymysql

sys.dont_write_bytecode = True
import fold_load  # noqa: E402

DATABASES = 3
ACCOUNTS = 400
SCHEMA = fold_load.SCHEMA.rstrip() + """
CREATE TABLE hot (id INT PRIMARY KEY, n BIGINT)
CREATE TABLE boss (id INT PRIMARY KEY, n INT)
CREATE TABLE worker (id INT PRIMARY KEY, boss INT, n INT, FOREIGN KEY (boss) REFERENCES boss (id))
CREATE TABLE code (c VARCHAR(20) COLLATE utf8mb4_general_ci PRIMARY KEY, n INT)
CREATE TABLE uses (id INT PRIMARY KEY, c VARCHAR(30) COLLATE utf8mb4_general_ci, FOREIGN KEY (c) REFERENCES code (c) ON DELETE RESTRICT ON UPDATE RESTRICT)
CREATE TABLE tagged (id INT PRIMARY KEY, k INT NOT NULL, UNIQUE (k))
CREATE TABLE tag (id INT PRIMARY KEY, k INT, FOREIGN KEY (k) REFERENCES tagged (k) ON DELETE SET NULL ON UPDATE CASCADE)
CREATE TABLE pair (a INT, b INT, n INT, PRIMARY KEY (a, b))
CREATE TABLE of_pair (a INT, x INT, b INT, u INT, PRIMARY KEY (a, x), UNIQUE (u), FOREIGN KEY (a, b) REFERENCES pair (a, b) ON DELETE CASCADE ON UPDATE CASCADE)
CREATE TABLE grand (id INT PRIMARY KEY, c INT, w VARCHAR(10) COLLATE utf8mb4_general_ci, UNIQUE (w), FOREIGN KEY (c) REFERENCES child (id) ON DELETE CASCADE)
CREATE TABLE swap (id INT PRIMARY KEY, u INT NOT NULL, v VARCHAR(10) NOT NULL, UNIQUE (u), UNIQUE (v))
CREATE TABLE nopk (a INT NOT NULL, b VARCHAR(10) COLLATE utf8mb4_general_ci, n INT, UNIQUE (a), UNIQUE (b))
CREATE TABLE virt (id INT PRIMARY KEY, n INT, m INT AS (n % 40) VIRTUAL, UNIQUE (m))
CREATE TABLE real_key (f DOUBLE PRIMARY KEY, n INT)
CREATE TABLE bytes (k VARBINARY(8) PRIMARY KEY, n INT)
CREATE TABLE uni (w VARCHAR(20) COLLATE utf8mb4_unicode_ci PRIMARY KEY, n INT)
CREATE TABLE fixed (c CHAR(6) CHARACTER SET latin1, e ENUM('p','q','r'), n INT, PRIMARY KEY (c, e))
CREATE TABLE bits (k BIT(5), at DATETIME(2), n INT, PRIMARY KEY (k, at))
"""
REALS = ["0", "-0e0", "1.5", "-1.5", "1e300", "0.1", "1e-300"]
# tables whose rows are added up in each state
DIGEST = [("hot", "n"), ("plain", "id * 7 + n"), ("child", "p * 3 + n"), ("worker", "boss + id * 11"), ("swap", "id * u"), ("nokey", "a"), ("of_pair", "a * x + b")]


def digest():
    """One number that says which state the tables are in."""
    parts = []
    for d in range(DATABASES):
        for i, (table, what) in enumerate(DIGEST):
            parts.append(f"(SELECT {(d * 8 + i) * 2 + 1} * (COALESCE(SUM({what}), 0) + 1013 * COUNT(*)) FROM f{d}.{table})")
    return " + ".join(parts)


def more(r):
    """One random change of the tables that fold_load.py does not have."""
    i, j, n, v = r.randrange(40), r.randrange(40), r.randrange(-1000, 1000), r.randrange(12)
    w, x = r.choice(fold_load.WORDS).replace("'", "''"), r.choice(fold_load.WORDS).replace("'", "''")
    f, g = r.choice(REALS), r.choice(REALS)
    return r.choice([
        lambda: [f"UPDATE hot SET n = n + {n} WHERE id = {v % 3}"],
        lambda: [f"UPDATE hot SET n = n + 1 WHERE id <= {v % 4}"],
        lambda: [f"INSERT INTO boss VALUES ({v}, {n})"],
        lambda: [f"INSERT INTO worker VALUES ({i}, {v}, {n})"],
        lambda: [f"UPDATE worker SET boss = {v} WHERE id = {i}"],
        lambda: [f"DELETE FROM worker WHERE boss = {v} OR id = {i}", f"DELETE FROM boss WHERE id = {v}"],
        lambda: [f"UPDATE boss SET n = {n} WHERE id = {v}"],
        lambda: [f"UPDATE boss SET id = {v} WHERE id = {i % 12}"],
        lambda: [f"INSERT INTO code VALUES ('{w}', {n})"],
        lambda: [f"INSERT INTO uses VALUES ({i}, UPPER('{w}'))"],
        lambda: [f"DELETE FROM uses WHERE c = '{w}'", f"DELETE FROM code WHERE c = '{w}'"],
        lambda: [f"UPDATE uses SET c = LOWER('{x}') WHERE id = {i}"],
        lambda: [f"INSERT INTO tagged VALUES ({i}, {j})"],
        lambda: [f"UPDATE tagged SET k = {j} WHERE k = {i}"],
        lambda: [f"DELETE FROM tagged WHERE id = {i}"],
        lambda: [f"INSERT INTO tag VALUES ({i}, {j})"],
        lambda: [f"UPDATE tag SET k = (SELECT MAX(k) FROM tagged) WHERE id = {i}"],
        lambda: [f"INSERT INTO pair VALUES ({v}, {i % 3}, {n})"],
        lambda: [f"INSERT INTO of_pair SELECT a, {i}, b, {r.choice([j, 'NULL'])} FROM pair WHERE a = {v} LIMIT 1"],
        lambda: [f"UPDATE pair SET a = {v} WHERE a = {i % 12} AND b = {j % 3}"],
        lambda: [f"DELETE FROM pair WHERE a = {v}"],
        lambda: [f"DELETE FROM of_pair WHERE u = {j}"],
        lambda: [f"INSERT INTO grand SELECT {i}, MAX(id), '{w}' FROM child"],
        lambda: [f"INSERT INTO grand SELECT {i}, MIN(id), '{w}' FROM child"],
        lambda: [f"UPDATE grand SET w = '{x}' WHERE w = '{w}'"],
        lambda: [f"DELETE FROM child WHERE id = {i} OR p = {j}"],
        lambda: [f"INSERT INTO swap VALUES ({i}, {j}, 'v{j}')"],
        lambda: [f"UPDATE swap SET u = -1 WHERE u = {i}", f"UPDATE swap SET u = {i} WHERE u = {j}", f"UPDATE swap SET u = {j} WHERE u = -1"],
        lambda: [f"UPDATE swap SET v = '-' WHERE v = 'v{i}'", f"UPDATE swap SET v = 'v{i}' WHERE v = 'v{j}'", f"UPDATE swap SET v = 'v{j}' WHERE v = '-'"],
        lambda: ["UPDATE swap SET u = u + 1 ORDER BY u DESC"],
        lambda: ["UPDATE swap SET u = u - 1 ORDER BY u"],
        lambda: [f"DELETE FROM swap WHERE u = {j}", f"INSERT INTO swap VALUES ({i}, {j}, 'v{j}')"],
        lambda: [f"INSERT INTO nopk VALUES ({i}, {r.choice(['NULL', repr('n' + str(v))])}, {n})"],
        lambda: [f"UPDATE nopk SET b = 'N{v}', n = n + 1 WHERE a = {i}"],
        lambda: [f"UPDATE nopk SET a = {j} WHERE b = 'n{v}'"],
        lambda: [f"DELETE FROM nopk WHERE a = {i} OR b = 'N{v}'"],
        lambda: [f"INSERT INTO virt (id, n) VALUES ({i}, {n})"],
        lambda: [f"UPDATE virt SET n = {n} WHERE m = {n} % 40 OR id = {i}"],
        lambda: [f"DELETE FROM virt WHERE m = {n} % 40"],
        lambda: [f"INSERT INTO real_key VALUES ({f}, {n})"],
        lambda: [f"DELETE FROM real_key WHERE f = {f}"],
        lambda: [f"UPDATE real_key SET f = {g}, n = n + 1 WHERE f = {f}"],
        lambda: [f"INSERT INTO bytes VALUES (UNHEX('61{'00' * (v % 4)}'), {n})"],
        lambda: [f"DELETE FROM bytes WHERE k = UNHEX('61{'00' * (v % 4)}')"],
        lambda: [f"UPDATE bytes SET k = CONCAT(k, UNHEX('00')) WHERE n > {n}"],
        lambda: [f"INSERT INTO uni VALUES ('{w}', {n})"],
        lambda: [f"DELETE FROM uni WHERE w = '{w}'", f"INSERT INTO uni VALUES ('{x}', {n})"],
        lambda: [f"UPDATE uni SET w = '{x}', n = {n} WHERE w = '{w}'"],
        lambda: [f"INSERT INTO fixed VALUES ('{w[:4]}', '{r.choice('pqr')}', {n})"],
        lambda: [f"UPDATE fixed SET e = '{r.choice('pqr')}' WHERE c = '{w[:4]}' AND n > {n}"],
        lambda: [f"DELETE FROM fixed WHERE c = '{w[:4]}'"],
        lambda: [f"INSERT INTO bits VALUES ({i % 32}, '2024-01-01 00:00:0{v % 10}.5', {n})"],
        lambda: [f"UPDATE bits SET k = {j % 32} WHERE k = {i % 32}"],
        lambda: [f"DELETE FROM bits WHERE n % 3 = {v % 3}"],
    ])()


# what changes a definition, the keys of a table among them, and what undoes it; none concerns what a reader looks at
DEFINITIONS = [
    ("prefix", "ALTER TABLE prefix DROP KEY s, ADD UNIQUE (s(4))", "ALTER TABLE prefix DROP KEY s, ADD UNIQUE (s(3))"),
    ("uni", "ALTER TABLE uni ADD UNIQUE extra (n)", "ALTER TABLE uni DROP KEY extra"),
    ("amount", "ALTER TABLE amount ADD UNIQUE extra (n)", "ALTER TABLE amount DROP KEY extra"),
    ("nullable", "ALTER TABLE nullable ADD UNIQUE extra (b)", "ALTER TABLE nullable DROP KEY extra"),
    ("nopk", "ALTER TABLE nopk DROP KEY b", "ALTER TABLE nopk ADD UNIQUE (b)"),
    ("bits", "ALTER TABLE bits DROP PRIMARY KEY", "ALTER TABLE bits ADD PRIMARY KEY (k, at)"),
    ("fixed", "TRUNCATE TABLE fixed", "ALTER TABLE fixed COMMENT = ''"),
    ("uniq", "CREATE TABLE made LIKE uniq", "DROP TABLE made"),
]


def connect(sock):
    con = pymysql.connect(unix_socket=sock, user="root", charset="utf8mb4", autocommit=False)
    return con, con.cursor()


def log_end(cur):
    try:
        cur.execute("SHOW BINARY LOG STATUS")
    except pymysql.Error:
        cur.execute("SHOW MASTER STATUS")
    return "{}:{}".format(*cur.fetchone()[:2])


def undo(con, cur, d, change):
    con.select_db(d)
    try:
        cur.execute(change[2])
    except pymysql.IntegrityError:
        # the rows do not fit any more
        cur.execute(f"DELETE FROM {change[0]}")
        con.commit()
        cur.execute(change[2])


def clear(sock, databases):
    """Leaves the tables as the stream begins with them: empty, but for what the pairs of transactions begin with."""
    con, cur = connect(sock)
    cur.execute("SET foreign_key_checks = 0")
    cur.execute("SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'")
    for d, table in cur.fetchall():
        if d in databases or d == "rowferry":
            cur.execute(f"DELETE FROM {d}.{table}")
    if "c" in databases:
        con.select_db("c")
        for _, tables, _ in its_chains(cur):
            for line in tables:
                if line.startswith("INSERT"):
                    cur.execute(line)
    con.commit()


def load(sock, seed, count):
    r = random.Random(seed)
    con, cur = connect(sock)
    for d in ["f"] + [f"f{d}" for d in range(DATABASES)]:
        cur.execute(f"CREATE DATABASE {d} CHARACTER SET utf8mb4")
        con.select_db(d)
        if d != "f":
            for line in SCHEMA.strip().split("\n"):
                cur.execute(line)
    con.select_db("f")
    cur.execute("CREATE TABLE total (id INT PRIMARY KEY, n INT)")
    cur.execute("CREATE TABLE counter (id INT PRIMARY KEY, n INT)")
    cur.execute("CREATE TABLE counted (n INT PRIMARY KEY, what VARCHAR(40))")
    cur.execute("CREATE TABLE keyless (trx INT)")
    cur.execute("CREATE TABLE prepared (id INT, n INT, KEY (id))")
    cur.execute("CREATE TABLE journal (id INT PRIMARY KEY, state BIGINT)")
    print(log_end(cur))
    for d in range(DATABASES):
        cur.execute(f"INSERT INTO f{d}.hot VALUES (0, 0), (1, 0), (2, 0), (3, 0)")
    cur.execute(f"INSERT INTO journal SELECT 1, {digest()}")
    cur.execute("INSERT INTO total VALUES " + ",".join(f"({i}, 50)" for i in range(ACCOUNTS)))
    cur.execute("INSERT INTO counter VALUES (1, 0)")
    con.commit()
    other, xa = connect(sock)
    done = refused = definitions = xas = 0
    trx = 1
    is_prepared = False
    changed = []
    while done < count:
        con.select_db(f"f{r.randrange(DATABASES)}")
        cur.execute(f"SET SESSION binlog_row_image = {r.choice(['FULL', 'FULL', 'MINIMAL', 'NOBLOB'])}")
        for _ in range(r.choice([1, 1, 1, 2, 2, 4, 15])):
            if r.random() < 0.02:
                con.select_db(f"f{r.randrange(DATABASES)}")
            for s in r.choice([fold_load.statements, more])(r):
                try:
                    cur.execute(s)
                    done += 1
                except pymysql.Error as e:
                    if e.args[0] in (1205, 1213, 1064, 1146, 1054):
                        raise
                    refused += 1
        a, b, n = r.randrange(ACCOUNTS), r.randrange(ACCOUNTS), r.randrange(30)
        cur.execute(f"UPDATE f.total SET n = n - {n} WHERE id = {a}")
        cur.execute(f"UPDATE f.total SET n = n + {n} WHERE id = {b}")
        if r.random() < 0.1:
            cur.execute("UPDATE f.counter SET n = n + 1")
            cur.execute("INSERT INTO f.counted SELECT n, REPEAT('x', n % 40) FROM f.counter")
        if r.random() < 0.05:
            cur.execute(f"INSERT INTO f.keyless VALUES ({trx + 1})")
        if r.random() < 0.07:
            con.rollback()
        else:
            cur.execute(f"INSERT INTO f.journal SELECT {trx + 1}, {digest()}")
            con.commit()
            trx += 1
        if r.random() < 0.008:
            d, change = f"f{r.randrange(DATABASES)}", r.choice(DEFINITIONS)
            if (d, change) in changed:
                undo(con, cur, d, change)
                changed.remove((d, change))
                definitions += 1
            elif change[0] not in [c[0] for e, c in changed if e == d]:
                con.select_db(d)
                try:
                    cur.execute(change[1])
                    changed.append((d, change))
                    definitions += 1
                except pymysql.IntegrityError:
                    pass
        # an XA transaction is open for a while
        if is_prepared and r.random() < 0.2:
            xa.execute(f"XA {r.choice(['COMMIT', 'COMMIT', 'ROLLBACK'])} 'x{xas}'")
            is_prepared = False
        elif not is_prepared and r.random() < 0.03:
            xas += 1
            xa.execute(f"XA START 'x{xas}'")
            xa.execute(f"INSERT INTO f.prepared VALUES ({xas}, {n}), ({xas}, -{n})")
            xa.execute(f"XA END 'x{xas}'")
            xa.execute(f"XA PREPARE 'x{xas}'")
            is_prepared = True
    if is_prepared:
        xa.execute(f"XA COMMIT 'x{xas}'")
    # the definitions are at the end what they were at first
    for d, change in changed:
        undo(con, cur, d, change)
    print(f"{done} statements in {trx} transactions, {refused} refused; {definitions} definitions, {xas} of XA")


def watch(sock, order, stop):
    con, cur = connect(sock)
    con.autocommit(True)
    looks = bad = 0
    seen = set()
    error = None
    is_whole = False  # all tables are there
    # one statement reads one state of the server
    state = f"""SELECT (SELECT SUM(n) FROM f.total), (SELECT n FROM f.counter), (SELECT COUNT(*) FROM f.counted), (SELECT COALESCE(MAX(n), 0) FROM f.counted),
        (SELECT SUM(n) FROM f.prepared), (SELECT COUNT(*) % 2 FROM f.prepared),
        (SELECT COUNT(*) FROM f.journal), (SELECT MAX(id) FROM f.journal), (SELECT state FROM f.journal ORDER BY id DESC LIMIT 1), {digest()}"""
    while not os.path.exists(stop):
        time.sleep(0.001)
        try:
            cur.execute(state)
            row = [None if v is None else int(v) for v in cur.fetchone()]
        except pymysql.Error as e:
            # the tables are made by the stream
            if not is_whole and e.args[0] in (1049, 1146, 1412):
                continue
            error = e
            break
        total, counter, counted, last, xa_sum, xa_odd, journals, journal, was, now = row
        if journals == 0 and total is None and counter is None:
            continue
        is_whole = True
        looks += 1
        seen.add(journals)
        wrong = []
        if total != ACCOUNTS * 50:
            wrong.append(f"the sum is {total}")
        if counter != counted or counted != last:
            wrong.append(f"the counter is {counter}, {counted} were counted, the last is {last}")
        if xa_sum not in (None, 0) or xa_odd:
            wrong.append(f"an XA transaction is half there: {xa_sum}, {xa_odd}")
        if order == "source" and journals != journal:
            wrong.append(f"{journals} transactions are there, the last is {journal}")
        if order == "source" and was != now:
            wrong.append(f"after transaction {journal} the state is {now}, on the source it was {was}")
        if wrong:
            bad += 1
            if bad <= 5:
                print("bad: " + "; ".join(wrong))
    if error:
        print(f"bad: {error}")
    print(f"{looks} looks, {len(seen)} states")


# Name, tables (what is in braces is the target's alone, or the source's with !), transactions: each depends on one before it.
# {i} is the round, {j} the next; + is for a transaction that has a lot more to do before, others have less.
CHAINS = [
    ("pk", ["CREATE TABLE pk (id INT PRIMARY KEY, n INT)", "INSERT INTO pk VALUES (1, 0)"],
     ["DELETE FROM pk WHERE id = 1", "INSERT INTO pk VALUES (1, {i})"]),
    ("moved", ["CREATE TABLE moved (id INT PRIMARY KEY, n INT)", "INSERT INTO moved VALUES (0, 0)"],
     ["UPDATE moved SET id = -1", "UPDATE moved SET id = {j}, n = {i}"]),
    ("behind", ["CREATE TABLE behind (id INT PRIMARY KEY, n INT)", "INSERT INTO behind VALUES (0, 0)"],
     ["UPDATE behind SET id = {j} WHERE id = {i}", "INSERT INTO behind VALUES ({i}, {i})", "UPDATE behind SET id = -1 - {i} WHERE id = {i}"]),
    ("uniq", ["CREATE TABLE uniq (id INT PRIMARY KEY, u INT, UNIQUE (u))", "INSERT INTO uniq VALUES (1, 5), (2, NULL)"],
     ["UPDATE uniq SET u = NULL WHERE u = 5", "UPDATE uniq SET u = 5 WHERE id = 1 + {j} % 2"]),
    ("freed", ["CREATE TABLE freed (id INT PRIMARY KEY, u INT, UNIQUE (u))", "INSERT INTO freed VALUES (0, 7)"],
     ["DELETE FROM freed WHERE id = {i}", "INSERT INTO freed VALUES ({j}, 7)"]),
    ("target_uniq", ["CREATE TABLE target_uniq (id INT PRIMARY KEY, u INT {, UNIQUE (u)})", "INSERT INTO target_uniq VALUES (0, 7)"],
     ["DELETE FROM target_uniq WHERE id = {i}", "INSERT INTO target_uniq VALUES ({j}, 7)"]),
    ("nulled", ["CREATE TABLE nulled (id INT PRIMARY KEY, u INT, v INT {, UNIQUE (u, v)})", "INSERT INTO nulled VALUES (0, 7, 7)"],
     ["UPDATE nulled SET v = NULL WHERE id = {i}", "INSERT INTO nulled VALUES ({j}, 7, 7)"]),
    ("ci", ["CREATE TABLE ci (w VARCHAR(10) COLLATE utf8mb4_general_ci PRIMARY KEY, n INT)", "INSERT INTO ci VALUES ('é', 0)"],
     ["DELETE FROM ci WHERE w = 'e'", "INSERT INTO ci VALUES ('E', {i})", "DELETE FROM ci WHERE w = 'e'", "INSERT INTO ci VALUES ('é ', {i})"]),
    ("target_ci", ["CREATE TABLE target_ci (id INT PRIMARY KEY, w VARCHAR(10) COLLATE utf8mb4_bin {COLLATE utf8mb4_general_ci, UNIQUE (w)})", "INSERT INTO target_ci VALUES (0, 'a')"],
     ["DELETE FROM target_ci WHERE id = 2 * {i}", "INSERT INTO target_ci VALUES (2 * {i} + 1, 'A')", "DELETE FROM target_ci WHERE id = 2 * {i} + 1", "INSERT INTO target_ci VALUES (2 * {j}, 'á')"]),
    ("expanded", ["CREATE TABLE expanded (w VARCHAR(10) COLLATE utf8mb4_unicode_ci PRIMARY KEY, n INT)", "INSERT INTO expanded VALUES ('ß', 0)"],
     ["DELETE FROM expanded WHERE w = 'ß'", "INSERT INTO expanded VALUES ('SS', {i})", "UPDATE expanded SET w = 'x'", "UPDATE expanded SET w = 'ß'"]),
    ("prefix", ["CREATE TABLE prefix (id INT PRIMARY KEY, s VARCHAR(20) COLLATE utf8mb4_general_ci {, UNIQUE (s(3))})", "INSERT INTO prefix VALUES (0, 'äbc0')"],
     ["DELETE FROM prefix WHERE id = {i}", "INSERT INTO prefix VALUES ({j}, 'ÄBCx{i}')"]),
    ("gen", ["CREATE TABLE gen (id INT PRIMARY KEY, n INT, m INT AS (n % 10) STORED {, UNIQUE (m)})", "INSERT INTO gen (id, n) VALUES (0, 3)"],
     ["UPDATE gen SET n = NULL WHERE id = {i}", "INSERT INTO gen (id, n) VALUES ({j}, {j} * 10 + 3)"]),
    ("virt", ["CREATE TABLE virt (id INT PRIMARY KEY, n INT, m INT AS (n % 10) VIRTUAL {, UNIQUE (m)})", "INSERT INTO virt (id, n) VALUES (0, 3)"],
     ["DELETE FROM virt WHERE id = {i}", "INSERT INTO virt (id, n) VALUES ({j}, {j} * 10 + 3)"]),
    ("zero", ["CREATE TABLE zero (f DOUBLE PRIMARY KEY, n INT)", "INSERT INTO zero VALUES (0, 0)"],
     ["DELETE FROM zero", "INSERT INTO zero VALUES (-0e0, {i})", "DELETE FROM zero", "INSERT INTO zero VALUES (0, {i})"]),
    ("nopk", ["CREATE TABLE nopk (a INT NOT NULL, b INT, UNIQUE (a), UNIQUE (b))", "INSERT INTO nopk VALUES (1, 1), (2, 2)"],
     ["UPDATE nopk SET b = NULL WHERE a = 1", "UPDATE nopk SET b = 1 WHERE a = 2", "UPDATE nopk SET b = 2 WHERE a = 1", "UPDATE nopk SET b = NULL WHERE a = 2", "UPDATE nopk SET b = 1 WHERE a = 1", "UPDATE nopk SET b = 2 WHERE a = 2"]),
    ("keyless", ["CREATE TABLE keyless (a INT, b VARCHAR(5))", "INSERT INTO keyless VALUES (1, 'x')"],
     ["INSERT INTO keyless VALUES ({i}, 'y')", "UPDATE keyless SET b = 'z' WHERE a = {i} AND b = 'y'", "DELETE FROM keyless WHERE a = {i} AND b = 'z' LIMIT 1"]),
    ("target_keyless", ["CREATE TABLE target_keyless (a INT, b VARCHAR(5) {!, PRIMARY KEY (a)})"],
     ["INSERT INTO target_keyless VALUES ({i}, 'y')", "UPDATE target_keyless SET b = 'z' WHERE a = {i}", "DELETE FROM target_keyless WHERE a = {i}"]),
    ("child", ["CREATE TABLE child_p (id INT PRIMARY KEY)", "CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES child_p (id))"],
     ["INSERT INTO child_p VALUES ({i})", "INSERT INTO child VALUES ({i}, {i})", "DELETE FROM child WHERE id = {i}", "DELETE FROM child_p WHERE id = {i}"]),
    ("target_child", ["CREATE TABLE target_p (id INT PRIMARY KEY)", "CREATE TABLE target_child (id INT PRIMARY KEY, p INT {, FOREIGN KEY (p) REFERENCES target_p (id)})"],
     ["INSERT INTO target_p VALUES ({i})", "INSERT INTO target_child VALUES ({i}, {i})", "UPDATE target_child SET p = NULL WHERE id = {i}", "DELETE FROM target_p WHERE id = {i}"]),
    ("text_child", ["CREATE TABLE text_p (w VARCHAR(10) COLLATE utf8mb4_general_ci PRIMARY KEY)",
                    "CREATE TABLE text_child (id INT PRIMARY KEY, w VARCHAR(20) COLLATE utf8mb4_general_ci, FOREIGN KEY (w) REFERENCES text_p (w))"],
     ["INSERT INTO text_p VALUES ('é{i}')", "INSERT INTO text_child VALUES ({i}, 'E{i}')", "DELETE FROM text_child WHERE id = {i}", "DELETE FROM text_p WHERE w = 'e{i}'"]),
    ("unique_child", ["CREATE TABLE unique_p (id INT PRIMARY KEY, a INT NOT NULL, b INT NOT NULL, UNIQUE (a, b))", "INSERT INTO unique_p VALUES (1, -1, 0)",
                      "CREATE TABLE unique_child (id INT PRIMARY KEY, b INT, a INT, FOREIGN KEY (a, b) REFERENCES unique_p (a, b))"],
     ["UPDATE unique_p SET a = {i}", "INSERT INTO unique_child VALUES (1, 0, {i})", "UPDATE unique_child SET a = NULL", "UPDATE unique_p SET b = 1", "UPDATE unique_p SET b = 0", "DELETE FROM unique_child"]),
    ("self", ["CREATE TABLE self (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES self (id))", "INSERT INTO self VALUES (0, NULL)"],
     ["INSERT INTO self VALUES ({j}, {i})", "UPDATE self SET up = NULL WHERE id = {j}", "DELETE FROM self WHERE id = {i}"]),
    ("cascade", ["CREATE TABLE cascade_g (id INT PRIMARY KEY)", "CREATE TABLE cascade_p (id INT PRIMARY KEY, g INT, FOREIGN KEY (g) REFERENCES cascade_g (id) ON DELETE CASCADE)",
                 "CREATE TABLE cascade_c (id INT PRIMARY KEY, p INT, u INT, UNIQUE (u), FOREIGN KEY (p) REFERENCES cascade_p (id) ON DELETE CASCADE)",
                 "INSERT INTO cascade_g VALUES (0)", "INSERT INTO cascade_p VALUES (1, 0)", "INSERT INTO cascade_c VALUES (0, 1, 1)"],
     ["INSERT INTO cascade_g VALUES ({j})", "DELETE FROM cascade_g WHERE id = {i}", "INSERT INTO cascade_p VALUES (1, {j})", "INSERT INTO cascade_c VALUES ({j}, 1, 1)"]),
    ("cascaded", ["CREATE TABLE cascaded_p (id INT PRIMARY KEY)", "CREATE TABLE cascaded (p INT, x INT, PRIMARY KEY (p, x), FOREIGN KEY (p) REFERENCES cascaded_p (id) ON UPDATE CASCADE)",
                  "INSERT INTO cascaded_p VALUES (0)"],
     ["INSERT INTO cascaded VALUES ({i}, {i})", "UPDATE cascaded_p SET id = {j}", "DELETE FROM cascaded WHERE p = {j}"]),
    ("nullify", ["CREATE TABLE nullify_p (id INT PRIMARY KEY)", "CREATE TABLE nullify (id INT PRIMARY KEY, p INT, UNIQUE (p), FOREIGN KEY (p) REFERENCES nullify_p (id) ON DELETE SET NULL)",
                 "INSERT INTO nullify_p VALUES (1)", "INSERT INTO nullify VALUES (0, 1)"],
     ["DELETE FROM nullify_p WHERE id = 1", "INSERT INTO nullify_p VALUES (1)", "INSERT INTO nullify VALUES ({j}, 1)"]),
    # the last is tied to the one before, which is soon done, and then to one that is not
    ("second", ["CREATE TABLE second_p (id INT PRIMARY KEY)", "CREATE TABLE second (id INT PRIMARY KEY, p INT, n INT, FOREIGN KEY (p) REFERENCES second_p (id))"],
     ["INSERT INTO second VALUES (2 * {i}, NULL, 0), (2 * {i} + 1, NULL, 0)", "+UPDATE second SET n = 1 WHERE id = 2 * {i}", "UPDATE second SET n = 1 WHERE id = 2 * {i} + 1",
      "UPDATE second SET n = 2 WHERE id = 2 * {i} + 1; UPDATE second SET n = 2 WHERE id = 2 * {i}"]),
    ("second_folded", ["CREATE TABLE second_folded (id INT PRIMARY KEY, n INT)", "CREATE TABLE second_keyless (n INT)"],
     ["INSERT INTO second_folded VALUES ({i}, 0)", "+UPDATE second_folded SET n = 1 WHERE id = {i}", "INSERT INTO second_keyless VALUES ({i})",
      "UPDATE second_keyless SET n = -1 - n WHERE n = {i}; UPDATE second_folded SET n = 2 WHERE id = {i}"]),
    ("mysql expression", ["CREATE TABLE expression (id INT PRIMARY KEY, w VARCHAR(10) COLLATE utf8mb4_bin {, UNIQUE ((LOWER(w)))})", "INSERT INTO expression VALUES (0, 'a')"],
     ["DELETE FROM expression WHERE id = {i}", "INSERT INTO expression VALUES ({j}, IF({i} % 2, 'A', 'a'))"]),
    ("mysql nopad", ["CREATE TABLE nopad (w VARCHAR(10) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY, n INT)", "INSERT INTO nopad VALUES ('ä', 0)"],
     ["DELETE FROM nopad WHERE w = 'a'", "INSERT INTO nopad VALUES ('A', {i})", "UPDATE nopad SET w = 'a '", "UPDATE nopad SET w = 'á'"]),
    ("mariadb hashed", ["CREATE TABLE hashed (id INT PRIMARY KEY, t TEXT COLLATE utf8mb4_general_ci {, UNIQUE (t)})", "INSERT INTO hashed VALUES (0, REPEAT('a', 4000))"],
     ["DELETE FROM hashed WHERE id = {i}", "INSERT INTO hashed VALUES ({j}, REPEAT('A', 4000))"]),
    ("mariadb overlap", ["CREATE TABLE overlap (id INT, a DATE, b DATE, n INT, PERIOD FOR p (a, b), PRIMARY KEY (id, p WITHOUT OVERLAPS))", "INSERT INTO overlap VALUES (1, '2000-01-01', '2000-01-05', 0)"],
     ["DELETE FROM overlap", "INSERT INTO overlap VALUES (1, '2000-01-03', '2000-01-09', {i})", "DELETE FROM overlap", "INSERT INTO overlap VALUES (1, '2000-01-01', '2000-01-05', {i})"]),
]


def split(text, is_target):
    """What stands in {braces} of a definition is for the target, in {!...} for the source only."""
    out = ""
    for part in text.split("{"):
        inner, brace, rest = part.partition("}")
        if not brace:
            out += part
        else:
            out += (inner[1:] if inner[0] == "!" and not is_target else "" if inner[0] == "!" or not is_target else inner) + rest
    return out


def its_chains(cur):
    """Those that this kind of server can have; of them what ROWFERRY_PAIRS names, if it does."""
    cur.execute("SELECT VERSION()")
    kind = "mariadb" if "MariaDB" in cur.fetchone()[0] else "mysql"
    names = os.environ.get("ROWFERRY_PAIRS", "").split()
    return [c for c in CHAINS if (" " not in c[0] or c[0].startswith(kind)) and (not names or c[0].split()[-1] in names)]


def chains(source, target, rounds):
    con, cur = connect(source)
    to, tocur = connect(target)
    trx = 0
    for c, k in ((con, cur), (to, tocur)):
        k.execute("CREATE DATABASE c CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        c.select_db("c")
        k.execute("CREATE TABLE pad (id INT PRIMARY KEY, s VARCHAR(100))")
        for _, tables, _ in its_chains(k):
            for line in tables:
                line = split(line, k is tocur)
                # a collation that is said twice is the target's
                line = line.replace("COLLATE utf8mb4_bin COLLATE", "COLLATE")
                k.execute(line)
        c.commit()
    print(log_end(cur))
    its = its_chains(cur)
    pads = 0
    for i in range(rounds):
        for name, _, steps in its:
            cur.execute(f"SET SESSION binlog_row_image = {['FULL', 'MINIMAL'][i % 2]}")
            for n, step in enumerate(steps):
                # all but the last have more to do before: who does not wait overtakes them
                for _ in range(25 if step[0] == "+" else 1 if n < len(steps) - 1 else 0):
                    cur.execute("INSERT INTO pad VALUES " + ",".join(f"({pads + x}, REPEAT('p', 90))" for x in range(30)))
                    pads += 30
                for s in step.lstrip("+").replace("{i}", str(i)).replace("{j}", str(i + 1)).split("; "):
                    cur.execute(s)
                    if cur.rowcount == 0:
                        sys.exit(f"{name}, round {i}: nothing was changed by {s}")
                con.commit()
                trx += 1
    print(f"{trx} transactions")


what = sys.argv[1]
if what == "load":
    load(sys.argv[2], sys.argv[3], int(sys.argv[4]))
elif what == "clear":
    clear(sys.argv[2], sys.argv[3:])
elif what == "watch":
    watch(*sys.argv[2:5])
else:
    chains(sys.argv[2], sys.argv[3], int(sys.argv[4]))

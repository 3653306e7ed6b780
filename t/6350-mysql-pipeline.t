#!/bin/bash
# From MySQL 9.7 to MySQL 9.7 and to MariaDB, by pipelines that are stopped and started: definitions with everything
# that MySQL has, GTIDs of all three kinds, compressed transactions, XA, a table and its rows in one transaction.
. t/lib.sh
need_server mysql-9.7

server_start src @mysql-9.7 --gtid-mode=ON --enforce-gtid-consistency --binlog-row-metadata=FULL
server_start anon @mysql-9.7 --gtid-mode=OFF --enforce-gtid-consistency=OFF --binlog-row-metadata=FULL
server_start dst @mysql-9.7 --default-time-zone=-08:00 --sql-mode=ANSI_QUOTES --character-set-server=latin1
server_start maria

flow() # SOURCE TARGET [tap option...]
{
	local source=SOCK_$1 target=SOCK_$2 pos name=$1$2
	pos=$(position "$2" "$1") || pos=earliest
	shift 2
	pipeline_start "$name" -- "binlog-tap --no-defaults --socket ${!source} --user root --start-at '$pos' $*" \
		"mysql-sink --no-defaults --socket ${!target} --user root --pipeline ${source#SOCK_}"
}
caught_up() # SOURCE TARGET
{
	ok "$2 catches up with $1" wait_caught_up "$1" "$2" "$1" 25 || pipeline_diag "$1$2"
}
# a stream of all that is new, for one target
once() # TARGET [tap option...]
{
	flow src "$1" --stop-at now "${@:2}"
	pipeline_wait "src$1" 40
}
definitions() # SERVER DB
{
	q "$1" "SELECT CONCAT('SHOW CREATE TABLE $2.', table_name) FROM information_schema.tables WHERE table_schema = '$2' ORDER BY table_name" |
		while read -r sql; do q "$1" "SET sql_mode = ''; $sql" </dev/null; done | sed 's/ AUTO_INCREMENT=[0-9]*//'
}

# ---- live: GTIDs with and without tags, compressed transactions, no GTIDs at all
flow src dst
flow src maria --exclude "'only.*'"
flow anon dst
q anon "CREATE DATABASE a; CREATE TABLE a.t (id INT PRIMARY KEY, v VARCHAR(20)); INSERT INTO a.t VALUES (1, 'one'), (2, 'two'); UPDATE a.t SET v = 'zwei' WHERE id = 2"
q src "CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(300), w INT DEFAULT 5)"
q src "SET binlog_transaction_compression = ON; BEGIN; INSERT INTO d.t (v) VALUES (REPEAT('a', 300)), (REPEAT('b', 300)); UPDATE d.t SET w = 6; COMMIT;
	SET gtid_next = 'automatic:tagged'; INSERT INTO d.t (v) VALUES ('with a tag'); SET gtid_next = 'automatic:other', binlog_transaction_compression = OFF; INSERT INTO d.t (v) VALUES ('another');
	SET gtid_next = automatic; BEGIN; INSERT INTO d.t (v) VALUES ('kept'); SAVEPOINT s; INSERT INTO d.t (v) VALUES ('undone'); ROLLBACK TO s; INSERT INTO d.t (v) VALUES ('kept too'); COMMIT"
# definitions that change under the rows
q src "USE d; CREATE TABLE i (id INT PRIMARY KEY, a INT, b VARCHAR(10)); INSERT INTO i VALUES (1, 10, 'x'), (2, 20, 'y');
	ALTER TABLE i ADD c INT DEFAULT 7 FIRST, ALGORITHM=INSTANT; INSERT INTO i VALUES (1, 3, 30, 'z'); UPDATE i SET c = 8 WHERE id = 1;
	ALTER TABLE i DROP COLUMN a, ALGORITHM=INSTANT; INSERT INTO i VALUES (2, 4, 'w'); UPDATE i SET b = 'xx' WHERE id = 2; DELETE FROM i WHERE id = 3;
	ALTER TABLE i ADD hidden INT INVISIBLE DEFAULT 1, ADD later INT AS (c + id), ADD kept INT AS (c * 2) STORED; INSERT INTO i (c, id, b, hidden) VALUES (3, 5, 'v', 9);
	INSERT INTO i (c, id, b) VALUES (3, 6, 'v'); UPDATE i SET hidden = 11 WHERE id = 6; CREATE INDEX k ON i (b) ALGORITHM=INPLACE LOCK=NONE;
	ALTER TABLE i RENAME COLUMN b TO text, ALGORITHM=INSTANT; UPDATE i SET text = 'renamed' WHERE id = 4; RENAME TABLE i TO j; INSERT INTO j (id) VALUES (7)"
# without a primary key: the server makes one, which nobody sees
q src "USE d; CREATE TABLE nokey (a INT, b VARCHAR(5)); INSERT INTO nokey VALUES (1,'a'),(1,'a'),(NULL,NULL);
	SET sql_generate_invisible_primary_key = ON; CREATE TABLE gipk (a INT, b VARCHAR(5)); INSERT INTO gipk VALUES (1,'a'),(1,'a'),(NULL,NULL); DELETE FROM gipk WHERE a IS NULL; UPDATE gipk SET b = 'c' LIMIT 1;
	CREATE TABLE gipk2 AS SELECT a, b FROM nokey; SET sql_generate_invisible_primary_key = OFF; DELETE FROM nokey WHERE a = 1 LIMIT 1"
# what only MySQL has
q src "CREATE DATABASE only; USE only; CREATE TABLE f (a INT, b VARCHAR(20), UNIQUE KEY u ((LOWER(b)), a), KEY e ((a + 1)), KEY m ((CAST(j->'\$.x' AS UNSIGNED ARRAY))), j JSON, CHECK (a > 0) NOT ENFORCED);
	INSERT INTO f VALUES (1, 'One', '{\"x\": [1, 2]}'), (2, 'TWO', '{}'), (-3, 'three', NULL); UPDATE f SET b = 'uno' WHERE a + 1 = 2; DELETE FROM f WHERE a = 2; INSERT INTO f VALUES (2, 'two', NULL);
	CREATE TABLE hidden (id INT PRIMARY KEY, a INT, KEY i (a) INVISIBLE, g GEOMETRY NOT NULL SRID 4326, v VECTOR(2));
	INSERT INTO hidden VALUES (1, 1, ST_GeomFromText('POINT(1 2)', 4326), TO_VECTOR('[1,2]')); ALTER TABLE hidden ALTER INDEX i VISIBLE;
	CREATE VIEW rec AS WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT n FROM r;
	CREATE TABLE vcol (id INT PRIMARY KEY, d DATE DEFAULT (CURDATE()), u CHAR(36) DEFAULT (UUID()), ts TIMESTAMP(6) NULL DEFAULT NOW(6) ON UPDATE NOW(6)); INSERT INTO vcol (id) VALUES (1), (2); UPDATE vcol SET id = 3 WHERE id = 2;
	CREATE TABLE parts (a INT) PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE); INSERT INTO parts VALUES (1), (20); ALTER TABLE parts TRUNCATE PARTITION p0;
	CREATE TABLE swap LIKE parts; ALTER TABLE swap REMOVE PARTITIONING; INSERT INTO swap VALUES (30); ALTER TABLE parts EXCHANGE PARTITION p1 WITH TABLE swap"
# not for a target
q src "CREATE USER nobody; GRANT SELECT ON d.* TO nobody; CREATE RESOURCE GROUP rg TYPE = USER; DROP RESOURCE GROUP rg; CREATE ROLE r; ALTER USER nobody ACCOUNT LOCK;
	USE d; CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.w = 77; INSERT INTO t (v) VALUES ('by a trigger'); CREATE EVENT ev ON SCHEDULE EVERY 1 SECOND DO DELETE FROM t;
	DROP EVENT ev; CREATE TEMPORARY TABLE tmp (a INT); INSERT INTO tmp VALUES (1); ANALYZE TABLE t; CREATE FUNCTION plus1(a INT) RETURNS INT DETERMINISTIC RETURN a + 1; CREATE VIEW v AS SELECT id FROM t" >"$T/analyzed"
for target in dst maria; do
	caught_up src $target
done
caught_up anon dst
like "$(position dst anon)" '^bin\.[0-9]+:[0-9]+$' 'without GTIDs the position is a place in the log'
same_data anon dst 'without GTIDs: equal' a
same_data src dst 'MySQL onto MySQL: equal' d only
same_data src maria 'MySQL onto MariaDB: equal' d
is "$(definitions dst only)" "$(definitions src only)" 'definitions of MySQL alone are the same'
is "$(definitions dst d)" "$(definitions src d)" 'so are those of both'
is "$(q maria "SELECT column_name, extra FROM information_schema.columns WHERE table_schema = 'd' AND extra LIKE '%INVISIBLE%' ORDER BY table_name")" \
	$'my_row_id\tauto_increment, INVISIBLE\nmy_row_id\tauto_increment, INVISIBLE\nhidden\tINVISIBLE' 'what is hidden on MySQL is hidden on MariaDB'
is "$(q dst 'SELECT my_row_id, a FROM d.gipk')" "$(q src 'SELECT my_row_id, a FROM d.gipk')" 'the key that the server made has the same values'
is "$(q dst "SELECT COUNT(*) FROM only.f WHERE LOWER(b) = 'two'; SELECT d.plus1(4); SELECT COUNT(*) FROM only.rec")" $'1\n5\n3' 'functions and views are there'
is "$(q dst "SELECT COUNT(*) FROM mysql.user WHERE user IN ('nobody', 'r'); SHOW TRIGGERS FROM d; SHOW EVENTS FROM d; SHOW TABLES FROM d LIKE 'tmp'")" 0 'accounts, triggers, events and temporary tables are not'
unlike "$(pipeline_err srcmaria 2)" 'error|warning' 'MariaDB took every statement'
like "$(position dst src)" '^gtid:.*:other:1.*:tagged:1' 'the position has the tags'
for p in srcdst srcmaria anondst; do
	pipeline_stop $p
	is "$CODES" '0 0' "$p ended well" || pipeline_diag $p
done

# ---- a target that makes keys of its own
q dst 'SET GLOBAL sql_generate_invisible_primary_key = ON'
q src "CREATE TABLE d.late (a INT, b INT); INSERT INTO d.late VALUES (1, 1), (1, 1), (2, NULL); UPDATE d.late SET b = 3 WHERE a = 1 LIMIT 1; DELETE FROM d.late WHERE a = 2"
once dst
is "$CODES" '0 0' 'a target that makes primary keys takes a table without one' || pipeline_diag srcdst
is "$(q dst 'SELECT * FROM d.late ORDER BY b')" "$(q src 'SELECT * FROM d.late ORDER BY b')" 'and its rows are the same'
is "$(q dst "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = 'd' AND table_name = 'late'")" 3 'the key is there'
q dst 'SET GLOBAL sql_generate_invisible_primary_key = OFF'
once maria --exclude "'only.*'"

# ---- XA: prepared now, decided by a later run
q src "USE d; CREATE TABLE x (id INT PRIMARY KEY, v VARCHAR(20)); CREATE TABLE xk (v INT);
	XA START 'a'; INSERT INTO x VALUES (1, 'commit'); INSERT INTO xk VALUES (1), (1); XA END 'a'; XA PREPARE 'a'"
q src "USE d; XA START 'b', 'q', 5; INSERT INTO x VALUES (2, 'rollback'); XA END 'b', 'q', 5; XA PREPARE 'b', 'q', 5"
q src "USE d; XA START 'c'; INSERT INTO x VALUES (3, 'one phase'); XA END 'c'; XA COMMIT 'c' ONE PHASE; INSERT INTO x VALUES (4, 'between')"
q src "USE d; SET binlog_transaction_compression = ON; XA START 'e'; INSERT INTO x VALUES (5, REPEAT('e', 20)); XA END 'e'; XA PREPARE 'e'"
for target in dst maria; do
	once $target --exclude "'only.*'"
	is "$CODES" '0 0' "$target: XA transactions are prepared" || pipeline_diag src$target
	is "$(q $target 'SELECT id FROM d.x ORDER BY id; SELECT COUNT(DISTINCT xid) FROM rowferry.prepared')" $'3\n4\n3' "$target: they are held, others are there"
done
q src "XA COMMIT 'a'; XA ROLLBACK 'b', 'q', 5; XA COMMIT 'e'"
for target in dst maria; do
	once $target --exclude "'only.*'"
	is "$CODES" '0 0' "$target: they are decided" || pipeline_diag src$target
	is "$(q $target 'SELECT COUNT(*) FROM rowferry.prepared')" 0 "$target: none is held any more"
	is "$(q $target 'SELECT id FROM d.x ORDER BY id; SELECT v FROM d.xk')" "$(q src 'SELECT id FROM d.x ORDER BY id; SELECT v FROM d.xk')" "$target: what was committed is there"
done

# ---- a table and its rows in one transaction of the log: killed between the two, it is there once
at=$(position dst src)
q src "CREATE TABLE d.ctas AS SELECT a, b FROM d.nokey UNION ALL SELECT 5, 'e'"
exits 0 'a table is made with its rows' binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at "$at" --stop-at now
rowdump "$T/out" >"$T/ctas"
first=$(awk '/"verb":"create table"/ {print NR}' "$T/ctas")
is "$(cut -c 3-8 "$T/ctas" | grep -E 'begin|ddl|table|insert|commit' | cut -d '"' -f 1 | uniq | tr '\n' ' ')" 'begin ddl table insert commit ' 'all in one transaction'
for target in dst maria; do
	sock=SOCK_$target
	mkfifo "$T/$target.pipe"
	mysql-sink --no-defaults --socket "${!sock}" --user root --pipeline src <"$T/$target.pipe" 2>"$T/killed.err" &
	pid=$!
	t_own $pid
	exec {pipe}>"$T/$target.pipe"
	head -n "$first" "$T/ctas" | rowundump 1>&"$pipe" 2>"$T/undump.err"
	# shellcheck disable=SC2317 # called by wait_for
	made() { [ "$(q "$target" "SHOW TABLES FROM d LIKE 'ctas'")" = ctas ]; }
	ok "$target: the table is made" wait_for 10 made
	kill -9 $pid
	wait $pid 2>/dev/null
	exec {pipe}>&-
	is "$(q $target 'SELECT COUNT(*) FROM d.ctas')" 0 "$target: killed before its rows"
	once $target --exclude "'only.*'"
	is "$CODES" '0 0' "$target: started again" || pipeline_diag src$target
	is "$(q $target 'SELECT * FROM d.ctas ORDER BY a, b')" "$(q src 'SELECT * FROM d.ctas ORDER BY a, b')" "$target: the rows are there, once"
done
done_testing

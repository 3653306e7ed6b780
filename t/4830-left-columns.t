#!/bin/bash
# An update writes the row as the source has it, so that what somebody has done to it on the target is mended; documents of
# MySQL that it does not change are left as they are, so that rows beside each other are one statement: alone, with its
# neighbours, and where several changes of a row are one. With --on-conflict overwrite it writes them, too.
. t/lib.sh
. t/sink.sh

number='WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n WHERE x<60)'
printf 'table c.t\n    drop hidden\n' >"$T/rules"
rows() # COLUMNS WHERE: of the target
{
	q dst "SELECT $1 FROM c.t WHERE $2 ORDER BY id" | tr '\t\n' ' ;'
}

for kind in mariadb mysql-9.7; do
	if [ "$kind" != mariadb ] && ! "$TOP/scripts/getserver" "$kind" >/dev/null 2>&1; then
		skip "the same on $kind" 'it cannot be had here'
		continue
	fi
	server_start src "@$kind"
	server_start dst "@$kind"
	for s in src dst; do
		q $s "SET sql_log_bin = 0; CREATE DATABASE c; CREATE TABLE c.t (id INT PRIMARY KEY, a INT, b INT, s VARCHAR(40), j JSON, ts TIMESTAMP NULL ON UPDATE CURRENT_TIMESTAMP)"
	done
	q src "SET sql_log_bin = 0; ALTER TABLE c.t ADD hidden INT AFTER j; SET sql_log_bin = 1; USE c;
		INSERT INTO t $number SELECT x, x, x, CONCAT('s', x), CONCAT('[', x, ']'), x, '2020-01-01' FROM n"
	apply() # [sink option...]: what is new, without the column that is hidden; the transactions of the source as one of the target
	{
		local at
		at=$(position dst p) || at=earliest
		binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at "$at" --stop-at now | rowmap --rules "$T/rules" >"$T/stream"
		exits 0 "$kind: applied" sh -c "mysql-sink --no-defaults --socket '$SOCK_dst' --user root --pipeline p $* <'$T/stream'" || diag "$(err)"
	}
	apply
	q dst "UPDATE c.t SET b = -1, j = '\"kept\"', ts = '2001-01-01'"

	kept() # ID: of a row whose document was not changed
	{
		[ "$kind" = mariadb ] && echo "[$1]" || echo '"kept"'
	}

	q src 'USE c; UPDATE t SET a = -a, ts = ts WHERE id = 1'
	apply
	is "$(rows 'a, b, j, ts' 'id = 1')" "-1 1 $(kept 1) 2020-01-01 00:00:00;" "$kind: one row: as the source has it, but for the document"
	q src "USE c; UPDATE t SET a = a + 100, ts = ts WHERE id BETWEEN 10 AND 30; UPDATE t SET s = 'new', ts = ts WHERE id = 20"
	apply --batch-bytes 1
	is "$(rows 'COUNT(*), MIN(a - id), MAX(a - id), MAX(b - id), MIN(ts), MAX(ts)' 'id BETWEEN 10 AND 30')" '21 100 100 0 2020-01-01 00:00:00 2020-01-01 00:00:00;' \
		"$kind: many rows, likewise"
	is "$(rows 'id, j' 'id IN (10, 30)')" "10 $(kept 10);30 $(kept 30);" 'and their documents'

	# rows beside each other that change different columns
	q src "USE c; BEGIN; UPDATE t SET a = 7 WHERE id = 31; UPDATE t SET s = 'x' WHERE id = 32; UPDATE t SET a = 8, s = 'y' WHERE id = 33; UPDATE t SET ts = '2030-01-01' WHERE id = 34;
		UPDATE t SET hidden = 0 WHERE id = 35; UPDATE t SET a = NULL WHERE id = 36; UPDATE t SET j = '[1, 2]' WHERE id = 37; COMMIT"
	apply
	is "$(rows 'id, a, s, b' 'id BETWEEN 31 AND 37')" '31 7 s31 31;32 32 x 32;33 8 y 33;34 34 s34 34;35 35 s35 35;36 NULL s36 36;37 37 s37 37;' "$kind: different columns"
	is "$(rows 'id, j' 'id BETWEEN 34 AND 37')" "34 $(kept 34);35 $(kept 35);36 $(kept 36);37 [1, 2];" 'and one document'

	# changes of a row that become one: all that any of them changed
	q src "USE c; BEGIN; UPDATE t SET a = 1000 WHERE id = 40; UPDATE t SET s = 'second' WHERE id = 40; UPDATE t SET s = 'other' WHERE id = 41; UPDATE t SET s = 's41' WHERE id = 41; COMMIT"
	q src 'UPDATE c.t SET a = 5 WHERE id BETWEEN 41 AND 45; UPDATE c.t SET s = NULL WHERE id BETWEEN 43 AND 47'
	apply
	is "$(rows 'id, a, s' 'id BETWEEN 40 AND 47')" '40 1000 second;41 5 s41;42 5 s42;43 5 NULL;44 5 NULL;45 5 NULL;46 46 NULL;47 47 NULL;' "$kind: several changes of a row"

	# a row that is not there is missed
	q dst 'DELETE FROM c.t WHERE id = 50'
	at=$(position dst p)
	q src 'UPDATE c.t SET a = -1, ts = ts WHERE id BETWEEN 48 AND 55'
	binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at "$at" --stop-at now | rowmap --rules "$T/rules" >"$T/stream"
	exits 100 "$kind: a row that is not there" sh -c "mysql-sink --no-defaults --socket '$SOCK_dst' --user root --pipeline p <'$T/stream'"
	like "$(err)" 'update of row \(id=50\) in table "c.t" .*has no such row' 'is missed'

	apply --on-conflict overwrite
	is "$(rows 'id, a, b, j' 'id BETWEEN 49 AND 51')" '49 -1 49 [49];50 -1 50 [50];51 -1 51 [51];' "$kind: overwrite: as the source has them"
	server_stop src
	server_stop dst
	rm -rf "$T/src" "$T/dst"
done
done_testing

#!/bin/bash
# Foreign keys: MySQL since 9.6 writes to its log what a foreign key changed in other tables, others do not. Whichever
# way the source does it, and whichever way the target does it, both end with the same rows.
. t/lib.sh
need_server mysql-9.7

seed=${ROWFERRY_SEED:-17600}
diag "seed $seed"
server_start my @mysql-9.7 --gtid-mode=ON --enforce-gtid-consistency
server_start my2 @mysql-9.7
server_start native @mysql-9.7 --innodb-native-foreign-keys=ON --gtid-mode=ON --enforce-gtid-consistency
server_start maria
is "$(q my 'SELECT @@innodb_native_foreign_keys')$(q native 'SELECT @@innodb_native_foreign_keys')" 01 'one server does them above the engine, one in it'

# Statements of many rows against tables that hang together: cascades over three levels, SET NULL, keys of two columns,
# a table that refers to itself, rows of a parent and its child in one transaction.
work()
{
	cat <<-SQL
		CREATE DATABASE $1; USE $1;
		CREATE TABLE p (id INT PRIMARY KEY, v INT, u INT UNIQUE);
		CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE);
		CREATE TABLE g (id INT PRIMARY KEY, c INT, FOREIGN KEY (c) REFERENCES c (id) ON DELETE SET NULL ON UPDATE CASCADE);
		CREATE TABLE h (id INT PRIMARY KEY, c INT, note VARCHAR(9), FOREIGN KEY (c) REFERENCES c (id) ON DELETE CASCADE ON UPDATE SET NULL);
		CREATE TABLE r (id INT PRIMARY KEY, u INT, FOREIGN KEY (u) REFERENCES p (u));
		CREATE TABLE pair (a INT, b INT, v INT, PRIMARY KEY (a, b));
		CREATE TABLE of_pair (id INT PRIMARY KEY, a INT, b INT, FOREIGN KEY (a, b) REFERENCES pair (a, b) ON DELETE CASCADE ON UPDATE CASCADE);
		CREATE TABLE keyless (c INT, KEY (c), FOREIGN KEY (c) REFERENCES c (id) ON DELETE CASCADE ON UPDATE CASCADE);
		CREATE TABLE tree (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES tree (id) ON DELETE CASCADE);
		CREATE TABLE chain (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES chain (id) ON DELETE SET NULL);
	SQL
	awk -v seed="$2" 'function n(k) { return int(rand() * k) + 1 }
	BEGIN {
		srand(seed)
		for (i = 1; i <= 30; i++) {
			print "INSERT INTO p VALUES (" i "," i "," i "); INSERT INTO pair VALUES (" i % 7 "," i ",0);"
			if (i < 8) print "INSERT INTO tree VALUES (" 100 - i "," (i < 4 ? "NULL" : 100 - n(i - 1)) ");"
			print "INSERT INTO chain VALUES (" i "," (i < 4 ? "NULL" : n(i - 1)) ");"
		}
		for (i = 1; i <= 50; i++) print "INSERT INTO c VALUES (" i "," n(30) "); INSERT INTO g VALUES (" i "," n(i) "); INSERT INTO h VALUES (" i "," n(i) ",\"n\"); INSERT INTO of_pair SELECT " i ",a,b FROM pair WHERE b = " n(30) "; INSERT INTO keyless VALUES (" n(i) "),(" n(i) ");"
		for (i = 1; i <= 15; i++) print "INSERT INTO r VALUES (" i "," n(20) ");"
		for (i = 1; i <= 60; i++) {
			w = n(14); k = n(30); l = k + n(4)
			if (rand() < .3) print "BEGIN;"
			if (w == 1) print "DELETE FROM p WHERE id BETWEEN " k " AND " l ";"
			if (w == 2) print "UPDATE p SET id = id + " n(3) * 100 " WHERE id BETWEEN " k " AND " l " ORDER BY id DESC;"
			if (w == 3) print "DELETE FROM c WHERE id BETWEEN " 2 * k " AND " 2 * l ";"
			if (w == 4) print "UPDATE c SET id = id + " n(5) * 1000 " WHERE id BETWEEN " 2 * k " AND " 2 * l " ORDER BY id DESC;"
			if (w == 5) print "DELETE FROM tree WHERE id >= " 100 - n(4) " ORDER BY id LIMIT 3;"
			if (w == 6) print "DELETE FROM chain WHERE id < " n(6) ";"
			if (w == 7) print "INSERT IGNORE INTO p VALUES (" k ",7," k "),(" l ",8," l "); INSERT IGNORE INTO c VALUES (" 200 + i "," k ");"
			if (w == 8) print "REPLACE INTO p VALUES (" k ",9," k ");"
			if (w == 9) print "INSERT INTO p VALUES (" k ",1," k ") ON DUPLICATE KEY UPDATE id = id + 500;"
			if (w == 10) print "UPDATE pair SET a = a + 10, b = b + 1 WHERE b = " k "; DELETE FROM pair WHERE a = " n(6) " LIMIT 2;"
			if (w == 11) print "DELETE c, g FROM c JOIN g ON g.c = c.id WHERE c.id < " n(20) ";"
			if (w == 12) print "DELETE FROM tree; INSERT INTO tree VALUES (9,NULL),(8,9),(7,8),(6,9),(5,6); UPDATE tree SET up = 7 WHERE id = 5; DELETE FROM tree WHERE id IN (9, 7);"
			if (w == 13) print "SET foreign_key_checks = 0; DELETE FROM p WHERE id = " k "; UPDATE c SET p = 7777 WHERE id = " l "; SET foreign_key_checks = 1;"
			if (w == 14) print "UPDATE c SET id = -id, p = (SELECT MAX(id) FROM p) WHERE id = " k ";"
			print rand() < .1 ? "ROLLBACK;" : "COMMIT;"
		}
		print "INSERT INTO tree VALUES (50,NULL),(51,50),(52,51),(53,50); DELETE FROM tree WHERE id = 51;"
	}' </dev/null
}

# every row of every table, in one order
rows()
{
	local t sql="USE $2;"
	for t in p c g h r pair of_pair keyless tree chain; do
		sql+="SELECT '$t', $t.* FROM $t ORDER BY 2, 3;"
	done
	q "$1" "${sql/FROM keyless ORDER BY 2, 3/FROM keyless ORDER BY 2}"
}

declare -A stream
for source in my native maria; do
	sock=SOCK_$source
	work "f_$source" "$seed" >"$T/work.sql"
	q_file "$source" "$T/work.sql" --force 2>"$T/work.$source" || :
	unlike "$(grep ERROR "$T/work.$source" | grep -vE 'a foreign key constraint fails|Duplicate entry')" . "$source: the statements run, or are refused for a key"
	stream[$source]=$T/$source.rs
	exits 0 "$source: its log" binlog-tap --no-defaults --socket "${!sock}" --user root --start-at earliest --stop-at now --include "f_$source.*"
	cp "$T/out" "$T/$source.rs"
	rows "$source" "f_$source" >"$T/$source.rows"
	is "$(cut -f 1 "$T/$source.rows" | uniq | tr '\n' ' ')" 'p c g h r pair of_pair keyless tree chain ' "$source: no table is empty at the end"
done
like "$(rowdump "$T/my.rs" | grep -c '"fl":9')" '^[0-9]{2,}' 'MySQL has the changes of foreign keys in its log, marked as not to be checked'
is "$(rowdump "$T/native.rs" | grep -cE '"fl":(8|9)')" 0 'where the engine does them it has none'

for pair in my:my2 my:native my:maria native:my2 native:maria maria:my2 maria:native; do
	source=${pair%:*} target=${pair#*:} sock=SOCK_${pair#*:}
	exits 0 "$source onto $target" mysql-sink --no-defaults --socket "${!sock}" --user root --pipeline "$source" <"${stream[$source]}"
	is "$(rows "$target" "f_$source")" "$(<"$T/$source.rows")" "$source and $target are equal"
done
# the same in small batches, and row by row
for pair in my:native maria:my2; do
	source=${pair%:*} target=${pair#*:} sock=SOCK_${pair#*:}
	q "$target" "DROP DATABASE f_$source; DELETE FROM rowferry.checkpoint WHERE pipeline = '$source'"
	exits 0 "$source onto $target, in batches of one" mysql-sink --no-defaults --socket "${!sock}" --user root --pipeline "$source" --batch-bytes 1 <"${stream[$source]}"
	is "$(rows "$target" "f_$source")" "$(<"$T/$source.rows")" "$source and $target are equal again"
done

# a table that refers to itself: MySQL 9.7 does not cascade through more than one branch that has branches
at=$(end_of_log maria | tail -n 1)
q maria 'CREATE DATABASE deep; CREATE TABLE deep.s (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES deep.s (id) ON DELETE CASCADE);
	INSERT INTO deep.s VALUES (1,NULL),(2,1),(3,2),(4,1),(5,4); DELETE FROM deep.s WHERE id = 1; INSERT INTO deep.s VALUES (6,NULL)'
exits 0 'a tree that was cut' binlog-tap --no-defaults --socket "$SOCK_maria" --user root --start-at "gtid:$at" --stop-at now
cp "$T/out" "$T/deep.rs"
exits 100 'MySQL cannot cut it' mysql-sink --no-defaults --socket "$SOCK_my2" --user root --pipeline deep <"$T/deep.rs"
like "$(err)" 'error: [a-z ]* apply delete of row .id=1. from table "deep.s" at .*: Foreign key cascade delete/update exceeds max tables limit' 'and says so'
exits 0 'MySQL with innodb_native_foreign_keys can' mysql-sink --no-defaults --socket "$SOCK_native" --user root --pipeline deep <"$T/deep.rs"
is "$(q native 'SELECT id FROM deep.s')" 6 'the tree is gone'
done_testing

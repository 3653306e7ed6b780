#!/bin/bash
# rowcopy runs with the privileges that its page names and no others, alone and live; with one less it ends with 100 and one
# line that names what lacks.
# (one client library will do)
. t/lib.sh

kinds_with_mysql

grants() # GRANT...: the account has these and no others
{
	local g sql="DROP USER IF EXISTS c@'%'; CREATE USER c@'%' IDENTIFIED BY 'secret';"
	for g; do
		sql+=" GRANT $g TO c@'%';"
	done
	q src "$sql"
}

alone() # [option...]
{
	rowcopy --defaults-file="$T/c.cnf" --include shop "$@"
}

live() # [option...]: a stream that ends where the log does, behind the grants
{
	binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at now --stop-at now >"$T/tap.rs" 2>"$T/tap.err"
	rowcopy --defaults-file="$T/c.cnf" --live --include shop "$@" <"$T/tap.rs"
}

refused() # NAME REGEX
{
	is "$(grep -c error: "$T/err")" 1 "$1: one line"
	like "$(grep -A 1 error: "$T/err")" "$2" "$1: that names it"
}

has_rows() # NAME N
{
	is "$(rowdump "$T/out" | grep -c '^{"insert"')" "$2" "$1: everything is there"
}

# commits without an end, by the server itself, on three connections
load_start()
{
	local i
	q src "CREATE TABLE busy.goes (on_ INT); INSERT INTO busy.goes VALUES (1)"
	q src 'CREATE PROCEDURE busy.run(me INT) BEGIN WHILE (SELECT on_ FROM busy.goes) DO UPDATE busy.b SET n = n + 1 WHERE id = me; END WHILE; END//' --delimiter=//
	loads=()
	for i in 1 2 3; do
		q src "CALL busy.run($i)" &
		loads+=($!)
	done
	wait_for 20 t_not '[ "$(q src "SELECT MIN(n) FROM busy.b")" = 0 ]'
}
load_stop()
{
	q src 'UPDATE busy.goes SET on_ = 0'
	wait "${loads[@]}"
}

for kind in "${kinds[@]}"; do
	if [ "$kind" = mariadb ]; then
		server_start src --binlog-row-metadata=FULL
	else
		server_start src "@$kind" --binlog-row-metadata=FULL
	fi
	printf '[client]\nsocket=%s\nuser=c\npassword=secret\n' "$SOCK_src" >"$T/c.cnf"
	q src "CREATE DATABASE shop; USE shop; CREATE TABLE a (id INT PRIMARY KEY, s VARCHAR(20)); INSERT INTO a VALUES (1, 'a'), (2, 'b'); CREATE TABLE b (id INT PRIMARY KEY, p INT, CONSTRAINT f FOREIGN KEY (p) REFERENCES a (id));
		INSERT INTO b VALUES (1, 1); CREATE VIEW v AS SELECT * FROM a; CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.s = 'x'; CREATE DATABASE other; CREATE TABLE other.t (id INT PRIMARY KEY);
		CREATE DATABASE busy; CREATE TABLE busy.b (id INT PRIMARY KEY, n INT); INSERT INTO busy.b VALUES (1, 0), (2, 0), (3, 0)"
	[ "$kind" != mariadb ] || q src 'CREATE SEQUENCE shop.s'
	n=3
	[ "$kind" != mariadb ] || n=4

	others=()
	[ "$kind" = mariadb ] || others=('REPLICATION CLIENT ON *.*' 'LOCK TABLES ON shop.*')
	grants 'INSERT ON shop.*' "${others[@]}"
	for how in alone live; do
		exits 100 "$kind: no SELECT, $how" $how
		refused "$kind, $how" "needs SELECT|SELECT command denied"
	done
	grants 'SELECT ON shop.a' 'INSERT ON shop.b' "${others[@]}"
	exits 100 "$kind: no SELECT on one of the tables" live
	refused "$kind" "SELECT,? .*command denied.*'?b'?|SELECT command denied"

	if [ "$kind" = mariadb ]; then
		grants 'SELECT ON shop.*'
		exits 0 "$kind: SELECT alone" alone
		has_rows "$kind" $n
		exits 0 "$kind: live too" live
		has_rows "$kind, live" $n
		load_start
		# whether 32 snapshots are of one place is chance: where they are not, commits have to wait
		run alone --workers 32
		if [ "$CODE" = 0 ]; then
			has_rows "$kind: many commits, by chance without RELOAD" $n
		else
			is "$CODE" 100 "$kind: too many commits"
			refused "$kind" 'too many commits.*grant reload on'
		fi
		grants 'SELECT ON shop.*' 'RELOAD ON *.*'
		exits 0 "$kind: with RELOAD" alone --workers 32
		diag "$(grep -o 'commits were blocked for.*' "$T/err" || echo 'no commit had to wait')"
		has_rows "$kind, with RELOAD" $n
		load_stop
	else
		grants 'SELECT ON shop.*' 'LOCK TABLES ON shop.*'
		for how in alone live; do
			exits 100 "$kind: no REPLICATION CLIENT, $how" $how
			refused "$kind, $how" 'REPLICATION CLIENT privilege'
		done
		grants 'SELECT ON shop.*' 'REPLICATION CLIENT ON *.*'
		exits 100 "$kind: no LOCK TABLES" alone
		refused "$kind" 'LOCK TABLES on the database'
		exits 0 "$kind: live, where tables have keys, none is needed" live
		has_rows "$kind, live" $n
		q src 'CREATE TABLE shop.keyless (i INT); INSERT INTO shop.keyless VALUES (1)'
		exits 100 "$kind: but for one without a key" live
		refused "$kind, live" 'LOCK TABLES on the database'
		grants 'SELECT ON shop.*' 'REPLICATION CLIENT ON *.*' 'LOCK TABLES ON shop.*'
		for how in alone live; do
			exits 0 "$kind: all that is needed, $how" $how
			has_rows "$kind, $how" $((n + 1))
		done
	fi
	is "$(rowdump "$T/out" | grep -c '"other')" 0 "$kind: other databases are left alone"
	server_stop src
	rm -rf "$T/src"
done
done_testing

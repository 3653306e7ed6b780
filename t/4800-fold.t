#!/bin/bash
# Changes that are put together by key leave what they leave one by one: random transactions full of key changes, swaps,
# keys that differ in case, foreign keys and every row image, applied in large batches, in small ones and row by row.
# ROWFERRY_SEED makes another run; ROWFERRY_LONG=1 makes it seven times as long.
# shellcheck disable=SC2016
. t/lib.sh
/usr/bin/python3 -c 'import pymysql' 2>/dev/null || skip_all 'python3-pymysql is missing'

seed=${ROWFERRY_SEED:-1}
count=${ROWFERRY_LONG:+20000} # more would measure how the tables without a key grow
RUN_LIMIT=1200
diag "seed $seed"

flow() # NAME TARGET [sink option...]: the saved stream onto a target, which then has what the source has
{
	local name=$1 to=SOCK_$2 before after
	before=$(q "$2" "SHOW GLOBAL STATUS LIKE 'Com_update_multi'" | cut -f 2)
	exits 0 "$name: applied" sh -c "mysql-sink --no-defaults --socket '${!to}' --user root --pipeline '$name' ${*:3} <'$T/stream'" || diag "$(err)"
	same_data src "$2" "$name: source and target are equal" f
	after=$(q "$2" "SHOW GLOBAL STATUS LIKE 'Com_update_multi'" | cut -f 2)
	diag "$name: $((after - before)) statements that update many rows"
	updates=$((after - before))
	q "$2" 'DROP DATABASE f; DROP DATABASE rowferry'
}

kinds_with_mysql
for kind in "${kinds[@]}"; do
	server_start src "@$kind"
	server_start dst "@$kind"
	exits 0 "$kind: random transactions" /usr/bin/python3 t/data/fold_load.py "$SOCK_src" "$seed" "${count:-3000}"
	diag "$kind: $(out)"
	binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at earliest --stop-at now --include 'f.*' >"$T/stream" 2>"$T/tap.err"
	is "$?" 0 "$kind: a stream" || diag "$(<"$T/tap.err")"
	flow "$kind-large" dst
	ok 'many rows were updated at once' test "$updates" -gt 0
	flow "$kind-small" dst --batch-bytes 2K
	flow "$kind-mapped" dst --memory 4K --batch-bytes 1K
	# in the order of the log, row by row where that is asked for
	flow "$kind-overwrite" dst --on-conflict overwrite

	# what the source's foreign keys do is not in MariaDB's log: a row that goes and comes takes with it what points to it
	q src 'CREATE DATABASE `f-é/x`; USE `f-é/x`; CREATE TABLE `p a` (id INT PRIMARY KEY, n INT);
		CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES `p a` (id) ON DELETE CASCADE);
		INSERT INTO `p a` VALUES (1, 1), (2, 1); INSERT INTO c VALUES (1, 1), (2, 2), (3, 1);
		BEGIN; DELETE FROM `p a` WHERE id = 1; INSERT INTO `p a` VALUES (1, 2); COMMIT'
	binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at earliest --stop-at now --include '`f-é/x`.*' >"$T/tied"
	exits 0 "$kind: foreign keys in a database of an odd name" sh -c "mysql-sink --no-defaults --socket '$SOCK_dst' --user root --pipeline tied <'$T/tied'"
	same_data src dst 'what points to a row goes with it' 'f-é/x'
	is "$(q dst 'SELECT * FROM `f-é/x`.c')" $'2\t2' 'and nothing else'

	# nobody sees a state that the source did not have
	if [ "$kind" = mariadb ]; then
		(
			while [ ! -e "$T/stop" ]; do
				sum=$(q_may dst 'SELECT SUM(n) FROM f.total' 2>/dev/null)
				[ -z "$sum" ] || [ "$sum" = NULL ] || [ "$sum" = 1000 ] || echo "$sum" >>"$T/bad"
				echo >>"$T/looks"
			done
		) &
		looker=$!
		flow "$kind-looked-at" dst --batch-bytes 1K
		: >"$T/stop"
		wait $looker
		is "$(cat "$T/bad" 2>/dev/null)" '' "a sum that never changes on the source never changes on the target ($(wc -l <"$T/looks") looks)"
		rm -f "$T/stop" "$T/looks"
	fi

	# a row that is not as it should be is found, and named, although its change was put together with others
	mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline x <"$T/stream"
	from=$(position dst x)
	q src 'USE f; INSERT INTO plain VALUES (1001, 1, NULL, NULL), (1002, 1, NULL, NULL), (1003, 1, NULL, NULL), (1004, 1, NULL, NULL), (1005, 1, NULL, NULL);
		UPDATE plain SET n = 2 WHERE id > 1000'
	sock=SOCK_src
	binlog-tap --no-defaults --socket "${!sock}" --user root --start-at "$from" --stop-at now --include 'f.*' >"$T/more"
	exits 0 "$kind: five rows more" sh -c "mysql-sink --no-defaults --socket '$SOCK_dst' --user root --pipeline x <'$T/more'"
	from=$(position dst x)
	q src 'USE f; UPDATE plain SET n = n + 1 WHERE id > 1000; UPDATE plain SET s = 3 WHERE id > 1000'
	q dst 'DELETE FROM f.plain WHERE id = 1003'
	binlog-tap --no-defaults --socket "${!sock}" --user root --start-at "$from" --stop-at now --include 'f.*' >"$T/more"
	exits 100 "$kind: a row that is not there stops it" sh -c "mysql-sink --no-defaults --socket '$SOCK_dst' --user root --pipeline x <'$T/more'"
	like "$(err)" 'cannot apply update of row \(id=1003\) in table "f\.plain" at .*: the target has no such row' 'and is named'
	is "$(q dst 'SELECT COUNT(*) FROM f.plain WHERE n = 3')" 0 'nothing else was changed'
	server_stop src
	server_stop dst
	rm -rf "$T/src" "$T/dst"
done
done_testing

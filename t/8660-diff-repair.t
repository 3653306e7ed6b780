#!/bin/bash
# The repair of rows that are written on the source at the same time: no row of the target ever goes back to an older value,
# the pipeline is not disturbed, and in the end both sides are the same.
# (one client library will do)
. t/lib.sh
. t/diff.sh

servers_start src dst
diff_cnf src
diff_cnf dst
q src "CREATE DATABASE shop; USE shop; CREATE TABLE t (id INT PRIMARY KEY, n INT, note VARCHAR(20)); INSERT INTO t SELECT seq, 0, 'right' FROM seq_1_to_200"
pipeline_start p -- "binlog-tap --no-defaults -S $SOCK_src -u root --start-at earliest" "mysql-sink --no-defaults -S $SOCK_dst -u root --pipeline shop"
there() { [ "$(q_may dst 'SELECT COUNT(*) FROM shop.t' 2>/dev/null)" = 200 ]; }
ok 'a pipeline' wait_for 30 there
writer()
{
	while [ ! -e "$T/stop" ]; do
		echo "UPDATE t SET n = n + 1 WHERE id = FLOOR(1 + RAND() * 200); DO SLEEP(0.004);"
	done | mariadb --no-defaults -S "$SOCK_src" -u root shop >"$T/writer.out" 2>&1
}
writer &
writer=$!
t_own $writer
# n only grows on the source; what the target shows is put down and looked at by awk
watch()
{
	while [ ! -e "$T/stop" ]; do
		echo 'SELECT id, n FROM t; DO SLEEP(0.005);'
	done | mariadb --no-defaults -S "$SOCK_dst" -u root -N -B -n shop >"$T/watched" 2>&1
}
watch &
watch=$!
t_own $watch

written() { [ "$(q dst 'SELECT SUM(n) FROM shop.t')" -ge "$1" ]; }
for round in 1 2 3; do
	q dst "UPDATE shop.t SET note = 'wrong' WHERE id % 5 = $round"
	# one that comes late, when most of its rows have been written again
	run diff_run --include shop --pipeline shop --repair "$T/late.rs"
	is "$CODE" 1 "round $round: there are differences"
	sum=$(q dst 'SELECT SUM(n) FROM shop.t')
	ok 'rows are written meanwhile' wait_for 30 written $((sum + 200))
	exits 0 'a late repair' mysql-sink --no-defaults -S "$SOCK_dst" -u root --pipeline shop.late --on-conflict skip <"$T/late.rs"
	like "$(err)" 'warning: [0-9]+ rows skipped, 0 rows overwritten' 'leaves those out'
	run env ROUNDS=6 examples/repair.sh shop "$T/src.cnf" "$T/dst.cnf" --include shop
	is "$CODE" 0 "round $round: mended" || diag "$(tail -n 5 "$T/err")"
	is "$(q dst "SELECT COUNT(*) FROM shop.t WHERE note <> 'right'")" 0 'nothing wrong is left'
done
touch "$T/stop"
wait $writer
wait $watch
is "$(awk 'NF == 2 && $2 < n[$1] { print "row", $1, "went from", n[$1], "to", $2 } NF == 2 { n[$1] = $2 }' "$T/watched")" '' 'no row went back'
ok 'it was watched' test "$(wc -l <"$T/watched")" -gt 20000
ok 'the pipeline has all' wait_caught_up src dst shop 0
same_data src dst 'both are the same' shop
pipeline_stop p
is "$CODES" '0 0' 'the pipeline ran through'
done_testing

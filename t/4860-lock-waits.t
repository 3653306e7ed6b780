#!/bin/bash
# Workers get in each other's way on the target without having a key in common: in the gaps of an index, in a table that is
# looked through, below a foreign key. The one whose turn it is does not wait for a time-out of 50 s behind a later one, and
# nothing is lost. A lock of somebody else's is waited for.
. t/lib.sh

half=25 # seconds, half a time-out: whatever waited for one needs more

# hold SQL: another session of the target's has these locks until let_go
hold()
{
	coproc HOLDER { exec mariadb --no-defaults --socket "$SOCK_dst" --user root --unbuffered -N -B; }
	holder=$HOLDER_PID
	t_own "$holder"
	echo "BEGIN; $1; SELECT 'held', CONNECTION_ID();" >&"${HOLDER[1]}"
	local word
	while read -r -t 20 word holder_id <&"${HOLDER[0]}"; do
		[ "$word" != held ] || return 0
	done
	bail "the locks could not be had: $1"
}

let_go()
{
	echo 'COMMIT;' >&"${HOLDER[1]}"
	eval "exec ${HOLDER[1]}>&-"
	wait "$holder" 2>/dev/null
}

# How many transactions of the target wait for a lock, and how many that have written do not. (innodb_trx would not do: whoever looks there
# often keeps it from being brought up to date, also for others.)
sink_trx()
{
	q dst 'SHOW ENGINE INNODB STATUS' -r | awk '/lock struct/ { if (/LOCK WAIT/) waiting++; else if (/undo log entries/) ready++ }
		END { print waiting + 0, ready + 0 }'
}

# shellcheck disable=SC2317 # called by wait_for
waits_behind() # N: the first waits for the holder, N later ones have rows and wait for their turn or for one another
{
	local waiting ready
	! pipeline_running p && return 0
	read -r waiting ready < <(sink_trx)
	[ "$waiting" -ge 1 ] && [ $((waiting + ready)) -ge $(($1 + 1)) ] && { [ "$1" = 0 ] || [ "$ready" -ge 1 ]; }
}

lock_waits()
{
	q dst "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_waits'" | cut -f 2
}

figures()
{
	grep -oE '[0-9]+ (rows of|batches were|attempts were) .*' "$T/p.1.err" | tr '\n' ';'
}

# (The table w.held has a foreign key, so that its rows are written in the order of the log.)
# in_the_way NAME SQL-OF-THE-FIRST [SQL...]: transactions of which the first is held up by another session before it comes to the rows at
# which the later ones are already
in_the_way()
{
	local name=$1 begin t0 t1 before sql sock later=$(($# - 2))
	# in any order they are soon done, and in a table without a key they do not begin
	[[ $order != *any && $name != *"without an index" ]] || later=0
	# who has a lock that the first waits for cannot be seen there: it may be a later one
	[ "$kind" != mysql-9.7 ] || later=0
	shift
	begin=$(position dst w) || begin=$(end_of_log src | head -n 2 | paste -sd :)
	q src "BEGIN; UPDATE w.held SET n = n + 1 WHERE id = 1; $1; COMMIT" --database w
	shift
	for sql; do
		q src "BEGIN; $sql; COMMIT" --database w
	done
	sock=SOCK_src
	binlog-tap --no-defaults --socket "${!sock}" --user root --start-at "$begin" --stop-at now >"$T/stream" || fail "$name: no stream"
	hold 'SELECT n FROM w.held WHERE id = 1 FOR UPDATE'
	before=$(lock_waits)
	PIPELINE_IN=$T/stream pipeline_start p -- "mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline w -v -v --workers 4 --batch-bytes 1 $order"
	ok "$name: later ones have their rows while the first waits" wait_for 20 waits_behind "$later" || diag "$(sink_trx)"
	t0=${EPOCHREALTIME/./}
	let_go
	pipeline_wait p 40
	t1=$(((${EPOCHREALTIME/./} - t0) / 1000))
	is "$CODES" 0 "$name: applied" || pipeline_diag p
	ok "$name: without a time-out" test $t1 -lt $((half * 1000))
	diag "$name: $t1 ms, $(($(lock_waits) - before)) lock waits; $(figures)"
	waits=$((waits + $(lock_waits) - before - 1))
	undone=$((undone + $(figures | sed -n 's/^.*;\([0-9]*\) batches were undone.*/\1/p' | grep . || echo 0)))
	same_data src dst "$name: source and target are equal" w
}

work()
{
	waits=0 undone=0
	# A row that takes the place of another in a unique key locks the gap behind it, also under READ COMMITTED; inserts into the
	# gap wait
	in_the_way "$kind: gap of a unique key" \
		'INSERT INTO uniq VALUES (1015, 15), (1017, 17)' \
		'DELETE FROM uniq WHERE id = 10; INSERT INTO uniq VALUES (1010, 10)' \
		'DELETE FROM uniq WHERE id = 30; INSERT INTO uniq VALUES (1030, 30)'
	in_the_way "$kind: gaps, one after the other" \
		'INSERT INTO uniq VALUES (1045, 45); INSERT INTO uniq VALUES (1065, 65); INSERT INTO uniq VALUES (1085, 85)' \
		'UPDATE uniq SET u = -1 WHERE u = 40; UPDATE uniq SET u = 40 WHERE u = 50; UPDATE uniq SET u = 50 WHERE u = -1' \
		'DELETE FROM uniq WHERE id = 60; INSERT INTO uniq VALUES (1060, 60)' \
		'DELETE FROM uniq WHERE id = 80; INSERT INTO uniq VALUES (1080, 80)'
	in_the_way "$kind: gap of a unique key of a table with a foreign key" \
		'INSERT INTO child VALUES (1015, 1, 15)' \
		'DELETE FROM child WHERE id = 10; INSERT INTO child VALUES (1010, 2, 10)'
	in_the_way "$kind: gap behind an insert" \
		'DELETE FROM uniq WHERE id = 120; INSERT INTO uniq VALUES (1120, 120); DELETE FROM uniq WHERE id = 140; INSERT INTO uniq VALUES (1140, 140)' \
		'INSERT INTO uniq VALUES (1125, 125)' \
		'INSERT INTO uniq VALUES (1145, 145)'
	# the first waits for the third, which waits for the second, which waits for its turn
	in_the_way "$kind: three in a ring" \
		'INSERT INTO uniq VALUES (3205, 205)' \
		'DELETE FROM uniq WHERE id = 240; INSERT INTO uniq VALUES (3240, 240)' \
		'DELETE FROM uniq WHERE id = 200; INSERT INTO uniq VALUES (3200, 200), (3245, 245)'
	# a small table is looked through for the many rows of a statement
	in_the_way "$kind: a table that is looked through" \
		"UPDATE small SET n = n + id WHERE id <= 30" \
		'UPDATE small SET n = n + 2 * id WHERE id BETWEEN 31 AND 38' \
		'UPDATE small SET n = n + 3 * id WHERE id = 40'
	in_the_way "$kind: rows that go from such a table" \
		'DELETE FROM small WHERE id <= 30 AND id % 3 = 0' \
		'DELETE FROM small WHERE id IN (32, 34, 36)' \
		'DELETE FROM small WHERE id = 40'
	# a row that was inserted: its lock is made by who waits for it
	in_the_way "$kind: rows that go beside one that comes" \
		'DELETE FROM tiny WHERE id IN (19, 21, 42)' \
		'INSERT INTO tiny VALUES (51, 1)'
	in_the_way "$kind: rows that change beside one that comes" \
		'UPDATE tiny SET n = n + id WHERE id IN (18, 22, 43)' \
		'INSERT INTO tiny VALUES (52, 1)'
	# rows of a table that has a primary key on the source, and on the target none that says which rows are one
	in_the_way "$kind: rows without an index" \
		'UPDATE bare SET n = n + 1 WHERE id <= 5' \
		'UPDATE bare SET n = n + 1 WHERE id = 10'
	# a parent that goes looks for its children, below which others come
	in_the_way "$kind: children of other parents" \
		'INSERT INTO child VALUES (2001, 35, 2001)' \
		'DELETE FROM parent WHERE id = 34' \
		'DELETE FROM parent WHERE id = 36'
	diag "$kind $order: $waits times a worker waited for another, $undone were undone for it"
}

definitions()
{
	cat <<-SQL
		CREATE DATABASE w; USE w;
		CREATE TABLE above (id INT PRIMARY KEY);
		CREATE TABLE held (id INT PRIMARY KEY, n INT, p INT, FOREIGN KEY (p) REFERENCES above (id));
		CREATE TABLE uniq (id INT PRIMARY KEY, u INT, UNIQUE (u));
		CREATE TABLE parent (id INT PRIMARY KEY, n INT);
		CREATE TABLE child (id INT PRIMARY KEY, p INT, u INT, UNIQUE (u), KEY (p), FOREIGN KEY (p) REFERENCES parent (id));
		CREATE TABLE small (id INT PRIMARY KEY, n INT);
		CREATE TABLE tiny (id INT PRIMARY KEY, n INT);
		INSERT INTO tiny VALUES (18, 0), (19, 0), (21, 0), (22, 0), (42, 0), (43, 0);
		CREATE TABLE bare (id INT $1, n INT);
		INSERT INTO held (id, n) VALUES (1, 0), (2, 0), (3, 0);
	SQL
	local i
	echo 'BEGIN;'
	echo "INSERT INTO parent VALUES (40, 0);"
	for ((i = 1; i <= 40; i++)); do
		echo "INSERT INTO uniq VALUES ($((i * 10)), $((i * 10))); INSERT IGNORE INTO parent VALUES ($i, 0); INSERT INTO child VALUES ($((i * 10)), $((i < 30 ? i : 40)), $((i * 10)));"
		echo "INSERT INTO small VALUES ($i, 0); INSERT INTO bare VALUES ($i, 0);"
	done
	echo 'COMMIT;'
}

kinds=(mariadb)
if "$TOP/scripts/getserver" mysql-9.7 >/dev/null 2>&1; then
	# where nobody can see who waits for whom, too
	kinds+=('mysql-9.7 --performance-schema=ON' mysql-9.7)
else
	skip 'the same on MySQL 9.7' 'it cannot be had here'
fi
for kind in "${kinds[@]}"; do
	servers_start "src @${kind%% *} --binlog-row-metadata=FULL" "dst @$kind --innodb-lock-wait-timeout=50"
	for order in '--commit-order source' '--commit-order any'; do
		[[ $kind != mysql* || $order != *any || ${ROWFERRY_LONG:-} ]] || continue
		definitions 'PRIMARY KEY' >"$T/tables.sql"
		q_file src "$T/tables.sql"
		definitions '' >"$T/tables.sql"
		q_file dst "$T/tables.sql"
		work
		[ "$order" = '--commit-order any' ] || [ "$kind" = mysql-9.7 ] || ok "$kind: workers waited for each other" test "$waits" -gt 0

		# another session's lock: the sink waits, and goes on; also when the server gives up waiting meanwhile
		for limit in 50 1; do
			q dst "SET GLOBAL innodb_lock_wait_timeout = $limit"
			begin=$(position dst w)
			for i in 1 2 3 4 5 6 7 8 9; do
				q src "INSERT INTO w.small VALUES ($((limit * 100 + i)), 1); UPDATE w.held SET n = n + 1 WHERE id = $((i % 3 + 1))"
			done
			binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at "$begin" --stop-at now >"$T/stream"
			hold 'SELECT n FROM w.held WHERE id = 2 FOR UPDATE'
			PIPELINE_IN=$T/stream pipeline_start p -- "mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline w -v --workers 4 --batch-bytes 1 $order"
			# the time is what is tried here
			sleep 2
			ok "$kind $order: the sink waits for another session's lock" pipeline_running p
			let_go
			pipeline_wait p 40
			is "$CODES" 0 "$kind $order: and goes on" || pipeline_diag p
			same_data src dst "$kind $order: nothing is lost, the server's limit being $limit s" w
			diag "$(figures)"
		done
		q dst 'DROP DATABASE w; DROP DATABASE rowferry; SET GLOBAL innodb_lock_wait_timeout = 50'
		q src 'DROP DATABASE w'
	done
	server_stop src
	server_stop dst
	rm -rf "$T/src" "$T/dst"
done
done_testing

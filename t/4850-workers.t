#!/bin/bash
# Many workers leave what one leaves, row for row, whatever the order of commits; and in the source's order nobody who reads
# the target ever sees a state that the source did not have.
# ROWFERRY_SEED makes another run; ROWFERRY_LONG=1 makes it eight times as long, with every number of workers and size.
# ROWFERRY_KIND: one kind of server; ROWFERRY_PAIRS: some of the pairs of transactions (t/data/workers_load.py), and nothing else.
. t/lib.sh
/usr/bin/python3 -c 'import pymysql' 2>/dev/null || skip_all 'python3-pymysql is missing'

seed=${ROWFERRY_SEED:-1}
statements=2500 rounds=20
[ -z "${ROWFERRY_LONG:-}" ] || statements=20000 rounds=160
RUN_LIMIT=${ROWFERRY_LONG:+1200}
RUN_LIMIT=${RUN_LIMIT:-60}
diag "seed $seed"

apply() # NAME STREAM [sink option...]: onto dst, from the start
{
	local before after
	before=$(q dst "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_waits'" | cut -f 2)
	exits 0 "$1: applied" sh -c "mysql-sink --no-defaults --socket '$SOCK_dst' --user root --pipeline w -v ${*:3} <'$2'" || diag "$(err)"
	after=$(q dst "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_waits'" | cut -f 2)
	diag "$1: $(grep -oE '[0-9]+ (rows of|batches were|attempts were) .*' "$T/err" | tr '\n' ';') $((after - before)) row lock waits"
}

# rows_sql DB...: one statement a table, which prints its rows as t/lib.sh's table_hex does
rows_sql()
{
	q src "SET group_concat_max_len = 1000000; SELECT CONCAT('SELECT ''', table_schema, '.', table_name, ''',', GROUP_CONCAT('IFNULL(HEX(CONCAT(\`', column_name, '\`)),''N'')' ORDER BY ordinal_position), ' FROM ', table_schema, '.\`', table_name, '\`;')
		FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
		WHERE table_schema IN ($(printf "'%s'," "$@")'') AND table_type = 'BASE TABLE' GROUP BY table_schema, table_name"
}

# all at once; the slower same_data says what differs
same() # NAME DB...
{
	[ -s "$T/rows.src" ] || bail 'the source has no rows'
	q dst "SET time_zone = '+00:00'; $(<"$T/rows.sql")" --quick | sort >"$T/rows.dst"
	if cmp -s "$T/rows.src" "$T/rows.dst"; then
		pass "$1: source and target are equal"
	else
		same_data src dst "$1: source and target are equal" "${@:2}" || return
		is "$(<"$T/rows.dst")" "$(<"$T/rows.src")" "$1: the same, row for row"
	fi
}

databases=(f f0 f1 f2)
stream=stream
clear()
{
	/usr/bin/python3 t/data/workers_load.py clear "$SOCK_dst" "$@" || bail 'the target could not be cleared'
}

flow() # NAME ORDER [sink option...]: with a reader that looks on
{
	local name=$1 order=$2 watcher
	rm -f "$T/stop"
	/usr/bin/python3 t/data/workers_load.py watch "$SOCK_dst" "$order" "$T/stop" >"$T/watch" 2>&1 &
	watcher=$!
	apply "$name" "$T/$stream" --commit-order "$order" "${@:3}"
	: >"$T/stop"
	wait $watcher
	is "$?, $(grep -v '^[0-9]* looks, ' "$T/watch")" '0, ' "$name: no reader saw what the source did not have"
	diag "$name: $(tail -n 1 "$T/watch")"
	looks=$((looks + $(grep -oE '[0-9]+ states' "$T/watch" | cut -d ' ' -f 1)))
	if [ "$CODE" = 0 ] && same "$name" "${databases[@]}"; then
		clear "${databases[@]}"
	else
		q dst "$(printf 'DROP DATABASE IF EXISTS %s;' "${databases[@]}" rowferry)"
		q_file dst "$T/empty.sql"
	fi
}

kinds_with_mysql
for kind in ${ROWFERRY_KIND:-"${kinds[@]}"}; do
	servers_start "src @$kind --binlog-row-metadata=FULL" "dst @$kind"

	# transactions that depend on the one before, each in another way
	exits 0 "$kind: pairs of transactions" /usr/bin/python3 t/data/workers_load.py chains "$SOCK_src" "$SOCK_dst" "$rounds" || diag "$(err)"
	start=$(head -n 1 "$T/out")
	diag "$kind: $(tail -n 1 "$T/out")"
	exits 0 "$kind: a stream of pairs" binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at "$start" --stop-at now --include 'c.*'
	mv "$T/out" "$T/chains"
	rows_sql c >"$T/rows.sql"
	q src "SET time_zone = '+00:00'; $(<"$T/rows.sql")" | sort >"$T/rows.src"
	for options in '--workers 8 --commit-order any --batch-bytes 1' '--workers 8 --commit-order source --batch-bytes 1' \
		'--workers 3 --commit-order any --batch-bytes 1' '--workers 8 --commit-order any --batch-bytes 2K'; do
		# shellcheck disable=SC2086 # words
		apply "$kind-pairs $options" "$T/chains" $options
		same "$kind-pairs $options" c
		clear c
	done
	q dst 'DROP DATABASE c'
	[ -z "${ROWFERRY_PAIRS:-}" ] || continue

	exits 0 "$kind: random transactions" /usr/bin/python3 t/data/workers_load.py load "$SOCK_src" "$seed" "$statements" || diag "$(err)"
	begin=$(head -n 1 "$T/out") start=earliest
	diag "$kind: $(tail -n 1 "$T/out")"
	for stream in all stream; do
		exits 0 "$kind: a stream" binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at "$start" --stop-at now --include 'f.*' --include 'f[0-2].*'
		mv "$T/out" "$T/$stream"
		start=$begin
	done
	mariadb-dump --no-defaults --socket "$SOCK_src" --user root --no-data --databases "${databases[@]}" >"$T/empty.sql"
	rows_sql "${databases[@]}" >"$T/rows.sql"
	q src "SET time_zone = '+00:00'; $(<"$T/rows.sql")" | sort >"$T/rows.src"
	looks=0
	stream=all
	flow "$kind 8 workers, with all definitions" any --workers 8 --batch-bytes 2K
	stream=stream
	flow "$kind 1 worker" source --workers 1 --batch-bytes 2K
	for workers in 2 8; do
		for size in 1 2K 64K 4M; do
			for order in source any; do
				case $workers,$size,$order in
				2,1,* | 2,4M,* | 2,64K,source | 2,2K,any | 8,64K,any | 8,4M,source) [ -n "${ROWFERRY_LONG:-}" ] || continue ;;
				esac
				flow "$kind $workers workers, batches of $size, order $order" $order --workers $workers --batch-bytes $size
			done
		done
	done
	# what is larger than the memory is applied while it arrives; in the order of the log, row by row
	flow "$kind large transactions" source --workers 4 --memory 4K --batch-bytes 1K
	[ -z "${ROWFERRY_LONG:-}" ] || flow "$kind large transactions, any order" any --workers 4 --memory 4K --batch-bytes 1K
	flow "$kind overwrite" source --workers 4 --batch-bytes 1K --on-conflict overwrite
	ok "$kind: readers saw many states ($looks)" test "$looks" -gt 100
	server_stop src
	server_stop dst
	rm -rf "$T/src" "$T/dst"
done
done_testing

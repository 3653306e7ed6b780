#!/bin/bash
# rowundo: a random workload done, other rows changed after it, and the workload undone: every table is as it was but
# for the later changes. As SQL and through mysql-sink, on MariaDB and MySQL; the undo of the undo does it again.
# (one client library will do)
. t/lib.sh

kinds_with_mysql
seed=${SEED:-$((RANDOM % 10000))}
diag "SEED=$seed"
work=150
[ -z "${ROWFERRY_LONG:-}" ] || work=3000

state() # SERVER [WHERE]: every row of every table, as HEX
{
	local db table
	while IFS=$'\t' read -r db table; do
		echo "$table: $(table_hex "$1" "$db" "$table" | sha1sum) $(q "$1" "CHECKSUM TABLE $db.$table")"
	done < <(tables "$1" u)
}
load() # SEED COUNT STEP
{
	/usr/bin/python3 t/data/undo_load.py "$sock" "$@" || fail "the load $*"
}
client() # FILE
{
	mariadb --no-defaults --socket="$sock" --user=root --binary-mode --comments <"$1"
}
tap() # FROM TO FILE
{
	exits 0 "the tap from $1" binlog-tap --no-defaults --socket "$sock" --user root --start-at "$1" --stop-at "$2"
	mv "$T/out" "$3"
}
here()
{
	end_of_log src | sed -n '1h;2{H;x;s/\n/:/p}'
}

for kind in "${kinds[@]}"; do
	meta=FULL
	# MySQL's log does not say which columns are generated: the server does
	[ "$kind" = mariadb ] || meta=MINIMAL
	server_start src "@$kind" --binlog-row-metadata=$meta
	sock=$SOCK_src
	load "$seed" 40 schema
	base=$(state src)
	from=$(here)
	load $((seed + 1)) $work work
	to=$(here)
	worked=$(state src)
	isnt "$worked" "$base" "$kind: the workload changes something"
	tap "$from" "$to" "$T/work.rows"

	# SQL
	exits 0 "$kind: rowundo" rowundo "$T/work.rows"
	is "$(err)" '' 'has nothing to say'
	mv "$T/out" "$T/undo.rows"
	exits 0 'the undo is a stream' rowdump --sql --check "$T/undo.rows"
	mv "$T/out" "$T/undo.sql"
	at=$(here)
	exits 0 "$kind: the client runs it" client "$T/undo.sql"
	is "$(state src)" "$base" "$kind: undone by SQL, every table is as it was"
	tap "$at" "$(here)" "$T/undone.rows"
	is "$(rowdump "$T/undone.rows" | grep -cE '^\{"(insert|update|delete)"')" "$(rowdump "$T/undo.rows" | grep -cE '^\{"(insert|update|delete)"')" \
		'each row was changed once'

	# the undo of the undo, from the log and from the stream
	exits 0 "$kind: rowundo takes a stream of its own" rowundo "$T/undo.rows"
	mv "$T/out" "$T/redo.rows"
	exits 0 'mysql-sink applies it to the source itself' mysql-sink --no-defaults --socket "$sock" --user root --pipeline redo --compare-rows <"$T/redo.rows"
	is "$(state src)" "$worked" "$kind: the undo undone by mysql-sink, the work is there again"
	exits 0 'a pipe will do' bash -c 'rowundo <(cat "$1") | tee "$2" | rowdump --sql --check' - "$T/undone.rows" "$T/redo2.rows"
	is "$(rowdump "$T/redo2.rows" | grep -cE '^\{"(insert|update|delete)"')" "$(rowdump "$T/undone.rows" | grep -cE '^\{"(insert|update|delete)"')" \
		'and the log of the undo can be undone, too'

	# changes since that have nothing to do with it stay
	load $((seed + 2)) 100 later
	later=$(q src 'SELECT * FROM u.wide WHERE id >= 100000 ORDER BY 1, 2; SELECT * FROM u.bag WHERE n >= 100000 ORDER BY 1, 2, 3, 4' | sha1sum)
	exits 0 'mysql-sink takes the undo' mysql-sink --no-defaults --socket "$sock" --user root --pipeline undo --compare-rows <"$T/undo.rows"
	is "$(q src 'SELECT * FROM u.wide WHERE id >= 100000 ORDER BY 1, 2; SELECT * FROM u.bag WHERE n >= 100000 ORDER BY 1, 2, 3, 4' | sha1sum)" "$later" \
		"$kind: undone by mysql-sink, the later changes stay"
	counted=$(state src)
	exits 0 'once more' mysql-sink --no-defaults --socket "$sock" --user root --pipeline undo --compare-rows <"$T/undo.rows"
	is "$(state src)" "$counted" "$kind: the same undo again is passed over"
	exits 100 'another undo under that name is not' mysql-sink --no-defaults --socket "$sock" --user root --pipeline undo --compare-rows <"$T/redo.rows"
	like "$(err)" 'other names than the checkpoint' 'and the reason is said'
	# all but the later changes is as it was: undo those too
	end=$(here)
	tap "$from" "$end" "$T/all.rows"
	exits 0 "$kind: everything since" bash -c 'rowundo "$1" | rowdump --sql --check' - "$T/all.rows"
	mv "$T/out" "$T/all.sql"
	exits 0 'is undone' client "$T/all.sql"
	is "$(state src)" "$base" "$kind: work, undo, redo, later work and undo undone in one"
	server_stop src
	rm -rf "$T/src"
done
done_testing

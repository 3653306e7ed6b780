#!/bin/bash
# From a dump to in sync, while the source is written: mydumper and myloader, mariadb-dump and mysqldump in their forms,
# compressed or not. Each target is the same as the source to the byte in the end.
. t/lib.sh

need_program()
{
	command -v "$1" >/dev/null || skip_all "$1 is missing (scripts/deps test)"
}
need_program mydumper
need_program myloader

writers_start()
{
	rm -f "$T/stop"
	/usr/bin/python3 t/data/dump_load.py "$SOCK_src" 2 "$T/stop" 2>"$T/load.err" &
	load=$!
	t_own $load
	ok "$kind: writers write" wait_for 60 written 100
}
written() # N: commits at least
{
	local n
	n=$(q_may src 'SELECT IFNULL(SUM(n), 0) FROM shop.counter' 2>/dev/null) && [ "${n:-0}" -ge "$1" ]
}
commits()
{
	q src 'SELECT IFNULL(SUM(n), 0) FROM shop.counter'
}
client() # TARGET
{
	local sock=SOCK_$1
	mariadb --no-defaults --socket="${!sock}" --user=root --default-character-set=utf8mb4
}
dump=(--no-defaults --user=root --single-transaction --databases shop)

# follow FROM TARGET: a pipeline from the dump, which runs until stopped
follow()
{
	local sock=SOCK_$2
	pipeline_start "$2" -- "binlog-tap --no-defaults --socket $SOCK_src --user root --start-at $1 --include 'shop.*'" \
		"mysql-sink --no-defaults --socket ${!sock} --user root --pipeline $2"
	targets+=("$2")
}
finish()
{
	local t
	ok "$kind: the writers went on" wait_for 60 written $(($(commits) + 100))
	touch "$T/stop"
	wait $load
	is $? 0 "$kind: and ended well" || diag "$(tail -n 5 "$T/load.err")"
	for t in "${targets[@]}"; do
		ok "$kind, $t: has caught up" wait_caught_up src "$t" "$t" 60 || pipeline_diag "$t"
		same_data src "$t" "$kind, $t: equal to the byte" shop
		pipeline_stop "$t"
		is "$CODES" '0 0' "$kind, $t: nothing failed" || pipeline_diag "$t"
		server_stop "$t"
	done
	targets=()
}

targets=()
# ---- MariaDB
kind=mariadb
servers_start 'src --binlog-row-metadata=FULL' 'mydumper' 'gtid' 'gz'
writers_start
at=$(commits)
exits 0 'mydumper' mydumper --socket "$SOCK_src" --user root --database shop --outputdir "$T/dump" --threads 2
ok 'the source was written meanwhile' written $((at + 1))
like "$(cat "$T/dump/metadata")" 'Log: bin' 'its metadata has the position'
exits 0 'myloader' myloader --socket "$SOCK_mydumper" --user root --directory "$T/dump" --threads 2
follow "mydumper:$T/dump" mydumper
mariadb-dump "${dump[@]}" --socket="$SOCK_src" --master-data=2 --gtid >"$T/gtid.sql" 2>"$T/err"
is $? 0 'mariadb-dump --gtid' || diag "$(err)"
client gtid <"$T/gtid.sql"
follow "dump:$T/gtid.sql" gtid
mariadb-dump "${dump[@]}" --socket="$SOCK_src" --master-data=2 | gzip >"$T/dump.sql.gz"
zcat "$T/dump.sql.gz" | client gz
follow "dump:$T/dump.sql.gz" gz
finish
server_stop src
rm -rf "$T/src" "$T/dump" "$T/mydumper" "$T/gtid" "$T/gz"

# ---- MySQL
if ! home=$(scripts/getserver mysql-9.7 2>/dev/null); then
	skip 'mysqldump of MySQL 9.7' 'it cannot be had here'
	done_testing
fi
kind=mysql-9.7
servers_start 'src @mysql-9.7 --binlog-row-metadata=FULL' 'mysqldump @mysql-9.7' 'zst @mysql-9.7'
writers_start
"$home/cmd/mysqldump" "${dump[@]}" --socket="$SOCK_src" --source-data=2 >"$T/mysql.sql" 2>"$T/err"
is $? 0 'mysqldump --source-data' || diag "$(err)"
client mysqldump <"$T/mysql.sql"
follow "dump:$T/mysql.sql" mysqldump
if command -v zstd >/dev/null; then
	"$home/cmd/mysqldump" "${dump[@]}" --socket="$SOCK_src" --set-gtid-purged=COMMENTED 2>"$T/err" | zstd -q >"$T/dump.sql.zst"
	zstdcat "$T/dump.sql.zst" | client zst
	follow "dump:$T/dump.sql.zst" zst
else
	skip 'a dump compressed by zstd' 'zstd is missing'
fi
finish
run mydumper --socket "$SOCK_src" --user root --database shop --outputdir "$T/dump"
if grep -q 'Log: ' "$T/dump/metadata"; then
	pass 'this mydumper can ask MySQL 9.7'
else
	exits 100 'a mydumper that cannot ask MySQL 9.7 leaves no position' binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at "mydumper:$T/dump"
	like "$(err)" 'it does not say where in the log it was made: the server had none, or this mydumper cannot ask it' 'and the line says so'
fi
done_testing

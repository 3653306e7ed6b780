#!/bin/bash
# rowcopy --live refuses to copy from another server than the one whose log the stream is of: the source of a replica, a replica
# of the source, the target by mistake; also behind a spool and a link. A replica as the source of both is right.
# (one client library will do)
. t/lib.sh

kinds_with_mysql
for kind in "${kinds[@]}"; do
	if [ "$kind" = mariadb ]; then
		servers_start "src --binlog-row-metadata=FULL" "rep --binlog-row-metadata=FULL" dst
		q src "CREATE USER repl@'127.0.0.1' IDENTIFIED BY 'repl'; GRANT REPLICATION SLAVE ON *.* TO repl@'127.0.0.1'"
		q rep "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=$PORT_src, MASTER_USER='repl', MASTER_PASSWORD='repl', MASTER_USE_GTID=slave_pos; START SLAVE"
		who=server_id
	else
		servers_start "src @$kind --binlog-row-metadata=FULL" "rep @$kind --binlog-row-metadata=FULL" "dst @$kind"
		q src "CREATE USER repl@'127.0.0.1' IDENTIFIED BY 'repl'; GRANT REPLICATION SLAVE ON *.* TO repl@'127.0.0.1'"
		q rep "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=$PORT_src, SOURCE_USER='repl', SOURCE_PASSWORD='repl', SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1; START REPLICA"
		who=server_uuid
	fi
	q src "CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY); INSERT INTO shop.t VALUES (1), (2), (3)"
	replicated()
	{
		[ "$(q_may rep 'SELECT COUNT(*) FROM shop.t' 2>/dev/null)" = 3 ]
	}
	ok "$kind: there is a replica" wait_for 30 replicated
	q dst 'CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY); INSERT INTO shop.t VALUES (77)'

	for s in src rep; do
		sock=SOCK_$s
		binlog-tap --no-defaults --socket "${!sock}" --user root --start-at earliest --stop-at now >"$T/$s.rs"
	done
	copy() # SERVER STREAM
	{
		local sock=SOCK_$1
		rowcopy --no-defaults --socket "${!sock}" --user root --live --include shop <"$2"
	}
	exits 0 "$kind: the stream's own server" copy src "$T/src.rs"
	exits 0 "$kind: a replica, with the replica's stream" copy rep "$T/rep.rs"
	for pair in 'rep src' 'src rep' 'dst src'; do
		read -r s stream <<<"$pair"
		exits 100 "$kind: $s, with the stream of $stream" copy "$s" "$T/$stream.rs"
		sock=SOCK_$s
		is "$(grep -c error: "$T/err")" 1 "$kind: is refused in one line"
		like "$(err)" "error: the stream is of another server than the tables: $who [0-9a-f-]+, and socket ${!sock} is $who [0-9a-f-]+" "$kind: which names both"
		is "$(rowdump "$T/out" 2>/dev/null | grep -c '"copy"\|"insert"')" 0 "$kind: and no row of it goes on"
	done

	# what is between says the same
	exits 0 "$kind: into a spool" rowspool write "$T/spool" <"$T/src.rs"
	rowspool read "$T/spool" --start-at earliest >"$T/spooled.rs" 2>"$T/spool.err" || diag "$(<"$T/spool.err")"
	exits 0 "$kind: the server behind a spool" copy src "$T/spooled.rs"
	exits 100 "$kind: another one" copy dst "$T/spooled.rs"
	rm -rf "$T/spool"

	# the whole pipeline ends, and the target is as it was
	pipeline_start p -- "binlog-tap --no-defaults --socket $SOCK_src --user root --start-at now" \
		"rowcopy --no-defaults --socket $SOCK_dst --user root --live --include shop" "mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline p"
	pipeline_wait p 30
	like "$CODES" '^[0-9]+ 100 111$' "$kind: a pipeline that copies from its target ends"
	is "$(q dst 'SELECT * FROM shop.t')" 77 "$kind: and has written nothing"
	for s in src rep dst; do
		server_stop $s
		rm -rf "$T/${s:?}"
	done
done
servers_start 'maria --binlog-row-metadata=FULL'
if scripts/getserver mysql-9.7 >/dev/null 2>&1; then
	servers_start 'my @mysql-9.7'
	binlog-tap --no-defaults --socket "$SOCK_maria" --user root --start-at now --stop-at now >"$T/maria.rs"
	exits 100 'a server of the other family' rowcopy --no-defaults --socket "$SOCK_my" --user root --live <"$T/maria.rs"
	like "$(err)" 'the stream is of another server than the tables: mariadb, and socket .* is mysql' 'is refused as that'
fi
done_testing

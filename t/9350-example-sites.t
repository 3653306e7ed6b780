#!/bin/bash
# examples/source-site.sh and a pipeline.sh with link.args: two sites, by TLS, as the files say; and what the systemd units of
# a source's site would run.
# (one client library will do)
. t/lib.sh
. t/link.sh
. t/seen.sh

server_start src
server_start dst
for s in src dst; do
	q $s 'CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, item VARCHAR(20)); CREATE TABLE shop.tmp_x (id INT PRIMARY KEY)'
done
make_ca our
make_cert our src localhost
make_cert our dst dst.example
export ROWFERRY_CONF=$T/conf
mkdir -p "$ROWFERRY_CONF/shop" "$ROWFERRY_CONF/from" "$T/run.from" "$T/run.shop"
printf '[client]\nsocket=%s\nuser=root\n' "$SOCK_src" >"$ROWFERRY_CONF/from/source.cnf"
printf '[client]\nsocket=%s\nuser=root\n' "$SOCK_dst" >"$ROWFERRY_CONF/shop/target.cnf"
exits 100 'source-site.sh: a site that is not configured' examples/source-site.sh nothing

{
	echo '# where other sites come'
	echo '--listen=tls:localhost:0'
	tls src | tr ' ' '\n'
	echo '--allow=dst.example'
} >"$ROWFERRY_CONF/from/listen.args"
printf -- '--include=shop.*\n' >"$ROWFERRY_CONF/from/tap.args"
pipeline_start from -- "env RUNTIME_DIRECTORY=$T/run.from examples/source-site.sh from"
ok 'source-site.sh: it listens' wait_for 10 grep -q 'listening on' "$T/from.1.err" || pipeline_diag from
port=$(sed -n 's/.*listening on .*://p' "$T/from.1.err")
{
	echo "--connect=tls:localhost:$port"
	tls dst | tr ' ' '\n'
	echo '--compress'
} >"$ROWFERRY_CONF/shop/link.args"
printf 'exclude shop.tmp_*\n' >"$ROWFERRY_CONF/shop/filter.rules"
start=gtid:$(q src 'SELECT @@gtid_binlog_pos')
q src "INSERT INTO shop.orders VALUES (1, 'apple'), (2, 'pear'); INSERT INTO shop.tmp_x VALUES (1)"
pipeline_start shop -- "env RUNTIME_DIRECTORY=$T/run.shop examples/pipeline.sh shop $start"
ok 'pipeline.sh: rows arrive from the other site' wait_caught_up src dst shop || pipeline_diag shop
is "$(q dst 'SELECT GROUP_CONCAT(item ORDER BY id) FROM shop.orders') $(q dst 'SELECT COUNT(*) FROM shop.tmp_x')" 'apple,pear 0' 'pipeline.sh: those that were asked for'
for site in from shop; do
	ok "RUNTIME_DIRECTORY: rowlink answers at the site $site" wait_for 20 metric_over "unix:$T/run.$site/rowlink.sock" stream_bytes_total 300
done
pipeline_stop shop
is "$CODES" 0 'pipeline.sh: SIGTERM ends it cleanly' || pipeline_diag shop
q src "UPDATE shop.orders SET item = 'plum' WHERE id = 2"
pipeline_start ever -- 'examples/forever.sh shop'
ok 'forever.sh: it goes on where the target is' wait_caught_up src dst shop || pipeline_diag ever
pipeline_kill from 1
pipeline_wait from 20
is "$CODES" 0 'source-site.sh: SIGTERM ends it and the stream'
pipeline_wait ever 20
is "$CODES" 0 'forever.sh: a stream that has ended well is an end' || pipeline_diag ever

sed -i "s/^--listen=.*/--listen=tls:localhost:$port/" "$ROWFERRY_CONF/from/listen.args"
pipeline_start from -- "$(sed -n 's/^ExecStart=//p' 'examples/rowlink@.service' | sed 's,/usr/local/share/doc/rowferry/,,; s/%i/from/')"
pipeline_start ever -- 'examples/forever.sh shop'
q src "INSERT INTO shop.orders VALUES (3, 'fig')"
ok 'systemd unit: its command gives the stream' wait_caught_up src dst shop || pipeline_diag ever
kill -9 "$(pgrep -P "$(pipeline_pid from 1)" rowlink)"
q src "INSERT INTO shop.orders VALUES (4, 'quince')"
ok 'forever.sh: it starts again when the link was lost' wait_for 20 grep -q 'started again in' "$T/ever.1.err"
ok 'forever.sh: and goes on' wait_caught_up src dst shop || pipeline_diag ever
pipeline_stop ever
is "$CODES" 0 'forever.sh: SIGTERM ends it' || pipeline_diag ever
pipeline_stop from
is "$(q dst 'SELECT GROUP_CONCAT(item ORDER BY id) FROM shop.orders')" apple,plum,fig,quince 'both sites have the same'
if command -v systemd-analyze >/dev/null; then
	for unit in rowlink@.socket rowlink@.service; do
		sed "s,^ExecStart=/usr/local/share/doc/rowferry,ExecStart=$TOP," "examples/$unit" | grep -v '^Documentation' >"$T/$unit"
	done
	exits 0 'systemd units: systemd finds nothing wrong with them' systemd-analyze verify "$T/rowlink@x.socket" "$T/rowlink@.service"
	is "$(err)" '' 'nor anything to say'
else
	skip 'systemd units: systemd finds nothing wrong with them' 'no systemd-analyze'
fi
done_testing

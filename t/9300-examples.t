#!/bin/bash
# Every example is run.
. t/lib.sh

server_start src
server_start dst
for s in src dst; do
	q $s 'CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, item VARCHAR(20)); CREATE TABLE shop.tmp_x (id INT PRIMARY KEY)'
done

export ROWFERRY_CONF=$T/conf
mkdir -p "$ROWFERRY_CONF/shop"
printf '[client]\nsocket=%s\nuser=root\n' "$SOCK_src" >"$ROWFERRY_CONF/shop/source.cnf"
printf '[client]\nsocket=%s\nuser=root\n' "$SOCK_dst" >"$ROWFERRY_CONF/shop/target.cnf"

# ---- pipeline.sh
exits 100 'pipeline.sh: a pipeline that is not configured' examples/pipeline.sh nothing
start=gtid:$(q src 'SELECT @@gtid_binlog_pos')
q src "INSERT INTO shop.orders VALUES (1, 'apple'), (2, 'pear')"
pipeline_start run -- "examples/pipeline.sh shop $start"
ok 'pipeline.sh: rows arrive' wait_caught_up src dst shop || pipeline_diag run
is "$(q dst 'SELECT GROUP_CONCAT(item ORDER BY id) FROM shop.orders')" apple,pear 'pipeline.sh: the target has them'
pipeline_stop run
is "$CODES" 0 'pipeline.sh: SIGTERM ends it cleanly' || pipeline_diag run
is "$(grep -v 'pipeline "shop" has no position' "$T/run.1.err")" '' 'pipeline.sh: it says only that the target had no position'

q src "UPDATE shop.orders SET item = 'plum' WHERE id = 2"
printf 'exclude shop.tmp_*\n' >"$ROWFERRY_CONF/shop/filter.rules"
pipeline_start run -- 'examples/pipeline.sh shop earliest'
ok 'pipeline.sh: it goes on where the target is, whatever START says' wait_caught_up src dst shop || pipeline_diag run
is "$(q dst 'SELECT item FROM shop.orders WHERE id = 2')" plum 'pipeline.sh: the target has the update'
q src "INSERT INTO shop.tmp_x VALUES (1); INSERT INTO shop.orders VALUES (3, 'fig')"
ok 'pipeline.sh: filter.rules are used' wait_caught_up src dst shop || pipeline_diag run
is "$(q dst 'SELECT COUNT(*) FROM shop.tmp_x')" 0 'pipeline.sh: the filtered table stays empty'
q dst "DELETE FROM shop.orders WHERE id = 3"
q src "UPDATE shop.orders SET item = 'lime' WHERE id = 3"
pipeline_wait run
is "$CODES" 100 'pipeline.sh: a row that does not fit is for a person' || pipeline_diag run
q dst "INSERT INTO shop.orders VALUES (3, 'fig')"
printf '# said by the tap\n\n--verbose\n' >"$ROWFERRY_CONF/shop/tap.args"
printf -- '--on-conflict=overwrite\n--verbose\n' >"$ROWFERRY_CONF/shop/sink.args"
q dst "DELETE FROM shop.orders WHERE id = 3"
pipeline_start run -- 'examples/pipeline.sh shop'
ok 'pipeline.sh: the options of sink.args are used' wait_caught_up src dst shop || pipeline_diag run
is "$(q dst 'SELECT item FROM shop.orders WHERE id = 3')" lime 'pipeline.sh: the row is made'
pipeline_stop run
like "$(cat "$T/run.1.err")" 'binlog-tap: info: connected' 'pipeline.sh: and those of tap.args'
rm "$ROWFERRY_CONF/shop/sink.args" "$ROWFERRY_CONF/shop/tap.args"
q src "UPDATE shop.orders SET item = 'grape' WHERE id = 3"
q dst 'DELETE FROM shop.orders WHERE id = 3; INSERT INTO shop.orders VALUES (3, "lime")'

# ---- forever.sh
pipeline_start ever -- 'examples/forever.sh shop'
ok 'forever.sh: it goes on once the row is there' wait_caught_up src dst shop || pipeline_diag ever
is "$(q dst 'SELECT item FROM shop.orders WHERE id = 3')" grape 'forever.sh: the target has the update'
kill -9 "$(find_program mysql-sink)"
q src "INSERT INTO shop.orders VALUES (4, 'quince')"
ok 'forever.sh: it starts again when a program was killed' wait_for 20 grep -q 'started again in' "$T/ever.1.err"
ok 'forever.sh: and goes on' wait_caught_up src dst shop || pipeline_diag ever
is "$(q dst 'SELECT item FROM shop.orders WHERE id = 4')" quince 'forever.sh: nothing is missing'
pipeline_stop ever
is "$CODES" 0 'forever.sh: SIGTERM ends it cleanly' || pipeline_diag ever

# ---- systemd and supervisord: what they would run
unit=examples/rowferry@.service
command=$(sed -n 's/^ExecStart=//p' $unit | sed "s,/usr/local/share/doc/rowferry/,,; s/%i/shop/")
pipeline_start unit -- "$command"
q src "INSERT INTO shop.orders VALUES (5, 'kiwi')"
ok 'systemd unit: its command runs the pipeline' wait_caught_up src dst shop || pipeline_diag unit
pipeline_stop unit
is "$CODES" 0 'systemd unit: its signal ends it cleanly'
if command -v systemd-analyze >/dev/null; then
	sed "s,^ExecStart=/usr/local/share/doc/rowferry,ExecStart=$TOP," $unit | grep -v '^Documentation' >"$T/rowferry@.service"
	exits 0 'systemd unit: systemd finds nothing wrong with it' systemd-analyze verify "$T/rowferry@.service"
else
	skip 'systemd unit: systemd finds nothing wrong with it' 'no systemd-analyze'
fi
is "$(sed -n 's/^command=//p' examples/supervisord.conf)" "$(sed -n 's/^ExecStart=//p' $unit | sed 's/%i/shop/')" 'supervisord: the same command'
is "$(sed -n 's/^exitcodes=0,//p' examples/supervisord.conf | tr , ' ')" "$(sed -n 's/^RestartPreventExitStatus=//p' $unit)" 'supervisord: the same exit codes are final'

# ---- save.sh, look.sh
exits 0 'save.sh' examples/save.sh "$T/saved.rows" earliest now --no-defaults --socket="$SOCK_src" --user=root
exits 0 'save.sh: the file is a stream' rowdump "$T/saved.rows"
like "$(out)" 'quince' 'save.sh: with the rows'

pipeline_start look -- "examples/look.sh shop.orders --no-defaults --socket=$SOCK_src --user=root"
# it starts at "now": rows are committed until one is seen
n=100
look_seen()
{
	n=$((n + 1))
	q src "INSERT INTO shop.orders VALUES ($n, 'melon')"
	grep -q melon "$T/look.out"
}
ok 'look.sh: rows are shown as they come' wait_for 20 look_seen
kill "$(find_program binlog-tap)"
pipeline_wait look
is "$CODES" 0 'look.sh: it ends with its tap'
done_testing

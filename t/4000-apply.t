#!/bin/bash
# mysql-sink applies what a stream says, keeps the position with it, and knows what is there already.
. t/lib.sh
. t/sink.sh

server_start dst
q dst 'CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, name VARCHAR(20), price DECIMAL(8,2)) CHARACTER SET utf8mb4'

exits 1 'no position before anything was applied' sink --print-position
is "$(err)" "mysql-sink: error: pipeline \"one\" has no position on socket $SOCK_dst yet" 'and it says so'
is "$(q dst 'SHOW DATABASES LIKE "rowferry"')" '' 'asking makes nothing'

{
	hello gtid=0-1-9 off=4
	orders
	begin 256 0-1-10
	insert 1 one 1.00
	insert 2 null -2.50
	commit 400 2
	begin 400 0-1-11
	update 1 eins 1.00 one 1.00
	delete 2 null -2.50
	commit 500 2
	end 500
} | rowundump >"$T/a.rs"
exits 0 'a stream is applied' sink <"$T/a.rs"
is "$(q dst 'SELECT * FROM shop.orders')" $'1\teins\t1.00' 'its rows are there'
is "$(err)" '' 'and nothing was said'
sink --print-position >"$T/pos"
is "$(cat "$T/pos")" gtid:0-1-11 'the position is a GTID set when one is known'
is "$(sink --print-position=file)" bin.000001:500 'or file and offset'
is "$(sink --print-position=gtid)" gtid:0-1-11 'as asked for'
is "$(q dst "SELECT pipeline, slot, epoch, file, off, gtid, flavor, server_id, source_time FROM rowferry.checkpoint")" \
	$'one\t0\t0\tbin.000001\t500\t0-1-11\tmariadb\t1\t2026-11-24 06:40:01.000000' 'the checkpoint says whose position it is, and of when'

exits 0 'the same stream again' sink -v <"$T/a.rs"
is "$(q dst 'SELECT * FROM shop.orders')" $'1\teins\t1.00' 'changes nothing'
like "$(err)" '2 transactions were on the target already' 'since its transactions are known'
exits 0 'another pipeline knows nothing of that' sink2 two --on-conflict overwrite <"$T/a.rs"
is "$(sink2 two --print-position)" gtid:0-1-11 'and has a position of its own'

# a stream that goes on, one that begins earlier, one that begins later
{ hello gtid=0-1-11 off=500; orders; begin 500 0-1-12; insert 3 drei 3.00; commit 600 1; end 600; } | rowundump >"$T/b.rs"
exits 0 'the stream that goes on from there' sink <"$T/b.rs"
{ hello gtid=0-1-10 off=400; orders; begin 400 0-1-11; update 1 eins 1.00 one 1.00; delete 2 null -2.50; commit 500 2
	begin 500 0-1-12; insert 3 drei 3.00; commit 600 1; begin 600 0-1-13; insert 4 vier 4.00; commit 700 1; end 700; } | rowundump >"$T/c.rs"
exits 0 'a stream that begins earlier' sink <"$T/c.rs"
is "$(q dst 'SELECT id FROM shop.orders ORDER BY id' | xargs)" '1 3 4' 'only what is new was applied'
{ hello gtid=0-1-20 off=900; orders; begin 900 0-1-21; insert 5 five 5.00; commit 950 1; end 950; } | rowundump >"$T/d.rs"
exits 100 'a stream that begins later' sink <"$T/d.rs"
like "$(err)" 'the stream starts at gtid:0-1-20, behind the checkpoint of pipeline "one" at gtid:0-1-13: rows between would be lost' 'is refused'
like "$(err)" 'hint: start the tap at gtid:0-1-13' 'with a hint'
is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" 3 'and not applied'
{ hello flavor=mysql | sed 's/}}$/,"gtid":""}}/'; frame=0; orders; begin 256; insert 6 six 6.00; commit 400 1; end 400; } | rowundump >"$T/m.rs"
exits 100 'a stream of the other family, on whose server nothing was executed' sink <"$T/m.rs"
like "$(err)" 'of a server of another kind \(mysql\) than the checkpoint of pipeline "one" \(mariadb\)' 'is refused, too'
exits 0 '--accept-gap takes it' sink --accept-gap <"$T/d.rs"
is "$(q dst 'SELECT id FROM shop.orders ORDER BY id' | xargs)" '1 3 4 5' 'its rows are there'
is "$(sink --print-position)" gtid:0-1-21 'and the position is behind it'

# without GTIDs: by file and offset
q dst 'TRUNCATE shop.orders'
f() { exits "$1" "$2" sink2 file <"$T/f.rs"; }
{ hello off=4; orders; begin 256; insert 1 one 1.00; commit 400 1; begin 400; insert 2 two 2.00; commit 500 1; end 500; } | rowundump >"$T/f.rs"
f 0 'a stream without GTIDs'
is "$(sink2 file --print-position)" bin.000001:500 'has a position by file'
f 0 'it is recognised the second time'
{ hello off=400; orders; begin 400; insert 2 two 2.00; commit 500 1; begin 4 '' bin.000002; insert 3 three 3.00; commit 300 1 bin.000002; end 300 bin.000002; } | rowundump >"$T/f.rs"
f 0 'from the middle, over a change of the log file'
is "$(q dst 'SELECT id FROM shop.orders ORDER BY id' | xargs)" '1 2 3' 'nothing came twice'
{ hello off=400 file=bin.000002; orders; begin 400 '' bin.000002; insert 4 x 1.00; commit 500 1 bin.000002; end 500 bin.000002; } | rowundump >"$T/f.rs"
f 100 'a gap by file is seen'
like "$(err)" 'starts at bin.000002:400, behind the checkpoint of pipeline "file" at bin.000002:300' 'and named'
{ hello off=300 file=bin.000002 id=2; orders; begin 300 '' bin.000002; insert 4 x 1.00; commit 500 1 bin.000002; end 500 bin.000002; } | rowundump >"$T/f.rs"
f 100 'a stream of another server'
like "$(err)" 'the stream is of another server than the checkpoint' 'is not compared by file'
{ hello off=300 file=mysqld-bin.000002; orders; end 500 mysqld-bin.000002; } | rowundump >"$T/f.rs"
f 100 'log files of another name'
like "$(err)" "other names than the checkpoint's" 'are not compared'

# the position moves without rows
{ hello gtid=0-1-21 off=950; begin 950 0-1-22; commit 1000 0; mark 1000 0-1-30; end 1000; } | rowundump >"$T/e.rs"
exits 0 'a stream without rows' sink <"$T/e.rs"
is "$(sink --print-position)" gtid:0-1-30 'moves the position'
before=$(q dst 'SELECT seq FROM rowferry.checkpoint WHERE pipeline = "one"')
{ hello gtid=0-1-30 off=1000; for ((i = 0; i < 2000; i++)); do begin $((1000 + i)) 0-1-$((31 + i)); commit $((1001 + i)) 0; done; end 3000; } | rowundump >"$T/e.rs"
exits 0 'two thousand transactions without rows' sink <"$T/e.rs"
ok 'cost a few writes, not two thousand' test $(($(q dst 'SELECT seq FROM rowferry.checkpoint WHERE pipeline = "one"') - before)) -lt 20
is "$(sink --print-position)" gtid:0-1-2030 'and the position is behind them'

# rows of another pipeline's checkpoints are not data
{ hello off=4 gtid=5-1-1; echo '{"table":{"id":1,"db":"rowferry","name":"checkpoint","cols":[{"name":"pipeline","type":"varchar","len":64,"coll":46,"cs":"utf8mb4"}]}}'
	begin 256 5-1-2; echo '{"insert":"rowferry.checkpoint","t":1,"f":1,"new":{"pipeline":"other"}}'; commit 400 1; end 400; } | rowundump >"$T/o.rs"
exits 0 'checkpoints of pipelines into the source' sink2 own <"$T/o.rs"
is "$(q dst 'SELECT COUNT(*) FROM rowferry.checkpoint WHERE pipeline = "other"')" 0 'are left out'

# sections, one after the other
q dst 'TRUNCATE shop.orders'
{ hello gtid=7-1-1; orders; begin 4 7-1-2; insert 1 a 1.00; commit 9 1; end 9; hello gtid=7-1-2 off=9; orders; begin 9 7-1-3; insert 2 b 1.00; commit 20 1; end 20; } | rowundump >"$T/s.rs"
exits 0 'two streams put one after the other' sink2 sections <"$T/s.rs"
is "$(q dst 'SELECT COUNT(*) FROM shop.orders') $(sink2 sections --print-position)" '2 gtid:7-1-3' 'are both applied'

# wrong use
exits 100 'no pipeline' mysql-sink --no-defaults --socket "$SOCK_dst"
is "$(err)" 'mysql-sink: error: --pipeline is missing' 'is said'
exits 100 'a policy that there is not' sink --on-conflict maybe
exits 100 'an argument too many' sink file.rs
exits 100 'an access that is denied' mysql-sink --no-defaults --socket "$SOCK_dst" --user nobody --password=secret --pipeline x
like "$(err)" "cannot connect to socket $SOCK_dst: Access denied" 'is said'
unlike "$(err)" secret 'without the password'
exits 111 'a server that is not there' mysql-sink --no-defaults --socket "$T/none" --user root --pipeline x
exits 111 'an empty stream' sink </dev/null
echo 'this is not a stream at all, is it' >"$T/text"
exits 102 'text in place of a stream' sink <"$T/text"
exec {ready}> >(cat >"$T/ready")
exits 0 '--ready-fd' sink --ready-fd "$ready" <"$T/e.rs"
exec {ready}>&-
wait_for 5 test -s "$T/ready"
is "$(wc -l <"$T/ready")" 1 'gets a line'
done_testing

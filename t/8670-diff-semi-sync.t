#!/bin/bash
# Under semi-synchronous replication a transaction is in the source's log, and through the pipeline on the target, before the
# source itself shows it: nothing is written to the log meanwhile, and the rows differ. They are no differences.
# (one client library will do)
. t/lib.sh
. t/diff.sh

server_start src --rpl-semi-sync-master-timeout=5000 --rpl-semi-sync-master-wait-point=AFTER_SYNC
server_start dst
q src "CREATE DATABASE shop; USE shop; CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO t SELECT seq, seq FROM seq_1_to_1000"
pipeline_start p -- "binlog-tap --no-defaults -S $SOCK_src -u root --start-at earliest" "mysql-sink --no-defaults -S $SOCK_dst -u root --pipeline shop --create-tables"
there() { [ "$(q_may dst 'SELECT COUNT(*) FROM shop.t' 2>/dev/null)" = 1000 ]; }
ok 'a pipeline' wait_for 60 there
# nobody acknowledges, so a commit takes five seconds
q src 'SET GLOBAL rpl_semi_sync_master_enabled = 1'
q src 'UPDATE shop.t SET n = -1 WHERE id <= 3' &
commit=$!
changed() { [ "$(q dst 'SELECT COUNT(*) FROM shop.t WHERE n = -1')" = 3 ]; }
ok 'the target has what was written' wait_for 4 changed
is "$(q src 'SELECT COUNT(*) FROM shop.t WHERE n = -1')" 0 'the source does not show it yet'
exits 0 'nothing is called different' diff_run --include shop --pipeline shop
is "$(q src 'SELECT COUNT(*) FROM shop.t WHERE n = -1')" 3 'since it was waited for'
wait $commit
done_testing

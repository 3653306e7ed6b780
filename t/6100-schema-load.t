#!/bin/bash
# The load of a shop: 24 tables tied by foreign keys (cascading, setting NULL, self-referencing), triggers that
# write and change rows, a procedure, generated columns, tables without a key, four writers with savepoints,
# rollbacks, key changes and statements of many rows, definitions that change meanwhile. Both ends are equal.
#   ROWFERRY_LONG=1  500,000 row changes instead of 30,000
# shellcheck disable=SC2016 # backquotes are SQL
. t/lib.sh
/usr/bin/python3 -c 'import pymysql' 2>/dev/null || skip_all 'python3-pymysql is missing'
changes=30000 limit=60
[ -z "${ROWFERRY_LONG:-}" ] || changes=500000 limit=1200
RUN_LIMIT=$limit

server_start src --innodb-flush-log-at-trx-commit=2
server_start dst --innodb-flush-log-at-trx-commit=2 --skip-log-bin
# shellcheck disable=SC2317 # called by exits
compare()
{
	scripts/compare --source-socket "$SOCK_src" --target-socket "$SOCK_dst" "$@"
}

exits 0 'the schema is made' scripts/load --socket "$SOCK_src" --step schema
pipeline_start p -- \
	"binlog-tap --no-defaults --socket $SOCK_src --user root --start-at earliest" \
	"rowfilter --include 'shop.*'" \
	"mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline load"
exits 0 "four writers change $changes rows" scripts/load --socket "$SOCK_src" --step run --changes "$changes"
diag "$(out)"
ok 'the target catches up' wait_caught_up src dst load "$limit" || pipeline_diag p
exits 0 'every table is equal' compare shop
like "$(out)" 'equal: 24 tables' 'all of them were compared'
ok 'there is a lot in them' test "$(out | sed 's/.*, //;s/ rows//')" -gt 3000
is "$(q dst "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = 'shop'")" 0 'the target has no triggers'
is "$(q src 'SELECT COUNT(*) > 0 FROM shop.audit_customer')" 1 'the source has, and they wrote'
is "$(q dst 'CHECKSUM TABLE shop.open_orders EXTENDED' | wc -l)" 1 'the view is there'

# the log must then say itself what its tables looked like
q src 'SET GLOBAL binlog_row_metadata=FULL'
exits 0 'and again, while definitions change' scripts/load --socket "$SOCK_src" --step run --changes $((changes / 3)) --seed 100 --ddl
diag "$(out)"
ok 'the target catches up' wait_caught_up src dst load "$limit" || pipeline_diag p
exits 0 'every table is equal' compare shop
is "$(q dst 'SHOW CREATE TABLE shop.customer' | sed 's/AUTO_INCREMENT=[0-9]* //')" "$(q src 'SHOW CREATE TABLE shop.customer' | sed 's/AUTO_INCREMENT=[0-9]* //')" 'and so is a definition that changed'

pipeline_stop p
is "$CODES" '0 0 0' 'every program ends cleanly' || pipeline_diag p

# that scripts/compare can say no
q dst 'UPDATE shop.metric SET f = f * 1.0000002 WHERE f IS NOT NULL LIMIT 1'
exits 1 'a float that differs in its last bit is seen' compare shop
like "$(out)" 'shop.metric: [0-9]+ rows on the source, [0-9]+ on the target, contents differ' 'and named'
q dst 'UPDATE shop.metric SET f = NULL; INSERT INTO shop.event_log (kind) SELECT kind FROM shop.event_log LIMIT 1; DROP TABLE shop.voucher'
exits 1 'a row too many and a table too few are seen' compare --show 0 shop
is "$(out | grep -c '^shop\.\(voucher: not on the target\|metric: \|event_log: \)')" 3 'and named'
done_testing

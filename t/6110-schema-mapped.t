#!/bin/bash
# The same load lands in a database of another name: rows, and statements with their foreign keys, are mapped
# together, from a log that tells the whole story.
. t/lib.sh
/usr/bin/python3 -c 'import pymysql' 2>/dev/null || skip_all 'python3-pymysql is missing'

server_start src --innodb-flush-log-at-trx-commit=2 --binlog-row-metadata=FULL
server_start dst --innodb-flush-log-at-trx-commit=2 --skip-log-bin
cat >"$T/rules" <<'EOT'
# what has a body cannot be rewritten: the view, the procedure, the triggers
exclude shop.open_orders, shop.place_order, shop.*_[bad][uid], shop.line_ai, shop.payment_ai
database shop -> `the-copy`
table shop.* -> `the-copy`.*
EOT
exits 0 'schema and 12000 changes are in the log' scripts/load --socket "$SOCK_src" --changes 12000 --seed 5 --ddl
diag "$(out)"
pipeline_start p -- \
	"binlog-tap --no-defaults --socket $SOCK_src --user root --start-at earliest --stop-at now" \
	"rowfilter --rules $T/rules" \
	"rowmap --rules $T/rules" \
	"mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline mapped"
pipeline_wait p 60
is "$CODES" '0 0 0 0' 'the pipeline runs to the end of the log' || pipeline_diag p
exits 0 'every table is equal, under the other name' scripts/compare --source-socket "$SOCK_src" --target-socket "$SOCK_dst" --map shop=the-copy shop
like "$(out)" 'equal: 24 tables' 'all of them were compared'
is "$(q dst "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = 'shop'")" 0 'the target has no database of the old name'
fks="SELECT table_name, column_name, referenced_table_name FROM information_schema.key_column_usage WHERE referenced_table_schema = "
is "$(q dst "$fks 'the-copy' AND table_schema = 'the-copy' ORDER BY 1, 2")" "$(q src "$fks 'shop' ORDER BY 1, 2")" 'foreign keys point into the new database'
done_testing

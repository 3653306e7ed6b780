#!/bin/bash
# examples/mask.sh: jq in the middle of a pipeline between two real servers.
. t/lib.sh

server_start src
server_start dst
for s in src dst; do
	q $s 'CREATE DATABASE shop; CREATE TABLE shop.users (id BIGINT UNSIGNED PRIMARY KEY, email VARCHAR(100), tenant VARCHAR(10), photo BLOB, score DOUBLE)'
done
start=gtid:$(q src 'SELECT @@gtid_binlog_pos')
pipeline_start p -- \
	"binlog-tap --no-defaults --socket $SOCK_src --user root --start-at $start" \
	examples/mask.sh \
	"mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline mask"
q src "INSERT INTO shop.users VALUES (1, 'ann@house.example', 'a', X'00FF5C27', 0.1), (2, 'bob@house.example', 'test', NULL, 1),
	(18446744073709551615, NULL, 'b', X'', -1e308), (9007199254740993, 'ann@house.example', 'b', NULL, 5e-324)"
q src "UPDATE shop.users SET score = score / 3, email = CONCAT('x', email) WHERE id <> 1; DELETE FROM shop.users WHERE id = 2"
ok 'it goes through while all runs' wait_caught_up src dst mask || pipeline_diag p
is "$(q dst 'SELECT COUNT(*), COUNT(DISTINCT email), SUM(email LIKE "user%@example.invalid"), SUM(tenant = "test") FROM shop.users')" $'3\t2\t2\t0' \
	'addresses are hidden, the tenant is not there'
is "$(q dst 'SELECT id, tenant, HEX(photo), score FROM shop.users ORDER BY id')" \
	"$(q src 'SELECT id, tenant, HEX(photo), score FROM shop.users ORDER BY id')" 'all else is exact: 64-bit numbers, bytes, doubles'
pipeline_stop p
is "$CODES" '0 0 0' 'every program ended well' || pipeline_diag p
printf x | examples/mask.sh >"$T/out" 2>"$T/err"
is "$?" 102 'mask.sh: a damaged stream is said to be one'
done_testing

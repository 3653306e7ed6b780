#!/bin/bash
# Documents of MySQL land with every type in a JSON column of MySQL, and as the text that MySQL prints in one of MariaDB.
# shellcheck disable=SC2016
. t/lib.sh

need_server mysql-9.7
server_start src @mysql-9.7
server_start my @mysql-9.7
server_start ma
for s in src my ma; do
	q $s 'CREATE DATABASE d; CREATE TABLE d.j (id INT PRIMARY KEY, j JSON)'
done
q src "INSERT INTO d.j VALUES (1, '[1,2.5,\"x\"]'), (2, JSON_ARRAY(1.5, CAST('2024-01-01' AS DATE), CAST(7 AS UNSIGNED), 'é')), (3, JSON_OBJECT('a', 1.25)), (4, NULL), (5, JSON_ARRAY(X'00ff', CAST(9999999999 AS SIGNED)));
	UPDATE d.j SET j = JSON_ARRAY(2.5, CAST('-01:02:03.5' AS TIME(1)), CAST('2024-02-03 04:05:06' AS DATETIME)) WHERE id = 3; DELETE FROM d.j WHERE id = 5"
exits 0 'the log is read' binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at earliest --stop-at now --include d.j
cp "$T/out" "$T/log"
show='SELECT id, CAST(j AS CHAR) FROM d.j ORDER BY id'
types='SELECT id, JSON_TYPE(JSON_EXTRACT(j, "$[0]")), JSON_TYPE(JSON_EXTRACT(j, "$[1]")), JSON_TYPE(JSON_EXTRACT(j, "$[2]")) FROM d.j ORDER BY id'
apply()
{
	local sock=SOCK_$1
	mysql-sink --no-defaults --socket "${!sock}" --user root --pipeline x --ddl skip <"$T/log"
}
exits 0 'into MySQL' apply my
is "$(q my "$show")" "$(q src "$show")" 'the same documents'
is "$(q my "$types")" "$(q src "$types")" 'of the same types inside'
exits 0 'into MariaDB' apply ma
is "$(q ma "$show")" "$(q src "$show")" 'their text'
done_testing

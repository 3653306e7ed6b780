#!/bin/bash
# A stream that was saved with tee on its way is replayed into an empty third server: all three are equal.
. t/lib.sh

server_start src --binlog-row-metadata=FULL
server_start dst
server_start third
q src "CREATE DATABASE r; USE r;
	CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(100), d DECIMAL(20,6), t TIMESTAMP(6) NULL);
	CREATE TABLE nokey (x INT, y TEXT)"
pipeline_start p -- \
	"binlog-tap --no-defaults --socket $SOCK_src --user root --start-at earliest" \
	"tee $T/saved.rows" \
	"mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline r"
q src "USE r;
	INSERT INTO a SELECT seq, REPEAT('é', seq % 50), seq / 7, NOW(6) FROM seq_1_to_5000;
	INSERT INTO nokey SELECT seq % 10, 'same' FROM seq_1_to_1000;
	UPDATE a SET id = id + 100000, v = CONCAT(v, 'x') WHERE id % 3 = 0;
	DELETE FROM a WHERE id % 5 = 0;
	UPDATE nokey SET y = 'other' WHERE x = 3 LIMIT 7;
	DELETE FROM nokey WHERE x = 4 LIMIT 5;
	BEGIN; INSERT INTO a VALUES (-1, 'kept', 1, NULL); SAVEPOINT s; INSERT INTO a VALUES (-2, 'undone', 1, NULL); ROLLBACK TO s; INSERT INTO nokey VALUES (99, NULL); COMMIT;
	ALTER TABLE a ADD COLUMN added INT DEFAULT 3 AFTER id, ADD KEY (v);
	UPDATE a SET added = id WHERE id < 50;
	CREATE TABLE b LIKE a;
	INSERT INTO b SELECT * FROM a WHERE id < 100;
	RENAME TABLE b TO c;
	CREATE TABLE ctas AS SELECT id, v FROM a WHERE id < 40;
	TRUNCATE TABLE c;
	DROP TABLE IF EXISTS gone, c"
wait_caught_up src dst r || pipeline_diag p
same_data src dst 'the target is equal' r
pipeline_stop p
is "$CODES" '0 0 0' 'the pipeline ended well' || pipeline_diag p

exits 0 'the saved stream is replayed' sh -c "mysql-sink --no-defaults --socket $SOCK_third --user root --pipeline r <$T/saved.rows" || diag "$(err)"
same_data src third 'the third server is equal' r
is "$(position third r)" "$(position dst r)" 'and remembers the same position'
exits 0 'replayed once more it is nothing new' sh -c "mysql-sink --no-defaults --socket $SOCK_third --user root --pipeline r <$T/saved.rows" || diag "$(err)"
same_data src third 'the third server is still equal' r

head -c "$(($(stat -c %s "$T/saved.rows") / 2))" "$T/saved.rows" >"$T/half.rows"
q third 'DROP DATABASE r; DROP DATABASE rowferry'
exits 111 'half of the stream is cut' sh -c "mysql-sink --no-defaults --socket $SOCK_third --user root --pipeline r <$T/half.rows"
like "$(err)" 'the stream is cut' 'and says so'
exits 0 'the whole stream goes on behind the half' sh -c "mysql-sink --no-defaults --socket $SOCK_third --user root --pipeline r <$T/saved.rows" || diag "$(err)"
same_data src third 'equal again' r
done_testing

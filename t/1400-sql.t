#!/bin/bash
# rowdump --sql: a stream as statements. The mariadb client runs them, and the server is the same to the byte
# as the one that the stream came from: every type, tables without a key, statements, savepoints.
. t/lib.sh

server_start src --default-time-zone=+05:45
server_start dst --default-time-zone=-08:00 --character-set-server=latin1 --sql-mode=ANSI_QUOTES,TRADITIONAL
q src 'CREATE DATABASE full; CREATE DATABASE mini; CREATE DATABASE other CHARACTER SET latin1'
sed 's/%TZ%/-03:00/' t/data/types.sql >"$T/types.sql"
q src 'SET GLOBAL binlog_row_metadata = FULL'
q_file src "$T/types.sql" full || fail 'the types are written'
q src 'SET GLOBAL binlog_row_image = MINIMAL, binlog_row_metadata = NO_LOG'
q_file src "$T/types.sql" mini || fail 'and once more with small images'
q src "SET GLOBAL binlog_row_image = FULL, binlog_row_metadata = FULL; USE other;
	CREATE TABLE parent (id INT PRIMARY KEY) ENGINE=InnoDB -- an open comment
	;
	CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id)) ENGINE=InnoDB;
	SET foreign_key_checks = 0; INSERT INTO child VALUES (1, 77); SET foreign_key_checks = 1;
	BEGIN; INSERT INTO parent VALUES (1); SAVEPOINT s1; INSERT INTO parent VALUES (2); ROLLBACK TO s1; INSERT INTO parent VALUES (3); COMMIT;
	CREATE TABLE log (n INT, t VARCHAR(20));"
q_file src /dev/stdin other <<'E2'
DELIMITER //
CREATE TRIGGER tr AFTER INSERT ON parent FOR EACH ROW BEGIN INSERT INTO log VALUES (NEW.id, 'a;b$$'); SET @x = 1; END//
DELIMITER ;
INSERT INTO parent VALUES (4);
CREATE TABLE uniq (a INT NOT NULL, b INT, c VARCHAR(10), UNIQUE (a, b), UNIQUE (c));
INSERT INTO uniq VALUES (1, NULL, 'x'), (1, NULL, 'y'), (2, 2, NULL), (2, 3, NULL);
UPDATE uniq SET c = 'z' WHERE a = 2 AND b = 3;
DELETE FROM uniq WHERE c = 'y';
CREATE TABLE prefix (t TEXT, n INT, UNIQUE (t(3)));
INSERT INTO prefix VALUES ('abcdef', 1), ('ab', 2);
UPDATE prefix SET n = 5 WHERE n = 1;
CREATE TABLE names (`a``b` INT PRIMARY KEY, `select` VARCHAR(20)) CHARACTER SET utf8mb4;
TRUNCATE TABLE prefix;
DROP TABLE uniq;
E2
printf "SET NAMES latin1; INSERT INTO names VALUES (1, 'caf\xe9'); ALTER TABLE names COMMENT = 'caf\xe9'" >"$T/latin1.sql"
q_file src "$T/latin1.sql" other --default-character-set=latin1

exits 0 'the tap writes the stream' binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at earliest --stop-at now
mv "$T/out" "$T/all.rs"
exits 0 'rowdump --sql takes all of it' rowdump --sql "$T/all.rs"
mv "$T/out" "$T/all.sql"
is "$(err)" '' 'and has nothing to say'
is "$(grep -c 'frame of kind' "$T/all.sql")" 0 'every frame became a statement'
# the trigger must not run again: its rows are in the stream too
sed -n '/^CREATE.*TRIGGER/,/^\$\$*$/p' "$T/all.sql" >"$T/trigger"
like "$(cat "$T/trigger")" "'a;b\\$\\$'" 'a body with semicolons is there, between delimiters of its own'

exits 0 'the mariadb client runs the statements' mariadb --no-defaults --socket="$SOCK_dst" --user=root --binary-mode --comments <"$T/all.sql" ||
	diag "$(err)"
q dst 'DELETE FROM other.log WHERE n = 4 LIMIT 1' # what the trigger added on this side
same_data src dst 'full images: equal to the byte' full
same_data src dst 'minimal images: equal to the byte' mini
same_data src dst 'statements, savepoints, keys of every kind: equal to the byte' other
for db in full mini; do
	is "$(q dst "CHECKSUM TABLE $db.numbers, $db.times, $db.texts, $db.bytes, $db.geo, $db.keyless")" \
		"$(q src "CHECKSUM TABLE $db.numbers, $db.times, $db.texts, $db.bytes, $db.geo, $db.keyless")" "$db: and by the servers' own checksums"
done
is "$(q dst 'SET sql_mode = ""; SHOW CREATE TABLE other.names')" "$(q src 'SHOW CREATE TABLE other.names')" 'a definition in latin1'
is "$(q dst 'SELECT event_object_table, action_statement FROM information_schema.triggers WHERE trigger_schema = "other"' --init-command='SET sql_mode=""')" \
	"$(q src 'SELECT event_object_table, action_statement FROM information_schema.triggers WHERE trigger_schema = "other"')" 'the trigger'
done_testing

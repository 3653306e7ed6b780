#!/bin/bash
# The harness itself: what should fail does, and nothing is left behind.
. t/lib.sh

# inner CODE TEXT: runs a test made of TEXT in a process of its own
inner()
{
	printf '#!/bin/bash\n. t/lib.sh\n%s\n' "$1" >"$T/inner.t"
	{
		env -u ROWFERRY_LONG bash "$T/inner.t" >"$T/inner.out" 2>"$T/inner.err"
		CODE=$?
	} 2>/dev/null
}

inner 'is a a "same"; like abc "^a.c$" "matches"; exits 3 "three" bash -c "exit 3"; done_testing'
is "$CODE" 0 'a test that passes exits 0'
is "$(<"$T/inner.out")" $'ok 1 - same\nok 2 - matches\nok 3 - three\n1..3' 'and prints TAP'

inner 'is a b "same"; done_testing'
is "$CODE" 1 'a test that fails exits 1'
like "$(<"$T/inner.out")" 'not ok 1 - same.*got: a.*want: b' 'and says what it got and what it wanted'

inner 'exits 0 "zero" bash -c "echo oops >&2; exit 4"; done_testing'
is "$CODE" 1 'a wrong exit code fails'
like "$(<"$T/inner.out")" 'exit 4, want 0.*stderr: oops' 'and is shown with stderr'

inner 'RUN_LIMIT=1; exits 0 "ends" sleep 100; done_testing'
is "$CODE" 1 'a program that hangs fails'
like "$(<"$T/inner.out")" 'it was stopped after 1 s' 'and is stopped'

inner 'pass "one"'
is "$CODE" 1 'a test that ends before done_testing fails'

inner 'pass "one"; exit 0'
is "$CODE" 1 'also when it exits 0'

inner 'pass "one"; echo "runtime error: x" >"$T/san.1"; done_testing'
is "$CODE" 1 'a report of a sanitizer fails the test'

inner 'SOCK_s=$T/none; is "$(q s "SELECT 1" 2>/dev/null)" "" "nothing"; done_testing'
is "$CODE" 1 'a statement that is refused fails the test, wherever its output went'
like "$(<"$T/inner.out")" 'not ok 2 - every statement for a server was accepted.*line 3: SELECT 1' 'and is shown'
inner 'SOCK_s=$T/none; is "$(q_may s "SELECT 1" 2>/dev/null)" "" "nothing"; done_testing'
is "$CODE" 0 'where it may be refused it does not'

inner 'long_only "takes minutes"; fail "no"; done_testing'
is "$CODE" 0 'a long test is skipped'
like "$(<"$T/inner.out")" '^1\.\.0 # SKIP takes minutes' 'and says so'

# pipelines
pipeline_start p -- 'seq 1 100000' 'bash -c "head -n 2; exit 5"' 'sed s/^/x/'
pipeline_wait p
is "$CODES" '141 5 0' 'every exit code of a pipeline is kept'
is "$(<"$T/p.out")" $'x1\nx2' 'and the data went through'

pipeline_start p -- 'sleep 1000' 'cat'
pipeline_stop p
is "$CODES" '143 0' 'a pipeline is stopped at its head'

pipeline_start p -- 'sleep 1000' 'bash -c "cat; echo away >&2"' 'cat'
pipeline_kill p sleep KILL
pipeline_wait p
is "$CODES" '137 0 0' 'a program of a pipeline is killed by name'
is "$(pipeline_err p 2)" 'away' 'standard errors are apart'

pipeline_start p -- 'sleep 1000'
ok 'a pipeline that does not end' t_not "pipeline_wait p 1"
is "$CODES" 137 'is killed'

# servers
server_start one
server_start two --binlog-row-metadata=FULL
is "$(q two 'SELECT @@binlog_row_metadata, @@binlog_format, @@log_slave_updates')" $'FULL\tROW\t1' 'options reach the server'
isnt "$(q one 'SELECT @@server_id')" "$(q two 'SELECT @@server_id')" 'each server has a server_id of its own'
is "$(mariadb --no-defaults --host=127.0.0.1 --port="$PORT_one" --user=root -NBe 'SELECT 1')" 1 'it listens on TCP too'

for s in one two; do
	q $s "CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, \`a'b\` VARCHAR(9), b BLOB); INSERT INTO d.t VALUES (1, 'x', NULL), (2, NULL, 'y')"
done
same_data one two 'equal tables are equal' d
q two "UPDATE d.t SET \`a'b\` = '' WHERE id = 2"
t_quiet same_data one two 'x' d
is $? 1 'NULL and the empty string are not'
q two "UPDATE d.t SET \`a'b\` = NULL WHERE id = 2"

# HEX of a number rounds it; equality must not
for s in one two; do
	q $s "SET sql_mode = ''; CREATE TABLE d.n (d DECIMAL(9,3), f FLOAT, g DOUBLE, e ENUM('a', ''), b BIT(9), u UUID, p POINT);
		INSERT INTO d.n VALUES (1.001, 0.1, 0.1, 'x', 257, UUID(), POINT(1, 2)); UPDATE d.n SET u = '2c7e6a3e-3b1b-11ef-9d2f-000000000001'"
done
same_data one two 'equal numbers are equal' d
for change in 'd = 1.002' 'f = 0.10000001' 'g = 0.10000000000000002' "e = ''" 'b = 256' "u = '2c7e6a3e-3b1b-11ef-9d2f-000000000002'" 'p = POINT(1, 3)'; do
	q two "UPDATE d.n SET $change"
	isnt "$(table_hex one d n)" "$(table_hex two d n)" "$change is seen"
	q two "DELETE FROM d.n"
	q one "SELECT CONCAT('INSERT INTO d.n VALUES (', d, ',', f, ',', g + 0e0, ',0,257,\'', u, '\',POINT(1,2))') FROM d.n" >"$T/row.sql"
	q two "SET sql_mode = ''; $(<"$T/row.sql")"
	is "$(table_hex one d n)" "$(table_hex two d n)" 'and its absence'
done

# names that need quotes
for s in one two; do
	q $s "CREATE TABLE d.\`odd \`\`name.'\\\\x\` (\`a \`\`b'\` INT)"
	q $s "INSERT INTO d.\`odd \`\`name.'\\\\x\` VALUES (1)"
done
same_data one two 'tables with odd names are equal' d
q two "UPDATE d.\`odd \`\`name.'\\\\x\` SET \`a \`\`b'\` = 2"
t_quiet same_data one two 'x' d
is $? 1 'and are not'
q two "DROP TABLE d.\`odd \`\`name.'\\\\x\`"
t_quiet same_data one two 'x' d
is $? 1 'a missing table is seen'
ok 'a table that is not there is a failure' t_not "table_hex one d nothing >$T/no"

before=$PORT_one
server_kill one
ok 'a killed server is gone' t_not "mariadb-admin --no-defaults --socket=$SOCK_one --user=root ping 2>$T/ping"
server_start one
is "$PORT_one $(q one 'SELECT COUNT(*) FROM d.t')" "$before 2" 'it comes back with its port and its data'
server_stop two
server_start two
is "$(q two 'SELECT @@binlog_row_metadata')" FULL 'a server that is started again has its options'

ok 'gtid_reached: the same' gtid_reached 0-1-5,1-1-7 0-1-5
ok 'gtid_reached: later' gtid_reached 0-9-12 0-1-5
ok 'gtid_reached: earlier' t_not 'gtid_reached 0-1-4 0-1-5'
ok 'gtid_reached: a domain is missing' t_not 'gtid_reached 0-1-5 0-1-5,1-1-1'

# nothing stays
inner 'server_start s; pipeline_start p -- "sleep 1234"; pass "x"; echo "$T $SERVER_PID_s $(pipeline_pid p 1)" >&2; done_testing'
read -r dir server program <"$T/inner.err"
ok 'the folder of a test goes with it' test ! -e "$dir"
ok 'its server too' t_not "kill -0 $server 2>$T/kill && [ -s /proc/$server/cmdline ]"
ok 'its programs too' t_gone "$program"

inner 'server_start s; pipeline_start p -- "sleep 1234"; echo "$T $SERVER_PID_s $(pipeline_pid p 1)" >&2; kill -9 $$'
read -r dir server program <"$T/inner.err"
ok 'when a test is killed its folder goes too' wait_for 20 test ! -e "$dir"
ok 'and its server' t_not "[ -s /proc/$server/cmdline ]"
ok 'and its programs' t_not "[ -s /proc/$program/cmdline ]"

done_testing

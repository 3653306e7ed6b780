#!/bin/bash
# Where a stream begins and ends: every form of --start-at and --stop-at, live and from files.
# shellcheck disable=SC2016,SC2034,SC2086 # $tap is a command with options; conditions are for eval
. t/lib.sh

server_start src
q src "CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT)"
q src 'INSERT INTO d.t VALUES (1, 1); INSERT INTO d.t VALUES (2, 1); FLUSH BINARY LOGS'
q src 'BEGIN; INSERT INTO d.t VALUES (3, 1); INSERT INTO d.t VALUES (4, 1); COMMIT; INSERT INTO d.t VALUES (5, 1); FLUSH BINARY LOGS'
# a time between: two seconds, as the log has no finer ones
now=$(date +%s)
wait_for 5 eval '[ "$(date +%s)" -gt $((now + 1)) ]'
middle=$(date -u +%Y-%m-%dT%H:%M:%SZ)
q src 'INSERT INTO d.t VALUES (6, 1); SET gtid_domain_id = 7; INSERT INTO d.t VALUES (7, 1); SET gtid_domain_id = 0; INSERT INTO d.t VALUES (8, 1)'

live="binlog-tap --no-defaults --socket $SOCK_src --user root --heartbeat 0.2"
files="binlog-tap --no-defaults --socket $SOCK_src --user root --file $T/src/data/bin.000001 $T/src/data/bin.000002 $T/src/data/bin.000003"

ids()
{
	rowdump "$T/out" | sed -nE 's/.*"new":\{"id":([0-9]+).*/\1/p' | paste -sd ' '
}
field()
{
	rowdump "$T/out" | sed -nE "s/^\{\"$1\":.*\"$2\":\"?([^\",}]*).*/\1/p" | head -n "${3:-1}" | tail -n 1
}
# place_of ID: FILE:OFFSET before the transaction that inserts it; gtid_of ID: its GTID
place_of()
{
	rowdump "$T/all" | awk -v id="$1" '/^{"begin"/ {b = $0} index($0, "\"new\":{\"id\":" id ",") {print b}' | sed -E 's/.*"file":"([^"]*)","off":([0-9]+).*/\1:\2/'
}
gtid_of()
{
	rowdump "$T/all" | awk -v id="$1" '/^{"begin"/ {b = $0} index($0, "\"new\":{\"id\":" id ",") {print b}' | sed -E 's/.*"gtid":"([^"]*)".*/\1/'
}

exits 0 'live: from earliest to now' $live --start-at earliest --stop-at now
is "$(ids)" '1 2 3 4 5 6 7 8' 'is all there is'
cp "$T/out" "$T/all"
is "$(field hello file)" 'bin.000001' 'HELLO says where it starts'
is "$(rowdump "$T/all" | grep -o '"gtid":"[^"]*"' | head -n 1)" '"gtid":""' 'and that nothing was executed before'
is "$(field end why)" stop-at 'END says why it ends'

for how in live files; do
	tap=${!how}
	for id in 1 2 3 5 6 7 8; do
		t_quiet exits 0 x $tap --start-at "$(place_of $id)" --stop-at now || break
		want=$(seq -s ' ' "$id" 8)
		[ "$(ids)" = "$want" ] || break
	done
	is "$id $(ids)" '8 8' "$how: FILE:OFFSET starts right there, for every transaction"
	like "$(rowdump "$T/out" | head -n 1)" "\"gtid\":\"0-[0-9]+-7,7-[0-9]+-1\"" "$how: and what was executed before is known"
	exits 0 "$how: --stop-at FILE:OFFSET" $tap --start-at earliest --stop-at "$(place_of 5)"
	is "$(ids)" '1 2 3 4' "$how: ends before it"
	is "$(field end file):$(field end off)" "$(place_of 5)" "$how: END has that position"
	exits 0 "$how: a stop inside a transaction" $tap --start-at earliest --stop-at "$(place_of 3 | awk -F: '{print $1 ":" $2 + 1}')"
	is "$(ids)" '1 2 3 4' "$how: waits for its end"
	exits 0 "$how: start and stop at the same place" $tap --start-at "$(place_of 5)" --stop-at "$(place_of 5)"
	is "$(ids)" '' "$how: is nothing"

	exits 0 "$how: --start-at gtid:SET" $tap --start-at "gtid:$(gtid_of 4)" --stop-at now
	is "$(ids)" '5 6 7 8' "$how: what comes after it"
	exits 0 "$how: one domain ahead" $tap --start-at "gtid:$(gtid_of 2),$(gtid_of 7)" --stop-at now
	is "$(ids)" '3 4 5 6 8' "$how: leaves out what that domain has executed"
	exits 0 "$how: an empty set" $tap --start-at gtid: --stop-at now
	is "$(ids)" '1 2 3 4 5 6 7 8' "$how: is the beginning"
	exits 0 "$how: --stop-at gtid:SET" $tap --start-at earliest --stop-at "gtid:$(gtid_of 6)"
	is "$(ids)" '1 2 3 4 5 6' "$how: ends when all of it was seen"
	exits 0 "$how: of two domains" $tap --start-at earliest --stop-at "gtid:$(gtid_of 2),$(gtid_of 7)"
	is "$(ids)" '1 2 3 4 5 6 7' "$how: ends when both were"

	exits 0 "$how: --start-at time" $tap --start-at "time:$middle" --stop-at now
	is "$(ids)" '6 7 8' "$how: what was committed since"
	exits 0 "$how: --stop-at time" $tap --start-at earliest --stop-at "time:$middle"
	is "$(ids)" '1 2 3 4 5' "$how: what was committed before"
	exits 0 "$how: --start-at now" $tap --start-at now --stop-at now
	is "$(ids)" '' "$how: is nothing yet"
done
exits 0 'files without --start-at' $files
is "$(ids)" '1 2 3 4 5 6 7 8' 'are read from the earliest'
is "$(field end why)" eof 'and END says eof'
exits 0 'a file in the middle alone' binlog-tap --no-defaults --socket "$SOCK_src" --user root --file "$T/src/data/bin.000002"
is "$(ids)" '3 4 5' 'is what is in it'

# what a stream says of its own positions can be started from
rowdump "$T/all" | sed -nE 's/^\{"commit":\{"file":"([^"]*)","off":([0-9]+).*/\1:\2/p' >"$T/commits"
last=$(tail -n 1 "$T/commits")
exits 0 'the last COMMIT is a position' $live --start-at "$last" --stop-at now
is "$(ids)" '' 'behind which there is nothing'
inside=$(place_of 3 | awk -F: '{print $1 ":" $2 + 42}')
exits 100 'live: a position in the middle of a transaction is refused' $live --start-at "$inside" --stop-at now
like "$(err)" 'middle of a transaction.* at bin.000002' 'with its place'
exits 100 'files: too' $files --start-at "$inside"
like "$(err)" 'middle of the transaction that begins at' 'with where it begins'
exits 100 'files: a position behind the end' $files --start-at bin.000003:99999
like "$(err)" 'no transaction begins there' 'is refused'
exits 100 'files: a position in a file that was not given' $files --start-at bin.000009:4
like "$(err)" 'not among those given' 'is refused'

# following: MARK while idle, and a clean end
mkfifo "$T/ready"
exec {ready}<>"$T/ready"
$live --start-at now --ready-fd "$ready" >"$T/follow" 2>"$T/follow.err" &
pid=$!
t_own "$pid"
read -r -t 20 -u "$ready" && pass '--ready-fd is written when streaming has begun'
q src 'INSERT INTO d.t VALUES (100, 1)'
wait_for 20 eval 'rowdump "$T/follow" 2>/dev/null | grep -q "\"id\":100,"' && pass 'a commit comes out at once'
wait_for 20 eval 'rowdump "$T/follow" 2>/dev/null | grep -q "^{\"mark\""' && pass 'then MARK while idle'
q src 'FLUSH BINARY LOGS'
wait_for 20 eval 'rowdump "$T/follow" 2>/dev/null | grep -q "^{\"mark\":{\"file\":\"bin.000004\""' && pass 'MARK follows a rotation'
kill -TERM "$pid"
wait "$pid"
is $? 0 'SIGTERM while idle ends with 0'
is "$(rowdump "$T/follow" | tail -n 1 | grep -o '"why":"[a-z-]*"')" '"why":"signal"' 'and END says signal'
done_testing

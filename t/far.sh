# Logs behind 4 GiB, of one kind of server: sourced by t/2130 and t/2135 with KIND set.
#
# max_binlog_size ends at 1 GiB, so only one huge transaction makes such a log. By default it is a real log with events that
# may be passed over put before its second transaction (sparse, they cost no disk), which the server serves like any other;
# with ROWFERRY_LONG=1 there is a real transaction of more than 4 GiB besides.
# shellcheck shell=bash disable=SC2034,SC2086,SC2154
server_start src @$KIND --binlog-row-metadata=FULL --binlog-checksum=NONE --max-allowed-packet=1G
live="binlog-tap --no-defaults --socket $SOCK_src --user root"
G4=4294967296

here() # the log that is written now
{
	end_of_log src | head -n 1
}
ids()
{
	rowdump "$1" | sed -nE 's/.*"new":\{"id":([0-9]+).*/\1/p' | paste -sd ' '
}
# what is the same however the log was entered
gist()
{
	rowdump "$1" | grep -E '^\{"(begin|insert|commit)"' | sed -E 's/"[tf]":[0-9]+,//g'
}
place_of() # FILE ID
{
	rowdump "$1" | awk -v id="$2" '/^{"begin"/ {b = $0} index($0, "\"new\":{\"id\":" id "}") {print b}' | sed -E 's/.*"file":"([^"]*)","off":([0-9]+).*/\1:\2/'
}

q src 'CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY); FLUSH BINARY LOGS'
log=$(here)
q src 'INSERT INTO d.t VALUES (2); INSERT INTO d.t VALUES (3); BEGIN; INSERT INTO d.t VALUES (4); INSERT INTO d.t VALUES (5); COMMIT; INSERT INTO d.t VALUES (6)'
exits 0 'a log as it was written' $live --start-at "$log:4" --stop-at now
cp "$T/out" "$T/near"
second=$(place_of "$T/near" 3)
server_stop src
cp "$T/src/data/$log" "$T/near.log"
gap=$(/usr/bin/python3 t/logs.py far "$T/near.log" "$T/src/data/$log" "${second##*:}")
ok 'the log is made longer than 4 GiB' test "$(stat -c %s "$T/src/data/$log")" -gt $G4
server_start src
q src 'INSERT INTO d.t VALUES (7)'

# offsets are counted, whatever the 32 bits of an event say
gist "$T/near" | awk -v gap="$gap" -v from="${second##*:}" '{
	out = ""
	while (match($0, /"off":[0-9]+/)) {
		n = substr($0, RSTART + 6, RLENGTH - 6) + 0
		if (n > from || (n == from && /^{"begin"/)) n += gap
		out = out substr($0, 1, RSTART + 5) sprintf("%.0f", n)
		$0 = substr($0, RSTART + RLENGTH)
	}
	print out $0
}' >"$T/want"
exits 0 'live, from its beginning' $live --start-at "$log:4" --stop-at now
cp "$T/out" "$T/far"
is "$(ids "$T/far")" '2 3 4 5 6 7' 'all of it'
gist "$T/far" | head -n "$(wc -l <"$T/want")" >"$T/got"
ok 'each place is that of the file' cmp "$T/want" "$T/got" || diag "$(diff "$T/want" "$T/got")"
at=$(place_of "$T/far" 4)
ok 'and behind 4 GiB' test "${at##*:}" -gt $G4
exits 0 'a start at FILE:OFFSET behind 4 GiB, which the dump protocol cannot say' $live --start-at "$at" --stop-at now
is "$(ids "$T/out")" '4 5 6 7' 'begins right there'
sed -n '/"id":4}/,$p' <(gist "$T/far") >"$T/want"
sed -n '/"id":4}/,$p' <(gist "$T/out") >"$T/got"
ok 'with the same places' cmp "$T/want" "$T/got"
exits 100 'one where no transaction begins' $live --start-at "${at%:*}:$((${at##*:} + 60))" --stop-at now
like "$(err)" "error: cannot start at ${at%:*}:$((${at##*:} + 60)): no transaction begins there" 'is refused'
exits 0 'the file' binlog-tap --file "$T/src/data/$log" --start-at "$at"
gist "$T/out" >"$T/got"
sed -n '/"id":6}/q;p' "$T/got" | grep -c insert >"$T/n"
is "$(ids "$T/out") $(place_of "$T/out" 6)" "4 5 6 $(place_of "$T/far" 6)" 'says the same'
rm -f "$T/src/data/$log"

# a real transaction of more than 4 GiB, into a table that keeps nothing
if [ -n "${ROWFERRY_LONG:-}" ]; then
	RUN_LIMIT=600
	[ $KIND != mariadb ] || q src 'INSTALL SONAME "ha_blackhole"'
	q src 'CREATE TABLE d.big (id INT, b LONGBLOB) ENGINE = BLACKHOLE; FLUSH BINARY LOGS'
	log=$(here)
	q src "INSERT INTO d.t VALUES (8); CREATE TABLE d.n (id INT PRIMARY KEY); INSERT INTO d.n VALUES $(seq -s, 1 66 | sed -E 's/[0-9]+/(&)/g')"
	q src "INSERT INTO d.big SELECT id, REPEAT(CHAR(64 + id % 50), 67108864 - id) FROM d.n" --max-allowed-packet=1G
	q src 'INSERT INTO d.t VALUES (9)'
	sum() # of the large rows: what they are, in order
	{
		rowdump | /usr/bin/python3 -c '
import sys
for line in sys.stdin.buffer:
    if line.startswith(b"{\"insert\":\"d.big\""):
        at = line.index(b"\"b64\":\"") + 7
        print(int(line[line.index(b"\"id\":") + 5:at].split(b",")[0]), len(line) - at, line.count(line[at:at + 4], at, at + 4000))' | sha256sum
	}
	for ((i = 1; i <= 66; i++)); do
		echo "$i $(((67108864 - i + 2) / 3 * 4 + 5)) 1000"
	done | sha256sum >"$T/want"
	ok 'a transaction of more than 4 GiB' test "$(stat -c %s "$T/src/data/$log")" -gt $G4
	is "$($live --start-at "$log:4" --stop-at now --include d.big | sum)" "$(<"$T/want")" 'comes whole'
	is "$(binlog-tap --file "$T/src/data/$log" --include d.big | sum)" "$(<"$T/want")" 'from the file too'
	exits 0 'what is behind it' $live --start-at "$log:4" --stop-at now --include d.t
	at=$(rowdump "$T/out" | grep '^{"commit"' | sed -E 's/.*"file":"([^"]*)","off":([0-9]+).*/\1:\2/' | grep -E ':[0-9]{10}$' | head -n 1)
	ok "begins at a place ($at)" test "${at##*:}" -gt $G4
	exits 0 'that can be started from' $live --start-at "$at" --stop-at now
	is "$(ids "$T/out")" 9 'and nothing of it comes again'
	# cut off in the midst of it
	mkfifo "$T/slow"
	$live --start-at "$log:4" --stop-at now --include d.big >"$T/slow" 2>"$T/slow.err" &
	pid=$!
	t_own $pid
	threads() { q src "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'"; }
	is "$({
		head -c 1000000000
		q src "KILL $(threads | head -n 1)"
		cat
	} <"$T/slow" | sum)" "$(<"$T/want")" 'a connection lost in the midst of it loses nothing'
	wait $pid
	is $? 0 'and it ends well'
	ok 'it was lost' grep -q 'lost the connection' "$T/slow.err"
fi
done_testing

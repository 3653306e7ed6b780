#!/bin/bash
# Who sits at a terminal sees one line about long work, drawn anew a few times a second by the last program of a pipeline;
# nobody else sees anything, and messages stay whole.
# shellcheck disable=SC2016
# (one client library will do)
. t/lib.sh
. t/sink.sh

servers_start src dst
for s in src dst; do
	q $s 'CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, name VARCHAR(20), price DECIMAL(8,2))'
done
start=gtid:$(q src 'SELECT @@gtid_binlog_pos')
TAP="binlog-tap --no-defaults --socket $SOCK_src --user root --start-at $start"
SINK="mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline"

# at_terminal NAME [COLUMNS] COMMAND: a line of shell at a terminal; what it shows to $T/NAME.tty
at_terminal()
{
	local name=$1 columns=100
	[ $# = 2 ] || columns=$2
	/usr/bin/python3 "$TOP/t/terminal.py" "$T/$name.tty" "$columns" bash -c "${!#}" </dev/null >"$T/$name.out" 2>"$T/$name.err" &
	TERMINAL=$!
	t_own $!
}
ends() # CODE TESTNAME
{
	wait_for 60 t_gone $TERMINAL || kill $TERMINAL
	wait $TERMINAL
	is $? "$1" "$2"
}
screen() # NAME
{
	/usr/bin/python3 "$TOP/t/screen.py" "$T/$1.tty"
}
shows() # NAME REGEX: its last line at the moment
{
	[[ $(screen "$1" 2>/dev/null | tail -n 1) =~ $2 ]]
}
sees() # NAME REGEX TESTNAME
{
	ok "$3" wait_for 30 shows "$1" "$2" || diag "$(screen "$1")" "$(tr '\r' '\n' <"$T/$1.tty" | tail -n 3)"
}
stop() # PROGRAM
{
	kill "$(find_program "$1")"
}

# ---- one program
q src 'INSERT INTO shop.orders VALUES (1, "a", 1), (2, "b", 2)'
began=${EPOCHREALTIME/./}
at_terminal tap "exec $TAP >$T/stream.rs"
sees tap '^binlog-tap: 2 rows, [0-9]+ rows/s, at bin\.[0-9]+:[0-9]+, lag 0\.0 s$' 'binlog-tap: how much, how fast, where and how late'
q src 'UPDATE shop.orders SET name = "c"'
sees tap '^binlog-tap: 4 rows, 1 rows/s, at ' 'the rate is that of the last seconds'
sees tap '^binlog-tap: 4 rows, 0 rows/s, at ' 'and goes down again'
stop binlog-tap
ends 0 'it ends'
took=$((${EPOCHREALTIME/./} - began))
like "$(screen tap)" '^binlog-tap: info: 4 rows in [0-9.]+ s, [0-9]+ rows/s, at bin\.[0-9]+:[0-9]+, lag [0-9.]+ s$' 'at last one line stays'
draws=$(tr -cd '\r' <"$T/tap.tty" | wc -c)
ok "at most four times a second ($draws in $((took / 1000)) ms)" test "$draws" -le $((took * 4 / 1000000 + 3))

# ---- a pipeline
at_terminal pipe "$TAP --stop-at-ddl | rowfilter | rowmap | $SINK pipe"
sees pipe '^mysql-sink: 4 rows, [0-9]+ rows/s, at .*, lag 0\.0 s$' 'of a pipeline the last program shows'
q src 'CREATE TABLE shop.other (id INT)'
ends 0 'it ends'
unlike "$(tr '\r' '\n' <"$T/pipe.tty")" '(binlog-tap|rowfilter|rowmap):' 'and it alone'

# ---- how much of a file; what is waited for; a message
{
	hello off=4
	orders
	for i in 1 2 3 4; do
		begin "${i}00"
		insert "$i" x 1
		commit "${i}50" 1
	done
	end 500
} | rowundump >"$T/saved.rs"
q dst 'TRUNCATE shop.orders; INSERT INTO shop.orders VALUES (4, "mine", 1)'
coproc LOCKER { exec mariadb --no-defaults --socket "$SOCK_dst" --user root --unbuffered -N -B; }
locker=$LOCKER_PID
t_own "$locker"
echo "LOCK TABLES shop.orders WRITE; SELECT 'held';" >&"${LOCKER[1]}"
read -r -t 20 -u "${LOCKER[0]}" _
at_terminal file "$SINK file <$T/saved.rs"
sees file '^mysql-sink: 0 rows, 0 rows/s, 100 %, waits for the target$' 'of a file how much was read; what is waited for'
echo 'UNLOCK TABLES;' >&"${LOCKER[1]}"
ends 100 'a row that does not fit'
is "$(screen file | cut -c 1-25)" 'mysql-sink: error: cannot
mysql-sink: hint: mend th' 'messages have taken the place of the line' || diag "$(screen file)"
unlike "$(screen file)" 'rows/s|waits for' 'and nothing of it is left'
eval "exec ${LOCKER[1]}>&-"
wait "$locker" 2>/dev/null

# ---- a narrow terminal
at_terminal narrow 30 "exec $TAP >$T/stream.rs"
sees narrow '^binlog-tap: 4 rows, [0-9]+ rows/s' 'a narrow terminal'
stop binlog-tap
ends 0 'it ends'
is "$(tr '\r' '\n' <"$T/narrow.tty" | grep -v info: | awk 'length > 29' | wc -l)" 0 'has no line that is longer'

# ---- a terminal that was stopped does not hold up the work
q dst 'DROP TABLE shop.orders; CREATE TABLE shop.orders (id INT PRIMARY KEY, name VARCHAR(20), price DECIMAL(8,2))'
q src 'DELETE FROM shop.orders; DROP TABLE shop.other'
at_terminal still "${TAP% *} gtid:$(q src 'SELECT @@gtid_binlog_pos') | $SINK still --metrics unix:$T/still.sock"
. t/seen.sh
sees still '^mysql-sink: [0-9]+ rows, ' 'a line is drawn'
printf '\023' >"$T/still.tty.keys"
t_grown() { [ "$(wc -c <"$T/still.tty")" != "$1" ]; }
is_quiet() # nothing comes in a second, in which four lines would
{
	! wait_for 1 t_grown "$(wc -c <"$T/still.tty")"
}
ok 'Ctrl-S stops the terminal' wait_for 20 is_quiet
q src 'INSERT INTO shop.orders VALUES (7, "under way", 7)'
ok 'rows arrive all the same' wait_caught_up src dst still
ok 'and the watcher answers' metric_over "unix:$T/still.sock" applied_rows_total 0
printf '\021' >"$T/still.tty.keys"
n=$(wc -c <"$T/still.tty")
ok 'Ctrl-Q: it is drawn again' wait_for 20 t_grown "$n"
stop binlog-tap
ends 0 'it ends'

# ---- a copy of tables: the program in front knows the end
q src 'CREATE DATABASE large; CREATE TABLE large.t (id INT PRIMARY KEY, s VARCHAR(200)); USE large; INSERT INTO t SELECT seq, REPEAT("x", 180) FROM seq_1_to_100000; ANALYZE TABLE large.t' >"$T/analyzed"
mkfifo "$T/copied"
exec {copied}<>"$T/copied"
at_terminal copy "rowcopy --no-defaults --socket $SOCK_src --user root --include large >$T/copied"
sees copy '^rowcopy: [0-9]+ rows, [0-9]+ rows/s, [0-9]+ %.*, waits for the reader' 'a copy says how much of it is done'
exec {copied_by}<"$T/copied" {copied}>&-
cat <&"$copied_by" >"$T/copy.rs"
exec {copied_by}<&-
ends 0 'it ends'
like "$(screen copy | tail -n 1)" '^rowcopy: info: 100000 rows in ' 'with all rows'
at_terminal copypipe "rowcopy --no-defaults --socket $SOCK_src --user root --include large | $SINK copypipe"
ends 0 'a pipeline with a copy'
unlike "$(tr '\r' '\n' <"$T/copypipe.tty")" 'mysql-sink: [0-9]+ rows,' 'leaves the line to it'
at_terminal copynever "rowcopy --no-defaults --socket $SOCK_src --user root --include large --progress=never >$T/copy.rs"
ends 0 '--progress=never'
is "$(grep -v 'everything is copied' "$T/copynever.tty")" '' 'shows nothing of a copy but its end'

# ---- when there is none
mkfifo "$T/held"
exec {held}<>"$T/held"
quiet() # NAME TESTNAME: for longer than it takes to draw one
{
	wait_for 20 metric_over "unix:$T/$1.sock" uptime_seconds 2
	is "$(tr '\r' '\n' <"$T/$1.tty")" '' "$2"
	kill "$(find_program rowfilter)"
	wait $TERMINAL
}
with() # NAME OPTIONS...: a filter that waits for its input
{
	at_terminal "$1" "rowfilter ${*:2} --metrics unix:$T/$1.sock <$T/held >$T/filtered"
}
with never --progress=never
quiet never '--progress=never'
TEST_TERM=dumb with dumb
quiet dumb 'a terminal that cannot'
at_terminal background "set -m; rowfilter --metrics unix:$T/background.sock <$T/held >$T/filtered & wait"
quiet background 'a program in the background'
at_terminal other "rowfilter --metrics unix:$T/other.sock <$T/held 2>$T/other.log >$T/filtered"
quiet other 'standard error elsewhere'
is "$(cat "$T/other.log")" '' 'where there is nothing either'
rowfilter --progress --metrics "unix:$T/always.sock" <"$T/held" >"$T/filtered" 2>"$T/always.log" &
filter=$!
t_own $filter
ok '--progress: wherever standard error goes' wait_for 20 grep -q 'rowfilter: 0 rows, 0 rows/s' "$T/always.log"
kill $filter
wait $filter
is $? 0 'it ends'
exec {held}>&-
exits 100 'another word' rowfilter --progress=often
is "$(err)" 'rowfilter: error: --progress: "often" is not always, never or auto' 'is refused'
done_testing

#!/bin/bash
# A password is in no list of processes and in no message, wherever it came from, also when what it came in is wrong.
. t/lib.sh
. t/login.sh

server_start s
q s "CREATE USER ferry@'%' IDENTIFIED BY 'geheim'; GRANT ALL ON *.* TO ferry@'%'"
export HOME=$T/home
mkdir "$HOME"
tap="binlog-tap --no-defaults --socket $SOCK_s --user ferry"
sink="mysql-sink --no-defaults --socket $SOCK_s --user ferry"

# ---- in the list of processes
shows() { tr '\0' ' ' <"/proc/$1/cmdline"; }
for how in -pgeheim --password=geheim --passw=geheim '-pgeheim -vv'; do
	# shellcheck disable=SC2086 # words
	$tap $how --start-at now >"$T/stream" 2>"$T/tap.err" &
	pid=$!
	t_own $pid
	ok "$how: it reads the log" wait_for 20 test -s "$T/stream"
	like "$(shows $pid)" '^binlog-tap .*--user ferry' 'its arguments are seen'
	unlike "$(shows $pid)" 'geheim' 'but not the password'
	kill $pid
	wait $pid
	is "$(grep -ac geheim "$T/tap.err" "$T/stream" | paste -sd ' ')" "$T/tap.err:0 $T/stream:0" 'it says nothing of it'
	rm "$T/stream"
done
# what it starts to say when it cannot go on
$tap -pgeheim --start-at bin.000001:5 >/dev/null 2>"$T/tap.err"
is "$(grep -c geheim "$T/tap.err")" 0 'a refusal does not show it'

# ---- in messages about what is wrong
secret() # NAME CODE COMMAND...: ends with CODE, and what it says does not have it
{
	local name=$1 code=$2
	shift 2
	exits "$code" "$name" "$@"
	isnt "$(err)" '' "$name: it says something"
	unlike "$(err)" 'ge.?heim' "$name: but not the password"
}
# shellcheck disable=SC2086 # words
for program in "$tap --start-at now" "$sink --pipeline x --print-position"; do
	name=${program%% *}
	secret "$name: a space behind -p" 100 $program -p geheim
	secret "$name: a wrong option" 100 $program --pasword=geheim
	secret "$name: an ambiguous one" 100 $program --p=geheim
	secret "$name: a later option is wrong" 100 $program -pgeheim --ssl-mode=nonsense
	secret "$name: an earlier option is wrong" 100 $program --ssl-mode=nonsense -pgeheim
	secret "$name: nobody there" 111 $program -pgeheim --socket "$T/none"
	secret "$name: denied" 100 $program -pgeheim --user other
done
file() # NAME LINE...: an option file that is wrong
{
	local name=$1
	shift
	printf '%s\n' "$@" >"$T/wrong.cnf"
	sed 's/PROGRAM/binlog-tap/' "$T/wrong.cnf" >"$T/tap.cnf"
	sed 's/PROGRAM/mysql-sink/' "$T/wrong.cnf" >"$T/sink.cnf"
	secret "binlog-tap: an option file, $name" 100 binlog-tap --defaults-file="$T/tap.cnf" --start-at now
	secret "mysql-sink: an option file, $name" 100 mysql-sink --defaults-file="$T/sink.cnf" --pipeline x --print-position
	like "$(err)" "$T/sink.cnf:[0-9]" "$name: the line is named"
}
file 'a wrong name' '[client]' "socket=$SOCK_s" '[PROGRAM]' 'pasword=geheim'
file 'no =' '[PROGRAM]' 'password geheim'
file 'the password alone' '[PROGRAM]' 'geheim'
file 'another sign' '[PROGRAM]' 'password: geheim'
file 'a space in the name' '[PROGRAM]' 'pass geheim = x'
file 'a group without an end' '[client]' 'password=geheim' '[PROGRAM'

# quotes that do not end are part of the word, as the clients have it
printf '[client]\nsocket=%s\nuser=ferry\npassword="geheim\n' "$SOCK_s" >"$T/quote.cnf"
secret 'a quote without an end' 100 mysql-sink --defaults-file="$T/quote.cnf" --pipeline x --print-position

# ---- who may read a file
printf '[client]\nsocket=%s\nuser=ferry\npassword=geheim\n' "$SOCK_s" >"$HOME/.my.cnf"
chmod 666 "$HOME/.my.cnf"
run mysql-sink --pipeline x --print-position
like "$(err)" "warning: option file $HOME/.my.cnf can be written by everybody and is not read" "the user's own file, for everybody to write: it is not read"
chmod 600 "$HOME/.my.cnf"
exits 1 'for the user alone: it is' mysql-sink --pipeline x --print-position

# ---- the terminal
cat >"$T/ask.py" <<'PY'
import os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
seen, sent, end = b"", False, time.time() + 60
while time.time() < end:
    if not select.select([fd], [], [], 1)[0]:
        continue
    try:
        d = os.read(fd, 4096)
    except OSError:
        break
    if not d:
        break
    seen += d
    if b"Enter password: " in seen and not sent:
        sent = True
        os.write(fd, sys.argv[1].encode() + b"\n")
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stdout.buffer.write(seen.replace(b"\r", b""))
sys.stdout.flush()
sys.exit(code)
PY
# shellcheck disable=SC2086 # words
for program in "$sink --pipeline x --print-position" "$tap --start-at now --stop-at now --force"; do
	name=${program%% *}
	want=0
	[ "$name" = binlog-tap ] || want=1
	exits $want "$name: -p asks on the terminal" /usr/bin/python3 "$T/ask.py" geheim $program -p
	like "$(head -c 16 "$T/out" | tr -d "\0")" "^Enter password: " 'it asks'
	is "$(grep -ac geheim "$T/out")" 0 'and shows no letter of the answer'
	exits 100 "$name: a wrong answer" /usr/bin/python3 "$T/ask.py" falsch $program --password
	like "$(tr -d "\0" <"$T/out")" "Access denied" 'is refused'
done
done_testing

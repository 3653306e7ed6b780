# The harness of t/*.t: sourced first (`. t/lib.sh`), from the top folder. TAP on stdout.
#
#   BIN=folder       the programs under test (default ./bin)
#   ROWFERRY_LONG=1  tests may take minutes
#   ROWFERRY_KEEP=1  leaves $T behind and says where it is
#
# Each test has a folder $T of its own, with its servers in it. Everything that a test started is
# stopped by pid when it ends, also when the test itself is killed.
# shellcheck shell=bash
# shellcheck disable=SC2034 # variables are for the tests
set -u
LC_ALL=C.UTF-8
TOP=$PWD
BIN=$(realpath -m -- "${BIN:-bin}")
PATH=$BIN:$PATH:/usr/sbin:/sbin
[ -f "$TOP/t/lib.sh" ] || { echo 'Bail out! tests run in the top folder: prove t/*.t'; exit 1; }
exec </dev/null

mkdir -p "${TMPDIR:-/tmp}/rowferry-$UID"
T=$(mktemp -d "${TMPDIR:-/tmp}/rowferry-$UID/t.XXXXXX") || exit 1
export LC_ALL BIN PATH T
# a make that a test calls is not part of the one that may have called the test
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
T_COUNT=0
T_FAILED=0
T_PLANNED=
T_PIDS=()
T_PID=$BASHPID

# sanitized programs (make asan) write their reports here; one report fails the test. A failed malloc is
# for the program to deal with, as it would be without them.
export ASAN_OPTIONS="detect_leaks=1:halt_on_error=1:exitcode=86:allocator_may_return_null=1:max_allocation_size_mb=1536:${ASAN_OPTIONS:+$ASAN_OPTIONS:}log_path=$T/san"
export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1:exitcode=86:${UBSAN_OPTIONS:+$UBSAN_OPTIONS:}log_path=$T/san"
export LSAN_OPTIONS="exitcode=86:${LSAN_OPTIONS:-}"

# ---- TAP

diag()
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

pass()
{
	T_COUNT=$((T_COUNT + 1))
	echo "ok $T_COUNT - ${1//#/\\#}"
}

fail()
{
	T_COUNT=$((T_COUNT + 1))
	T_FAILED=$((T_FAILED + 1))
	echo "not ok $T_COUNT - ${1//#/\\#}"
	diag "failed in $0 line $(t_line)"
}

# skip NAME WHY: one test that cannot run
skip()
{
	T_COUNT=$((T_COUNT + 1))
	echo "ok $T_COUNT - $1 # SKIP $2"
}

skip_all()
{
	echo "1..0 # SKIP $1"
	T_PLANNED=1
	exit 0
}

bail()
{
	echo "Bail out! $1"
	exit 1
}

# the line of the test's own file
t_line()
{
	local i
	for ((i = 0; i < ${#BASH_SOURCE[@]}; i++)); do
		if [ "${BASH_SOURCE[i]}" = "$0" ]; then
			echo "${BASH_LINENO[i - 1]}"
			return
		fi
	done
}

# t_text LABEL TEXT: a diagnostic that keeps long texts readable
t_text()
{
	local n=${#2}
	if [ "$n" -gt 4000 ]; then
		diag "$1: ${2:0:4000}... ($n characters)"
	else
		diag "$1: $2"
	fi
}

# is GOT WANT NAME
is()
{
	if [ "$1" = "$2" ]; then
		pass "$3"
	else
		fail "$3"
		if [[ $1 == *$'\n'*$'\n'* && $2 == *$'\n'*$'\n'* ]]; then
			diag "$(diff -u --label want <(printf '%s\n' "$2") --label got <(printf '%s\n' "$1") | head -n 60)"
		else
			t_text ' got' "$1"
			t_text want "$2"
		fi
		return 1
	fi
}

isnt()
{
	if [ "$1" != "$2" ]; then
		pass "$3"
	else
		fail "$3"
		t_text 'got what it should not be' "$1"
		return 1
	fi
}

# like GOT REGEX NAME: bash's extended regular expressions
like()
{
	if [[ $1 =~ $2 ]]; then
		pass "$3"
	else
		fail "$3"
		t_text '       got' "$1"
		t_text 'want match' "$2"
		return 1
	fi
}

unlike()
{
	if ! [[ $1 =~ $2 ]]; then
		pass "$3"
	else
		fail "$3"
		t_text '          got' "$1"
		t_text 'want no match' "$2"
		return 1
	fi
}

# ok NAME CMD...: the command succeeds
ok()
{
	local name=$1
	shift
	if "$@"; then
		pass "$name"
	else
		fail "$name"
		diag "exit $? of: $*"
		return 1
	fi
}

# run CMD...: stdout to $T/out, stderr to $T/err, the exit code to $CODE; ended after RUN_LIMIT seconds
RUN_LIMIT=120
! grep -q __asan_init "$BIN/rowdump" 2>/dev/null || RUN_LIMIT=1200 # sanitized programs take long to start
run()
{
	if [ "$(type -t "$1")" = file ]; then
		timeout -k 5 "$RUN_LIMIT" "$@" >"$T/out" 2>"$T/err"
	else
		"$@" >"$T/out" 2>"$T/err"
	fi
	CODE=$?
}

# exits CODE NAME CMD...
exits()
{
	local want=$1 name=$2
	shift 2
	run "$@"
	if [ "$CODE" = "$want" ]; then
		pass "$name"
	else
		fail "$name"
		diag "exit $CODE, want $want, of: $*"
		[ "$CODE" != 124 ] || diag "it was stopped after $RUN_LIMIT s"
		diag "stderr: $(head -c 3000 "$T/err")"
		diag "stdout: $(head -c 1000 "$T/out" | tr -d '\0' | cat -v)"
		return 1
	fi
}

out()
{
	cat "$T/out"
}

err()
{
	cat "$T/err"
}

# wait_for SECONDS CMD...: 0 as soon as the command succeeds, 1 when the time is over
wait_for()
{
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@"; do
		[ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
		sleep 0.02
	done
}

done_testing()
{
	t_sanitizer_reports
	if [ -e "$T/refused" ]; then
		fail 'every statement for a server was accepted'
		diag "$(cat "$T/refused")"
	fi
	echo "1..$T_COUNT"
	T_PLANNED=1
	[ "$T_FAILED" = 0 ]
	exit
}

# t_not COMMAND: succeeds if the command (one string of shell) fails
t_not()
{
	! eval "$1"
}

# t_quiet CMD...: a check whose result is looked at but does not count as a test
t_quiet()
{
	local count=$T_COUNT failed=$T_FAILED code
	"$@" >/dev/null
	code=$?
	T_COUNT=$count T_FAILED=$failed
	return $code
}

t_sanitizer_reports()
{
	local f
	for f in "$T"/san.*; do
		[ -e "$f" ] || return 0
		grep -aqE 'ERROR: |runtime error' "$f" || continue
		fail "a sanitizer has nothing to report"
		diag "$(head -n 60 "$f")"
		rm -f "$f"
	done
}

# long_only WHY: the rest of the file is for ROWFERRY_LONG=1
long_only()
{
	[ -n "${ROWFERRY_LONG:-}" ] || skip_all "$1 (set ROWFERRY_LONG=1)"
}

# ---- servers

# need_server KIND...: skips the whole test, with the reason, where a kind of server cannot be had (scripts/server
# knows the kinds)
need_server()
{
	local kind
	for kind; do
		[ "$kind" != mariadb ] || continue
		"$TOP/scripts/getserver" "$kind" >"$T/getserver.out" 2>"$T/getserver.err" ||
			skip_all "$(tail -n 1 "$T/getserver.err" | sed 's/^scripts\/getserver: error: //')"
	done
}

# kinds_with_mysql: the kinds of servers that a test runs on, to kinds: MariaDB, and MySQL 9.7 where it can be had
kinds_with_mysql()
{
	kinds=(mariadb)
	if "$TOP/scripts/getserver" mysql-9.7 >/dev/null 2>&1; then
		kinds+=(mysql-9.7)
	else
		skip 'the same on MySQL 9.7' 'it cannot be had here'
	fi
}

# server_start NAME [@KIND] [server option...]: sets SOCK_NAME, PORT_NAME, KIND_NAME and CLIENT_NAME. NAME is a
# word. Started again after server_stop or server_kill it has its kind, its data, its port and its options.
server_start()
{
	t_server_launch "$@"
	t_server_known "$1"
}

# servers_start 'NAME [@KIND] [server option...]'...: the same, side by side; no spaces in an option
servers_start()
{
	local server words jobs=()
	for server; do
		read -ra words <<<"$server"
		t_server_launch "${words[@]}" &
		jobs+=($!)
	done
	wait "${jobs[@]}"
	for server; do
		t_server_known "${server%% *}"
	done
}

t_server_launch()
{
	local name=$1 which=()
	shift
	if [[ ${1:-} == @* ]]; then
		which=(--server "${1#@}")
		shift
	fi
	"$TOP/scripts/server" start "$T/$name" "${which[@]}" "$@" >"$T/$name.vars" 2>"$T/$name.start" || rm -f "$T/$name.vars"
}

t_server_known()
{
	local name=$1 SOCK PORT PID CLIENT
	[ -e "$T/$name.vars" ] || {
		diag "$(cat "$T/$name.start")"
		bail "server $name did not start"
	}
	eval "$(<"$T/$name.vars")"
	printf -v "SOCK_$name" %s "$SOCK"
	printf -v "PORT_$name" %s "$PORT"
	printf -v "SERVER_PID_$name" %s "$PID"
	printf -v "CLIENT_$name" %s "$CLIENT"
	printf -v "KIND_$name" %s "$(<"$T/$name/kind")"
}

is_mysql() # NAME: a server of Oracle's
{
	local kind=KIND_$1
	[[ ${!kind} == mysql* ]]
}

server_stop()
{
	"$TOP/scripts/server" stop "$T/$1"
}

server_kill()
{
	"$TOP/scripts/server" kill "$T/$1"
}

# q NAME SQL [client option...]: prints rows, tabs between columns, without headings. The machine's own client talks
# to every kind of server. A statement that the server refuses fails the test when it ends, wherever its output went.
q()
{
	q_may "$@" || {
		echo "line $(t_line): ${2:0:300}" >>"$T/refused"
		return 1
	}
}

# q_may: the same where a refusal is an answer
q_may()
{
	local sock=SOCK_$1 sql=$2
	shift 2
	printf '%s\n' "$sql" | mariadb --no-defaults --socket="${!sock}" --user=root --default-character-set=utf8mb4 -N -B "$@"
}

# q_file NAME FILE [client option...]
q_file()
{
	local sock=SOCK_$1 file=$2
	shift 2
	mariadb --no-defaults --socket="${!sock}" --user=root --default-character-set=utf8mb4 -N -B "$@" <"$file"
}

# sql_text TEXT, sql_name TEXT: as an SQL literal, as a quoted name
sql_text()
{
	local s=${1//\\/\\\\}
	printf "'%s'" "${s//\'/\'\'}"
}

sql_name()
{
	printf '`%s`' "${1//\`/\`\`}"
}

# table_hex NAME DB TABLE: all rows, every column as HEX of its bytes (NULL as N), sorted; what equality is
# judged by. HEX of a number would round it, so numbers go through their exact text: floats as doubles,
# enums and sets with their number. Fails when there is no such table.
table_hex()
{
	local cols rows code
	cols=$(q "$1" "SELECT GROUP_CONCAT(CONCAT('IFNULL(HEX(CONCAT(', CASE WHEN data_type = 'float' THEN CONCAT(c, '+0e0')
			WHEN data_type = 'vector' THEN CONCAT('UNHEX(HEX(', c, '))')
			WHEN data_type IN ('enum', 'set') THEN CONCAT('CAST(', c, ' AS UNSIGNED),\\':\\',', c) ELSE c END, ')),\\'N\\')') ORDER BY ordinal_position SEPARATOR ',')
		FROM (SELECT data_type, ordinal_position, CONCAT('\`', REPLACE(column_name, '\`', '\`\`'), '\`') AS c FROM information_schema.columns
			WHERE table_schema = $(sql_text "$2") AND table_name = $(sql_text "$3")) AS columns" --init-command='SET group_concat_max_len=1000000' -r) || return 1
	if [ "$cols" = NULL ]; then
		echo "no table $2.$3"
		return 1
	fi
	rows=$T/hex.rows.$BASHPID
	q "$1" "SET time_zone = '+00:00'; SELECT $cols FROM $(sql_name "$2").$(sql_name "$3")" --quick >"$rows" && sort "$rows"
	code=$?
	rm -f "$rows"
	return $code
}

# tables NAME DB...: of every base table its database and name, with a tab between, sorted
tables()
{
	local name=$1 db
	shift
	for db; do
		q "$name" "SELECT table_schema, table_name FROM information_schema.tables
			WHERE table_schema = $(sql_text "$db") AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE') ORDER BY BINARY table_name" -r || return 1
	done
}

# same_data NAME NAME TESTNAME DB...: both servers have the same tables with the same bytes in the databases
same_data()
{
	local a=$1 b=$2 name=$3 list_a list_b db table different=0
	shift 3
	list_a=$(tables "$a" "$@") && list_b=$(tables "$b" "$@") || list_a=
	if [ -z "$list_a" ] || [ "$list_a" != "$list_b" ]; then
		fail "$name"
		diag "tables of $a:" "$list_a"
		diag "tables of $b:" "$list_b"
		return 1
	fi
	: >"$T/same_data"
	while IFS=$'\t' read -r db table; do
		table_hex "$a" "$db" "$table" >"$T/hex.$a" 2>>"$T/same_data" </dev/null &&
			table_hex "$b" "$db" "$table" >"$T/hex.$b" 2>>"$T/same_data" </dev/null &&
			cmp -s "$T/hex.$a" "$T/hex.$b" && continue
		different=1
		{
			echo "$db.$table differs ($a <, $b >): $(wc -l <"$T/hex.$a") and $(wc -l <"$T/hex.$b") rows"
			diff "$T/hex.$a" "$T/hex.$b" | cut -c 1-300 | head -n 12
		} >>"$T/same_data"
	done <<<"$list_a"
	if [ $different = 0 ]; then
		pass "$name"
	else
		fail "$name"
		diag "$(<"$T/same_data")"
		return 1
	fi
}

# ---- pipelines: programs tied together by pipes, with every exit code kept

# pipeline_start NAME -- 'command' 'command'...: starts them side by side. Each is one program with its
# arguments and redirections, in shell syntax. Standard error goes to $T/NAME.N.err (N from 1), the last
# one's output to $T/NAME.out. Standard input of the first is $PIPELINE_IN (default /dev/null).
pipeline_start()
{
	local name=$1 n i in out next err fifo both pid
	shift
	[ "$1" = -- ] && shift
	n=$#
	exec {in}<"${PIPELINE_IN:-/dev/null}"
	printf -v "PIPELINE_N_$name" %s "$n"
	for ((i = 1; i <= n; i++)); do
		err=$T/$name.$i.err
		if [ "$i" -lt "$n" ]; then
			fifo=$T/$name.fifo
			mkfifo "$fifo"
			# a pipe without a name, made as a named one: held both ways while each end is opened
			# shellcheck disable=SC2094
			exec {both}<>"$fifo" {next}<"$fifo" {out}>"$fifo" {both}>&-
			rm "$fifo"
		else
			exec {out}>"$T/$name.out"
			next=
		fi
		# a shell stands behind each program: it waits, and says nothing of signals
		rm -f "$T/$name.$i.pid"
		(
			trap - EXIT
			(
				[ -z "$next" ] || exec {next}<&-
				exec <&"$in" >&"$out" 2>"$err" {in}<&- {out}>&-
				eval "exec $1"
			) &
			exec {in}<&- {out}>&-
			[ -z "$next" ] || exec {next}<&-
			echo $! >"$T/$name.$i.pid"
			wait $!
		) >/dev/null 2>&1 &
		echo $! >>"$T/pids"
		printf -v "PIPELINE_JOB_${name}_$i" %s $!
		until read -r pid <"$T/$name.$i.pid"; do
			sleep 0.005
		done 2>/dev/null
		t_own "$pid"
		printf -v "PIPELINE_PID_${name}_$i" %s "$pid"
		printf -v "PIPELINE_CMD_${name}_$i" %s "${1%% *}"
		exec {in}<&- {out}>&-
		in=$next
		shift
	done
}

# t_own PID: to be ended with the test
t_own()
{
	T_PIDS+=("$1")
	echo "$1" >>"$T/pids"
}

# t_index NAME WHICH: number of a program of a pipeline, given by number or by the program's name
t_index()
{
	local n=PIPELINE_N_$1 i cmd
	for ((i = 1; i <= ${!n}; i++)); do
		cmd=PIPELINE_CMD_$1_$i
		if [ "$2" = "$i" ] || [ "$2" = "${!cmd}" ]; then
			echo "$i"
			return
		fi
	done
	diag "pipeline $1 has no program $2"
	return 1
}

pipeline_pid() # NAME WHICH
{
	local i pid
	i=$(t_index "$1" "$2") || return 1
	pid=PIPELINE_PID_$1_$i
	echo "${!pid}"
}

pipeline_err() # NAME WHICH: prints its standard error
{
	local i
	i=$(t_index "$1" "$2") && cat "$T/$1.$i.err"
}

# pipeline_kill NAME WHICH [SIGNAL]: WHICH is a number, a program or "all"; TERM if not said otherwise
pipeline_kill()
{
	local n=PIPELINE_N_$1 i pid
	if [ "$2" = all ]; then
		for ((i = 1; i <= ${!n}; i++)); do
			pid=PIPELINE_PID_$1_$i
			kill -"${3:-TERM}" "${!pid}" 2>/dev/null
		done
		return 0
	fi
	pid=$(pipeline_pid "$1" "$2") && kill -"${3:-TERM}" "$pid"
}

# find_program NAME: pids of the programs of that name that this test started, whoever started them for it
find_program()
{
	local dir name
	for dir in /proc/[0-9]*; do
		{ read -r name <"$dir/comm"; } 2>/dev/null && [ "$name" = "$1" ] && grep -qzxF "T=$T" "$dir/environ" 2>/dev/null && echo "${dir#/proc/}"
	done
}

pipeline_running() # NAME: 0 while any of its programs runs
{
	local n=PIPELINE_N_$1 i job
	for ((i = 1; i <= ${!n}; i++)); do
		job=PIPELINE_JOB_$1_$i
		kill -0 "${!job}" 2>/dev/null && return 0
	done
	return 1
}

t_not_running()
{
	! pipeline_running "$1"
}

# pipeline_wait NAME [SECONDS]: waits until all have ended, sets CODES to their exit codes ("0 0 111").
# After SECONDS (60) those that still run are killed, show as 137, and the result is 1.
pipeline_wait()
{
	local n=PIPELINE_N_$1 i job late=0 code
	if ! wait_for "${2:-60}" t_not_running "$1"; then
		diag "pipeline $1 did not end within ${2:-60} s"
		pipeline_kill "$1" all KILL
		late=1
	fi
	CODES=
	for ((i = 1; i <= ${!n}; i++)); do
		job=PIPELINE_JOB_$1_$i
		wait "${!job}" 2>/dev/null
		code=$?
		CODES+="${CODES:+ }$code"
	done
	return $late
}

# pipeline_stop NAME [SECONDS]: asks the first program to end, as a person would, and waits for all
pipeline_stop()
{
	pipeline_kill "$1" 1 TERM 2>/dev/null
	pipeline_wait "$@"
}

# pipeline_diag NAME: what its programs said
pipeline_diag()
{
	local n=PIPELINE_N_$1 i cmd
	for ((i = 1; i <= ${!n}; i++)); do
		cmd=PIPELINE_CMD_$1_$i
		diag "$1 ${!cmd}: $(head -c 2000 "$T/$1.$i.err")"
	done
}

# position NAME PIPELINE: what the target remembers, nothing if there is none
position()
{
	local sock=SOCK_$1
	mysql-sink --no-defaults --socket "${!sock}" --user root --pipeline "$2" --print-position 2>/dev/null
}

# gtid_reached GOT WANT: 0 if the set GOT holds, for each domain of the set WANT, that sequence number or a later one
gtid_reached()
{
	local w g ok
	for w in ${2//,/ }; do
		ok=
		for g in ${1//,/ }; do
			[ "${g%%-*}" = "${w%%-*}" ] && [ "${g##*-}" -ge "${w##*-}" ] && ok=1
		done
		[ -n "$ok" ] || return 1
	done
}

t_position_reached() # TARGET PIPELINE GTID FILE OFFSET
{
	local p
	p=$(position "$1" "$2") || return 1
	case $p in
	gtid:*) gtid_reached "${p#gtid:}" "$3" ;;
	*:*) [[ ${p%:*} > $4 ]] || { [ "${p%:*}" = "$4" ] && [ "${p##*:}" -ge "$5" ]; } ;;
	*) return 1 ;;
	esac
}

# end_of_log NAME: file, offset and GTID set at which the server's log ends now, each on a line
end_of_log()
{
	local file off gtid
	if is_mysql "$1"; then
		gtid=$(q "$1" "SELECT REPLACE(@@gtid_executed, '\n', '')")
		read -r file off _ < <(q "$1" 'SHOW BINARY LOG STATUS')
	else
		gtid=$(q "$1" 'SELECT @@gtid_binlog_pos')
		read -r file off _ < <(q "$1" 'SHOW MASTER STATUS')
	fi
	printf '%s\n' "$file" "$off" "$gtid"
}

t_mysql_position_reached() # SOURCE TARGET PIPELINE GTID
{
	local p
	p=$(position "$2" "$3") || return 1
	[[ $p == gtid:* ]] && [ "$(q "$1" "SELECT GTID_SUBSET('$4', '${p#gtid:}')")" = 1 ]
}

# wait_caught_up SOURCE TARGET PIPELINE [SECONDS]: until the target's checkpoint has reached the end of the
# source's log as it is now. 1 (with diagnostics) if it does not within SECONDS (30).
wait_caught_up()
{
	local log
	mapfile -t log < <(end_of_log "$1")
	# without GTIDs MySQL's log is known by file and offset
	if is_mysql "$1" && [ -n "${log[2]:-}" ]; then
		wait_for "${4:-30}" t_mysql_position_reached "$1" "$2" "$3" "${log[2]}" && return
	else
		wait_for "${4:-30}" t_position_reached "$2" "$3" "${log[2]:-}" "${log[0]}" "${log[1]}" && return
	fi
	diag "$2 did not catch up within ${4:-30} s: at $(position "$2" "$3"), source at ${log[2]:-}, ${log[0]}:${log[1]}"
	return 1
}

# ---- the end

# What runs when the test ends, however it ends.
t_cleanup()
{
	local pid dir
	[ ! -e "$T/pids" ] || while read -r pid; do
		t_is_ours "$pid" && kill -9 "$pid"
	done <"$T/pids" 2>/dev/null
	for dir in "$T"/*/; do
		[ ! -e "$dir/pid" ] || "$TOP/scripts/server" kill "$dir"
	done
	if [ -n "${ROWFERRY_KEEP:-}" ]; then
		echo "# $T is kept"
	else
		rm -rf "$T"
	fi
}

t_exit()
{
	local code=$? pid
	[ "$BASHPID" = "$T_PID" ] || return
	trap - EXIT
	kill "$T_GUARD" 2>/dev/null
	if [ -z "$T_PLANNED" ]; then
		diag "$0 ended before done_testing"
		[ $code != 0 ] || code=1
	fi
	# programs that still run end in order first, so that leaks in them are seen
	for pid in "${T_PIDS[@]}"; do
		! t_is_ours "$pid" || kill "$pid" 2>/dev/null
	done
	for pid in "${T_PIDS[@]}"; do
		wait_for 5 t_not "t_is_ours $pid" || kill -9 "$pid" 2>/dev/null
	done
	if grep -aqE 'ERROR: |runtime error' "$T"/san.* 2>/dev/null; then
		t_sanitizer_reports
		code=1
	fi
	t_cleanup
	exit $code
}

# t_is_ours PID: T in its environment says that a process is still the one that was started here: numbers are used again
t_is_ours()
{
	grep -qzxF "T=$T" "/proc/$1/environ" 2>/dev/null
}

t_gone()
{
	! kill -0 "$1" 2>/dev/null
}

trap t_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The guard outlives a test that is killed with -9 and clears up behind it.
(
	trap - EXIT INT TERM HUP
	exec </dev/null >/dev/null 2>&1
	tail --pid="$T_PID" -f /dev/null
	[ ! -d "$T" ] || t_cleanup
) &
T_GUARD=$!

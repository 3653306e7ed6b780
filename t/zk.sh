# ZooKeeper for tests: sourced after t/lib.sh. The servers are in $T/zk (scripts/zk).
# shellcheck shell=bash
# shellcheck disable=SC2034 # variables are for the tests
ZK_JARS=/usr/share/java/zookeeper.jar:/usr/share/java/slf4j-simple.jar
command -v java >/dev/null && [ -e "${ZK_JARS%%:*}" ] || skip_all 'java or ZooKeeper is missing (scripts/deps test)'

# zk_start [one|three|N]: sets ZK
zk_start()
{
	local ZK_PIDS pid
	"$TOP/scripts/zk" start "$T/zk" "$@" >"$T/zk.vars" 2>"$T/zk.start" || {
		diag "$(cat "$T/zk.start")"
		bail 'ZooKeeper did not start'
	}
	eval "$(<"$T/zk.vars")"
	for pid in $ZK_PIDS; do
		[ "$pid" = - ] || t_own "$pid"
	done
}

zk() # WORD ARG...: scripts/zk WORD in this test's folder
{
	"$TOP/scripts/zk" "$1" "$T/zk" "${@:2}"
}

# zk_cli COMMAND...: ZooKeeper's own client, one session for all; what it says to $T/cli
zk_cli()
{
	printf '%s\n' "$@" quit | timeout 60 java -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=error \
		-cp "$ZK_JARS" org.apache.zookeeper.ZooKeeperMain -server "$ZK" >"$T/cli" 2>&1
}

# lease_start NAME PATH [option...] -- COMMAND...: zk-lease in the background: PID_NAME, $T/NAME.out, $T/NAME.err
lease_start()
{
	local name=$1 path=$2
	shift 2
	zk-lease --zk "$ZK" --path "$path" "$@" >"$T/$name.out" 2>"$T/$name.err" &
	printf -v "PID_$name" %s $!
	t_own $!
}

# lease_wait NAME [SECONDS]: until it ends; its exit code to $CODE
lease_wait()
{
	local pid=PID_$1
	wait_for "${2:-60}" t_gone "${!pid}" || {
		diag "$1 did not end within ${2:-60} s"
		kill -9 "${!pid}"
	}
	wait "${!pid}" 2>/dev/null
	CODE=$?
}

# lease_ends CODE NAME TESTNAME [SECONDS]
lease_ends()
{
	lease_wait "$2" "${4:-60}"
	is "$CODE" "$1" "$3" || diag "$2: $(head -c 3000 "$T/$2.err")"
}

# status PATH: its lines, without times
status()
{
	zk-lease --zk "$ZK" --path "$1" --status 2>/dev/null | cut -f 1,2
}

is_waiting() # PATH HOLDER
{
	status "$1" | grep -qx "waits	$2"
}

is_held() # PATH HOLDER
{
	status "$1" | grep -qx "holds	$2"
}

free() # PATH: nobody holds it
{
	zk-lease --zk "$ZK" --path "$1" --status >"$T/free.out" 2>"$T/free.err"
	[ $? = 1 ]
}

# A command that leaves a line "EPOCH HOLDER PID" in $T/log again and again, each written at once, for as long as it
# runs. No second process is in its group. It ends with 0 when told to; with the word deaf it does not listen.
cat >"$T/worker" <<'EOF'
#!/bin/bash
[ "${1:-}" = deaf ] && trap '' TERM || trap 'exit 0' TERM
exec {never}<><(:)
while :; do
	echo "$ROWFERRY_EPOCH $ROWFERRY_HOLDER $$" >>"$T/log"
	read -rt 0.01 _ <&"$never"
done
EOF
chmod +x "$T/worker"
: >"$T/log"

# works HOLDER: it has left a line after those that were there at the last works_since
works()
{
	tail -n "+$((${WORKS_SINCE:-0} + 1))" "$T/log" | grep -q " $1 "
}

works_since()
{
	WORKS_SINCE=$(wc -l <"$T/log")
}

# worker HOLDER: the pid of its command
worker()
{
	grep " $1 " "$T/log" | tail -n 1 | cut -d' ' -f 3
}

# no_overlap TESTNAME: who has a higher epoch began only when all with lower ones were silent for good
no_overlap()
{
	local bad
	bad=$(awk '$1 + 0 < max { print NR ": " $0 " after epoch " max } $1 + 0 > max { max = $1 + 0 }' "$T/log")
	is "$bad" '' "$1"
	isnt "$(cut -d' ' -f 1 "$T/log" | sort -u | wc -l)" 0 'something has run'
}

ms()
{
	echo $((${EPOCHREALTIME/./} / 1000))
}

# guard_of PID: the guard of that zk-lease
guard_of()
{
	local p
	for p in $(pgrep -P "$1"); do
		[ "$(<"/proc/$p/comm")" != zk-lease-guard ] || echo "$p"
	done
}

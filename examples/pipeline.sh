#!/bin/bash
# pipeline.sh NAME [START]: runs one pipeline, once, from where its target is.
#
# What it needs is in one folder, ${ROWFERRY_CONF:-/etc/rowferry}/NAME:
#   source.cnf, target.cnf   how to log in, as for the mysql clients: [client] host, port, socket, user, password
#   filter.rules, map.rules  what to keep and where to put it; both may be missing
#   tap.args, filter.args, map.args, sink.args
#                            further options of the programs, one a line, as --include=shop.* for a source account that
#                            may see only that database, or the --skip-ddl=FILE:OFFSET of a message
#   link.args                instead of source.cnf, when the source is at another site (source-site.sh): options of rowlink, one
#                            a line: --connect=tls:HOST:7000, --cert=FILE, --key=FILE, --ca=FILE, --compress
#   copy.args                if it is there: a pipeline without a position copies its tables first, live, and this has
#                            the options of rowcopy, one a line, as --include=shop.*
#
# Where RUNTIME_DIRECTORY is set, as systemd does it, each program answers there as --metrics has it: binlog-tap.sock and so on.
#
# START is used when the target has no position yet: now (default), earliest, FILE:OFFSET, gtid:SET, time:RFC3339,
# mydumper:DIR, dump:FILE.
#
# SIGTERM ends it cleanly, with exit code 0. When one program ends all do, and when this script is killed, too, by whatever
# signal. The exit code is that of the first cause, and says who should act:
#   100, 101, 102  a person: wrong configuration, a bug, a damaged stream. Starting again does not help.
#   anything else  nobody: something outside failed. Start again (forever.sh, systemd and supervisord do).
set -u
stopped=
[ "${3:-}" != run ] || trap stopped=1 TERM INT
name=${1:?usage: pipeline.sh NAME [START]}
start=${2:-now}
conf=${ROWFERRY_CONF:-/etc/rowferry}/$name
[ -d "$conf" ] || { echo "pipeline.sh: error: there is no folder $conf" >&2; exit 100; }

tap=(binlog-tap --defaults-file="$conf/source.cnf")
tap_args=tap
[ ! -e "$conf/link.args" ] || { tap=(rowlink); tap_args='link'; }
copy=(rowcopy --defaults-file="$conf/source.cnf" --live)
filter=(rowfilter)
map=(rowmap)
sink=(mysql-sink --defaults-file="$conf/target.cnf" --pipeline "$name")
[ ! -e "$conf/filter.rules" ] || filter+=(--rules "$conf/filter.rules")
[ ! -e "$conf/map.rules" ] || map+=(--rules "$conf/map.rules")
for program in tap:$tap_args copy:copy filter:filter map:map sink:sink; do
	declare -n command=${program%:*}
	[ -z "${RUNTIME_DIRECTORY:-}" ] || command+=("--metrics=unix:$RUNTIME_DIRECTORY/${command[0]}.sock")
	file=$conf/${program#*:}.args
	[ -e "$file" ] || continue
	mapfile -t args < <(grep -v '^[[:space:]]*\(#\|$\)' "$file")
	command+=("${args[@]}")
done

# the programs say where they are; this shell may be in their process group
trap : USR1 USR2

# A program that outlives who has started it would go on alone, and be in the way of the next. (setpriv is util-linux's.)
ended_with_us() # SIGNAL COMMAND...
{
	local signal=$1
	shift
	exec setpriv --pdeathsig "$signal" -- "$@"
}

run()
{
	local codes names i code weight heaviest=0 worst=0 cause=
	# a stop reaches the programs; this shell stays to see how they ended
	trap stopped=1 TERM INT
	[ -z "$stopped" ] || exit 0
	if [ -e "$conf/copy.args" ]; then
		names=("${tap[0]}" "${copy[0]}" "${filter[0]}" "${map[0]}" "${sink[0]}")
		ended_with_us TERM "${tap[@]}" --start-at "$start" | ended_with_us TERM "${copy[@]}" |
			ended_with_us TERM "${filter[@]}" | ended_with_us TERM "${map[@]}" | ended_with_us TERM "${sink[@]}"
		codes=("${PIPESTATUS[@]}")
	else
		names=("${tap[0]}" "${filter[0]}" "${map[0]}" "${sink[0]}")
		ended_with_us TERM "${tap[@]}" --start-at "$start" | ended_with_us TERM "${filter[@]}" |
			ended_with_us TERM "${map[@]}" | ended_with_us TERM "${sink[@]}"
		codes=("${PIPESTATUS[@]}")
	fi
	# who has something for a person is the cause, or who was killed; others followed, of whom the one nearest to the target
	for ((i = ${#names[@]} - 1; i >= 0; i--)); do
		code=${codes[i]}
		case $code in
		0) continue ;;
		100 | 101 | 102) weight=3 ;;
		126 | 127) weight=3 code=100 ;;
		111) weight=1 ;;
		*) weight=2 ;;
		esac
		[ $weight -gt $heaviest ] || continue
		heaviest=$weight worst=$code cause=${names[i]}
	done
	[ "$worst" = 0 ] || echo "pipeline.sh: error: the programs of $name ended with ${codes[*]}, $cause's is what counts" >&2
	exit "$worst"
}
resume=("${@:4}")
copy+=("${resume[@]}")
[ "${3:-}" != run ] || run

# The target knows how far it is. Nothing else remembers.
position=$("${sink[@]}" --print-position)
case $? in
0)
	start=$position
	# how far the copy is; empty: it is over
	state=$("${sink[@]}" --print-position=copy 2>/dev/null)
	[ $? -le 1 ] || exit 111
	resume=(--resume "$state")
	copy+=("${resume[@]}")
	;;
1) ;; # it has none yet
*) exit ;;
esac

# zk-lease has given us a process group, and must reach all that is in it
[ -z "${ROWFERRY_LEASE:-}" ] || run

# a process group of its own, so that one signal reaches all
set -m
ended_with_us KILL "$BASH" "${BASH_SOURCE[0]}" "$name" "$start" run "${resume[@]}" &
group=$!
trap 'kill -TERM -- -$group 2>/dev/null' TERM INT
wait $group
code=$?
# a signal interrupts the wait, not the programs
while [ $code -gt 128 ] && kill -0 $group 2>/dev/null; do
	wait $group
	code=$?
done
[ $code -le 128 ] || {
	wait $group # it ended meanwhile; the shell knows how
	code=$?
}
# when the shell in between was killed they have got their signal, and half a second to obey
for ((i = 0; i < 10; i++)); do
	kill -0 -- -$group 2>/dev/null || exit $code
	sleep 0.05
done
kill -KILL -- -$group 2>/dev/null
exit $code

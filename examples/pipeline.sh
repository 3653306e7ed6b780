#!/bin/bash
# pipeline.sh NAME [START]: runs one pipeline, once, from where its target is.
#
# What it needs is in one folder, ${ROWFERRY_CONF:-/etc/rowferry}/NAME:
#   source.cnf, target.cnf   how to log in, as for the mysql clients: [client] host, port, socket, user, password
#   filter.rules, map.rules  what to keep and where to put it; both may be missing
#   tap.args, sink.args      further options of binlog-tap and mysql-sink, one a line, as --include=shop.* for a source
#                            account that may see only that database, or the --skip-ddl=FILE:OFFSET of a message
#   link.args                instead of source.cnf, when the source is at another site (source-site.sh): options of rowlink, one
#                            a line: --connect=tls:HOST:7000, --cert=FILE, --key=FILE, --ca=FILE, --compress
#
# START is used when the target has no position yet: now (default), earliest, FILE:OFFSET, gtid:SET, time:RFC3339,
# mydumper:DIR, dump:FILE.
#
# SIGTERM ends it cleanly, with exit code 0. Otherwise the exit code says who should act:
#   100, 101, 102  a person: wrong configuration, a bug, a damaged stream. Starting again does not help.
#   anything else  nobody: something outside failed. Start again (forever.sh, systemd and supervisord do).
set -u
name=${1:?usage: pipeline.sh NAME [START]}
start=${2:-now}
conf=${ROWFERRY_CONF:-/etc/rowferry}/$name
[ -d "$conf" ] || { echo "pipeline.sh: error: there is no folder $conf" >&2; exit 100; }

tap=(binlog-tap --defaults-file="$conf/source.cnf")
tap_args=tap
[ ! -e "$conf/link.args" ] || { tap=(rowlink); tap_args='link'; }
filter=(rowfilter)
map=(rowmap)
sink=(mysql-sink --defaults-file="$conf/target.cnf" --pipeline "$name")
[ ! -e "$conf/filter.rules" ] || filter+=(--rules "$conf/filter.rules")
[ ! -e "$conf/map.rules" ] || map+=(--rules "$conf/map.rules")
for program in tap:$tap_args sink:sink; do
	file=$conf/${program#*:}.args
	[ -e "$file" ] || continue
	mapfile -t args < <(grep -v '^[[:space:]]*\(#\|$\)' "$file")
	declare -n command=${program%:*}
	command+=("${args[@]}")
done

# the programs say where they are; this shell may be in their process group
trap : USR1 USR2

# The target knows how far it is. Nothing else remembers.
position=$("${sink[@]}" --print-position)
case $? in
0) start=$position ;;
1) ;; # it has none yet
*) exit ;;
esac

run()
{
	# a stop reaches the programs; this shell stays to see how they ended
	trap : TERM INT
	"${tap[@]}" --start-at "$start" | "${filter[@]}" | "${map[@]}" | "${sink[@]}"
	local codes=("${PIPESTATUS[@]}") code worst=0
	for code in "${codes[@]}"; do
		case $code in
		0) ;;
		100 | 101 | 102) worst=$code ;; # before all others, which only followed
		126 | 127) worst=100 ;;
		*) [[ $worst = 10[012] ]] || worst=$code ;; # the one nearest to the target
		esac
	done
	[ $worst = 0 ] || echo "pipeline.sh: error: the programs of $name ended with ${codes[*]}" >&2
	exit $worst
}

# zk-lease has given us a process group, and must reach all that is in it
[ -z "${ROWFERRY_LEASE:-}" ] || run

# a process group of its own, so that one signal reaches all four
set -m
run &
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
exit $code

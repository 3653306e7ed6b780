#!/bin/bash
# spool.sh write NAME [START]: runs the source's stream into its spool, once, from where the spool ends.
# spool.sh read NAME [START]: runs one pipeline from the spool, once, from where its target is, and tells the spool what the
# target has, which need not be kept for it any longer.
#
#   ROWFERRY_SPOOL=/var/spool/rowferry/db1 spool.sh write db1
#   ROWFERRY_SPOOL=/var/spool/rowferry/db1 spool.sh read shop
#   ROWFERRY_SPOOL=/var/spool/rowferry/db1 spool.sh read copy
#
# What it needs is in one folder, ${ROWFERRY_CONF:-/etc/rowferry}/NAME, as for pipeline.sh:
#   write   source.cnf; tap.args and spool.args: further options, one a line, as --keep-time=7d
#   read    target.cnf, sink.args, filter.rules, map.rules
# START is used when there is no position yet; write: now, read: earliest. ROWFERRY_ACK: seconds between two words to the
# spool (60).
#
# SIGTERM ends it cleanly, with exit code 0. 100, 101, 102: a person must act; anything else: start again.
set -u
usage='usage: spool.sh write|read NAME [START]'
mode=${1:?$usage}
name=${2:?$usage}
start=${3:-}
conf=${ROWFERRY_CONF:-/etc/rowferry}/$name
spool=${ROWFERRY_SPOOL:?the folder of the spool}
[ -d "$conf" ] || { echo "spool.sh: error: there is no folder $conf" >&2; exit 100; }

tap=(binlog-tap --defaults-file="$conf/source.cnf")
spool_args=(rowspool write "$spool")
filter=(rowfilter)
map=(rowmap)
sink=(mysql-sink --defaults-file="$conf/target.cnf" --pipeline "$name")
[ ! -e "$conf/filter.rules" ] || filter+=(--rules "$conf/filter.rules")
[ ! -e "$conf/map.rules" ] || map+=(--rules "$conf/map.rules")
for program in tap sink spool; do
	[ -e "$conf/$program.args" ] || continue
	mapfile -t args < <(grep -v '^[[:space:]]*\(#\|$\)' "$conf/$program.args")
	case $program in
	tap) tap+=("${args[@]}") ;;
	sink) sink+=("${args[@]}") ;;
	spool) spool_args+=("${args[@]}") ;;
	esac
done

# who knows where to go on: the spool of the source, the target of the spool
case $mode in
write) ask=(rowspool write "$spool" --print-position) start=${start:-now} ;;
read) ask=("${sink[@]}" --print-position) start=${start:-earliest} ;;
*) echo "$usage" >&2; exit 100 ;;
esac
position=$("${ask[@]}")
case $? in
0) start=$position ;;
1) ;; # nobody yet
*) exit ;;
esac

run()
{
	trap : TERM INT
	if [ "$mode" = write ]; then
		"${tap[@]}" --start-at "$start" | "${spool_args[@]}"
	else
		rowspool read "$spool" --start-at "$start" --follow --reader "$name" | "${filter[@]}" | "${map[@]}" | "${sink[@]}"
	fi
	local codes=("${PIPESTATUS[@]}") code worst=0
	for code in "${codes[@]}"; do
		case $code in
		0) ;;
		100 | 101 | 102) worst=$code ;; # before all others, which only followed
		126 | 127) worst=100 ;;
		*) [[ $worst = 10[012] ]] || worst=$code ;;
		esac
	done
	[ $worst = 0 ] || echo "spool.sh: error: the programs of $name ended with ${codes[*]}" >&2
	exit $worst
}

# a process group of its own, so that one signal reaches all of it
set -m
run &
group=$!
set +m
ack=
if [ "$mode" = read ]; then
	while sleep "${ROWFERRY_ACK:-60}" && kill -0 $group 2>/dev/null; do
		position=$("${ask[@]}" 2>/dev/null) && rowspool ack "$spool" "$name" "$position"
	done &
	ack=$!
fi
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
[ -z "$ack" ] || kill $ack 2>/dev/null
exit $code

#!/bin/bash
# spool.sh NAME [START]: runs one pipeline from a spool, once, from where its target is, and tells the spool what it has passed.
#
#   the source into the spool, started again by whoever starts this
#       at=$(rowspool write /var/spool/rowferry/db1 --print-position) || at=now
#       binlog-tap --defaults-file=source.cnf --start-at "$at" | rowspool write /var/spool/rowferry/db1 --keep-time 7d
#   each pipeline that it feeds
#       ROWFERRY_SPOOL=/var/spool/rowferry/db1 spool.sh shop
#
# What it needs is in one folder, ${ROWFERRY_CONF:-/etc/rowferry}/NAME, as for pipeline.sh: target.cnf, filter.rules, map.rules.
# START is used when the target has no position yet (default: earliest). ROWFERRY_ACK: seconds between two words to the spool (60).
#
# SIGTERM ends it cleanly, with exit code 0. 100, 101, 102: a person must act; anything else: start again.
set -u
name=${1:?usage: spool.sh NAME [START]}
start=${2:-earliest}
conf=${ROWFERRY_CONF:-/etc/rowferry}/$name
spool=${ROWFERRY_SPOOL:?ROWFERRY_SPOOL: the folder of the spool}
filter=(rowfilter)
map=(rowmap)
sink=(mysql-sink --defaults-file="$conf/target.cnf" --pipeline "$name")
[ ! -e "$conf/filter.rules" ] || filter+=(--rules "$conf/filter.rules")
[ ! -e "$conf/map.rules" ] || map+=(--rules "$conf/map.rules")

# The target knows how far it is.
position=$("${sink[@]}" --print-position)
case $? in
0) start=$position ;;
1) ;; # it has no position yet
*) exit ;;
esac

run()
{
	trap : TERM INT
	rowspool read "$spool" --start-at "$start" --follow --reader "$name" | "${filter[@]}" | "${map[@]}" | "${sink[@]}"
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

# a process group of its own, so that one signal reaches all four
set -m
run &
group=$!
set +m
# what the target has, the spool need not keep
while sleep "${ROWFERRY_ACK:-60}"; do
	position=$("${sink[@]}" --print-position 2>/dev/null) && rowspool ack "$spool" "$name" "$position"
done &
ack=$!
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
kill $ack 2>/dev/null
exit $code

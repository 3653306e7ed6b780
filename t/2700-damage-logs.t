#!/bin/bash
# Damaged logs of each server: every cut and every flipped bit of a log with an event of each kind. With checksums each is
# found and nothing is invented; cut between two transactions a log looks as one that is not finished, which is said. Without
# checksums damage may pass, but nothing crashes, hangs or takes memory without bounds.
# (one client library will do)
. t/lib.sh

drive=${B:-build}/drive/damage
[ -x "$drive" ] || bail "$drive is not built (make units)"
logs='mariadb-10.11 mariadb-11.8 mysql-9.7'
step=1
grep -aq __asan_init "$drive" && step=23 # and with ROWFERRY_LONG all of them
[ -z "${ROWFERRY_LONG:-}" ] || step=1

# all HOW: each log, two at a time
all()
{
	local log
	for log in $logs; do
		echo "$log"
	done | xargs -P 2 -I LOG sh -c '"$0" "t/data/LOG.binlog" "$1" "$2" >"$T/LOG.$1" 2>&1; echo "exit $?" >>"$T/LOG.$1"' "$drive" "$1" $step
	for log in $logs; do
		like "$(<"$T/$log.$1")" $'^[0-9]+ bytes: [0-9]+ cuts, [0-9]+ flips, 0 kinds of mistake\nexit 0$' "$log, $2"
		diag "$(tail -n 2 "$T/$log.$1" | head -n 1)"
	done
}
all closed 'closed: every cut and every flipped bit'
all open 'in use: it is read to its last whole transaction, or found to be damaged'
all plain 'without checksums: what comes out is a stream'
[ $step != 1 ] || is "$(sed -nE 's/^([0-9]+) bytes: ([0-9]+) cuts, ([0-9]+) flips.*/\1 \2 \3/p' "$T"/*.closed | awk '$2 != $1 || $3 != 8 * $1' | wc -l)" 0 'not one was left out'

# the driver must be able to fail
cp t/data/mysql-9.7.binlog "$T/bad.binlog"
printf '\1' | dd of="$T/bad.binlog" bs=1 seek=3000 conv=notrunc 2>/dev/null
exits 1 'a log that is damaged already' "$drive" "$T/bad.binlog" closed 1001
like "$(<"$T/out")" 'the whole log is not read: 1 times.*checksum does not match' 'is found out'

# the same through the program itself, here and there
bad=''
cases=0
for log in $logs; do
	cp "t/data/$log.binlog" "$T/x.000001"
	binlog-tap --file "$T/x.000001" | rowdump | grep -v '^{"\(hello\|end\)"' >"$T/whole"
	size=$(stat -c %s "$T/x.000001")
	for ((at = 5; at < size; at += 271)); do
		cases=$((cases + 2))
		head -c "$at" "t/data/$log.binlog" >"$T/x.000001"
		binlog-tap --file "$T/x.000001" >"$T/cut" 2>"$T/err"
		code=$?
		case $code in
		0) grep -q 'does not end in a ROTATE' "$T/err" || bad+=" $log:$at:no warning" ;;
		102) ;;
		*) bad+=" $log:$at:$code" ;;
		esac
		[ "$(wc -l <"$T/err")" = 1 ] || [ "$(grep -c hint: "$T/err")" = 1 ] || bad+=" $log:$at:$(<"$T/err")"
		cp "t/data/$log.binlog" "$T/x.000001"
		byte=$(od -An -tu1 -j "$at" -N 1 "$T/x.000001")
		# shellcheck disable=SC2059 # it is the format that makes the byte
		printf "\\$(printf %o $((byte ^ (1 << at % 8))))" | dd of="$T/x.000001" bs=1 seek="$at" conv=notrunc 2>/dev/null
		binlog-tap --file "$T/x.000001" >"$T/flipped" 2>"$T/err"
		code=$?
		[ "$code $(wc -l <"$T/err")" = '102 1' ] || bad+=" $log:$at:$code:$(<"$T/err")"
		for out in cut flipped; do
			rowdump <"$T/$out" 2>/dev/null | grep -v '^{"\(hello\|end\)"' >"$T/rows"
			cmp -s -n "$(stat -c %s "$T/rows")" "$T/rows" "$T/whole" || bad+=" $log:$at:$out differs"
		done
	done
done
is "$bad" '' "$cases times the program itself"

# an encrypted log and what is no log at all
printf '\xfdbin' >"$T/e.000001"
exits 100 'the head of an encrypted log' binlog-tap --file "$T/e.000001"
like "$(err)" 'the log is encrypted.*read it from its server' 'is told from damage'
printf '\xfebin' >"$T/e.000001"
exits 102 'a head alone' binlog-tap --file "$T/e.000001"
like "$(err)" 'ends before its FORMAT_DESCRIPTION event' 'is no log'
done_testing

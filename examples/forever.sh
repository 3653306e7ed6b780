#!/bin/bash
# forever.sh NAME [START]: runs pipeline.sh again and again, with growing pauses, until it ends well
# (someone stopped it) or only a person can help. What systemd and supervisord do, for a terminal.
set -u
here=$(dirname "$0")
pause=1
child=
trap 'stopped=1; [ -z "$child" ] || kill -TERM "$child"' TERM INT
stopped=

while :; do
	began=$SECONDS
	setpriv --pdeathsig TERM -- "$here/pipeline.sh" "$@" & # it ends with us, however we end
	child=$!
	wait $child
	code=$?
	# a signal interrupts the wait, not the child
	while [ $code -gt 128 ] && kill -0 $child 2>/dev/null; do
		wait $child
		code=$?
	done
	[ $code -le 128 ] || {
		wait $child # it ended meanwhile; the shell knows how
		code=$?
	}
	child=
	[ -z "$stopped" ] || exit "$code"
	case $code in
	0 | 100 | 101 | 102) exit $code ;;
	esac
	[ $((SECONDS - began)) -lt 60 ] || pause=1
	echo "forever.sh: the pipeline ended with $code, started again in $pause s" >&2
	sleep $pause &
	wait $! # unlike sleep itself, ends with a signal
	[ -z "$stopped" ] || exit 0
	[ $pause -ge 30 ] || pause=$((pause * 2))
done

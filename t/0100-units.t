#!/bin/bash
# The unit tests in C (t/unit/*.c, built by make units): each prints TAP of its own.
#   B=folder   where they were built (default build)
. t/lib.sh
# the msgpack library that mp is compared with asks for gigabytes when a length is wrong
ASAN_OPTIONS+=:max_allocation_size_mb=64

for c in t/unit/*.c; do
	unit=$(basename "$c" .c)
	program=${B:-build}/unit/$unit
	if ! [ -x "$program" ]; then
		fail "$unit is built (make units)"
		continue
	fi
	run "$program"
	is "$CODE" 0 "$unit ends with 0" || diag "$(tail -n 20 "$T/err")"
	bad=$(grep -a -A 5 '^not ok' "$T/out")
	is "$bad" '' "$unit: nothing is not ok"
	plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$T/out")
	is "$(grep -acE '^(not )?ok\b' "$T/out")" "${plan:-no plan}" "$unit: ran as many tests as planned"
done
done_testing

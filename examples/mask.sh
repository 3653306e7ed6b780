#!/bin/bash
# mask.sh: a filter of a row stream written in jq. Mail addresses become their hash, the rows of the tenant "test"
# do not pass. Any program that reads and writes JSON lines can stand in jq's place.
#
#   binlog-tap ... | examples/mask.sh | mysql-sink ...
#
# A row looks like {"update":"shop.users", "old":{...}, "new":{...}}; every other line passes as it is.
# The exit code is that of the first program that failed.
set -u
rowdump | jq -c --unbuffered '
	# not a secret hash: equal addresses stay equal, that is all
	def mask: "user" + (explode | reduce .[] as $c (7; (. * 31 + $c) % 1000000007) | tostring) + "@example.invalid";

	select((.new // .old // {}).tenant != "test")
	| if .old.email? then .old.email |= mask else . end
	| if .new.email? then .new.email |= mask else . end
' | rowundump
for code in "${PIPESTATUS[@]}"; do
	[ "$code" = 0 ] || exit "$code"
done

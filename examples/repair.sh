#!/bin/bash
# repair.sh PIPELINE SOURCE.cnf TARGET.cnf [rowdiff option...]: makes the target of a running pipeline the same as its source
# where it is not, and says when it is. What was changed while the repair was on its way is left to the next round.
#
#   repair.sh shop source.cnf target.cnf --include shop
set -u
name=${1:?usage: repair.sh PIPELINE SOURCE.cnf TARGET.cnf [rowdiff option...]}
source=${2:?the option file of the source}
target=${3:?the option file of the target}
shift 3
for ((round = 1; round <= ${ROUNDS:-5}; round++)); do
	rowdiff --source-defaults-file="$source" --target-defaults-file="$target" --pipeline "$name" "$@" --repair - |
		mysql-sink --defaults-file="$target" --pipeline "$name.repair" --on-conflict skip --create-tables
	codes=("${PIPESTATUS[@]}")
	# 0: all is the same; 1: differences, which are repaired; any other: it could not be told
	[ "${codes[0]}" = 1 ] || exit "${codes[0]}"
	[ "${codes[1]}" = 0 ] || exit "${codes[1]}"
done
exit 1

#!/bin/bash
# leased.sh NAME [START]: pipeline.sh on one of several machines, whichever holds the lease /rowferry/leases/NAME in ZooKeeper.
# Started on each of them, by forever.sh's like or a service manager, it waits until its turn comes.
#
# The folder of the pipeline (see pipeline.sh) has one file more:
#   lease.args   options of zk-lease, one a line: --zk=HOST:PORT,HOST:PORT,HOST:PORT, --session-timeout=10, --auth-file=FILE
#
# The exit code is pipeline.sh's, or 99 when the lease was lost: start again.
set -u
name=${1:?usage: leased.sh NAME [START]}
conf=${ROWFERRY_CONF:-/etc/rowferry}/$name
[ -e "$conf/lease.args" ] || { echo "leased.sh: error: there is no file $conf/lease.args" >&2; exit 100; }
mapfile -t args < <(grep -v '^[[:space:]]*\(#\|$\)' "$conf/lease.args")
exec zk-lease "${args[@]}" --path "/rowferry/leases/$name" -- "$(dirname "$0")/pipeline.sh" "$@"

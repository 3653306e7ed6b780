#!/bin/bash
# save.sh FILE START STOP [mysql client option...]: keeps a part of a server's log as a stream in a file.
# The file explains itself: it can be looked at, filtered and applied years later, on any target.
#
#   save.sh monday.rows time:2026-11-23T00:00:00Z time:2026-11-24T00:00:00Z --host=db1 --user=rowferry -p
#
#   rowdump --sql monday.rows
#   rowfilter --include 'shop.orders' <monday.rows | mysql-sink --host=db2 --pipeline monday
set -eu
file=${1:?usage: save.sh FILE START STOP [mysql client option...]}
start=$2
stop=$3
shift 3
# under another name until it is whole
binlog-tap "$@" --start-at "$start" --stop-at "$stop" >"$file.part"
mv "$file.part" "$file"

#!/bin/bash
# look.sh PATTERN [mysql client option...]: shows what happens to tables from now on, as it happens.
#
#   look.sh 'shop.*' --host=db1 --user=rowferry -p
#
# In a running pipeline the same is done with tee, at any place between two programs:
#
#   binlog-tap ... | tee >(rowdump --pretty >&2) | mysql-sink ...
set -u
pattern=${1:?usage: look.sh PATTERN [mysql client option...]}
shift
binlog-tap "$@" --start-at now | rowfilter --include "$pattern" | rowdump --pretty

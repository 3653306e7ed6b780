#!/bin/bash
# from-dump.sh NAME DATABASE: from nothing to in sync. Dumps a database of the source while it is written, loads the
# dump into the target, and starts the pipeline where the dump was made (pipeline.sh, which has the files that it
# needs; filter.rules should say: include DATABASE.*).
#
#   DUMP      mydumper (default; Debian's cannot ask MySQL 8.4 and later where it is), mariadb-dump or mysqldump
#   DUMP_DIR  a folder with room for the dump (default: a new one in TMPDIR or /tmp). It is left there.
#
# A pipeline that has a position is left alone: pipeline.sh goes on with it. When this is stopped later, start
# pipeline.sh or forever.sh: the target knows the position then.
set -eu -o pipefail
name=${1:?usage: from-dump.sh NAME DATABASE}
database=${2:?usage: from-dump.sh NAME DATABASE}
conf=${ROWFERRY_CONF:-/etc/rowferry}/$name
here=$(dirname "$0")
source=--defaults-file=$conf/source.cnf
target=--defaults-file=$conf/target.cnf

code=0
mysql-sink "$target" --pipeline "$name" --print-position >/dev/null || code=$?
case $code in
0)
	echo "from-dump.sh: error: pipeline $name has a position already: start pipeline.sh" >&2
	exit 100
	;;
1) ;;
*) exit $code ;;
esac

dir=${DUMP_DIR:-$(mktemp -d "${TMPDIR:-/tmp}/$name.dump.XXXXXX")}
case ${DUMP:-mydumper} in
mydumper)
	mydumper "$source" --database "$database" --outputdir "$dir"
	myloader "$target" --directory "$dir"
	at=mydumper:$dir
	;;
*)
	at=dump:$dir/$database.sql.gz
	position=--source-data=2
	[ "$DUMP" = mysqldump ] || position=--master-data=2
	"$DUMP" "$source" --single-transaction "$position" --databases "$database" | gzip >"${at#dump:}"
	gzip -dc "${at#dump:}" | mariadb "$target" --default-character-set=utf8mb4
	;;
esac
exec "$here/pipeline.sh" "$name" "$at"

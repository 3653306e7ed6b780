#!/bin/bash
# The tree keeps its own rules: format, shell, manual pages, layers, headers, what is linked with what.
. t/lib.sh
command -v shellcheck >/dev/null && command -v mandoc >/dev/null && command -v clang-format >/dev/null ||
	skip_all 'shellcheck, mandoc or clang-format is missing'

lint()
{
	local name=$1
	shift
	run "$@"
	is "$CODE" 0 "$name" || diag "$(cat "$T/out" "$T/err" | head -n 40)"
}

RUN_LIMIT=300
lint 'make lint: format, shell, manual pages, layers' make -s lint
lint 'make hdr-check: every header compiles alone' make -s hdr-check B="$T/hdr"

# that scripts/layers can fail
mkdir -p "$T/tree/lib" "$T/tree/src/a" "$T/tree/src/b" "$T/tree/scripts"
cp scripts/layers "$T/tree/scripts"
layers_find() # FILE TEXT NAME
{
	printf '%s\n' "$2" >"$T/tree/$1"
	run "$T/tree/scripts/layers"
	is "$CODE $(grep -o "$1" "$T/out" | sort -u)" "1 $1" "scripts/layers finds $3"
	rm "$T/tree/$1"
}
lint 'scripts/layers has nothing against an empty tree' "$T/tree/scripts/layers"
layers_find src/a/x.c '#include <mysql.h>' 'a client library where it does not belong'
layers_find lib/x.c '#include <msgpack.h>' 'msgpack where it does not belong'
layers_find src/a/x.c '#include <zookeeper/zookeeper.h>' 'the client library of ZooKeeper where it does not belong'
layers_find src/a/x.c '#include "../b/x.h"' 'a program that includes another'
layers_find lib/x.c 'void f(void) { exit(1); }' 'a library that exits'
layers_find lib/x.c 'void f(void) { printf("x"); }' 'a library that prints'
layers_find lib/x.c 'void f(void) { sprintf(a, b); }' 'unbounded copies'

needed()
{
	readelf -d "$BIN/$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}
for p in rowfilter rowmap rowdump rowundo rowundump zk-lease; do
	unlike "$(needed $p)" 'mysql|mariadb' "$p is linked without a client library"
done
for p in binlog-tap mysql-sink; do
	like "$(needed $p)" 'mysql|mariadb' "$p is linked with one"
done
for p in src/*/; do
	p=$(basename "$p")
	is "$(needed "$p" | grep -c zookeeper)" "$([ "$p" = zk-lease ] && echo 1 || echo 0)" "$p: with ZooKeeper's only if it is zk-lease"
done

for f in $(git ls-files 2>/dev/null | grep -E '\.(c|h|sh|t|[157]|md)$|^scripts/|^Makefile$'); do
	[ -e "$f" ] && printf '%s ' "$(wc -l <"$f")" && echo "$f"
done >"$T/lines"
is "$(awk '$1 > 1000 && $2 ~ /\.[ch]$/ { print $2 }' "$T/lines")" '' 'no source file has more than 1000 lines'
done_testing

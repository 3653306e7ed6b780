#!/bin/bash
# The second compiler has nothing to warn of either, and what it builds runs.
. t/lib.sh
command -v clang >/dev/null || skip_all 'clang is missing'

RUN_LIMIT=300
run make -s -j2 CC=clang OPT=-O0 CFLAGS= B="$T/build" BIN="$T/bin" WERROR=-Werror all
is "$CODE" 0 'clang builds everything without a warning' || diag "$(tail -n 30 "$T/err")"
for p in src/*/; do
	p=$(basename "$p")
	exits 0 "$p runs" "$T/bin/$p" --version
done
done_testing

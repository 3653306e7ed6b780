#!/bin/bash
# The fuzz targets build, take everything that is in their corpus, and some more that is drawn from it, without a finding.
# `make fuzz` runs them for long.
. t/lib.sh

grep -aq __asan_init "$BIN/rowdump" && skip_all 'the targets have sanitizers of their own, whatever the programs have'
command -v clang >/dev/null || skip_all 'clang is missing'
printf 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n);\nint LLVMFuzzerTestOneInput(const char *p, unsigned long n)\n{\n\treturn n && !p;\n}\n' >"$T/t.c"
clang -fsanitize=fuzzer,address,undefined -o "$T/t" "$T/t.c" 2>/dev/null || skip_all "clang has no libFuzzer"
fuzz_b=${B:-build}-fuzz
runs=2000
[ -z "${ROWFERRY_LONG:-}" ] || runs=200000

RUN_LIMIT=600
run env -u MAKEFLAGS make -s -j2 FUZZ_B="$fuzz_b" fuzz-targets
is "$CODE" 0 'the targets build' || diag "$(tail -n 20 "$T/err")"
for target in t/fuzz/corpus/*/; do
	target=$(basename "$target")
	count=$(find "t/fuzz/corpus/$target" -type f | wc -l)
	exits 0 "$target: $count inputs of its corpus" "$fuzz_b/fuzz/$target" -runs=0 -timeout=20 -close_fd_mask=2 -artifact_prefix="$T/$target-" "t/fuzz/corpus/$target"
	mkdir "$T/corpus-$target"
	exits 0 "$target: $runs more" "$fuzz_b/fuzz/$target" -runs=$((runs + count)) -max_total_time=60 -max_len=8192 -timeout=20 -rss_limit_mb=1500 \
		-malloc_limit_mb=512 -seed=1 -close_fd_mask=2 -artifact_prefix="$T/$target-" "$T/corpus-$target" "t/fuzz/corpus/$target"
	for found in "$T/$target"-*; do
		[ -e "$found" ] && diag "$(base64 "$found" | head -n 50)"
	done
done
is "$(find t/fuzz/corpus -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort | paste -sd ' ')" 'binlog block ddl dump json pos rules spool stream text' 'each target has a corpus'
ok 'which is small' test "$(du -bs t/fuzz/corpus | cut -f 1)" -lt 900000
done_testing

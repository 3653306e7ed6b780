#!/bin/bash
# A damaged stream: every prefix of a sample is cut off, every byte of it is changed. Each program that
# reads a stream says so in one line and ends with 102 or 111; what it wrote is what came before the damage.
. t/lib.sh

/usr/bin/python3 -c 'import msgpack, xxhash' 2>/dev/null || skip_all 'python3-msgpack or python3-xxhash is missing'
damage()
{
	/usr/bin/python3 "$TOP/t/damage.py" "$@"
}
/usr/bin/python3 t/rowstream.py small >"$T/small.rs"
size=$(stat -c %s "$T/small.rs")

all() # CASES-A-BYTE HOW NAME PROGRAM...
{
	local n=$1 how=$2 name=$3
	shift 3
	damage cuts "$T/small.rs" -- "$@" >"$T/cuts" 2>&1 &
	local cuts=$!
	damage "$how" "$T/small.rs" -- "$@" >"$T/flips" 2>&1
	wait $cuts
	is "$(cat "$T/cuts")" "$size cases, 0 kinds of failure" "$name: every cut"
	is "$(cat "$T/flips")" "$((n * size)) cases, 0 kinds of failure" "$name: every byte changed"
}
all 3 flips rowdump rowdump
all 1 bits rowfilter rowfilter --exclude nothing.here
all 1 bits rowmap rowmap
for form in --sql --pretty; do
	is "$(damage bits "$T/small.rs" 7 -- rowdump $form)" "$(((size + 6) / 7)) cases, 0 kinds of failure" "rowdump $form: every seventh byte changed"
done

# the driver itself must be able to fail
printf '#!/bin/sh\ncat\n' >"$T/blind"
chmod +x "$T/blind"
like "$(damage cuts "$T/small.rs" 100 -- "$T/blind")" 'exit 0: 8 times.*not one error line: 8 times' 'a program that sees nothing is found out'

# a frame that is right in itself but does not hold what it should: nothing of it is shown
broken() # WANT PYTHON
{
	/usr/bin/python3 - "$2" >"$T/broken.rs" <<-'E2'
		import sys
		sys.path.insert(0, "t")
		from rowstream import *
		start = frame(HELLO, pack({"version": 1, "flavor": "mariadb"})) + table(1, "d", "t", [col("a", "int"), col("b", "text", cs="utf8mb4")]) \
			+ frame(BEGIN, pack({"file": "f", "off": 1}))
		sys.stdout.buffer.write(eval(sys.argv[1]))
	E2
	for program in 'rowdump' 'rowdump --pretty' 'rowdump --sql' 'rowfilter --where new.a>0' 'rowmap'; do
		# shellcheck disable=SC2086
		$program <"$T/broken.rs" >"$T/out" 2>"$T/err"
		code=$?
		# who only passes rows on need not look into them
		case "$program $code" in 'rowmap 111' | 'rowfilter --where new.a>0 111') continue ;; esac
		is "$code $(grep -c 'error: ' "$T/err") $(wc -l <"$T/err") $(grep -c "$1" "$T/err")" '102 1 1 1' "$program: $1" || diag "$(cat "$T/err")"
	done
}
broken 'a row .*columns' 'start + rows(1, "i", [[1, "x"], [2]])'
broken "not of its column's type" 'start + rows(1, "i", [[1, "x"], ["2", "x"]])'
broken 'table that was not defined' 'start + rows(2, "i", [[1, "x"]])'
broken 'more rows than' 'start + frame(ROWS, pack({"t": 1, "op": "i", "n": 2**63}) + pack([1, "x"]))'
broken 'operation is not known' 'start + frame(ROWS, pack({"t": 1, "op": "x", "n": 1}) + pack([1, "x"]))'
broken 'rows' 'start + rows(1, "i", [[1, "x"]]) + frame(COMMIT, pack({"file": "f", "off": 2, "rows": 5}))'
broken 'does not begin with HELLO' 'start[len(frame(HELLO, pack({"version": 1, "flavor": "mariadb"}))):]'
broken 'version 2' 'frame(HELLO, pack({"version": 2, "flavor": "mariadb"}))'
broken 'inside a transaction' 'start + frame(MARK, pack({"file": "f", "off": 1, "time": 1}))'
broken 'longer than its frame' 'start + frame(NOTE, b"\xdf\xff\xff\xff\xff")'
broken 'nest too deep' 'start + frame(NOTE, b"\x82" + pack("sql") + pack(b"") + pack("x") + b"\x91" * 100 + b"\xc0")'
done_testing

#!/bin/bash
# A damaged stream and mysql-sink with a real server: one line, exit 102 or 111, and no row of the damaged
# transaction is applied, nor its position kept.
. t/lib.sh

/usr/bin/python3 -c 'import msgpack, xxhash' 2>/dev/null || skip_all 'python3-msgpack or python3-xxhash is missing'
/usr/bin/python3 - >"$T/one.rs" <<'E2'
import sys
sys.path.insert(0, "t")
from rowstream import *
sys.stdout.buffer.write(b"".join([
    frame(HELLO, pack({"version": 1, "flavor": "mariadb", "file": "bin.000001", "off": 4, "gtid": "0-1-9"})),
    table(1, "shop", "orders", [col("id", "int"), col("name", "varchar", len=20, coll=45, cs="utf8mb4")]),
    frame(BEGIN, pack({"gtid": "0-1-10", "file": "bin.000001", "off": 256})),
    rows(1, "i", [[1, "one"], [2, None]], off=300),
    frame(COMMIT, pack({"file": "bin.000001", "off": 400, "rows": 2})),
    frame(END, b"\x80")]))
E2
server_start dst
q dst 'CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, name VARCHAR(20)) ENGINE=InnoDB CHARACTER SET utf8mb4'

# every cut and changed byte up to the end of COMMIT, each with a sink of its own; every 3rd if there is no time for all
size=$(/usr/bin/python3 t/rowstream.py frames "$T/one.rs" | awk '$2 == "END" { print $1 }')
sink=(mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline damage)
step=${ROWFERRY_LONG:+1}
/usr/bin/python3 - "$T/one.rs" "$size" "${step:-3}" "${sink[@]}" >"$T/cases" 2>&1 <<'E2'
import sys
sys.path.insert(0, "t")
from damage import *
good, size, step = rowstream.read(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
runner, bad, n = Runner(sys.argv[4:]), [], 0
for at in range(0, size, step):
    flipped = bytearray(good)
    flipped[at] ^= 1 << (at // step) % 8
    for data, codes in ((good[:at], (111,)), (bytes(flipped), (102, 111))):
        code, out, err = runner.run(data)
        n += 1
        if code not in codes or err.count(b"error: ") != 1 or out:
            bad.append((at, code, err))
print("all as they should be" if not bad else "%d of %d are not, first %r" % (len(bad), n, bad[0]))
E2
is "$(cat "$T/cases")" 'all as they should be' 'every cut and changed byte is one error line and exit 102 or 111'
is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" 0 'nothing was applied'
exits 0 'there is a position' "${sink[@]}" --print-position
is "$(out)" 'gtid:0-1-9' 'which is where the stream begins'

head -c "$size" "$T/one.rs" | "${sink[@]}" >"$T/out" 2>"$T/err"
is "$? $(grep -c 'error: ' "$T/err")" '111 1' 'cut between COMMIT and END'
is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" 2 'the transaction that was whole is there'
exits 0 'the whole stream, once more' "${sink[@]}" <"$T/one.rs" || diag "$(err)"
is "$(q dst 'SELECT * FROM shop.orders ORDER BY id')" $'1\tone\n2\tNULL' 'its rows are there once'
done_testing

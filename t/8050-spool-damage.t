#!/bin/bash
# Flipped bits, cut and swapped files of a spool: never a wrong row, never a crash. What is read is right up to the damage, which is
# then said; damage of what can be made again, the index and the end, changes nothing.
# ROWFERRY_SEED repeats a run; ROWFERRY_LONG=1: twenty times as many.
# (one client library will do)
. t/lib.sh
. t/sink.sh

seed=${ROWFERRY_SEED:-$RANDOM}
diag "seed $seed"
{
	hello off=4 | sed 's/"off":4/"off":4,"gtid":""/'
	orders
	# rows large enough for several entries of an index
	awk 'BEGIN { while (length(x) < 9000) x = x "0123456789"
		for (i = 1; i <= 900; i++) printf "{\"begin\":{\"file\":\"bin.000001\",\"off\":%d,\"gtid\":\"0-1-%d\",\"ts\":1795502401000000}}\n{\"insert\":\"shop.orders\",\"t\":1,\"f\":%d,\"off\":%d,\"new\":{\"id\":%d,\"name\":\"%s\",\"price\":\"1.00\"}}\n{\"commit\":{\"file\":\"bin.000001\",\"off\":%d,\"rows\":1}}\n", i * 100, i, i, i * 100 + 10, i, i x, i * 100 + 50 }'
	end 90050
} | rowundump >"$T/in.rs"
rowspool write "$T/sp" --segment-size 3M <"$T/in.rs"
is "$(find "$T/sp" -name '*.rows' | wc -l)" 3 'three segments'
exits 0 'whole' rowspool verify "$T/sp"

cat >"$T/damage.py" <<'EOT'
import os, random, shutil, subprocess, sys
import msgpack
top, seed, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rnd = random.Random(seed)
src = top + "/sp"

def frames(data):
    """kind and payload of each whole frame"""
    at = 0
    while at + 18 <= len(data):
        n = int.from_bytes(data[at + 1:at + 5], "big")
        if at + 6 + n > len(data):
            break
        yield data[at + 5], data[at + 18:at + 6 + n]
        at += 6 + n

def trxs(data):
    """GTIDs and row bytes of the transactions that have ended"""
    out, rows, g = [], None, None
    for kind, body in frames(data):
        if kind == 3:
            g, rows = msgpack.unpackb(body, raw=True)[b"gtid"], b""
        elif kind == 4:
            rows += body
        elif kind == 6:
            out.append((g, rows))
    return out

whole = trxs(open(top + "/in.rs", "rb").read())
assert len(whole) == 900
bad = 0
seen = {}

def check(what, sp, start, exact):
    global bad
    skip = 0 if start == "earliest" else int(start.rsplit("-", 1)[1])
    p = subprocess.run(["rowspool", "read", sp, "--start-at", start], capture_output=True, timeout=60)
    got = trxs(p.stdout)
    want = whole[skip:]
    ok = got == want[:len(got)] and p.returncode in ((0,) if exact else (0, 100, 102, 111))
    # the end is said only where all is there
    if p.returncode == 0 and len(got) != len(want):
        ok = False
    seen[p.returncode] = seen.get(p.returncode, 0) + 1
    if not ok:
        bad += 1
        print(f"{what}, from {start}: exit {p.returncode}, {len(got)} of {len(want)}: {p.stderr.decode()[:300]}")

names = sorted(n for n in os.listdir(src) if n[0] == "0")
for i in range(rounds):
    sp = f"{top}/d"
    shutil.rmtree(sp, ignore_errors=True)
    shutil.copytree(src, sp)
    kind = rnd.choice(["rows", "rows", "idx", "idx", "end", "cut", "swap", "garbage"])
    name = rnd.choice([n for n in names if n.endswith("idx" if kind == "idx" else "rows")])
    path = f"{sp}/{'end' if kind == 'end' else name}"
    size = os.path.getsize(path)
    exact = kind in ("idx", "end")
    if kind in ("rows", "idx", "end"):
        for _ in range(rnd.choice([1, 1, 1, 3])):
            at = rnd.randrange(size)
            with open(path, "r+b") as f:
                f.seek(at)
                b = f.read(1)[0] ^ (1 << rnd.randrange(8))
                f.seek(at)
                f.write(bytes([b]))
        what = f"{name if kind != 'end' else 'end'}: bit at {at}"
    elif kind == "cut":
        # an index, or a segment that is not the last: of the last, who cuts it where a transaction ends leaves no trace
        if rnd.random() < .5:
            path = f"{sp}/{name[:-4]}idx"
            exact = True
        elif name == names[-1]:
            name = names[1]
            path = f"{sp}/{names[1]}"
        size = rnd.randrange(os.path.getsize(path))
        os.truncate(path, size)
        what = f"{os.path.basename(path)}: cut at {size}"
    elif kind == "swap":
        # the index of another segment
        other = rnd.choice([n for n in names if n.endswith("idx")])
        shutil.copy(f"{src}/{other}", f"{sp}/{name[:-4]}idx")
        exact = True
        what = f"index {other} for {name}"
    else:
        at = rnd.randrange(size)
        with open(path, "r+b") as f:
            f.seek(at)
            f.write(rnd.randbytes(rnd.randrange(1, 5000)))
        what = f"{name}: garbage at {at}"
    for start in ("earliest", f"gtid:0-1-{rnd.randrange(1, 900)}"):
        check(what, sp, start, exact)
    v = subprocess.run(["rowspool", "verify", sp], capture_output=True, timeout=60)
    want = (0,) if kind == "end" else (0, 102) if what.startswith("index") else (102, 111)
    if v.returncode not in want:
        bad += 1
        print(f"{what}: verify exits {v.returncode}: {v.stdout.decode()} {v.stderr.decode()[:300]}")
    if exact and kind != "end":
        v = subprocess.run(["rowspool", "verify", "--rebuild-index", sp], capture_output=True, timeout=60)
        same = all(open(f"{sp}/{n}", "rb").read() == open(f"{src}/{n}", "rb").read() for n in names)
        if v.returncode or not same:
            bad += 1
            print(f"{what}: the index was not made again: {v.returncode} {v.stderr.decode()[:300]}")
print(bad, "bad of", rounds, "exit codes", seen)
EOT
rounds=${ROWFERRY_LONG:+3000}
if ! /usr/bin/python3 -c 'import msgpack' 2>/dev/null; then
	skip 'damage' 'no python3-msgpack'
else
	RUN_LIMIT=3000 run /usr/bin/python3 "$T/damage.py" "$T" "$seed" "${rounds:-150}"
	like "$(out)" '^0 bad of' 'whatever is damaged, what comes out is right up to there' || diag "$(head -c 3000 "$T/out" "$T/err")"
	diag "$(tail -n 1 "$T/out")"
fi

# ---- the writer goes on behind damage of the last segment
last=$(find "$T/sp" -name '*.rows' | sort | tail -n 1)
size=$(stat -c %s "$last")
printf 'x' | dd of="$last" bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
exits 0 'behind damage in the last segment' rowspool write "$T/sp" <"$T/in.rs"
like "$(err)" 'is damaged at byte [0-9]+, before its end at [0-9]+: what follows must come from the source again' 'it says what is lost'
exits 0 'it is whole again' rowspool verify "$T/sp"
is "$(rowspool read "$T/sp" --start-at earliest | rowdump | jq -r 'select(.insert) | .new.id' | md5sum)" "$(seq 1 900 | md5sum)" 'each transaction is there once'
# HELLO stands in the index too
is "$(find "$T/sp" -name '*.rows' | wc -l)" 4 'a segment more'
last=$(find "$T/sp" -name '*.rows' | sort | tail -n 1)
cp "$last" "$T/last"
cp "${last%rows}idx" "$T/last.idx"
head -c 10 /dev/urandom | dd of="$last" bs=1 seek=30 conv=notrunc 2>/dev/null
exits 0 'behind a damaged beginning of the last segment' rowspool write "$T/sp" <"$T/in.rs"
like "$(err)" 'the beginning of "[^"]*4\.rows" is damaged: puts back what its index has of it$' 'which is said'
ok 'it is as it was' cmp "$last" "$T/last"
exits 0 'and whole' rowspool verify "$T/sp"
printf 'xxxx' | dd of="$last" bs=1 conv=notrunc 2>/dev/null
rm "${last%rows}idx"
exits 0 'without the index' rowspool write "$T/sp" <"$T/in.rs"
like "$(err)" 'is damaged at byte 0, before its end at [0-9]+: what follows must come from the source again' 'it says what is lost'
like "$(err)" "removed \"$last\", of whose $(stat -c %s "$T/last") bytes not even the beginning is whole" 'and what it removes'
exits 0 'it is whole again' rowspool verify "$T/sp"
is "$(rowspool read "$T/sp" --start-at earliest | rowdump | jq -r 'select(.insert) | .new.id' | md5sum)" "$(seq 1 900 | md5sum)" 'each transaction is there once'
# an index that is gone
rm "$T/sp/0000000000000001.idx"
exits 102 'verify sees that' rowspool verify "$T/sp"
is "$(rowspool read "$T/sp" --start-at gtid:0-1-200 | rowdump | jq -r 'select(.insert) | .new.id' | sed -n 1p)" 201 'without an index it takes longer'
exits 0 'the writer makes it' rowspool write "$T/sp" <"$T/in.rs"
exits 0 'as it was' rowspool verify "$T/sp"
# a segment that is gone
mv "$T/sp/0000000000000002.rows" "$T/two"
exits 0 'what stands before a segment that is gone' rowspool read "$T/sp" --start-at earliest
n=$(rowdump "$T/out" | jq -r 'select(.insert) | .new.id' | sed -n 1p)
ok "is not read as if it were whole (begins at $n)" test "$n" -gt 300
exits 100 'a start before that' rowspool read "$T/sp" --start-at gtid:0-1-5
mv "$T/two" "$T/sp/0000000000000002.rows"
exits 0 'it is back' rowspool verify "$T/sp"
done_testing

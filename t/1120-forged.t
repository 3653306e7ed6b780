#!/bin/bash
# Frames whose checks are right but whose content is anything: no program dies of one, and what rowdump takes,
# rowundump makes into the same bytes. Lines that were changed at random are taken or refused, nothing else.
. t/lib.sh

/usr/bin/python3 -c 'import msgpack, xxhash' 2>/dev/null || skip_all 'python3-msgpack or python3-xxhash is missing'
/usr/bin/python3 - >"$T/result" 2>&1 <<'E2'
import random
import sys
sys.path.insert(0, "t")
from damage import *
from rowstream import *

random.seed(7)
dump, undump = Runner(["rowdump"]), Runner(["rowundump"])
others = [Runner(a) for a in (["rowdump", "--pretty"], ["rowdump", "--sql"], ["rowfilter", "--exclude", "x"], ["rowmap"], ["rowundo", "--ddl", "skip"])]
good = [(kind, payload) for _, kind, payload in frames(small())]
# a few more kinds, and a wider table
extra = [(kind, payload) for _, kind, payload in frames(rich()) if kind in (TABLE, DDL, NOTE, SAVEPOINT) or (kind == ROWS and len(payload) < 3000)]
taken = refused = 0
for case in range(int(sys.argv[1]) if len(sys.argv) > 1 else 500):
    parts = list(good)
    if case % 3 == 0:
        parts[3:3] = [parts[1], extra[0]] + random.sample(extra, 2)
    i = random.randrange(len(parts))
    kind, payload = parts[i]
    payload = bytearray(payload)
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        what = random.randrange(4)
        at = random.randrange(len(payload) + 1)
        if what == 0 and at < len(payload):
            payload[at] ^= 1 << random.randrange(8)
        elif what == 1 and at < len(payload):
            payload[at] = random.randrange(256)
        elif what == 2:
            del payload[at:at + random.randrange(4)]
        else:
            payload[at:at] = random.choice((b"\xc0", b"\x80", b"\xc1", b"\xcf" + bytes(8), b"\xa1x", b"\x91", b"\xdf\xff\xff\xff\xff"))
    parts[i] = (random.choice((kind, kind, kind, kind, random.randrange(1, 128))), bytes(payload))
    stream = b"".join(frame(k, p) for k, p in parts)
    code, out, err = dump.run(stream)
    if code not in (0, 102, 111) or err.count(b"error: ") != (code != 0):
        print("case %d: rowdump: %d %r" % (case, code, err))
    if code == 0:
        taken += 1
        code, back, err = undump.run(out)
        if code != 0 or back != stream:
            print("case %d: rowundump: %d %r %s" % (case, code, err, back != stream))
        # now the lines are changed
        lines = bytearray(out)
        for _ in range(random.randrange(1, 4)):
            at = random.randrange(len(lines))
            lines[at:at + random.randrange(3)] = random.choice((b"", b'"', b"{", b"}", b"0", b"-", b"null", b"1e999", b"[]", b"\\u0000", b"\xff", b"\n"))
        code, back, err = undump.run(bytes(lines))
        if code not in (0, 100, 111) or err.count(b"error: ") != (code != 0) or err.count(b"\n") != (code != 0):
            print("case %d: rowundump of changed lines: %d %r" % (case, code, err))
    else:
        refused += 1
    for other in others:
        code, out, err = other.run(stream)
        if code not in (0, 100, 102, 111) or err.count(b"error: ") != (code != 0):
            print("case %d: %s: %d %r" % (case, other.argv, code, err))
print("%s taken, %s refused" % tuple("many" if n > 50 else n for n in (taken, refused)))
E2
is "$(cat "$T/result")" 'many taken, many refused' 'frames that were forged at random'
done_testing

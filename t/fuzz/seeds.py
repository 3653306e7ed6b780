#!/usr/bin/python3
"""What fuzzing starts from, for each target of t/fuzz, out of logs of real servers and of the tests' own texts.

    seeds.py LOGS TO      LOGS as t/fuzz/make-logs wrote them; writes TO/TARGET/*; BIN/binlog-tap, BIN/rowdump and BIN/rowspool are used
"""
import glob
import os
import re
import struct
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "t"))
import rowstream  # noqa: E402

BIN = os.environ.get("BIN", os.path.join(TOP, "bin"))
CHARSETS = ["", "utf8mb4", "latin1", "gbk", "sjis", "big5", "binary", "cp932"]
HEAD = 19
counts = {}


def put(target, data, max_bytes=8192):
    folder = os.path.join(sys.argv[2], target)
    os.makedirs(folder, exist_ok=True)
    counts[target] = counts.get(target, 0) + 1
    if 0 < len(data) <= max_bytes:
        with open(os.path.join(folder, "%04d" % counts[target]), "wb") as f:
            f.write(data)


def text_of(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as f:
        return f.read()


def unescape(s):
    return s.encode().decode("unicode_escape").encode("latin1")


def events(log):
    at = 4
    while at + HEAD <= len(log):
        size = struct.unpack_from("<I", log, at + 9)[0]
        yield log[at + 4], log[at:at + size]
        at += size


def logs():
    """Whole logs, and each transaction of them behind its log's FORMAT event."""
    for name in sorted(glob.glob(os.path.join(sys.argv[1], "*", "*.binlog"))):
        with open(name, "rb") as f:
            log = f.read()
        put("binlog", log)
        put("binlog", b"\xfa" + log[1:])  # the choice to supply definitions
        head, group = b"", b""
        for kind, event in events(log):
            if kind == 15:
                head = log[:4] + event
            elif kind in (33, 34, 42, 162):
                if group:
                    put("binlog", head + group)
                group = event
            elif group:
                group += event
        put("binlog", head + group)
        out = subprocess.run([os.path.join(BIN, "binlog-tap"), "--annotate", "--file", name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        streams(out)
        documents(log)


def streams(stream):
    if not stream:
        return
    parts, heads = b"", b""  # each piece begins with HELLO and the definitions so far
    for _, kind, payload in rowstream.frames(stream):
        if len(payload) > 4096:
            continue
        body = struct.pack("<BH", kind, len(payload)) + payload
        if len(parts) > len(heads) + 500 and kind == rowstream.BEGIN:
            put("stream", parts)
            parts = heads
        if kind in (rowstream.HELLO, rowstream.TABLE):
            heads += body
        parts += body
    put("stream", parts)
    spools(stream)
    text = subprocess.run([os.path.join(BIN, "rowdump")], input=stream, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    lines = text.split(b"\n")
    put("text", text)
    for n in range(1, len(lines), 4):
        put("text", b"\n".join(lines[:1] + [line for line in lines if line.startswith(b'{"table"')][:1] + lines[n:n + 4] + lines[-2:]))


def piece(file, kind, payload):
    return struct.pack("<BBH", file, kind, len(payload)) + payload


def spools(stream):
    """Of each two transactions that are small the folder that two writers make of them."""
    heads, trx, pair = b"", b"", []
    for _, kind, payload in rowstream.frames(stream):
        body = rowstream.frame(kind, payload)
        if kind in (rowstream.HELLO, rowstream.TABLE):
            heads += body
            continue
        trx += body
        if kind not in (rowstream.COMMIT, rowstream.PREPARE):
            continue
        if len(trx) < 1500:
            pair.append(trx)
        trx = b""
        if len(pair) == 2:
            spool(heads, *pair)
            pair = []


def spool(heads, one, two):
    names = ["1.rows", "1.idx", "2.rows", "2.idx"]
    with tempfile.TemporaryDirectory() as sp:
        for stream in (heads + one, heads + one + two):
            subprocess.run([os.path.join(BIN, "rowspool"), "write", sp], input=stream, stderr=subprocess.DEVNULL)
        data = []
        for name in names:
            if not os.path.exists(os.path.join(sp, "0" * 15 + name)):
                return
            with open(os.path.join(sp, "0" * 15 + name), "rb") as f:
                data.append(f.read())
    files = [[piece(i, kind, payload) for _, kind, payload in rowstream.frames(data[i])] for i in range(4)]
    end = piece(4, 0, b"\x02\xcd" + struct.pack(">H", len(data[2])) + b"\xc2\x00")
    whole = b"".join(files[0] + files[1] + files[2] + files[3]) + end
    place = piece(5, 0xff, b"bin.000001:4\n") + piece(6, 0xff, b"earliest")
    put("spool", whole + place)
    # from where the second segment begins, by file and by GTID
    begin = rowstream.msgpack.unpackb(next(p for _, kind, p in rowstream.frames(data[2]) if kind == rowstream.HELLO))
    put("spool", whole + piece(6, 0xff, b"%s:%d" % (begin["file"].encode(), begin["off"])))
    if begin.get("gtid"):
        put("spool", whole + piece(6, 0xff, b"gtid:" + begin["gtid"].encode()) + piece(5, 0xff, b"gtid:" + begin["gtid"].encode()))
    put("spool", b"".join(files[0] + files[1]) + place)
    # as a crash may leave it
    put("spool", b"".join(files[0][:-1]) + b"".join(files[1][:1]) + piece(0, 0xff, b"\xc9\x00\x00"))
    put("spool", b"".join(files[0] + files[2][:-2] + files[3]) + piece(6, 0xff, b"now"))


def documents(log):
    """Binary documents, and changes of them, of tables (id INT, a JSON, b JSON)."""
    def image(row):
        nulls, at, out = row[0], 5, []
        for bit in (2, 4):
            if nulls & bit:
                out.append(b"")
                continue
            size = struct.unpack_from("<I", row, at)[0]
            out.append(row[at + 4:at + 4 + size])
            at += 4 + size
        return out, row[at:]

    for kind, event in events(log):
        body = event[HEAD + 10:-4]
        try:
            if kind == 30 and body[:2] == b"\x03\xff":
                for doc in image(body[2:])[0]:
                    put("json", struct.pack("<H", len(doc)) + doc)
            if kind == 39 and body[:3] == b"\x03\xff\xff":
                old, rest = image(body[3:])
                if rest[0]:
                    rest = rest[1:]
                new, _ = image(rest[1:])
                for doc, diff in zip(old, new):
                    put("json", struct.pack("<H", len(doc)) + doc + diff)
        except (struct.error, IndexError):
            pass


def texts():
    for name in sorted(glob.glob(os.path.join(TOP, "t", "3*.t"))) + [os.path.join(TOP, "man", "rowrules.5")]:
        text = text_of(name)
        for m in re.finditer(r"cat >[^\n]*<<-?'?(\w+)'?\n(.*?)\n\t*\1\n", text, re.S):
            put("rules", re.sub(r"^\t+", "", m.group(2), flags=re.M).encode())
        for m in re.finditer(r"--where (\S+|'[^']*')", text):
            put("rules", b"where " + m.group(1).strip("'").encode())
        for m in re.finditer(r"\.Bd -literal[^\n]*\n(.*?)\.Ed", text, re.S):
            put("rules", m.group(1).encode())
    for m in re.finditer(r'"((?:[^"\\\n]|\\.)+)"', text_of("t", "unit", "expr.c")):
        put("rules", b"where " + m.group(1).encode().decode("unicode_escape").encode("latin1", "replace"))
    for m in re.finditer(r'\{"((?:[^"\\]|\\.)*)", "(?:[^"\\]|\\.)*"(, [A-Z| ]+)?(?:, "(\w+)")?', text_of("t", "unit", "ddl.c")):
        mode = sum(bit for bit, word in ((1, "ANSI"), (2, "NOBS"), (4, "MSSQL")) if word in (m.group(2) or ""))
        put("ddl", bytes([mode, CHARSETS.index(m.group(3)) if m.group(3) in CHARSETS else 0]) + unescape(m.group(1)))
    for m in re.finditer(r'"((?:[^"\\\n]|\\.)+)"', text_of("t", "unit", "pos.c")):
        for kind in b"\0\1\2":
            put("pos", bytes([kind]) + m.group(1).encode().decode("unicode_escape").encode("latin1", "replace"))
    whole = re.sub(r'"\s*\n\s*"', "", text_of("t", "unit", "dump_pos.c").replace('" U1 "', "7b166a41-65a2-11ed-9de3-0800275ff74d"))
    for m in re.finditer(r'"((?:[^"\\\n]|\\.)+)"', whole):
        for kind in (b"\1\0", b"\0\0", b"\0\x80"):
            put("dump", kind + m.group(1).encode().decode("unicode_escape").encode("latin1", "replace"))
    for xa in (b"XA START X'61',X'',1", b"XA COMMIT X'6162',X'ff00',4294967295 ONE PHASE", b"X'61',X'',1"):
        put("pos", b"\4" + xa)

    for m in re.finditer(r'\{"(rowlink (?:[^"\\]|\\.)*)"', text_of("t", "unit", "block.c")):
        said = unescape(m.group(1))
        for side, kind in ((b"\0", b"O"), (b"\1", b"G")):
            put("block", side + kind + struct.pack(">I", len(said)) + said + b"H\0\0\0\0" + (b"W\0\0\0\4\0\0\1\0S\0\0\0\0" if kind == b"O" else b"D\0\0\0\4rowsE\0\0\0\1\0"))


def packed():
    """GTID_TAGGED and PREVIOUS_GTIDS events for the target that reads positions."""
    for name in sorted(glob.glob(os.path.join(sys.argv[1], "*", "mysql*.binlog"))):
        with open(name, "rb") as f:
            for kind, event in events(f.read()):
                if kind in (35, 42):
                    put("pos", b"\3" + event[HEAD:-4])


logs()
texts()
packed()
print(", ".join("%s %d" % c for c in sorted(counts.items())))

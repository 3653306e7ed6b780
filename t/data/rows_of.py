#!/usr/bin/python3
"""rows_of.py STREAM DB [FOLDER]: applies the stream's rows of one database and compares with what the server holds.

An independent reader of rowstream(5), by python's own msgpack. Each table's file in FOLDER is the server's
answer: a line of column names, then rows; NULL is NULL; text and bytes in hexadecimal. Prints each difference; the
exit code is 1 if there was one. Without FOLDER it prints the rows it has, a line each, sorted.
"""
import glob
import os
import struct
import sys

import msgpack

NUMBERS = ("float", "double")
HEXED = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "binary", "varbinary", "tinyblob", "blob",
         "mediumblob", "longblob", "geometry", "uuid", "inet4", "inet6", "vector", "json")


def frames(path):
    data = open(path, "rb").read()
    u = msgpack.Unpacker(max_buffer_size=0)
    u.feed(data)
    for f in u:
        body = msgpack.Unpacker(raw=True, max_buffer_size=0, strict_map_key=False)
        body.feed(f.data[12:])
        yield f.code, list(body)


def text(col, v):
    kind = col[b"type"].decode()
    if v is None:
        return "NULL"
    if kind in NUMBERS:
        return struct.pack(">d", float(v)).hex()
    if kind in HEXED:
        return v.hex().upper()
    return v.decode() if isinstance(v, bytes) else str(v)


def apply(path, db):
    tables, defs = {}, {}
    for code, body in frames(path):
        if code == 2:
            t = body[0]
            if t[b"db"].decode() == db:
                defs[t[b"id"]] = t
            else:
                defs.pop(t[b"id"], None)
        elif code == 4 and body[0][b"t"] in defs:
            head, t = body[0], defs[body[0][b"t"]]
            rows = tables.setdefault(t[b"name"].decode(), {"cols": t[b"cols"], "rows": []})
            rows["cols"] = t[b"cols"]
            images = body[1:]
            op = head[b"op"]
            want = head[b"n"] * (2 if op == b"u" else 1)
            assert len(images) == want, "%d images, want %d" % (len(images), want)
            for i in range(0, len(images), 2 if op == b"u" else 1):
                if op == b"i":
                    rows["rows"].append(images[i])
                elif op == b"d":
                    rows["rows"].remove(images[i])
                else:
                    rows["rows"][rows["rows"].index(images[i])] = images[i + 1]
    return tables


def lines(t):
    """Visible columns, all rows, in the order of the text."""
    out = []
    for r in t["rows"]:
        out.append("\t".join(text(c, v) for c, v in zip(t["cols"], r) if not c.get(b"inv") or not c.get(b"gen")))
    return sorted(out)


def server(path, t):
    cols = [c for c in t["cols"] if not c.get(b"inv") or not c.get(b"gen")]
    rows = open(path, encoding="utf-8", newline="\n").read().split("\n")
    names = rows[0].split("\t")
    if names != [c[b"name"].decode() for c in cols]:
        print("%s: columns %r, in the stream %r" % (path, names, [c[b"name"].decode() for c in cols]))
    out = []
    for row in rows[1:]:
        if not row:
            continue
        vals = row.split("\t")
        for i, c in enumerate(cols):
            if c[b"type"].decode() in NUMBERS and vals[i] != "NULL":
                vals[i] = struct.pack(">d", float(vals[i])).hex()
        out.append("\t".join(vals))
    return sorted(out)


def main():
    tables = apply(sys.argv[1], sys.argv[2])
    if len(sys.argv) < 4:
        for name in sorted(tables):
            for line in lines(tables[name]):
                print(name + "\t" + line)
        return 0
    bad = 0
    files = sorted(glob.glob(os.path.join(sys.argv[3], "*")))
    if not files:
        print("no tables to compare with")
        return 1
    for path in files:
        name = os.path.basename(path)
        if name not in tables:
            print("%s: no rows in the stream" % name)
            bad = 1
            continue
        got, want = lines(tables[name]), server(path, tables[name])
        if got != want:
            bad = 1
            print("%s: %d rows, want %d" % (name, len(got), len(want)))
            for g, w in zip(got, want):
                for c, a, b in zip(tables[name]["cols"], g.split("\t"), w.split("\t")):
                    if a != b:
                        print("%s.%s: got %.300s want %.300s" % (name, c[b"name"].decode(), a, b))
    return bad


sys.exit(main())

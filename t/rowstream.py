#!/usr/bin/python3
"""A row stream written and read with nothing of rowferry's: python's msgpack and xxhash, and rowstream(5).

    rowstream.py rich          writes a stream that has every kind of frame, type and form
    rowstream.py small         writes a small whole stream
    rowstream.py frames FILE   offset, kind and length of each frame
    rowstream.py check FILE    reads a stream, checks what the contract says, prints its rows
    rowstream.py same FILE JSON   the rows of a stream and of what rowdump made of it are the same
    rowstream.py state FILE DB.TABLE COLUMN...   what the table holds in the end, each value's text in hexadecimal
"""
import base64
import ipaddress
import json
import math
import struct
import sys
import uuid

import msgpack
import xxhash

HELLO, TABLE, BEGIN, ROWS, DDL, COMMIT, MARK, END, SAVEPOINT, ROLLBACK, NOTE, PREPARE, DECIDE = range(1, 14)
NAMES = dict(zip(range(1, 14), "HELLO TABLE BEGIN ROWS DDL COMMIT MARK END SAVEPOINT ROLLBACK NOTE PREPARE DECIDE".split()))
INTS = {"tinyint", "smallint", "mediumint", "int", "bigint", "bit", "year", "enum", "set"}
ASCII = {"decimal", "date", "time", "datetime", "timestamp"}
TEXT = {"char", "varchar", "tinytext", "text", "mediumtext", "longtext"}
UTF8 = {"utf8mb4", "utf8mb3", "utf8", "ascii"}


# ---- writing

def pack(v):
    return msgpack.packb(v, use_bin_type=True, use_single_float=False)


def head_check(kind, length):
    return xxhash.xxh32_intdigest(struct.pack(">BI", kind, length), 0)


def frame(kind, payload, form=32):
    """One frame; form 8, 16 or 0 (fixext) writes another head than ours."""
    length = len(payload) + 12
    checks = struct.pack(">IQ", head_check(kind, length), xxhash.xxh3_64_intdigest(payload, 0))
    if form == 8:
        head = struct.pack(">BBB", 0xc7, length, kind)
    elif form == 16:
        head = struct.pack(">BHB", 0xc8, length, kind)
    elif form == 0:
        head = struct.pack(">BB", 0xd4 + {1: 0, 2: 1, 4: 2, 8: 3, 16: 4}[length], kind)
    else:
        head = struct.pack(">BIB", 0xc9, length, kind)
    return head + checks + payload


class Raw(bytes):
    """Bytes of a value that is packed already."""


def value(v):
    return bytes(v) if isinstance(v, Raw) else pack(v)


def f32(v):
    return Raw(b"\xca" + struct.pack(">f", v))


def rows(table, op, images, form=32, **more):
    """images: rows for i and d, [old, new, old, new...] for u. Columns that are False are absent."""
    head = {"t": table, "op": op, "n": len(images) // (2 if op == "u" else 1)}
    head.update(more)
    body = pack(head)
    for image in images:
        body += msgpack.Packer().pack_array_header(len(image)) + b"".join(value(v) for v in image)
    return frame(ROWS, body, form)


def col(name, kind, **more):
    c = {"name": name, "type": kind}
    c.update(more)
    return c


def table(ident, db, name, cols, keys=None, **more):
    t = {"id": ident, "db": db, "name": name, "cols": cols}
    if keys:
        t["keys"] = keys
    t.update(more)
    return frame(TABLE, pack(t))


def canonical_cols(cols):
    """Fields of a column in the order of the contract."""
    order = ["name", "type", "unsigned", "len", "dec", "coll", "cs", "labels", "null", "gen", "inv"]
    return [{k: c[k] for k in order if k in c} for c in cols]


def rich():
    out = [frame(HELLO, pack({"version": 1, "by": "rowstream.py", "flavor": "mariadb", "server": "10.11.19-MariaDB",
                              "server_id": 4294967295, "uuid": "11111111-2222-3333-4444-555555555555", "file": "bin.000009",
                              "off": 4, "gtid": "0-1-99,7-3-18446744073709551615", "time": 1795500000123456}))]
    add = out.append

    # every type, at its bounds
    cols = canonical_cols([
        col("tiny", "tinyint", null=False), col("utiny", "tinyint", unsigned=True), col("small", "smallint"),
        col("usmall", "smallint", unsigned=True), col("medium", "mediumint"), col("umedium", "mediumint", unsigned=True),
        col("i", "int"), col("ui", "int", unsigned=True), col("big", "bigint"), col("ubig", "bigint", unsigned=True),
        col("dec65", "decimal", len=65, dec=30), col("dec0", "decimal", len=5), col("f", "float"), col("d", "double"),
        col("b1", "bit", len=1), col("b64", "bit", len=64), col("y", "year"), col("da", "date"), col("ti", "time", dec=6),
        col("dt", "datetime", dec=3), col("ts", "timestamp"), col("ch", "char", len=10, coll=45, cs="utf8mb4"),
        col("vc", "varchar", len=200, coll=8, cs="latin1"), col("tt", "tinytext", cs="utf8mb3"), col("tx", "text", cs="ascii"),
        col("mt", "mediumtext", coll=28, cs="gbk"), col("lt", "longtext", cs="utf16"), col("bi", "binary", len=4),
        col("vb", "varbinary", len=300), col("tb", "tinyblob"), col("bl", "blob"), col("mb", "mediumblob"),
        col("lb", "longblob"), col("en", "enum", coll=8, cs="latin1", labels=[b"new", b"caf\xe9", b"", b"a,b", b"17"]),
        col("se", "set", coll=45, cs="utf8mb4", labels=["rot".encode(), "grün".encode(), "\"blau\"".encode()]),
        col("js", "json"), col("ge", "geometry"), col("uu", "uuid"), col("i4", "inet4"), col("i6", "inet6"),
        col("ve", "vector", len=8), col("gen", "int", null=True, gen=True), col("in visible \" \\ ü", "int", inv=True)])
    add(table(1, "types", "all", cols, [{"name": "PRIMARY", "primary": True, "cols": [0]},
                                       {"name": "u", "cols": [22, 3], "parts": [10, 0]}, {"cols": [9]}]))
    low = [-128, 0, -32768, 0, -8388608, 0, -2147483648, 0, -2**63, 0, "-99999999999999999999999999999999999.999999999999999999999999999999",
           "-99999", f32(-3.4028234663852886e38), -1.7976931348623157e308, 0, 0, 1901, "0000-00-00", "-838:59:59.999999",
           "0000-00-00 00:00:00.000", "0000-00-00 00:00:00", "", b"", "", "", b"", b"", b"\0\0\0\0", b"", b"", b"", b"", b"",
           0, 0, "null", b"\0\0\0\0\1\1\0\0\0" + bytes(16), bytes(16), bytes(4), bytes(16), struct.pack("<2f", -0.0, 1), -1, 0]
    high = [127, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295, 2**63 - 1, 2**64 - 1,
            "99999999999999999999999999999999999.999999999999999999999999999999", "99999", f32(1.401298464324817e-45),
            5e-324, 1, 2**64 - 1, 2155, "9999-12-31", "838:59:59.999999", "2024-02-31 00:00:00.001", "2038-01-19 03:14:07",
            "日本\U0001f600 \0\t\n\x7f\"\\/\u2028", bytes(range(256)), "\uffff\ufffd\ud7ff", "~", "你好".encode("gbk") + b"\x81\x5c",
            "\U0001f600\0".encode("utf-16-be"), b"\xff\0\x80\1", bytes(range(256)), b"\xff", b"\0", b"\n", b"{}", 2, 7,
            '{"a": "\\u0000 \\" é", "n": 18446744073709551615}', b"\xe6\x10\0\0\1\1\0\0\0" + struct.pack("<2d", 1.5, -0.0),
            uuid.UUID("123e4567-e89b-12d3-a456-426655440000").bytes, bytes([10, 0, 0, 255]),
            ipaddress.ip_address("2001:db8::1").packed, b"\0\0\x80\x7f\0\0\xc0\x7f", 2**31 - 1, 1]
    odd = list(high)
    odd[12], odd[13] = f32(-0.0), -0.0
    odd[10], odd[11] = "0.100000000000000000000000000000", "0"
    odd[21] = Raw(pack("x" * 31))
    odd[22] = b"\x80\x81\x8d\x9f"
    odd[25], odd[26] = b"\xff\xff", b"\xd8\x00"          # what no gbk and no utf16 is
    odd[33], odd[34] = 6, 8                              # numbers that are no members
    odd[37], odd[38], odd[39] = bytes(15), b"", bytes(17)
    floats = [0.1, 1e22, 1e23, 2.0**63, 2.0**64, 1e19, 123456789012345678.0, 1 / 3, 1e308, 2.2250738585072014e-308, -1e-7, 100.0]
    null = [None] * len(cols)
    absent = [False] * len(cols)
    absent[0] = 5

    add(frame(BEGIN, pack({"gtid": "0-1-100", "file": "bin.000009", "off": 400, "ts": 1795500000000001, "server_id": 1})))
    add(frame(NOTE, pack({"sql": "insert into `all` values (…)\n-- ü".encode()})))
    add(rows(1, "i", [low, high, odd, null, absent], off=500))
    add(rows(1, "u", [low, high, absent, odd, high, null], off=900, fl=3))
    add(rows(1, "d", [absent], off=1000))
    add(rows(1, "d", [absent], off=1000))                  # the same head, another frame
    for v in floats:
        one = list(absent)
        one[12], one[13] = f32(v) if abs(v) < 3e38 else False, v
        add(rows(1, "i", [one]))
    nan = list(absent)
    nan[12], nan[13] = Raw(b"\xca\x7f\xc0\0\1"), Raw(b"\xcb\xff\xf0\0\0\0\0\0\0")
    add(rows(1, "i", [nan]))
    add(frame(SAVEPOINT, pack({"name": "sp `1`"})))
    add(frame(ROLLBACK, pack({"to": "sp `1`"})))
    add(frame(COMMIT, pack({"file": "bin.000009", "off": 2000, "rows": 8 + 2 + len(floats) + 1})))
    add(frame(MARK, pack({"file": "bin.000009", "off": 2000, "gtid": "0-1-100", "time": -1})))

    # a large transaction: frames that end as they should, and one row that is larger than a frame
    add(table(2, "großes", "t.1", canonical_cols([col("id", "int", null=False), col("v", "varchar", cs="utf8mb4")])))
    add(frame(BEGIN, pack({"file": "bin.000009", "off": 2000})))
    images, size, n = [], 0, 0
    for i in range(5000):
        image = [i, "v" * (i % 70)]
        images.append(image)
        size += len(pack(image))
        if size > 65536:
            add(rows(2, "i", images))
            n, images, size = n + len(images), [], 0
    add(rows(2, "i", images))
    n += len(images)
    add(rows(2, "i", [[1, "L" * 300000]]))
    add(frame(COMMIT, pack({"file": "bin.000010", "off": 4, "rows": n + 1})))

    # statements, in their own character set
    ddl = {"sql": "create table t (a int comment 'é')".encode("latin1"), "db": "shop", "verb": "create table", "names": [["shop", "t"]],
           "off": 100, "env": {"sql_mode": 1411383296, "fk": True, "uniq": False, "cs": 8, "cl": 8, "cserver": 45, "defs": [45, 8], "edt": False, "tz": "SYSTEM"}}
    add(frame(BEGIN, pack({"gtid": "0-1-101", "file": "bin.000010", "off": 4})))
    add(frame(DDL, pack(ddl)))
    add(frame(DDL, pack({"sql": b"\xff\xfe", "verb": "other", "names": []})))
    add(frame(DDL, pack({"sql": b"x", "verb": "drop table", "names": [["a", "b"], ["c", ""]], "off": 7,
                         "env": {"cs": 28, "zz": [1, {"deep": None}]}, "later": 2**40})))
    add(frame(COMMIT, pack({"file": "bin.000010", "off": 300, "rows": 0})))
    add(frame(BEGIN, pack({"file": "bin.000010", "off": 300})))
    add(frame(ROLLBACK, pack({"file": "bin.000010", "off": 350})))

    # kinds and fields that nobody knows yet
    add(frame(63, pack({"future": [1, 2, 3]})))
    add(frame(127, b""))
    add(frame(64, bytes(range(256))))
    add(frame(MARK, pack({"file": "bin.000010", "off": 350, "time": 5, "lag": 3, "more": {"a": [b"\xff", 1.5]}})))
    add(table(3, "x", "y", canonical_cols([col("a", "int")]), engine="aria"))
    add(frame(BEGIN, pack({"file": "f", "off": 1, "xids": 2**64 - 1})))
    add(rows(3, "i", [[1], [2]], thread=77))
    add(rows(3, "i", [[3]], thread=78))
    add(frame(COMMIT, pack({"file": "f", "off": 2, "rows": 3, "crc": b"\0"})))

    # the same things in other forms than ours
    add(frame(MARK, pack({"file": "f", "off": 2, "time": 6}), form=8))
    add(frame(MARK, pack({"time": 6, "off": 2, "file": "f"})))
    add(frame(MARK, b"\x83" + pack("file") + b"\xd9\x01f" + pack("off") + b"\xcf" + bytes(7) + b"\2" + pack("time") + b"\xd3" + bytes(8)))
    add(frame(127, b"four", form=0))
    add(frame(127, bytes(243), form=8))
    add(frame(126, bytes(300), form=16))
    add(frame(TABLE, pack({"id": 4, "db": "x", "name": "forms", "keys": [], "cols": [
        {"type": "int", "name": "a", "unsigned": False, "comment": "unknown in a column"}, {"name": "b", "type": "varchar", "cs": "utf8mb4", "len": 0}]})))
    add(frame(BEGIN, pack({"file": "f", "off": 2})))
    add(rows(4, "i", [[1, "str"], [Raw(b"\xcd\0\1"), b"bin where str is usual"]], form=16))
    add(rows(4, "u", [[Raw(b"\xd3" + bytes(7) + b"\5"), False], [6, None]], fl=0))
    add(rows(4, "i", [[i, "more rows than a frame of ours has"] for i in range(3000)]))
    add(frame(COMMIT, pack({"rows": 3003, "off": 3, "file": "f"})))

    # names that JSON has no keys for, members that are no text
    add(table(5, "a.b", "c", canonical_cols([col("x", "int"), col("x", "int"), col("e", "enum", cs="utf8mb4", labels=[b"a", b"a", b"\xff", b"b"]),
                                             col("s", "set", cs="binary", labels=[b"p", b"q"]), col("t", "text", cs="klingon"),
                                             col("n", "enum")])))
    add(table(6, "a", "b.c", [{"name": "one", "type": "int"}]))
    add(frame(TABLE, pack({"id": 7, "db": "a", "name": "b.c", "cols": []})))
    add(frame(BEGIN, pack({"file": "f", "off": 3})))
    add(rows(5, "i", [[1, 2, 1, 3, b"t", 1], [None, False, 4, 2**64 - 1, b"", 0], [1, 2, 3, 0, None, 2**64 - 1], [-1, 1, 2, -1, b"\xff", -1]]))
    add(rows(6, "i", [[1]]))
    add(rows(7, "d", [[], []]))
    add(frame(COMMIT, pack({"file": "f", "off": 4, "rows": 7})))
    # XA transactions
    xid = "X'00ff',X'',4294967295"
    add(frame(BEGIN, pack({"file": "f", "off": 4, "xid": xid})))
    add(rows(6, "i", [[1]]))
    add(frame(PREPARE, pack({"file": "f", "off": 5, "rows": 1, "xid": xid})))
    add(frame(BEGIN, pack({"xid": "X'',X'" + "0a" * 64 + "',0", "off": 5, "file": "f", "mood": 1})))
    add(rows(6, "d", [[1]]))
    add(frame(PREPARE, pack({"xid": "X'',X'" + "0a" * 64 + "',0", "mood": 2, "rows": 1, "off": 6, "file": "f"})))
    add(frame(BEGIN, pack({"file": "f", "off": 6})))
    add(frame(DECIDE, pack({"xid": xid, "commit": True})))
    add(frame(DECIDE, pack({"commit": False, "mood": 3, "xid": "X'',X'" + "0a" * 64 + "',0"})))
    add(frame(COMMIT, pack({"file": "f", "off": 7, "rows": 0})))
    add(frame(END, pack({"file": "f", "off": 7, "why": "stop-at"})))

    # a second section, whose ids are its own
    add(frame(HELLO, pack({"version": 1, "flavor": "mysql", "gtid": ""})))
    add(table(1, "shop", "t", [{"name": "a", "type": "int"}]))
    add(frame(BEGIN, pack({"gtid": "11111111-2222-3333-4444-555555555555:1", "file": "binlog.000001", "off": 4})))
    add(rows(1, "i", [[1]]))
    add(table(1, "shop", "t", [{"name": "b", "type": "text", "cs": "utf8mb4"}]))
    add(rows(1, "i", [["replaced"]]))
    add(frame(COMMIT, pack({"file": "binlog.000001", "off": 9, "rows": 2})))
    add(frame(END, b"\x80"))
    return b"".join(out)


def small():
    return b"".join([
        frame(HELLO, pack({"version": 1, "flavor": "mariadb", "server": "10.11", "file": "bin.000001", "off": 4, "gtid": "0-1-9"})),
        table(1, "shop", "orders", canonical_cols([col("id", "int", null=False), col("name", "varchar", len=20, coll=45, cs="utf8mb4"),
                                                   col("price", "decimal", len=8, dec=2)]), [{"primary": True, "cols": [0]}]),
        frame(BEGIN, pack({"gtid": "0-1-10", "file": "bin.000001", "off": 256, "ts": 1795500000000000})),
        rows(1, "i", [[1, "one", "1.00"], [2, None, "-2.50"]], off=300),
        frame(COMMIT, pack({"file": "bin.000001", "off": 400, "rows": 2})),
        frame(BEGIN, pack({"gtid": "0-1-11", "file": "bin.000001", "off": 400, "ts": 1795500001000000})),
        rows(1, "u", [[1, "one", "1.00"], [1, "eins", "1.00"]], off=450),
        rows(1, "d", [[2, None, "-2.50"]], off=480),
        frame(COMMIT, pack({"file": "bin.000001", "off": 500, "rows": 2})),
        frame(MARK, pack({"file": "bin.000001", "off": 500, "gtid": "0-1-11", "time": 1795500002000000})),
        frame(END, pack({"file": "bin.000001", "off": 500, "why": "stop-at"}))])


# ---- reading

def frames(data):
    """(offset, kind, payload) of each frame, with its checks looked at, cut out by msgpack itself."""
    unpacker = msgpack.Unpacker(max_buffer_size=0, max_ext_len=2**31 - 1)
    unpacker.feed(data)
    at = 0
    for ext in unpacker:
        assert isinstance(ext, msgpack.ExtType), "not a frame at %d" % at
        check, payload_check = struct.unpack(">IQ", ext.data[:12])
        payload = ext.data[12:]
        assert check == head_check(ext.code, len(ext.data)), "head check at %d" % at
        assert payload_check == xxhash.xxh3_64_intdigest(payload, 0), "payload check at %d" % at
        yield at, ext.code, payload
        at = unpacker.tell()
    assert at == len(data), "something is left at %d" % at


def text(v):
    """Fields of records are UTF-8 if they can be."""
    if isinstance(v, bytes):
        try:
            return v.decode()
        except UnicodeDecodeError:
            return v
    if isinstance(v, list):
        return [text(x) for x in v]
    if isinstance(v, dict):
        return {text(k): text(x) for k, x in v.items()}
    return v


class BadStream(Exception):
    pass


def need(good, what):
    if not good:
        raise BadStream(what)


def of_column(v, c):
    """Whether a value is what the contract says for its column's type."""
    kind = c["type"]
    if v is None or v is False:
        return True
    if kind in INTS:
        return isinstance(v, int) and v is not True and (-2**63 <= v < 2**64)
    if kind in ("float", "double"):
        return isinstance(v, float)
    return isinstance(v, bytes)


def rows_of(data):
    """(op, table, old, new) of each row; what the contract says of order and counts is checked on the way."""
    tables, section, trx, counted = {}, False, False, 0
    for at, kind, payload in frames(data):
        if kind not in NAMES:
            need(section, "before HELLO")
            continue
        u = msgpack.Unpacker(raw=True, max_buffer_size=0)
        u.feed(payload)
        head = text(u.unpack())
        if kind == ROWS:
            need(trx, "rows outside of a transaction")
            t = tables[head["t"]]
            images = 2 if head["op"] == "u" else 1
            for _ in range(head["n"]):
                got = [u.unpack() for _ in range(images)]
                for image in got:
                    need(len(image) == len(t["cols"]), "width")
                    need(all(of_column(v, c) for v, c in zip(image, t["cols"])), "value at %d" % at)
                yield (head["op"], t, None if head["op"] == "i" else got[0], None if head["op"] == "d" else got[-1])
            counted += head["n"]
        elif kind == HELLO:
            need(not section and head["version"] == 1, "HELLO")
            section, tables = True, {}
        elif kind == TABLE:
            tables[head["id"]] = head
        elif kind == BEGIN:
            need(section and not trx, "BEGIN")
            trx, counted, xid = True, 0, head.get("xid")
        elif kind == COMMIT:
            need(trx and head["rows"] == counted, "COMMIT")
            trx = False
        elif kind == PREPARE:
            need(trx and head["rows"] == counted and head["xid"] == xid, "PREPARE")
            trx = False
        elif kind == ROLLBACK:
            need(trx, "ROLLBACK")
            trx = "to" in head
        elif kind == END:
            need(section and not trx, "END")
            section = False
        else:
            need(trx == (kind != MARK), NAMES[kind])
        need(u.tell() == len(payload), "something follows at %d" % at)
    need(not section, "cut")


# ---- what rowdump made of it

def from_json(v, c):
    """The value of a line as the value in the stream, by the text of rowdump(1)."""
    kind = c["type"]
    if v is None:
        return None
    if isinstance(v, dict):
        if "absent" in v:
            return False
        if "b64" in v:
            return base64.b64decode(v["b64"])
        if "number" in v:
            return int(v["number"])
        if "bits" in v:
            raw = bytes.fromhex(v["bits"])
            return struct.unpack(">f" if len(raw) == 4 else ">d", raw)[0]
    if kind == "enum" and isinstance(v, str):
        return members(c).index(v) + 1
    if kind == "set" and isinstance(v, str):
        return sum(1 << members(c).index(m) for m in v.split(",")) if v else 0
    if kind in INTS:
        return int(v)
    if kind in ("float", "double"):
        return float(v)
    if kind == "uuid":
        return uuid.UUID(v).bytes
    if kind in ("inet4", "inet6"):
        return ipaddress.ip_address(v).packed
    if kind in TEXT:
        return encode(v, c["cs"])
    return v.encode()


CODECS = {"gbk": "gbk", "utf16": "utf-16-be", "utf32": "utf-32-be", "ucs2": "utf-16-be", "koi8r": "koi8-r", "sjis": "shift_jis",
          "big5": "big5"}


def eucjpms(v):
    """Python has no codec of this name: the codes are those of cp932, counted in another way."""
    out = b""
    for ch in v:
        code = ch.encode("cp932")
        if len(code) == 1:
            out += code if code[0] < 0x80 else b"\x8e" + code
            continue
        first, second = code
        row = (first - (0x81 if first < 0xa0 else 0xc1)) * 2 + (second >= 0x9f)
        cell = second - (0x9f if second >= 0x9f else 0x40 if second < 0x7f else 0x41)
        out += bytes([0xa1 + row, 0xa1 + cell])
    return out


def encode(v, cs):
    if cs in UTF8:
        return v.encode()
    if cs == "latin1":  # cp1252, and its five holes are themselves
        return b"".join(ch.encode("latin1") if ch in "\x81\x8d\x8f\x90\x9d" else ch.encode("cp1252") for ch in v)
    if cs == "eucjpms":
        return eucjpms(v)
    return v.encode(CODECS[cs])


def members(c):
    out = []
    for m in c["labels"]:
        if isinstance(m, str):
            m = m.encode()
        try:
            out.append(m.decode("cp1252" if c["cs"] == "latin1" else "utf8"))
        except UnicodeDecodeError:
            out.append(None)
    return out


def same_value(a, b, c):
    if isinstance(a, float) and isinstance(b, float):
        if c["type"] == "float":
            return struct.pack(">f", a) == struct.pack(">f", b)
        return struct.pack(">d", a) == struct.pack(">d", b) or (math.isnan(a) and math.isnan(b))
    return type(a) is type(b) and a == b


def check_same(stream, lines):
    rows_json = [l for l in lines if "insert" in l or "update" in l or "delete" in l]
    n = 0
    for op, t, old, new in rows_of(stream):
        need(n < len(rows_json), "rowdump has fewer rows")
        line = rows_json[n]
        n += 1
        name = {"i": "insert", "u": "update", "d": "delete"}[op]
        need(line.get(name) == t["db"] + "." + t["name"], "row %d: operation or table" % n)
        for which, image in (("old", old), ("new", new)):
            need((image is not None) == (which in line), "row %d: images" % n)
            if image is None:
                continue
            for i, (v, c) in enumerate(zip(image, t["cols"])):
                shown = line[which]
                got = from_json(shown[i], c) if isinstance(shown, list) else \
                    from_json(shown[c["name"]], c) if c["name"] in shown else False
                need(same_value(got, v, c), "row %d: %s.%s is %r in the stream, %r in the line" % (n, which, c["name"], v, got))
    need(n == len(rows_json), "rowdump has more rows")
    return n


def state(stream, name, columns):
    """Rows that are left when all changes (with full images) are done, with the bytes that HEX(CONCAT(x)) would show."""
    left = []
    for _, t, old, new in rows_of(stream):
        if t["db"] + "." + t["name"] != name:
            continue
        if old is not None:
            left.remove(old)
        if new is not None:
            left.append(new)
        names = [c["name"] for c in t["cols"]]
    for row in left:
        values = [row[names.index(c)] for c in columns]
        yield "\t".join("N" if v is None else (v if isinstance(v, bytes) else str(v).encode()).hex().upper() for v in values)


def read(name):
    with open(name, "rb") as f:
        return f.read()


def show(v):
    return v.decode("utf8", "backslashreplace") if isinstance(v, bytes) else v


def main(args):
    if args[:1] == ["rich"]:
        sys.stdout.buffer.write(rich())
    elif args[:1] == ["small"]:
        sys.stdout.buffer.write(small())
    elif args[:1] == ["frames"]:
        for at, kind, payload in frames(read(args[1])):
            print(at, NAMES.get(kind, kind), len(payload))
    elif args[:1] == ["check"]:
        for op, t, old, new in rows_of(read(args[1])):
            print(op, t["db"] + "." + t["name"], [show(v) for v in old or []], [show(v) for v in new or []])
    elif args[:1] == ["same"]:
        with open(args[2], encoding="utf8", newline="\n") as f:
            print(check_same(read(args[1]), [json.loads(l) for l in f]), "rows are the same")
    elif args[:1] == ["state"]:
        print("\n".join(sorted(state(read(args[1]), args[2], args[3:]))))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (BadStream, AssertionError) as e:
        sys.exit("rowstream.py: %s" % e)

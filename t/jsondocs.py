"""JSON documents in MySQL's logs, as bytes, read without any of rowferry's code.

jsondocs.py DB.TABLE LOG...: of each row that was inserted into the table (id INT, j JSON), in the order of the log, a
line: id, the document's size, a digest of its bytes, a digest of what is in it, and that itself if it is short. What
is in it: each value with its type, decimals without room for digits in front that are zero, whatever the offsets are.
Needs row events without compression, and checksums.
"""
import hashlib
import struct
import sys


class Doc:
    def __init__(self, b):
        self.b = b

    def le(self, at, n):
        return int.from_bytes(self.b[at:at + n], 'little')

    def length(self, at):
        n = shift = 0
        while True:
            n |= (self.b[at] & 0x7f) << shift
            shift += 7
            at += 1
            if not self.b[at - 1] & 0x80:
                return n, at

    def container(self, kind, at):
        word, is_object = 4 if kind & 1 else 2, kind < 2
        n = self.le(at, word)
        entry = at + 2 * word + (n * (word + 2) if is_object else 0)
        out = []
        for i in range(n):
            e = entry + i * (1 + word)
            t = self.b[e]
            inlined = t in (4, 5, 6) or (word == 4 and t in (7, 8))
            v = self.value(t, e + 1 if inlined else at + self.le(e + 1, word))
            if is_object:
                k = at + 2 * word + i * (word + 2)
                key = at + self.le(k, word)
                v = (self.b[key:key + self.le(k + word, 2)], v)
            out.append(v)
        return 'object' if is_object else 'array', out

    def value(self, t, at):
        if t < 4:
            return self.container(t, at)
        if t == 4:
            return ('null', 'true', 'false')[self.b[at]]
        n = {5: 2, 6: 2, 7: 4, 8: 4, 9: 8, 10: 8}.get(t)
        if n: # the kinds 6, 8, 10 are unsigned
            return 'unsigned' if t % 2 == 0 else 'signed', n, int.from_bytes(self.b[at:at + n], 'little', signed=bool(t % 2))
        if t == 11:
            return 'double', self.b[at:at + 8].hex()
        if t == 12:
            n, at = self.length(at)
            return 'string', self.b[at:at + n]
        assert t == 15, t
        kind = self.b[at]
        n, at = self.length(at + 1)
        v = self.b[at:at + n]
        return 'opaque', kind, (decimal(v) if kind == 246 else v.hex())


def decimal(v):
    """Its digits in front of the point in whole groups, zero groups at the front left out; those after the point."""
    precision, scale = v[0], v[1]
    sizes = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)
    flip = 0 if v[2] & 0x80 else 0xff
    b = bytes([v[2] ^ 0x80]) + v[3:]
    b = bytes(x ^ flip for x in b)
    whole, at, digits = precision - scale, 0, []
    for n in ([whole % 9] if whole % 9 else []) + [9] * (whole // 9):
        digits.append((n, int.from_bytes(b[at:at + sizes[n]], 'big')))
        at += sizes[n]
    while digits and not digits[0][1]:
        digits.pop(0)
    return '-' if flip else '+', digits, scale, b[at:].hex()


def documents(log, table):
    b, at, maps = open(log, 'rb').read(), 4, {}
    while at < len(b):
        kind, size = b[at + 4], struct.unpack_from('<I', b, at + 9)[0]
        e = b[at + 19:at + size - 4]
        at += size
        if kind == 19:
            db = e[9:9 + e[8]]
            name = e[11 + len(db):11 + len(db) + e[10 + len(db)]]
            maps[e[:6]] = (db + b'.' + name).decode()
        elif kind == 30 and maps[e[:6]] == table:
            p = 8 + struct.unpack_from('<H', e, 8)[0] + 2
            while p < len(e):
                is_null, row = e[p] & 2, struct.unpack_from('<i', e, p + 1)[0]
                p += 5
                if is_null:
                    yield row, None
                    continue
                n = struct.unpack_from('<I', e, p)[0]
                yield row, e[p + 4:p + 4 + n]
                p += 4 + n


def digest(b):
    return hashlib.sha256(b).hexdigest()[:20]


sys.setrecursionlimit(10000)
for log in sys.argv[2:]:
    for row, b in documents(log, sys.argv[1]):
        if not b:
            print(row, b)
            continue
        tree = repr(Doc(b).value(b[0], 1))
        print(row, len(b), digest(b), digest(tree.encode()), tree if len(tree) < 500 else '')

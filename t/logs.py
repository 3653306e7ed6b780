#!/usr/bin/python3
"""Logs that no server here writes by itself: real ones with a change, and such as are made of the documented bytes.

  logs.py list LOG                   each event: offset, type, length, end_log_pos, flags
  logs.py far LOG OUT OFFSET         LOG with events that may be passed over (sparse) before the first transaction that begins at
                                     OFFSET or behind it, so that it begins behind 4 GiB; prints by how much all moved
  logs.py mysql VERSION OUT [WITH...]  what a server of that version writes for a table with a column of each kind: 5.6, 5.7, 8.0,
                                     8.4; from the documented format. WITH what else: v1 (row events of version 1), nocrc,
                                     replica (logged by a replica), extra (extra information in row events), odd (events that
                                     may be passed over, known and not), incident, unknown, partial (changes of JSON)
  logs.py maria OUT TYPE             a log of MariaDB 12.3 with an event of that type inside of a transaction
"""
import struct
import sys
import zlib

HEAD = struct.Struct('<IBIIIH')


def events(data):
    at = 4
    while at + HEAD.size <= len(data):
        h = HEAD.unpack_from(data, at)
        if h[3] < HEAD.size or at + h[3] > len(data):
            break
        yield at, h, data[at + HEAD.size:at + h[3]]
        at += h[3]


def has_crc(data):
    """Of a log: the algorithm stands before the checksum of its first event."""
    at, h, body = next(events(data))
    return body[-5] == 1


def event(kind, body, crc, pos=0, flags=0, ts=1700000000, server=1, end=None):
    """The bytes of an event that begins at pos; end is its end_log_pos where that is not so."""
    n = HEAD.size + len(body) + (4 if crc else 0)
    e = HEAD.pack(ts, kind, server, n, ((pos + n) if end is None else end) & 0xffffffff, flags) + body
    return e + struct.pack('<I', zlib.crc32(e)) if crc else e


def far(path, out, offset):
    data = open(path, 'rb').read()
    crc = has_crc(data)
    piece, gap = 64 << 20, 0
    assert not crc, 'for a log without checksums'
    with open(out, 'wb') as f:
        f.write(data[:offset])
        at = offset
        while at < (1 << 32) + 1000:
            f.seek(at)
            f.write(HEAD.pack(1700000000, 28, 1, piece, (at + piece) & 0xffffffff, 0x80))
            at += piece
        gap = at - offset
        f.seek(at)
        for where, h, body in events(data):
            if where >= offset:
                f.write(HEAD.pack(h[0], h[1], h[2], h[3], (h[4] + gap) & 0xffffffff if h[4] else 0, h[5]) + body)
    print(gap)


# ---- made of the documented bytes (dev.mysql.com/doc/dev/mysql-server, "Binlog Event"; mariadb.com/kb, "Replication Protocol")

UUID = bytes.fromhex('3e11fa4771ca11e19e33c80aa9429562')


def packed(n):
    return bytes([n]) if n < 251 else b'\xfc' + struct.pack('<H', n) if n < 65536 else b'\xfd' + struct.pack('<I', n)[:3]


class Log:
    def __init__(self, version, lengths, crc=True):
        self.data, self.crc = b'\xfebin', crc
        body = struct.pack('<H50sIB', 4, version.encode(), 1700000000, 19) + bytes(lengths) + bytes([1 if crc else 0])
        e = event(15, body, True, 4)  # its checksum is there in any case
        self.data += e

    def add(self, kind, body, flags=0, server=1, ts=1700000001):
        at = len(self.data)
        self.data += event(kind, body, self.crc, at, flags, ts, server)
        return at


# post-header lengths by type, from 1; each version added some at the end
LENGTHS_56 = [56, 13, 0, 8, 0, 18, 0, 4, 4, 4, 4, 18, 0, 0, 92, 0, 4, 26, 8, 0, 0, 0, 8, 8, 8, 2, 0, 0, 0, 10, 10, 10, 25, 25, 0]
LENGTHS = {'5.6': LENGTHS_56, '5.7': LENGTHS_56[:32] + [42, 42, 0, 18, 52, 0],
           '8.0': [0, 13, 0, 8] + [0] * 8 + [0, 0, 98, 0, 4, 26, 8, 0, 0, 0, 8, 8, 8, 2, 0, 0, 0, 10, 10, 10, 42, 42, 0, 18, 52, 0, 10, 40, 0]}
LENGTHS['8.4'] = LENGTHS['8.0'] + [0]
VERSIONS = {'5.6': '5.6.51-log', '5.7': '5.7.44-log', '8.0': '8.0.41', '8.4': '8.4.5'}

# name, type, metadata, label bytes; then the values of three rows and of one changed row
COLUMNS = [
    ('id', 3, b'', '<I'), ('n', 8, b'', '<q'), ('v', 15, struct.pack('<H', 80), 'str1'), ('c', 254, b'\xfe\x05', 'str1'),
    ('e', 254, b'\xf7\x01', '<B'), ('s', 254, b'\xf8\x01', '<B'), ('dt', 18, b'\x03', 'raw'), ('ts', 17, b'\x00', '>I'),
    ('tm', 19, b'\x06', 'raw'), ('de', 246, b'\x0a\x02', 'raw'), ('f', 4, b'\x04', '<f'), ('db', 5, b'\x08', '<d'),
    ('bi', 16, b'\x01\x01', '>H'), ('bl', 252, b'\x02', 'str2'), ('y', 13, b'', '<B'),
]
JSON = ('j', 245, b'\x04', 'str4')
# {"a": 1} and {"a": "x"}
JSON_A1 = bytes.fromhex('0001000c000b00010005010061')
JSON_AX = bytes.fromhex('0001000e000b0001000c0c00610178')
# 2024-02-29 12:34:56.789
DATETIME = ((1 << 39) + (((2024 * 13 + 2) << 5 | 29) << 17 | 12 << 12 | 34 << 6 | 56)).to_bytes(5, 'big') + struct.pack('>H', 7890)
ROW1 = [4294967295, -2, 'é😀'.encode(), b'caf\xe9', 2, 3, DATETIME,
        1700000000, bytes.fromhex('7fffffffffff'), bytes.fromhex('800004d22d'), 1.5, -2.5, 257, b'\x00\x01', 124, JSON_A1]
ROW2 = [1] + [None] * 14 + [None]
ROW3 = list(ROW1)
ROW3[2], ROW3[15] = b'changed', JSON_AX


def value(form, v):
    if form.startswith('str'):
        n = int(form[3])
        return struct.pack('<I', len(v))[:n] + v
    return v if form == 'raw' else struct.pack(form, v)


def image(columns, row):
    nulls = bytearray((len(columns) + 7) // 8)
    out = b''
    for i, (col, v) in enumerate(zip(columns, row)):
        if v is None:
            nulls[i // 8] |= 1 << i % 8
        else:
            out += value(col[3], v)
    return bytes(nulls) + out


def field(kind, body):
    return bytes([kind]) + packed(len(body)) + body


def names(texts):
    return b''.join(packed(len(t)) + t for t in texts)


def table_map(columns, full):
    meta = b''.join(c[2] for c in columns)
    body = struct.pack('<IHH', 99, 0, 1) + b'\x01d\0\x01t\0' + packed(len(columns)) + bytes(c[1] for c in columns)
    body += packed(len(meta)) + meta + bytearray(b'\xfe' + b'\xff' * ((len(columns) - 1) // 8))
    if full:
        # numbers: id n de f db y; id is unsigned, and so is a year
        body += field(1, b'\x84') + field(2, packed(255) + packed(1) + packed(8) + packed(2) + packed(63))
        body += field(4, names(c[0].encode() for c in columns)) + field(5, packed(2) + names([b'p', b'q']))
        body += field(6, packed(2) + names([b'x', b'yy'])) + field(8, packed(0)) + field(10, packed(8))
        body += field(12, b'\xff\xfe' if len(columns) == 16 else b'\xff\xfc') + field(200, b'a newer one')
    return body


def rows(version, columns, first, second=None, extra=b'', fixed=None):
    body = struct.pack('<IHH', 99, 0, 1)
    if version == 2:
        body += struct.pack('<H', 2 + len(extra)) + extra
    ones = b'\xff' * ((len(columns) + 7) // 8)
    body += packed(len(columns)) + ones + (ones if second is not None else b'')
    for i, row in enumerate(first):
        body += image(columns, row)
        if second is not None:
            body += fixed[i] if fixed else image(columns, second[i])
    return body


def query(version, sql, db=b'd', more=b''):
    status = b'\x00' + struct.pack('<I', 0) + b'\x01' + struct.pack('<Q', 0x40000000) + b'\x06\x03std' + b'\x03' + struct.pack('<HH', 2, 1)
    status += b'\x04' + struct.pack('<HHH', 45, 45, 8) + b'\x05\x06SYSTEM' + b'\x07' + struct.pack('<H', 1) + b'\x08' + struct.pack('<H', 8)
    status += b'\x09' + struct.pack('<Q', 1) + b'\x0b\x04user\x09localhost' + b'\x0c\x01d\0' + b'\x0d' + struct.pack('<I', 123456)[:3]
    if version != '5.6':
        status += b'\x10\x01'
    if version[0] == '8':
        status += b'\x11' + struct.pack('<Q', 77) + b'\x12' + struct.pack('<H', 255) + b'\x13\x00' + b'\x14\x01'
    status += more
    return struct.pack('<IIBHH', 5, 0, len(db), 0, len(status)) + status + db + b'\0' + sql


def gtid(version, number, replica):
    body = b'\x01' + UUID + struct.pack('<Q', number)
    if version == '5.6':
        return body
    body += b'\x02' + struct.pack('<QQ', number - 1, number)
    if version[0] == '8':
        us = 1700000001000000 + number
        body += (us | (1 << 55 if replica else 0)).to_bytes(7, 'little') + ((us - 5000000).to_bytes(7, 'little') if replica else b'')
        body += packed(700) + struct.pack('<I', 80041 | (1 << 31 if replica else 0)) + (struct.pack('<I', 50744) if replica else b'')
        if version == '8.4':
            body += struct.pack('<Q', 3)
    return body


def mysql(version, out, options):
    new = version[0] == '8'
    columns = COLUMNS + [JSON] if version != '5.6' else COLUMNS
    v = 1 if 'v1' in options else 2
    insert, update, delete = (23, 24, 25) if v == 1 else (30, 31, 32)
    extra = b'\x00\x05\x00abc' if 'extra' in options else b''
    of_update = extra
    if 'extra' in options and new:  # the partition, of an update the new row's and the old one's
        extra, of_update = extra + b'\x01' + struct.pack('<H', 3), extra + b'\x01' + struct.pack('<HH', 3, 4)
    server = 42 if 'replica' in options else 1
    log = Log(VERSIONS[version], LENGTHS[version], 'nocrc' not in options)
    log.add(35, struct.pack('<Q', 1) + UUID + struct.pack('<Q', 1) + struct.pack('<QQ', 1, 5), 0x80)
    log.add(33, gtid(version, 5, 'replica' in options), 0, server)
    log.add(2, query(version, b'CREATE TABLE t (id INT)'), 8, server)
    log.add(33, gtid(version, 6, 'replica' in options), 0, server)
    log.add(2, query(version, b'BEGIN'), 8, server)
    if 'odd' in options:
        for kind in (28, 36, 37, 200):
            log.add(kind, b'whatever it is', 0x80, server)
    if 'incident' in options:
        log.add(26, struct.pack('<H', 1) + b'\x04LOST')
    if 'unknown' in options:
        log.add(60, b'whatever it is')
    log.add(29, b'\x10INSERT INTO t ...', 0x80, server)
    log.add(19, table_map(columns, new), 0, server)
    log.add(insert, rows(v, columns, [ROW1, ROW2], extra=extra), 0, server)
    log.add(19, table_map(columns, new), 0, server)
    if 'partial' in options:
        # options, which document has changes only; the row with them in its place: replace $.a by "x"
        diff = b'\x00' + packed(3) + b'$.a' + packed(3) + b'\x0c\x01x'
        row = image(columns[:15] + [('j', 245, b'\x04', 'str4')], ROW3[:15] + [diff])
        log.add(39, rows(2, columns, [ROW1], [ROW3], fixed=[packed(1) + b'\x01' + row]), 0, server)
    else:
        log.add(update, rows(v, columns, [ROW1], [ROW3], of_update), 0, server)
    log.add(19, table_map(columns, new), 0, server)
    log.add(delete, rows(v, columns, [ROW2], extra=extra), 0, server)
    log.add(16, struct.pack('<Q', 9), 0, server)
    log.add(4, struct.pack('<Q', 4) + b'next.000002')
    open(out, 'wb').write(log.data)


def maria(out, kind):
    lengths = [56, 13, 0, 8, 0, 18, 0, 4, 4, 4, 4, 18, 0, 0, 222, 0, 4, 26, 8, 0, 0, 0, 8, 8, 8, 2] + [0] * 133 + [0, 4, 19, 4, 0, 13, 8, 8, 8, 10, 10, 10]
    log = Log('12.3.1-MariaDB-log', lengths)
    log.add(163, struct.pack('<I', 0))
    log.add(161, struct.pack('<I', 10) + b'bin.000001')
    log.add(162, struct.pack('<QIB', 1, 0, 0) + b'\0' * 6)
    log.add(kind, b'\0' * 40)
    log.add(16, struct.pack('<Q', 9))
    open(out, 'wb').write(log.data)


def main():
    what, args = sys.argv[1], sys.argv[2:]
    if what == 'list':
        for at, h, body in events(open(args[0], 'rb').read()):
            print(at, h[1], h[3], h[4], h[5])
    elif what == 'far':
        far(args[0], args[1], int(args[2]))
    elif what == 'mysql':
        mysql(args[0], args[1], args[2:])
    elif what == 'maria':
        maria(args[0], int(args[1]))


if __name__ == '__main__':
    main()

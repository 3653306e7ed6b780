#!/usr/bin/python3
"""Logs that no server here writes by itself: real ones with a change, and such as are made of the documented bytes.

  logs.py list LOG                   each event: offset, type, length, end_log_pos, flags
  logs.py far LOG OUT OFFSET         LOG with events that may be passed over (sparse) before the first transaction that begins at
                                     OFFSET or behind it, so that it begins behind 4 GiB; prints by how much all moved
"""
import os
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


def main():
    what, args = sys.argv[1], sys.argv[2:]
    if what == 'list':
        for at, h, body in events(open(args[0], 'rb').read()):
            print(at, h[1], h[3], h[4], h[5])
    elif what == 'far':
        far(args[0], args[1], int(args[2]))


if __name__ == '__main__':
    main()

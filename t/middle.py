#!/usr/bin/env python3
"""middle.py HOW PORT TO_FILE LOG: a man in the middle before the server on PORT. Its own port goes to TO_FILE, what
clients send to LOG.

strip    takes the TLS capability out of the server's greeting
cut      ends the connection when the client has sent its first packet
"""
import socket
import sys
import threading

TLS = 0x800


def packet(s):
    d = b""
    while len(d) < 4 or len(d) < 4 + int.from_bytes(d[:3], "little"):
        more = s.recv(65536)
        if not more:
            return None
        d += more
    return d


def without_tls(greeting):
    # length, number, version, name of the server, its thread, 8 bytes of salt and a zero: then the capabilities
    at = greeting.index(0, 5) + 1 + 4 + 8 + 1
    flags = int.from_bytes(greeting[at : at + 2], "little") & ~TLS
    return greeting[:at] + flags.to_bytes(2, "little") + greeting[at + 2 :]


def pump(a, b, log):
    while True:
        try:
            d = a.recv(65536)
        except OSError:
            d = b""
        if not d:
            break
        if log:
            log.write(d)
            log.flush()
        try:
            b.sendall(d)
        except OSError:
            break
    for s in (a, b):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


how, port, to_file, log = sys.argv[1], int(sys.argv[2]), sys.argv[3], open(sys.argv[4], "ab")
door = socket.socket()
door.bind(("127.0.0.1", 0))
door.listen(8)
with open(to_file, "w") as f:
    f.write("%d\n" % door.getsockname()[1])
while True:
    client, _ = door.accept()
    server = socket.create_connection(("127.0.0.1", port))
    greeting = packet(server)
    if how == "strip":
        client.sendall(without_tls(greeting))
    else:
        client.sendall(greeting)
        client.recv(65536)
        client.close()
        server.close()
        continue
    threading.Thread(target=pump, args=(server, client, None), daemon=True).start()
    threading.Thread(target=pump, args=(client, server, log), daemon=True).start()

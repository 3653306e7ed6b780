#!/usr/bin/python3
"""A TCP proxy that loses answers: dropper.py LISTEN_PORT SERVER_PORT TEXT COUNT [request]

The first COUNT times that a client's packet holds TEXT, it reaches the server, the server answers, and the answer
is thrown away with the connection; or, with "request", it does not reach the server either. Prints "ready", then one line each time.
"""
import select
import socket
import sys
import threading

listen, server, text, count = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode(), int(sys.argv[4])
is_request = sys.argv[5:] == ["request"]
lock = threading.Lock()


def take():
    global count
    with lock:
        count -= 1
        return count >= 0


def serve(client):
    up = socket.create_connection(("127.0.0.1", server))
    drop = False
    while True:
        for s in select.select([client, up], [], [])[0]:
            data = s.recv(65536)
            if s is client and text in data and take():
                drop = True
            if not data or (drop and (s is up or is_request)):
                if drop:
                    print("dropped", flush=True)
                client.close()
                up.close()
                return
            (up if s is client else client).sendall(data)


door = socket.socket()
door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
door.bind(("127.0.0.1", listen))
door.listen(8)
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=(door.accept()[0],), daemon=True).start()

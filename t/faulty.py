#!/usr/bin/env python3
"""faulty.py SERVER_PORT: a TCP line to the server on SERVER_PORT that fails when it is told to. Prints its own port, then
"dropped" each time that an answer was lost. Commands on standard input, a line each; its end ends the program.

cut      ends all connections
hold     nothing goes through any more, and nothing ends: half-open
slow MS  everything comes so much later
drop     the answer to the next COMMIT is lost, with the connection
free     as at the beginning
"""
import socket
import sys
import threading
import time

server = int(sys.argv[1])
state = threading.Condition()
held, slow, drop = False, 0.0, False
lines = set()  # pairs of sockets


def end(line):
    for s in line:
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Answers:
    lost = False  # those of this connection, from now on


def pump(a, b, line, answers, is_client):
    global drop
    while True:
        try:
            data = a.recv(65536)
        except OSError:
            data = b""
        if not data:
            break
        with state:
            while held and line in lines:
                state.wait()
            pause = slow
            if is_client and drop and b"COMMIT" in data:
                drop, answers.lost = False, True
        if pause:
            time.sleep(pause)
        if not is_client and answers.lost:
            # what else it says to these statements is lost too
            a.settimeout(0.1)
            try:
                while a.recv(65536):
                    pass
            except OSError:
                pass
            print("dropped", flush=True)
            break
        try:
            b.sendall(data)
        except OSError:
            break
    end(line)
    with state:
        lines.discard(line)


def accept():
    while True:
        client, _ = door.accept()
        try:
            up = socket.create_connection(("127.0.0.1", server))
        except OSError:
            client.close()
            continue
        for s in (client, up):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line, answers = (client, up), Answers()
        with state:
            lines.add(line)
        threading.Thread(target=pump, args=(client, up, line, answers, True), daemon=True).start()
        threading.Thread(target=pump, args=(up, client, line, answers, False), daemon=True).start()


door = socket.socket()
door.bind(("127.0.0.1", 0))
door.listen(64)
print(door.getsockname()[1], flush=True)
threading.Thread(target=accept, daemon=True).start()
for command in sys.stdin:
    word = command.split()
    with state:
        if word[0] == "free":
            held, slow, drop = False, 0.0, False
        elif word[0] == "cut":
            for x in list(lines):
                end(x)
            lines.clear()
        elif word[0] == "hold":
            held = True
        elif word[0] == "slow":
            slow = int(word[1]) / 1000
        elif word[0] == "drop":
            drop = True
        state.notify_all()

#!/usr/bin/python3
"""wire.py A B MS: a long wire between two Ethernet interfaces of this network namespace: each frame that comes at one leaves at
the other MS milliseconds later. For kernels without netem. Says "ready" when it does; ends when it is killed.

Frames come and go with their virtio_net_hdr (packet(7), PACKET_VNET_HDR), so that segments which the kernel left to the network
card, as with a real one, stay whole.
"""
import collections
import errno
import select
import socket
import sys
import time

SOL_PACKET, PACKET_VNET_HDR, PACKET_OUTGOING, ETH_P_ALL = 263, 15, 4, 3
SO_RCVBUFFORCE = 33
delay = float(sys.argv[3]) / 1000


def open_at(name):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    s.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
    s.bind((name, ETH_P_ALL))
    s.setblocking(False)
    return s


def take(s, queue):
    """All frames that are there."""
    for _ in range(256):
        try:
            frame, where = s.recvfrom(1 << 17)
        except OSError as e:
            if e.errno not in (errno.EAGAIN, errno.ENETDOWN):
                raise
            return
        if where[2] != PACKET_OUTGOING:
            queue.append((time.monotonic() + delay, frame))


def leave(s, queue):
    """All that have had their time. A cut or full interface loses them, as a wire does."""
    now = time.monotonic()
    while queue and queue[0][0] <= now:
        try:
            s.send(queue.popleft()[1])
        except OSError as e:
            if e.errno not in (errno.EAGAIN, errno.ENETDOWN, errno.ENOBUFS, errno.ENXIO):
                raise


a, b = open_at(sys.argv[1]), open_at(sys.argv[2])
to_a, to_b = collections.deque(), collections.deque()
print("ready", flush=True)
while True:
    due = min((q[0][0] for q in (to_a, to_b) if q), default=None)
    ready, _, _ = select.select([a, b], [], [], None if due is None else max(0, due - time.monotonic()))
    if a in ready:
        take(a, to_b)
    if b in ready:
        take(b, to_a)
    leave(a, to_a)
    leave(b, to_b)

# SPDX-License-Identifier: Apache-2.0
"""The two small servers that a board asks before it can speak TLS: names and the time.

Each listens on a free UDP port of the loopback interface, answers from a thread of its own and
counts what it was asked. The emulator's network makes that interface the board's 10.0.2.2.
"""
import socket
import struct
import threading
import time

BOARD_SEES_HOST_AS = "10.0.2.2"
NTP_EPOCH = 2208988800  # 1900 to 1970, seconds
TYPE_A, NO_SUCH_NAME = 1, 3


class Udp(threading.Thread):
    """answer(request) gives the bytes to send back; None: silence."""

    def __init__(self):
        super().__init__(daemon=True)
        self.asked, self.closing = 0, False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            request, sender = self.socket.recvfrom(2048)
            if self.closing:
                return
            self.asked += 1
            reply = self.answer(request)
            if reply is not None:
                self.socket.sendto(reply, sender)

    def answer(self, request):
        raise NotImplementedError

    def close(self):
        self.closing = True
        self.socket.sendto(b"", self.socket.getsockname())  # wakes the thread
        self.join()
        self.socket.close()


class Dns(Udp):
    """RFC 1035: knows the names given, as the host; all others do not exist."""

    def __init__(self, *names):
        self.names = {n.lower() for n in names}
        super().__init__()

    def answer(self, request):
        if len(request) < 17:
            return None
        ident, flags = struct.unpack_from(">HH", request)
        name, end = read_name(request, 12)
        if name is None or end + 4 > len(request):
            return None
        kind = struct.unpack_from(">H", request, end)[0]
        known = name.lower() in self.names
        records = b""
        if known and kind == TYPE_A:
            records = struct.pack(">HHHIH", 0xC00C, TYPE_A, 1, 60, 4) + socket.inet_aton(
                BOARD_SEES_HOST_AS)
        code = 0 if known else NO_SUCH_NAME
        head = struct.pack(">HHHHHH", ident, 0x8080 | (flags & 0x0100) | code, 1,
                           1 if records else 0, 0, 0)
        return head + request[12:end + 4] + records


def read_name(message, at):
    """The name of a question, which is never compressed, and where it ends."""
    labels = []
    while at < len(message) and message[at] != 0:
        length = message[at]
        if length > 63 or at + 1 + length > len(message):
            return None, at
        labels.append(message[at + 1:at + 1 + length].decode("latin-1"))
        at += 1 + length
    return ".".join(labels), at + 1


class Sntp(Udp):
    """RFC 4330: the host's time and offset_s on top; the first requests, as many as silent says,
    stay without an answer."""

    def __init__(self, offset_s=0, silent=0):
        self.offset_s, self.silent = offset_s, silent
        super().__init__()

    def answer(self, request):
        if self.asked <= self.silent or len(request) < 48:
            return None
        now = time.time() + self.offset_s + NTP_EPOCH
        stamp = struct.pack(">II", int(now) & 0xFFFFFFFF, int(now % 1 * 2 ** 32))
        version = request[0] & 0x38
        head = struct.pack(">BBbb", version | 4, 1, 0, -20) + bytes(8) + b"TEST"
        return head + stamp + request[40:48] + stamp + stamp

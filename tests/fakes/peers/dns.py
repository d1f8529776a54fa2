"""A name server that says what it is told, lies and silence included.

    with Names({"shop.test": ["192.0.2.7"], "slow.test": SILENCE}, "127.0.0.53"):

A value is a list of addresses, SILENCE, or a function from how often the name was asked
before (an A and the AAAA beside it count once) to such a list. Other names do not exist.
"""

import socket
import struct
import threading

SILENCE = object()
A, AAAA = 1, 28
NO_SUCH_NAME = 3


class Names:
    def __init__(self, names, address, port=53):
        self.names = names
        self.asked = {}  # (name, type): how often
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((address, port))
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *ignored):
        self.sock.close()

    def _serve(self):
        while True:
            try:
                question, sender = self.sock.recvfrom(4096)
                answer = self._answer(question)
                if answer:
                    self.sock.sendto(answer, sender)
            except OSError:
                return

    def _records(self, name, kind):
        found = self.names.get(name)
        times = self.asked.get((name, kind), 0)
        self.asked[name, kind] = times + 1
        return found(times) if callable(found) else found

    def _answer(self, question):
        name, at = [], 12
        while question[at]:
            name.append(question[at + 1:at + 1 + question[at]].decode("latin-1"))
            at += 1 + question[at]
        (kind,) = struct.unpack(">H", question[at + 1:at + 3])
        records = self._records(".".join(name).lower(), kind)
        if records is SILENCE:
            return None
        body = b""
        count = 0
        for address in records or ():
            six = ":" in address
            if kind == (AAAA if six else A):
                packed = socket.inet_pton(socket.AF_INET6 if six else socket.AF_INET, address)
                body += struct.pack(">HHHIH", 0xC00C, kind, 1, 0, len(packed)) + packed
                count += 1
        code = 0 if records is not None else NO_SUCH_NAME
        head = question[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, count, 0, 0)
        return head + question[12:at + 5] + body

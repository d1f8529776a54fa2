"""A remote that behaves as badly as the path says: each behaviour is a function.

    with Peers() as peers:
        peers.url               "http://127.0.0.1:40123/"
        peers.requests("name")  what was asked of /name, heads and bodies as bytes

Serves a free port of `host` ("::": of every address) until the end of the block, a thread a
connection. `wrap` is done to each connection first: TLS, for instance.
"""

import socket
import struct
import threading

PATIENCE_S = 30  # no connection outlives this


class Gone(Exception):
    """The client has left."""


class Connection:
    """One client: reads its requests, sends bytes."""

    def __init__(self, peers, sock):
        self.peers = peers
        self.sock = sock
        self.rest = b""
        self.body_read = True

    def read_until(self, mark):
        while mark not in self.rest:
            piece = self.sock.recv(65536)
            if not piece:
                raise Gone
            self.rest += piece
        head, self.rest = self.rest.split(mark, 1)
        return head + mark

    def read_body(self, head):
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        while len(self.rest) < length:
            piece = self.sock.recv(65536)
            if not piece:
                raise Gone
            self.rest += piece
        body, self.rest = self.rest[:length], self.rest[length:]
        return body

    def send(self, data):
        if isinstance(data, str):
            data = data.encode()
        self.sock.sendall(data)

    def answer(self, body=b"", *headers, status="200 OK"):
        """A whole answer with its length."""
        if isinstance(body, str):
            body = body.encode()
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def wait_for_end(self):
        """Until the client closes."""
        while self.sock.recv(65536):
            pass

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)
        self.wait_for_end()

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()
        raise Gone


class Peers:
    def __init__(self, behaviours, host="127.0.0.1", wrap=None, port=0):
        self.behaviours = behaviours
        self.host = host
        self.wrap = wrap
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, port), family=family, backlog=128,
                                             dualstack_ipv6=host == "::")
        self.port = self.listener.getsockname()[1]
        self.connections = 0
        self.seen = []
        self.lock = threading.Lock()
        self.threads = []
        self.socks = set()

    @property
    def url(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        scheme = "https" if self.wrap else "http"
        return f"{scheme}://{host}:{self.port}/"

    def requests(self, name=None):
        with self.lock:
            return [data for path, data in self.seen if name in (None, path)]

    def __enter__(self):
        self._start(self._accept)
        return self

    def __exit__(self, *ignored):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            for sock in self.socks:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        for thread in list(self.threads):
            thread.join(PATIENCE_S)

    def _start(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self.socks.add(sock)
            self._start(self._serve, sock)

    def _serve(self, sock):
        kept = sock
        try:
            sock.settimeout(PATIENCE_S)
            if self.wrap:
                sock = self.wrap(sock)
            connection = Connection(self, sock)
            while True:
                self._serve_one(connection)
        except (Gone, OSError):
            pass
        finally:
            with self.lock:
                self.socks.discard(kept)
            sock.close()
            kept.close()

    def _serve_one(self, connection):
        head = connection.read_until(b"\r\n\r\n")
        path = head.split(b" ")[1].decode("latin-1").lstrip("/").split("?")[0]
        behaviour = self.behaviours.get(path)
        early = getattr(behaviour, "early", False)
        body = b"" if early else connection.read_body(head)
        with self.lock:
            self.seen.append((path, head + body))
        if behaviour is None:
            connection.answer('{"no":"such path"}', status="404 Not Found")
        else:
            behaviour(connection)

"""The server: calls are logged, then answered as the plan says; /__control is ours."""

import json
import socket
import struct
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from sink.log import Log
from sink.plan import Plan

CONTROL = "/__control/"
PATIENCE_S = 30  # no call that hangs outlives this
BODY_BYTES = 16 << 20


class Request:
    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_words):
        pass

    def handle_any(self):
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(min(length, BODY_BYTES))
        if self.path.startswith(CONTROL):
            self._control(body)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = urlsplit(self.path).path
        rule = self.server.log.add(
            Request(self.command, path, headers, body), self.server.plan.choose
        )
        time.sleep(rule.delay_s)
        getattr(self, f"_do_{rule.then}")(rule)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def _answer(self, status, body, headers=()):
        self.send_response(status, HTTPStatus(status).phrase if status in _KNOWN else "So")
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _do_status(self, rule):
        self._answer(rule.status, rule.body.encode(), rule.headers)

    def _do_cut(self, _rule):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        self.wfile.flush()
        self.close_connection = True

    def _do_hang(self, _rule):
        self.server.leaving.wait(PATIENCE_S)
        self.close_connection = True

    def _do_reset(self, _rule):
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.shutdown(socket.SHUT_RD)
        self.close_connection = True

    def _control(self, body):
        """JSON in and out; a mistake of the caller is a 400 that says which."""
        address = urlsplit(self.path)
        try:
            value = self.server.control(
                self.command, address.path[len(CONTROL) :], parse_qs(address.query), body
            )
            status = 200
        except (ValueError, TypeError, LookupError) as mistake:
            value, status = {"error": f"{type(mistake).__name__}: {mistake}"}, 400
        text = json.dumps(value).encode()
        self._answer(status, text, {"Content-Type": "application/json"})


_KNOWN = {status.value for status in HTTPStatus}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, port=0, log=None):
        super().__init__(("127.0.0.1", port), Handler)
        self.log = Log(log)
        self.plan = Plan()
        self.leaving = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"

    def control(self, method, name, query, body):
        if (method, name) == ("GET", "log"):
            start = int(query.get("from", ["0"])[0])
            count = query.get("count")
            return self.log.read(start, int(count[0]) if count else None)
        if (method, name) == ("GET", "count"):
            return self.log.count()
        if (method, name) == ("DELETE", "log"):
            self.log.reset()
            return {}
        if (method, name) == ("PUT", "plan"):
            wanted = json.loads(body)
            self.plan.put(wanted["rules"], wanted.get("seed", 0))
            return {}
        raise ValueError("there are GET log, GET count, DELETE log and PUT plan")

    def handle_error(self, _request, _address):
        """Clients that are killed leave in the middle of everything."""

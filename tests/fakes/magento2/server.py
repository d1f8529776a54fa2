"""HTTP/1.1: one thread per connection, keep-alive, Content-Length, faults and counting."""

import gzip
import itertools
import sys
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from magento2 import answers
from magento2.answers import Answer
from magento2.api import OUTSIDE
from magento2.control import PREFIX
from magento2.faults import FAULTS
from magento2.query import Request

# What the web server in front of the shop compresses. It does so whatever the length: the
# shop's answers come to it without one (recorded: 25 bytes came compressed).
COMPRESSED_STATUSES = (200, 403, 404)
_SHOP_HEADERS = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
_SUCCESS_HEADERS = (
    ("Set-Cookie", "PHPSESSID=double; Max-Age=3600; path=/; HttpOnly; SameSite=Lax"),
    ("X-Frame-Options", "SAMEORIGIN"),
)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address):
        super().__init__(address, Handler)
        self.connections = itertools.count(1)
        self.api = self.control = self.switches = self.counters = None

    def serve(self, api, control, switches, counters):
        self.api = api
        self.control = control
        self.switches = switches
        self.counters = counters
        self.serve_forever(poll_interval=0.05)

    def handle_error(self, request, client_address):
        """A client that goes away in the middle is nothing to write home about."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # buffered: head and body leave together

    def setup(self):
        super().setup()
        self.connection_number = next(self.server.connections)

    def version_string(self):
        return "nginx"

    def date_time_string(self, timestamp=None):
        """The Date header: the shop's own clock."""
        now = self.server.api.clock.now().timestamp()
        return super().date_time_string(now if timestamp is None else timestamp)

    def log_message(self, *_arguments):
        """Quiet: the counters keep the last request lines."""

    def serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(length))
        if self.path.startswith(PREFIX):
            self.send(self.server.control.answer(request), request)
            return
        kind = self.server.api.kind(request)
        self.server.counters.enter(kind, self.requestline, self.connection_number)
        try:
            self.serve_shop(request, kind)
        finally:
            self.server.counters.leave()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = serve

    def serve_shop(self, request, kind):
        switches = self.server.switches
        if len(self.path) > switches.url_limit:
            self.close_connection = True
            self.send(Answer(414, answers.URI_TOO_LARGE, answers.HTML_TYPE), request)
            return
        fault = None
        if kind != OUTSIDE:
            time.sleep(switches.delay_ms / 1000)
            fault = switches.take_fault(request.path)
        if fault is None:
            self.send(self.shop_answer(request), request)
        elif FAULTS[fault.name]:
            self.send(FAULTS[fault.name](self.server.api, fault), request)
        else:
            getattr(self, f"fault_{fault.name}")(request, fault)

    def shop_answer(self, request):
        try:
            return self.server.api.answer(request)
        except Exception:
            # A bug of the double must not look like one of the shop's own refusals.
            traceback.print_exc(file=sys.stderr)
            return Answer(599, b"the double itself failed; see its stderr", "text/plain")

    def fault_cut(self, request, _fault):
        self.send(self.shop_answer(request), request, part=0.5)
        self.close_connection = True

    def fault_close(self, _request, _fault):
        self.close_connection = True

    def fault_hang(self, request, fault):
        self.server.switches.wait_for_next(fault)
        self.send(self.shop_answer(request), request)

    def send(self, answer, request, part=1.0):
        """`part` below 1 breaks off inside the body, after promising all of it."""
        body, headers = answer.body, list(answer.headers)
        if answer.status in COMPRESSED_STATUSES and not self.path.startswith(PREFIX):
            headers.append(("Vary", "Accept-Encoding"))
            accepted = request.headers.get("accept-encoding", "")
            if self.server.switches.gzip and "gzip" in accepted:
                body = gzip.compress(body, compresslevel=1)
                headers.append(("Content-Encoding", "gzip"))
        headers += _SHOP_HEADERS
        if answer.status == 200:
            headers += _SUCCESS_HEADERS
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body[: int(len(body) * part)])

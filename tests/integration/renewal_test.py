"""A remote that gives another refresh token after each use: it is kept where it came from."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

DENIED = 77


class Remote(ThreadingHTTPServer):
    """Knows one refresh token and one access token at a time."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"
        self.count = 0

    @property
    def refresh(self):
        return f"refresh-{self.count:04}-c4n4ry"

    @property
    def access(self):
        return f"access-{self.count:04}-c4n4ry"


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_words):
        pass

    def answer(self, code, value):
        body = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        server = self.server
        if form.get("refresh_token") != [server.refresh]:
            self.answer(400, {"error": "invalid_grant"})
            return
        server.count += 1
        self.answer(200, {"access_token": server.access, "token_type": "Bearer",
                          "expires_in": 3600, "refresh_token": server.refresh})

    def do_GET(self):
        good = self.headers["Authorization"] == f"Bearer {self.server.access}"
        self.answer(200 if good else 401, {"name": "it"} if good else {"error": "no"})


@pytest.fixture
def remote():
    with Remote() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def keep(site, name, value):
    done = site.run("vault", "set", "acme", "renewer", name, stdin=value)
    assert done.status == 0, done.err


def ask(site, **options):
    return site.run("variable", "get", "acme", "renewer.thing.name", **options)


def test_a_new_refresh_token_is_good_for_the_next_command(site, remote):
    site.integration("renewer", "renewer", url=remote.url)
    keep(site, "client_secret", "hush")
    keep(site, "refresh", remote.refresh)
    for number in range(1, 4):
        done = ask(site)
        assert (done.status, done.out) == (0, '"it"\n'), done.err
        assert remote.count == number
        assert "c4n4ry" not in done.err
    for path in (site.folder / "state").iterdir():
        assert b"c4n4ry" not in path.read_bytes()


def test_elsewhere_it_cannot_be_kept_and_that_is_said(site, remote):
    site.integration("renewer", "renewer", url=remote.url, client_secret="env:HUSH",
                     refresh="env:REFRESH")
    env = {"HUSH": "hush", "REFRESH": remote.refresh}
    done = ask(site, env=env)
    assert (done.status, done.out) == (0, '"it"\n')
    assert "secret renewed, not kept" in done.err
    assert "it is taken from env:REFRESH: only vault: can be written to" in done.err
    assert "c4n4ry" not in done.err
    done = ask(site, env=env)
    assert done.status == DENIED and not (site.folder / "state").exists()

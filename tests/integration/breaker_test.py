"""A remote that fails, or asks for rest, is left alone: all calls of an integration together.

The plugin `peer` asks for all keys of a call side by side.
"""

import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

DONE, LATER = 0, 75
FAILURES, REST_S, REST_MOST_S = 5, 5, 5 * 1.25  # host/net/breaker.h, with its dice
WAIT = 2  # IMH_WAIT


class Remote(ThreadingHTTPServer):
    """Answers the first requests below `ill` as `failures` says, then and others well."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"
        self.ill = "/"
        self.failures = []  # code and headers, or None for no answer
        self.paths = []
        self.came = []  # when, and how many others were there
        self.there = 0
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def enter(self, path):
        with self.lock:
            self.paths.append(path)
            self.came.append((time.monotonic(), self.there))
            self.there += 1
            turn = sum(at.startswith(self.ill) for at in self.paths)
            fails = path.startswith(self.ill) and turn <= len(self.failures)
            return self.failures[turn - 1] if fails else (200, {})

    def leave(self):
        with self.lock:
            self.there -= 1


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_words):
        pass

    def do_GET(self):
        answer = self.server.enter(self.path)
        time.sleep(0.05)  # others can come meanwhile
        self.server.leave()
        if not answer:
            self.close_connection = True
            return
        code, headers = answer
        body = b'{"name":"it"}'
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def remote():
    with Remote() as server:
        yield server
        server.shutdown()


@pytest.fixture
def render(site, remote):
    """Renders a message for each of so many keys, all asked by one call."""

    def run(count, **options):
        site.integration("peer", "peer", url=remote.url, **options)
        site.write("mail.txt", "{$peer.raw[$key].name}")
        site.write("list.ndjson", "".join(f'{{"key":"k{i}"}}\n' for i in range(count)))
        done = site.run("render", "acme", "mail.txt", "--recipients", "list.ndjson", "--output",
                        "out")
        folder = site.folder / "out"
        return done, [path.read_text() for path in folder.iterdir()] if folder.exists() else []

    return run


BUSY = (503, {})


# ---- rests of some seconds: all of them at once, each with a site and a remote of its own ----


class Rest:
    """A mailing that meets failures: what came of it, and what the remote saw."""

    def __init__(self, site, failures, template, keys, identifiers=("peer",), ill="/", parallel=1,
                 timeout="60s"):
        self.site, self.template, self.keys = site, template, keys
        self.identifiers = identifiers
        self.options = {"parallel": parallel, "timeout": timeout}
        self.failures, self.ill = failures, ill

    def run(self):
        with Remote() as remote:
            remote.failures, remote.ill = self.failures, self.ill
            for identifier in self.identifiers:
                self.site.integration(identifier, "peer", url=remote.url, **self.options)
            self.site.write("mail.txt", self.template)
            self.site.write("list.ndjson", "".join(json.dumps(key) + "\n" for key in self.keys))
            self.done = self.site.run("render", "acme", "mail.txt", "--recipients", "list.ndjson",
                                      "--output", "out")
            remote.shutdown()
        self.came, self.paths = remote.came, remote.paths
        folder = self.site.folder / "out"
        self.sent = [path.read_text() for path in folder.iterdir()] if folder.exists() else []
        return self


ONE, BOTH = "{$peer.raw[$key].name}", "{$a.raw[$ill].name}{$b.raw[$well].name}"


def keys(count):
    return [{"key": f"k{i}"} for i in range(count)]


@pytest.fixture(scope="module")
def rests(make_site):
    wanted = {
        "busy": Rest(make_site(), [BUSY] * FAILURES, ONE, keys(12)),
        "silent": Rest(make_site(), [None] * FAILURES, ONE, keys(12)),
        "side by side": Rest(make_site(), [BUSY] * 8, ONE, keys(40), parallel=4),
        "once more": Rest(make_site(), [BUSY] * (FAILURES + 1), ONE, keys(12), timeout="10s"),
        "shared": Rest(make_site(), [BUSY] * FAILURES, BOTH,
                       [{"ill": f"a{i}", "well": f"b{i}"} for i in range(8)], "ab", "/a"),
    }
    with ThreadPoolExecutor(len(wanted)) as pool:
        return dict(zip(wanted, pool.map(Rest.run, wanted.values())))


@pytest.mark.parametrize("failure", ["busy", "silent"])
def test_after_its_rest_one_request_tries_then_all_go_on(rests, failure):
    rest = rests[failure]
    assert (rest.done.status, rest.sent) == (LATER, ["it"] * (12 - FAILURES))
    assert "imh: 5 of 12 messages wait for live data: integration 'peer': " in rest.done.err
    assert len(rest.came) == 12
    before, after = rest.came[FAILURES - 1][0], rest.came[FAILURES][0]
    assert after - before >= REST_S
    assert "remote left alone" in rest.done.err
    assert "5 failures in a row, the last: GET k4: " in rest.done.err


def test_side_by_side_too(rests):
    """Those that had left come back as they may; only one tries after the rest."""
    rest = rests["side by side"]
    came, failed = rest.came, 40 - len(rest.sent)
    assert FAILURES <= failed <= 8 and set(rest.sent) == {"it"} and rest.done.status == LATER
    assert came[failed][1] == 0 and came[failed + 1][0] > came[failed][0] + 0.04
    assert came[failed][0] - came[failed - 1][0] >= REST_S
    assert max(others for _, others in came) <= 3


def test_a_try_that_fails_makes_the_rest_longer(rests):
    """Longer than a mailing waits: it is told until when, and the remote was asked once more."""
    rest = rests["once more"]
    assert (rest.done.status, rest.sent) == (LATER, [])
    assert len(rest.came) == FAILURES + 1
    told = [float(text) for text in re.findall(r'left alone.*for="?(\d+) s', rest.done.err)]
    assert len(told) == 2 and REST_S <= told[0] <= REST_MOST_S + 1
    assert 2 * REST_S <= told[1] <= 2 * REST_MOST_S + 1


def test_one_that_is_left_alone_keeps_no_turn_of_those_it_shares_with(rests):
    """Two integrations of a server have one budget, here of one request at once, but each is
    left alone for itself: the other goes on meanwhile, and both never ask together."""
    rest = rests["shared"]
    assert rest.done.status == LATER
    assert "5 of 8 messages wait for live data: integration 'a'" in rest.done.err
    assert rest.sent == ["itit"] * 3
    assert sorted(rest.paths) == [f"/{name}{i}" for name in "ab" for i in range(8)]
    tried = [i for i, path in enumerate(rest.paths) if path.startswith("/a")][FAILURES]
    assert all(f"/b{i}" in rest.paths[:tried] for i in range(8))
    assert rest.came[tried][0] - rest.came[tried - 1][0] > 1  # nobody else left to ask
    assert max(others for _, others in rest.came) == 0


# ---- rests that are asked for ----

ASKED = {
    "seconds": (lambda: "120", 120),
    "a date": (lambda: formatdate(time.time() + 120, usegmt=True), 120),
    "a year": (lambda: "31536000", 86400),
}


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize("name", ASKED)
def test_a_rest_that_is_asked_for_is_for_all_calls(site, remote, code, name):
    value, most_s = ASKED[name]
    remote.failures = [(code, {"Retry-After": value()})] * 100
    site.integration("peer", "peer", url=remote.url, parallel=1)
    site.write("mail.txt", "{$peer.try.first.status}|{$o = $peer.try.other}{$o.status}|{$o.code}|"
                           "{$o.after_s}|{$o.text}")
    done = site.run("render", "acme", "mail.txt")
    assert done.status == DONE, done.err
    first, *other, after_s, text = done.out.split("|")
    assert (first, other) == (str(WAIT), [str(WAIT), "0"])
    assert most_s - 30 <= int(after_s) <= most_s
    assert re.match(r"'peer' is left alone until 20..-..-.. ..:..:.. UTC, after it asked for "
                    rf"\d+ s of rest: GET first: {code} ", text)
    assert len(remote.came) == 1
    assert "left alone" not in done.err  # it does not fail


def test_a_rest_of_nothing_is_a_second(remote, render):
    remote.failures = [(429, {"Retry-After": "0"})]
    done, sent = render(3, parallel=1)
    assert (done.status, sent) == (DONE, ["it"] * 3)
    assert remote.came[1][0] - remote.came[0][0] >= 1


def test_a_shop_that_asks_for_rest_is_not_asked_by_the_next_window(site, shop):
    """What the first window sends side by side is all the shop gets."""
    site.integration("mywebshop", "magento2", url=shop.url, token=site.secret(shop.token))
    site.write("mail.txt", "{if $sku}{$mywebshop.product[$sku].name}{/if}")
    big = json.dumps({"much": "x" * 1_000_000})
    site.write("list.ndjson", '{"sku":"24-MB01"}\n' + f"{big}\n" * 17 + '{"sku":"VIRT-1"}\n')
    shop.switch(fault="429", retry_after=77)
    done = site.run("render", "acme", "mail.txt", "--recipients", "list.ndjson", "--output", "out")
    assert done.status == LATER and "2 of 19 messages wait" in done.err
    assert done.err.endswith(": try again in 77 s\n")
    seen = shop.counters()
    assert 1 <= seen["total"] <= 2 and not any("VIRT-1" in line for line in seen["requests"])


def test_another_integration_is_not_concerned(site, remote):
    """Even at the same address: it may have another account there."""
    remote.failures = [(429, {"Retry-After": "120"})]
    site.integration("peer", "peer", url=remote.url)
    site.integration("also", "peer", url=remote.url)
    site.write("mail.txt", "{$a = $peer.try.a.status}{$a} {$also.try[\"b$a\"].status}")
    assert site.run("render", "acme", "mail.txt").out == f"{WAIT} 0"

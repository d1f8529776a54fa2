"""Events: sources are polled, nothing is missed, nothing comes twice, one bad record stops nobody."""

import json
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import PATIENCE_S
from daemon_test import running, wait_until


class Feed:
    """Numbered things that the plugin `ticker` reads."""

    def __init__(self):
        self.things = []
        self.poison = None  # a page with this thing fails: (id, status)
        self.down = False
        self.waits = None  # a page waits for that
        self.behind = ""  # of each cursor
        self.asked = []
        self.changes = 0  # of records
        self.written = []
        feed = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                status, answer = feed.answer(urlsplit(self.path))
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                feed.write(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, url):
        words = parse_qs(url.query, keep_blank_values=True)
        after = int(words["after"][0] or 0)
        skip = url.path.endswith("skip")
        page = [thing for thing in list(self.things) if thing["id"] > after]
        page = page[:int(words["most"][0])]
        last = page[-1]["id"] if page else after
        self.asked.append((after, int(words["most"][0]), skip))
        if self.waits:
            self.waits.wait(PATIENCE_S)
        bad = self.poison and any(thing["id"] == self.poison[0] for thing in page)
        if self.down or (bad and not skip):
            return self.poison[1] if bad else 503, {"message": "no"}
        more = bool(page) and last < self.things[-1]["id"]
        return 200, {"items": [] if skip else page, "next": f"{last}{self.behind}", "more": more}

    def add(self, count, **extra):
        first = self.things[-1]["id"] + 1 if self.things else 1
        self.things += [{"id": first + i, **extra} for i in range(count)]

    def change(self, record, **extra):
        """A record that is there already."""
        self.changes += 1
        self.add(1, record=record, key=f"contact/{record}/{self.changes}", **extra)

    def write(self, wanted):
        """What is written changes the record, and is told as any change."""
        self.written.append(wanted)
        self.change(wanted["record"], at=int(time.time() * 1000))

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def feed():
    made = Feed()
    yield made
    made.stop()


@pytest.fixture
def acme(site, feed):
    site.integration("shop", "ticker", url=feed.url, poll="1s")
    kept = site.run("vault", "set", "acme", "shop", "token", stdin="secret")
    assert kept.status == 0, kept.err
    return site


def asked(site, *words):
    done = site.run("--json", "event", *words)
    assert done.status == 0, done.err
    return json.loads(done.out)


def events(site, *words):
    """All of them, oldest first."""
    found, before = [], []
    while True:
        page = asked(site, "list", "--limit", "1000", *before, *words)
        found += page["items"]
        if page["next"] is None:
            return found[::-1]
        before = ["--before", str(page["next"])]


def new(site):
    """What was never seen before; each later pass is `thing-again`, once."""
    return events(site, "--type", "thing-new")


def source(site):
    items = asked(site, "sources")["items"]
    return items[0] if items else {"state": None}


def linked(site):
    wait_until(lambda: source(site)["state"] == "good")


def test_old_things_are_no_events_and_new_ones_are_one_each(acme, feed):
    feed.add(250)
    with running(acme):
        linked(acme)
        assert new(acme) == []
        feed.add(3)
        wait_until(lambda: len(new(acme)) == 3)
        passes = len(feed.asked) + 8
        wait_until(lambda: len(feed.asked) > passes)
        assert [event["key"] for event in new(acme)] == ["251", "252", "253"]
        shown = asked(acme, "show", str(new(acme)[0]["id"]))
        assert shown["type"] == "thing-new" and shown["data"] == {"id": 251} and shown["integration"] == "shop"


def test_nothing_is_missed_or_doubled_when_the_daemon_is_killed(acme, feed):
    feed.add(10)
    with running(acme):
        linked(acme)
    for _round in range(4):
        with running(acme) as daemon:
            feed.add(70)
            wait_until(lambda: feed.asked[-1][0] > feed.things[-1]["id"] - 200)
            daemon.process.send_signal(signal.SIGKILL)
            daemon.process.wait()
    with running(acme):
        wait_until(lambda: len(new(acme)) == 280)
        assert [event["key"] for event in new(acme)] == [str(11 + i) for i in range(280)]


def test_one_bad_record_stops_nobody(acme, feed):
    feed.add(1)
    with running(acme):
        linked(acme)
        feed.poison = (140, 400)
        feed.add(230)
        wait_until(lambda: len(new(acme)) == 229)
        assert "140" not in {event["key"] for event in new(acme)}
        assert source(acme)["skipped"] >= 1


def test_a_remote_that_is_down_is_said_and_let_be(acme, feed):
    feed.add(1)
    with running(acme) as daemon:
        linked(acme)
        feed.down = True
        feed.add(5)
        wait_until(lambda: source(acme)["state"] == "failing")
        assert "503" in source(acme)["error"]
        feed.down = False
        wait_until(lambda: len(new(acme)) == 5)
        wait_until(lambda: source(acme)["state"] == "good")
        assert daemon.events().count("a source of events fails") == 1


def test_what_a_plugin_keeps_is_there_in_its_next_poll(acme, feed):
    with running(acme):
        linked(acme)
        feed.add(2)
        wait_until(lambda: len(new(acme)) == 2)
        wait_until(lambda: len(events(acme, "--type", "thing-again")) == 2)


def test_a_key_that_comes_twice_is_one_event(acme, feed):
    with running(acme):
        linked(acme)
        feed.add(1, say="twice")
        feed.add(1)
        wait_until(lambda: len(new(acme)) == 2)


def test_a_record_that_ends_the_plugin_is_skipped(acme, feed):
    feed.add(1)
    with running(acme):
        linked(acme)
        feed.add(1, say="crash")
        feed.add(2)
        wait_until(lambda: len(new(acme)) >= 2)


def test_a_poll_ends_with_the_configuration_it_began_with(acme, feed):
    """Its questions go to its own process, not to that of the new configuration."""
    with running(acme) as daemon:
        linked(acme)
        feed.waits = threading.Event()
        feed.add(3)
        polls = len(feed.asked)
        wait_until(lambda: len(feed.asked) > polls)
        assert acme.run("reload").status == 0
        began = time.monotonic()
        feed.waits.set()
        wait_until(lambda: len(new(acme)) == 3)
        assert time.monotonic() - began < PATIENCE_S / 2, "the call was left without an answer"
        assert "a source of events fails" not in daemon.events()


def test_one_worker_serves_more_integrations_than_it_may_have_threads(site, feed):
    for i in range(320):
        site.integration(f"shop{i}", "ticker", url=feed.url, poll="5s", token=site.secret("x"))
    with running(site) as daemon:
        wait_until(lambda: daemon.events().count("a source of events was linked") == 320)
        assert "worker ended" not in daemon.events()


def test_a_cursor_that_is_no_text_is_the_plugins_fault(acme, feed):
    feed.add(1)
    with running(acme):
        linked(acme)
        feed.behind = "\0"
        feed.add(150)
        wait_until(lambda: "no text" in (source(acme)["error"] or ""))
        feed.behind = ""
        wait_until(lambda: len(new(acme)) == 150)

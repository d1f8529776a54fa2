"""What tests of records start from: a remote that keeps them, and fails as told."""

import json
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import PATIENCE_S
from daemon_test import wait_until
from queue_test import items, show

__all__ = ["Remote", "items", "outage", "put", "put_lines", "show"]


class Remote:
    """Knows contacts and notes by key. A step of the plan is for one call, `ends` for the
    records of each call, by key; `most` is how many it takes at once; `down`: 503."""

    def __init__(self):
        self.records = {"contact": {}, "note": {}}
        self.calls = []
        self.plan = []
        self.ends = {}
        self.most = None
        self.down = False
        self.lock = threading.Lock()
        remote = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                step, code, answer = remote.take(self.command, self.path, body)
                if step.get("wait"):
                    step["wait"].wait(PATIENCE_S)
                text = json.dumps(answer).encode()
                self.send_response(code)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_POST = do_DELETE = answer

            def log_message(self, *_words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def take(self, method, path, body):
        entity = path.strip("/")
        keys = [record["key"] for record in body["records"]]
        with self.lock:
            step = self.plan.pop(0) if self.plan else {}
            code = step.get("status", 503 if self.down else 200)
            if self.most is not None and len(keys) > self.most:
                code = 413
            self.calls.append((method, entity, keys, code))
            if code != 200:
                return step, code, {"message": f"says {code}"}
            answer = [self.write(entity, method, record) for record in body["records"]]
        return step, code, {"records": answer[:step.get("tells", len(answer))]}

    def write(self, entity, method, record):
        ends = self.ends.get(record["key"], [])
        end = ends.pop(0) if ends else {"status": "OK", "id": f"r-{record['key']}"}
        if end["status"] == "OK" and method == "DELETE":
            self.records[entity].pop(record["key"], None)
        elif end["status"] == "OK":
            self.records[entity].setdefault(record["key"], {}).update(record["fields"])
        return end

    def keys(self, code=200):
        """Of each call that was answered so."""
        return [keys for _, _, keys, answered in self.calls if answered == code]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def remote():
    made = Remote()
    yield made
    made.stop()


def put(site, key, entity="contact", **fields):
    """The job of one write."""
    done = site.run("--json", "record", "put", "acme", f"crm.{entity}", str(key),
                    "--fields", json.dumps(fields))
    assert done.status == 0, done.err
    return json.loads(done.out)["job"]


def put_lines(site, lines, entity="contact"):
    """Of many: what it says about them."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    done = site.run("--json", "record", "put", "acme", f"crm.{entity}", stdin=text)
    assert done.status == 0, done.err
    return json.loads(done.out)


def open_jobs(site):
    queue = json.loads(site.run("--json", "status").out)["queue"]
    return queue["waiting"] + queue["held"] + queue["running"]


def outage(site, remote, contacts, changes):  # noqa: F811
    """So many changes while the remote is down, then it is back. What one change cost, and
    the rest until all was written, in seconds."""
    dice = random.Random(changes)
    wanted = {}
    remote.down = True
    put(site, "0", n=0)
    wait_until(lambda: remote.calls)
    spent_s = 0
    for wave in range(changes // contacts):
        keys = list(range(contacts))
        dice.shuffle(keys)
        lines = [{"key": str(key), "fields": {"n": wave, f"f{wave % 3}": wave + key}}
                 for key in keys]
        for line in lines:
            wanted.setdefault(line["key"], {}).update(line["fields"])
        begun_s = time.monotonic()
        put_lines(site, lines)
        spent_s += time.monotonic() - begun_s
    wait_until(lambda: open_jobs(site) == contacts)
    assert items(site, "failed") == []
    remote.down = False
    begun_s = time.monotonic()
    wait_until(lambda: open_jobs(site) == 0)
    assert remote.records["contact"] == wanted
    written = remote.keys()
    assert sorted(sum(written, [])) == sorted(wanted)
    return spent_s / changes, time.monotonic() - begun_s, len(written)

"""Corrected arguments of failed jobs: only such as the plugin takes, whoever gives them."""

import json
import socket
import struct

import pytest
from daemon_test import running, wait_until
from queue_test import items, show, sink, wait_for_state  # noqa: F401
from records import put, remote  # noqa: F401

BAD_DATA = 65
ASK, ANSWER, FAILURE = 1000, 1001, 1002
HEADER = struct.Struct("<IIQ")


@pytest.fixture
def acme(site, sink, remote):  # noqa: F811
    site.integration("deeds", "deeds", url=sink.url, ladder="1s 1s")
    site.integration("crm", "cards", url=remote.url, ladder="1s 1s", parallel=1)
    for name in ("deeds", "crm"):
        assert site.run("vault", "set", "acme", name, "token", stdin="first").status == 0
    return site


def receive(stream, size):
    got = b""
    while len(got) < size:
        more = stream.recv(size - len(got))
        assert more, "the daemon hung up"
        got += more
    return got


def ask(site, operation, arguments):
    """Straight at the daemon's socket, with no command that checks anything before."""
    payload = b"".join(b"s" + struct.pack("<I", len(text.encode())) + text.encode()
                       for text in (operation, json.dumps(arguments), ""))
    with socket.socket(socket.AF_UNIX) as stream:
        stream.connect(str(site.folder / "state" / "control.sock"))
        stream.sendall(HEADER.pack(len(payload), ASK, 1) + payload)
        size, kind, _ = HEADER.unpack(receive(stream, HEADER.size))
        return kind, receive(stream, size).decode(errors="replace")


def fail_some(acme, sink, remote):  # noqa: F811
    """A command, a write and a removal that the remote refused."""
    sink.plan = [{"status": 422}]
    remote.ends.update({key: [{"status": "REJECTED"}] for key in "ab"})
    acme.run("action", "run", "acme", "deeds.post", "--args", '{"text": "bda"}')
    write = put(acme, "a", email="@")
    assert acme.run("record", "remove", "acme", "crm.contact", "b").status == 0
    wait_until(lambda: len(items(acme, "failed")) == 3)
    failed = {job["key"]: job["id"] for job in items(acme, "failed")}
    assert failed["a"] == write
    return failed[None], write, failed["b"]


def test_a_correction_fits_or_is_refused(acme, sink, remote):  # noqa: F811
    with running(acme):
        command, write, removal = fail_some(acme, sink, remote)
        before = [show(acme, job) for job in (command, write, removal)]
        cases = (
            ({"ids": [command], "args": '{"stream": 1}'},
             "the arguments of 'post': /stream must be text"),
            ({"ids": [command], "args": "[]"}, "the arguments of 'post'"),
            ({"ids": [command], "args": ""}, "the arguments of 'post'"),
            ({"ids": [command], "args": {}}, "corrected arguments are a text"),
            ({"ids": [command]}, "corrected arguments are a text"),
            ({"ids": [write], "args": '{"email": 1}'},
             "the fields of 'contact': /email must be text"),
            ({"ids": [write], "args": "[]"}, "the fields of a record are a JSON object"),
            ({"ids": [removal], "args": '{"email": "b@"}'},
             "a removal has no fields to correct: retry or discard it"),
            ({"ids": [removal], "args": "{}"}, "a removal has no fields to correct"),
            ({"ids": [command, write], "args": "{}"}, "which job?"),
            ({"ids": [], "args": "{}"}, "which job?"),
            ({"ids": [99], "args": "{}"}, "no job 99"),
            ({"ids": ["x"], "args": "{}"}, "no job 0"),
            ({"all": True, "args": "{}"}, "which job?"),
            ({"all": True, "ids": [command], "args": "{}"}, "which job?"),
        )
        for arguments, why in cases:
            kind, said = ask(acme, "queue edit", arguments)
            assert (kind, why in said) == (FAILURE, True), (arguments, said)
        done = acme.run("queue", "retry", str(removal), "--args", '{"email": "b@"}')
        assert (done.status, done.err) == (
            BAD_DATA, "imh: a removal has no fields to correct: retry or discard it\n")
        assert [show(acme, job) for job in (command, write, removal)] == before
        kind, said = ask(acme, "queue edit", {"ids": [command], "args": '{"text": "bad"}'})
        assert (kind, json.loads(said)["items"]) == (ANSWER, [{"id": command, "error": None}])
        wait_for_state(acme, command, "done")
        assert [body["text"] for body, *_ in sink.taken] == ["bda", "bad"]
    for job, args, why in (
            (write, '{"email": 1}', "the fields of 'contact': /email must be text"),
            (removal, "{}", "a removal has no fields to correct: retry or discard it")):
        done = acme.run("queue", "retry", str(job), "--args", args)
        assert (done.status, done.err) == (BAD_DATA, f"imh: {why}\n")
        assert show(acme, job)["state"] == "failed"
    done = acme.run("queue", "retry", str(write), "--args", '{"email": "a@example.com"}')
    assert (done.status, done.out) == (0, "retried: 1\n"), done.err
    assert show(acme, write)["args"] == {"email": "a@example.com"}

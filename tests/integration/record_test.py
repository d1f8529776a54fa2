"""Records: written together, each with an end of its own; what waits becomes one write."""

import json
import threading

import pytest
from daemon_test import running, wait_until
from records import items, outage, put, put_lines, remote, show  # noqa: F401

NO, WRONG_USE, BAD_DATA = 1, 2, 65


@pytest.fixture
def acme(site, remote):  # noqa: F811
    site.integration("crm", "cards", url=remote.url, ladder="1s 1s", parallel=1)
    kept = site.run("vault", "set", "acme", "crm", "token", stdin="first")
    assert kept.status == 0, kept.err
    return site


def wait_for_state(site, job, state):
    wait_until(lambda: show(site, job)["state"] == state)


def lines_of(keys, **fields):
    return [{"key": str(key), "fields": {"number": key, **fields}} for key in keys]


class Blocked:
    """While in it, the first call hangs, so that what is put meanwhile waits together."""

    def __init__(self, site, remote, entity="contact", step=None):  # noqa: F811
        self.gate = threading.Event()
        remote.plan = [{**(step or {}), "wait": self.gate}]
        self.job = put(site, "first", entity, number=0)
        wait_until(lambda: remote.calls)

    def __enter__(self):
        return self

    def __exit__(self, *_what):
        self.gate.set()


def test_a_record_is_written_and_its_id_is_kept(acme, remote):  # noqa: F811
    with running(acme):
        job = put(acme, "42", email="a@b.nl", price=19.90)
        wait_for_state(acme, job, "done")
        told = show(acme, job)
        assert (told["kind"], told["what"], told["key"]) == ("record", "contact", "42")
        assert told["removes"] is False
        assert told["result"] == {"id": "r-42", "version": ""}
        assert remote.records["contact"] == {"42": {"email": "a@b.nl", "price": 19.9}}


def test_records_that_wait_are_written_together(acme, remote):  # noqa: F811
    with running(acme):
        with Blocked(acme, remote):
            made = put_lines(acme, lines_of(range(1, 251)))
            assert made == {"records": 250, "jobs": 250, "merged": 0}
        wait_until(lambda: len(remote.records["contact"]) == 251)
        assert [len(keys) for keys in remote.keys()] == [1, 100, 100, 50]
        written = sum(remote.keys(), [])
        assert written == ["first", *map(str, range(1, 251))]


def test_a_plugin_says_how_many_it_takes(acme, remote):  # noqa: F811
    with running(acme):
        with Blocked(acme, remote, "note"):
            put_lines(acme, lines_of(range(1, 8)), "note")
        wait_until(lambda: len(remote.records["note"]) == 8)
        assert [len(keys) for keys in remote.keys()] == [1, 3, 3, 1]


def test_each_record_has_an_end_of_its_own(acme, remote):  # noqa: F811
    remote.ends = {"2": [{"status": "INVALID", "text": "no such property"}],
                   "3": [{"status": "ERROR", "text": "busy"}],
                   "4": [{"status": "LOST"}]}
    with running(acme):
        with Blocked(acme, remote):
            put_lines(acme, lines_of(range(1, 6)))
        wait_until(lambda: {"1", "3", "4", "5"} <= set(remote.records["contact"]))
        [failed] = items(acme, "failed")
        assert (failed["state"], failed["category"]) == ("failed", "rejected")
        assert failed["key"] == "2"
        assert "no such property" in failed["error"]
        assert "  contact  2    failed " in acme.run("queue", "failed").out
        assert remote.keys()[1] == ["1", "2", "3", "4", "5"]
        assert sorted(sum(remote.keys()[2:], [])) == ["3", "4"]


def test_what_may_not_be_written_twice_is_for_people_when_nobody_knows(acme, remote):  # noqa: F811
    remote.ends = {"1": [{"status": "LOST"}]}
    with running(acme):
        job = put(acme, "1", "note", text="once")
        wait_for_state(acme, job, "unknown")
        assert len(remote.calls) == 1


def test_a_record_the_plugin_is_silent_about_is_written_again(acme, remote):  # noqa: F811
    with running(acme):
        with Blocked(acme, remote):
            remote.plan = [{"tells": 1}]
            put_lines(acme, lines_of((1, 2)))
        wait_until(lambda: ["2"] in remote.keys())
        [history] = [show(acme, job)["history"] for job in range(1, 4)
                     if show(acme, job)["history"]]
        assert "did not say what became of it" in history[0]["words"]


def test_a_batch_that_is_too_large_is_halved_to_the_one_that_is(acme, remote):  # noqa: F811
    remote.most = 3
    remote.ends = {"5": [{"status": "LARGE", "text": "more than 1 MB"}]}
    with running(acme):
        with Blocked(acme, remote):
            put_lines(acme, lines_of(range(1, 11)))
        wait_until(lambda: len(remote.records["contact"]) == 11)
        assert [len(keys) for keys in remote.keys(413)] == [10, 5, 5]
        told = [show(acme, job) for job in range(2, 12)]
        assert {job["attempts"] for job in told} == {1}
        assert items(acme, "failed") == []


def test_one_that_is_too_large_alone_fails_and_says_so(acme, remote):  # noqa: F811
    remote.ends = {"5": [{"status": "LARGE", "text": "more than 1 MB"}] * 9}
    with running(acme):
        with Blocked(acme, remote):
            put_lines(acme, lines_of(range(1, 9)))
        wait_until(lambda: items(acme, "failed"))
        wait_until(lambda: len(remote.records["contact"]) == 8)
        [failed] = items(acme, "failed")
        assert failed["category"] == "too-large"
        assert failed["error"] == "too large even alone: more than 1 MB"
        assert remote.calls[-1][2] == ["5"]
        assert show(acme, failed["id"])["attempts"] == 1


def test_a_record_that_kills_the_worker_does_not_take_the_others_along(acme, remote):  # noqa: F811
    with running(acme) as daemon:
        with Blocked(acme, remote):
            put_lines(acme, [*lines_of((1, 2)), {"key": "bad", "fields": {"kill": True}},
                             *lines_of((3,))])
        wait_until(lambda: len(remote.records["contact"]) == 4)
        wait_until(lambda: items(acme, "failed"))
        [failed] = items(acme, "failed")
        assert show(acme, failed["id"])["args"] == {"kill": True}
        assert daemon.process.poll() is None


def test_records_are_removed_and_one_that_is_gone_is_fine(acme, remote):  # noqa: F811
    with running(acme):
        wait_for_state(acme, put(acme, "1", number=1), "done")
        remote.ends = {"2": [{"status": "GONE"}]}
        for key in ("1", "2"):
            done = acme.run("record", "remove", "acme", "crm.contact", key)
            assert done.status == 0, done.err
            wait_for_state(acme, int(done.out.split()[1]), "done")
        assert remote.records["contact"] == {}


def test_what_becomes_of_a_removal_is_told(acme, remote):  # noqa: F811
    remote.ends["k"] = [{"status": "REJECTED"}]
    with running(acme):
        assert acme.run("integration", "disable", "acme", "crm").status == 0
        removal = put(acme, "k", a=1)
        assert acme.run("record", "remove", "acme", "crm.contact", "k").status == 0
        assert [(entry["what"], entry["words"]) for entry in show(acme, removal)["history"]] == [
            ("superseded", "by a removal")]
        assert acme.run("integration", "enable", "acme", "crm").status == 0
        wait_for_state(acme, removal, "failed")
        write = put(acme, "k", a=2)
        wait_for_state(acme, write, "done")
        assert show(acme, removal)["history"][-1]["words"] == f"by job {write}"
        assert show(acme, write)["after_failed"] == f"job {removal}, a removal"


def test_failed_ones_of_a_record_are_retried_as_one(acme, remote):  # noqa: F811
    """The removal takes the place of the write before it, and has its own taken."""
    remote.ends["k"] = [{"status": "REJECTED"} for _ in range(3)]
    with running(acme):
        for words in (("put", "k", "--fields", '{"a": 1}'), ("remove", "k"),
                      ("put", "k", "--fields", '{"b": 2}')):
            command, *rest = words
            assert acme.run("record", command, "acme", "crm.contact", *rest).status == 0
            wait_until(lambda: not items(acme, "list"))
        last, removal, first = [job["id"] for job in items(acme, "failed")]
        done = acme.run("queue", "retry", "--all")
        assert (done.status, done.out) == (0, "retried: 3\n"), done.err
        wait_for_state(acme, last, "done")
        assert [show(acme, job)["state"] for job in (first, removal)] == ["discarded"] * 2
        some = acme.run("queue", "retry", str(last), "99")
        assert (some.status, some.out) == (1, "retried: 0, refused: 2, left: 0\n")
        assert f"job {last} has ended\n" in some.err and "no job 99\n" in some.err
        some = acme.run("--json", "queue", "discard", "99")
        assert json.loads(some.out) == {"discarded": 0, "refused": 1, "left": 0}


def test_what_is_wrong_is_said_and_nothing_is_taken(acme):
    with running(acme):
        cases = (
            (("crm.person", "1", "--fields", "{}"), "", NO, "no records 'person'"),
            (("nobody.contact", "1", "--fields", "{}"), "", NO, "no integration 'nobody'"),
            (("crm", "1", "--fields", "{}"), "", BAD_DATA, "IDENTIFIER.ENTITY"),
            (("crm.contact", "1"), "", WRONG_USE, "--fields JSON"),
            (("crm.contact", "--fields", "{}"), "", WRONG_USE, "which KEY"),
            (("crm.contact", "1", "--fields", "[1]"), "", BAD_DATA, "must be an object"),
            (("crm.contact", "1", "--fields", "{"), "", BAD_DATA, "--fields"),
            (("crm.contact", "1", "--fields", ""), "", BAD_DATA, "--fields"),
            (("crm.contact", "1", "--fields", '{"email": 1}'), "", BAD_DATA, "/email must be"),
            (("crm.contact", "k" * 256, "--fields", "{}"), "", BAD_DATA, "1 to 255 bytes"),
            (("crm.contact",), '{"key": "1", "fields": {}}\n\n{"key": "2"}\n', BAD_DATA,
             "line 3: has to have either"),
            (("crm.contact",), '{"key": "1", "fields": {}}\n{"key": "2", "fields": '
             '{"email": 7}}\n', BAD_DATA, "line 2: the fields of 'contact': /email must be"),
            (("crm.contact",), '{"key": 1, "fields": {}}', BAD_DATA, "'key' must be a text"),
            (("crm.contact",), '{"key": "1", "feilds": {}}', BAD_DATA, "'feilds' means nothing"),
            (("crm.note",), '{"key": "1", "remove": true}', BAD_DATA, "cannot be removed"),
            (("crm.contact",), '{"key": "1", "key": "2", "remove": true}', BAD_DATA,
             "a second member of this name"),
            (("crm.contact", "n\udcff", "--fields", "{}"), "", BAD_DATA, "is not UTF-8"),
            (("crm.contact",), '{"key": "1", "fields": {}}\n{"key": "n\\u0000b", "fields": {}}',
             BAD_DATA, "line 2: the key of a record has a NUL"),
            (("crm.contact",), '{"key": "n\\ud800", "fields": {}}', BAD_DATA, "line 1"),
        )
        for words, stdin, status, what in cases:
            done = acme.run("record", "put", "acme", *words, stdin=stdin)
            assert (done.status, what in done.err) == (status, True), (words, stdin, done)
        assert items(acme, "list") == []


def test_writes_that_wait_become_one_with_the_newest_values(acme, remote):  # noqa: F811
    with running(acme):
        with Blocked(acme, remote):
            job = put(acme, "1", a=1, b=1)
            assert put(acme, "1", b=2) == job
            made = put_lines(acme, [{"key": "1", "fields": {"c": n}} for n in range(50)])
            assert made == {"records": 50, "jobs": 0, "merged": 50}
        wait_for_state(acme, job, "done")
        assert remote.records["contact"]["1"] == {"a": 1, "b": 2, "c": 49}
        assert remote.keys() == [["first"], ["1"]]
        history = show(acme, job)["history"]
        assert [(entry["what"], entry["times"]) for entry in history] == [("superseded", 51)]


def test_what_runs_is_left_alone_and_its_retry_has_todays_values(acme, remote):  # noqa: F811
    with running(acme):
        with Blocked(acme, remote, step={"status": 503}) as blocked:
            newer = put(acme, "first", email="a@b.nl")
            assert newer != blocked.job
        wait_for_state(acme, blocked.job, "done")
        assert [(keys, code) for _, _, keys, code in remote.calls] == [
            (["first"], 503), (["first"], 200)]
        assert remote.records["contact"] == {"first": {"number": 0, "email": "a@b.nl"}}
        told = show(acme, newer)
        assert told["state"] == "discarded"
        assert told["history"][0]["words"] == f"by job {blocked.job}"


def test_records_of_one_key_keep_their_order_whatever_they_are(acme, remote):  # noqa: F811
    with running(acme):
        with Blocked(acme, remote, "note") as blocked:
            behind = put(acme, "first", number=1)
            other = put(acme, "2", number=2)
            assert show(acme, behind)["state"] == "waiting"
        for job in (blocked.job, behind, other):
            wait_for_state(acme, job, "done")
        assert [(entity, sorted(keys)) for _, entity, keys, _ in remote.calls] == [
            ("note", ["first"]), ("contact", ["2", "first"])]


def test_after_an_outage_each_record_is_written_once(site, remote):  # noqa: F811
    site.integration("crm", "cards", url=remote.url, ladder="1s 2s 5s 10s 30s 1m", parallel=1)
    site.run("vault", "set", "acme", "crm", "token", stdin="first")
    with running(site):
        *_costs, calls = outage(site, remote, contacts=150, changes=3000)
        assert calls <= 30

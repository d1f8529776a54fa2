"""What was promised to people whose calls fail: each scenario a test, by its usual name.

Ladders are of seconds here; the usual one is `attempts_are_at_0_1_6_16_and_76_minutes` of the
queue's unit tests. The remote is the sink, which writes down when what came.
"""

import json
import signal
import sys
import time
from contextlib import contextmanager

import pytest
from conftest import TESTS
from daemon_test import running, wait_until
from queue_test import Sink as Door
from queue_test import act, items, job_of, show, wait_for_state

sys.path.insert(0, str(TESTS / "fakes"))
sys.path.insert(0, str(TESTS / "sweep"))

from daemon import Control  # noqa: E402
from sink.client import Sink  # noqa: E402

SECRET = "c2VjcmV0IHRoYXQgbm9ib2R5IG1heSBzZWUh"


@pytest.fixture
def sink():
    with Sink() as made:
        yield made


@pytest.fixture
def acme(site, sink):
    site.integration("crm", "deeds", url=sink.url, ladder="1s 1s 1s 1s",
                     token=site.secret("token"))
    return site


def fail(sink, *statuses, stream=None, body="", **more):
    """The next calls of the stream are answered so, the others well."""
    which = {"stream": stream} if stream else {}
    sink.plan([{"times": 1, "status": status, "body": body, **which, **more}
               for status in statuses])


def give(site, stream, sequence, *words, action="put", integration="crm"):
    args = json.dumps({"stream": stream, "sequence": sequence})
    done = site.run("action", "run", "acme", f"{integration}.{action}", "--args", args,
                    "--no-wait", *words)
    assert done.status == 0, done.err
    return job_of(done)


@contextmanager
def halted(site, integration="crm"):
    """What is given meanwhile begins together at the end, however long giving took."""
    assert site.run("integration", "disable", "acme", integration).status == 0
    yield
    assert site.run("integration", "enable", "acme", integration).status == 0


def came(sink, stream=None):
    return [(call["stream"], call["sequence"], call["does"]) for call in sink.log()
            if stream in (None, call["stream"])]


def attempts(site, job):
    return [entry for entry in show(site, job)["history"] if entry["what"] == "attempt"]


def test_2_a_replay_is_signed_anew_and_nothing_secret_is_kept(site, sink):
    site.integration("hook", "http", url=sink.url, auth="signature", ladder="1s 1s",
                     signing_secret=site.secret(SECRET))
    fail(sink, 503)
    with running(site) as daemon:
        done = site.run("action", "run", "acme", "hook.request", "--no-wait", "--args",
                        '{"path": "contacts?list=7", "json": {"name": "X"}}')
        job = job_of(done)
        wait_for_state(site, job, "done")
        first, second = (call["headers"] for call in sink.log())
        assert first["webhook-timestamp"] < second["webhook-timestamp"]
        assert first["webhook-signature"] != second["webhook-signature"]
        assert first["webhook-id"] == second["webhook-id"]
        assert first["idempotency-key"] == second["idempotency-key"]
        told = show(site, job)
        assert told["args"] == {"path": "contacts?list=7", "json": {"name": "X"}}
        daemon.stop()
        kept = [*(site.folder / "state").glob("imh.db*"), daemon.log]
        seen = b"".join(path.read_bytes() for path in kept) + json.dumps(told).encode()
        assert b"contacts?list=7" in seen
        for secret in (SECRET, first["webhook-signature"], second["webhook-signature"]):
            assert secret.encode() not in seen


def test_3_after_the_ladder_there_is_one_entry_with_all_attempts(acme, sink):
    sink.plan([{"status": 503}])
    with running(acme):
        job = give(acme, "contact", 1)
        wait_for_state(acme, job, "failed")
        [entry] = items(acme, "failed")
        assert (entry["id"], entry["attempts"], entry["category"]) == (job, 5, "retry")
        assert "503" in entry["error"]
        # Those that went the same way one after the other are one line, counted.
        assert sum(attempt["times"] for attempt in attempts(acme, job)) == 5
        times = [call["at_s"] for call in sink.log()]
        assert len(times) == 5
        assert all(later - earlier > 0.95 for earlier, later in zip(times, times[1:]))
        last = give(acme, "other", 1)
        wait_until(lambda: len(attempts(acme, last)) > 0)
        assert len(came(sink, "contact")) == 5


def test_4_what_is_refused_goes_to_the_overview_at_once(acme, sink):
    fail(sink, 400, stream="42",
         body='{"errorType": "INVALID_PROPERTY", "message": "no such \\"city\\""}')
    with running(acme):
        job = give(acme, "42", 1)
        other = give(acme, "43", 1)
        wait_for_state(acme, job, "failed")
        wait_for_state(acme, other, "done")
        [entry] = items(acme, "failed")
        assert (entry["id"], entry["attempts"], entry["category"]) == (job, 1, "rejected")
        assert came(sink, "42") == [("42", 1, 400)]


def test_4_the_words_of_the_remote_are_its_own(site, sink):
    site.integration("hook", "http", url=sink.url, auth="none", ladder="1s")
    fail(sink, 400, body='{"errorType": "INVALID_PROPERTY", "message": "no such \\"city\\""}')
    with running(site):
        assert site.run("action", "run", "acme", "hook.request").status == 1
        [entry] = items(site, "failed")
        assert entry["error"].endswith('400 Bad Request: INVALID_PROPERTY: no such "city"')


def test_5_a_change_waits_for_the_one_before_it(acme, sink):
    acme.account.write_text(acme.account.read_text().replace("= 1s", "= 4s"))
    fail(sink, 500, stream="42")
    with running(acme):
        give(acme, "42", 1)
        wait_until(lambda: came(sink, "42"))
        second = give(acme, "42", 2)
        assert show(acme, second)["state"] == "waiting"
        wait_for_state(acme, second, "done")
        assert came(sink, "42") == [("42", 1, 500), ("42", 1, 200), ("42", 2, 200)]


def test_5_behind_one_that_failed_for_good_the_next_goes_on(acme, sink):
    fail(sink, 500, 400, stream="42")
    with running(acme):
        with halted(acme):
            first, second, third = (give(acme, "42", sequence) for sequence in (1, 2, 3))
        wait_for_state(acme, third, "done")
        assert show(acme, first)["state"] == "failed"
        assert came(sink, "42") == [("42", 1, 500), ("42", 1, 400), ("42", 2, 200),
                                    ("42", 3, 200)]
        assert show(acme, second)["after_failed"] == f"job {first}"
        assert show(acme, third)["after_failed"] is None


def test_5_the_whole_host_may_want_to_hold(acme, sink):
    text = (acme.folder / "imh.ini").read_text()
    acme.write("imh.ini", f"{text}\n[retry]\non_exhausted = wait\n")
    assert "'on_exhausted' in [retry] must be" in acme.run("check").err
    acme.write("imh.ini", f"{text}\n[retry]\non_exhausted = hold\n")
    fail(sink, 400, stream="42")
    with running(acme):
        first = give(acme, "42", 1)
        wait_for_state(acme, first, "failed")
        second = give(acme, "42", 2)
        assert show(acme, second)["behind"] == first
        assert acme.run("queue", "discard", str(first)).status == 0
        wait_for_state(acme, second, "done")
        assert show(acme, second)["after_failed"] is None


def test_copernica_scenario_24_a_crm_that_is_away_and_one_call_it_refuses(site, sink):
    """What it says when it refuses is test_4_the_words_of_the_remote_are_its_own."""
    site.integration("crm", "deeds", url=sink.url, ladder="1s 2s", token=site.secret("token"))
    away = {"times": 1, "status": 503, "body": "<html>away</html>", "stream": "42"}
    wrong = {"times": 1, "status": 400, "body": "", "stream": "43"}
    sink.plan([away, away, wrong])
    with running(site):
        jobs = [give(site, "42", sequence) for sequence in range(2)]
        refused = give(site, "43", 1)
        wait_for_state(site, refused, "failed")
        for job in jobs:
            wait_for_state(site, job, "done")
        assert [call[1:] for call in came(sink, "42")] == [(0, 503), (0, 503), (0, 200), (1, 200)]
        assert came(sink, "43") == [("43", 1, 400)]
        first, second, third = [call["at_s"] for call in sink.log() if call["stream"] == "42"][:3]
        assert second - first > 0.95 and third - second > 1.95
        [entry] = items(site, "failed")
        assert (entry["id"], entry["attempts"]) == (refused, 1)
        assert "400 Bad Request" in entry["error"]


def test_6_twenty_calls_survive_a_kill_in_their_order_with_their_attempts(acme, sink):
    acme.account.write_text(acme.account.read_text().replace("= 1s 1s", "= 1s 5s"))
    fail(sink, 503, 503)
    with running(acme) as daemon:
        with halted(acme):
            jobs = [give(acme, "42", sequence) for sequence in range(20)]
        wait_until(lambda: len(came(sink)) == 2)
        wait_until(lambda: show(acme, jobs[0])["attempts"] == 2)
        daemon.stop(signal.SIGKILL)
    with running(acme):
        wait_for_state(acme, jobs[-1], "done")
        good = [sequence for _, sequence, does in came(sink) if does == 200]
        assert good == list(range(20))
        assert [show(acme, job)["attempts"] for job in jobs] == [3] + 19 * [1]


def test_7_refused_credentials_hold_all_of_it_and_use_no_attempts(site):
    door = Door()
    door.token = "right"
    site.integration("crm", "deeds", url=door.url, parallel="1", ladder="1s")
    assert site.run("vault", "set", "acme", "crm", "token", stdin="wrong").status == 0
    held = "integration held: its credentials are refused"
    try:
        with running(site) as daemon:
            act(site, "put", "--no-wait", number=0)
            wait_until(lambda: held in daemon.events())
            asked = len(door.taken)
            control = Control(site.folder / "state")
            jobs = [control.ask("action run", account="acme", integration="crm",
                                action="put", args=json.dumps({"number": number}))["job"]
                    for number in range(1, 501)]
            told = [control.ask("queue show", id=job) for job in jobs]
            control.close()
            assert {(job["state"], job["attempts"]) for job in told} == {("waiting", 0)}
            assert (len(door.taken), daemon.events().count(held)) == (asked, 1)
            assert site.run("vault", "set", "acme", "crm", "token",
                            stdin="right").status == 0
            wait_for_state(site, jobs[-1], "done")
            good = [body["number"] for body, _, status in door.taken if status == 200]
            assert good == list(range(501))
            assert daemon.events().count(held) == 1
    finally:
        door.stop()


def test_8_who_asks_for_rest_gets_it_and_others_go_on(site, sink):
    with Sink() as elsewhere:
        for name, url in (("crm", sink.url), ("shop", elsewhere.url)):
            site.integration(name, "deeds", url=url, ladder="1s 1s", parallel="1",
                             token=site.secret("token"))
        fail(sink, 429, headers={"Retry-After": "6"})
        with running(site):
            first = give(site, "42", 1)
            wait_until(lambda: came(sink))
            wait_until(lambda: attempts(site, first))
            second = give(site, "43", 1)
            other = give(site, "42", 1, integration="shop")
            wait_for_state(site, other, "done")
            assert len(came(sink)) == 1
            for job in (first, second):
                wait_for_state(site, job, "done")
            asked, *later = [call["at_s"] for call in sink.log()]
            assert len(later) == 2
            assert min(later) - asked >= 5.9


def test_25_an_entry_is_tried_again_or_discarded_by_somebody(acme, sink):
    fail(sink, 400, 400)
    with running(acme):
        jobs = [give(acme, "42", 1), give(acme, "43", 1)]
        for job in jobs:
            wait_for_state(acme, job, "failed")
        counted = json.loads(acme.run("--json", "status").out)["queue"]
        assert counted["failed"] == 2
        assert acme.run("queue", "retry", str(jobs[0])).out == "retried: 1\n"
        wait_for_state(acme, jobs[0], "done")
        assert show(acme, jobs[0])["attempts"] == 1, "a first attempt again"
        assert acme.run("queue", "discard", str(jobs[1])).out == "discarded: 1\n"
        assert items(acme, "failed") == []
        [gone] = [entry for entry in show(acme, jobs[1])["history"]
                  if entry["what"] == "discarded"]
        assert gone["words"].startswith("uid ")
        assert gone["at"].startswith(time.strftime("%Y-", time.gmtime()))

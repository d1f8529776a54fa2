"""The queue at work: commands are run in order, again after failures, once, and people see them."""

import json
import os
import signal
import socket
import sqlite3
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import PATIENCE_S
from daemon_test import running, wait_until

NO, BAD_DATA, LATER, BAD_CONFIG = 1, 65, 75, 78


class Sink:
    """A remote that takes deeds, and fails as planned."""

    def __init__(self):
        self.taken = []
        self.plan = []
        self.token = None
        self.checks = 0
        self.check_waits = None
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                known = sink.knows(self.headers["authorization"])
                sink.checks += 1
                if sink.check_waits:
                    sink.check_waits.wait(PATIENCE_S)
                self.send_response(200 if known else 401)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                step = sink.plan.pop(0) if sink.plan else {}
                if not sink.knows(self.headers["authorization"]):
                    step = {**step, "status": 401}
                sink.taken.append((body, self.headers["idempotency-key"],
                                   step.get("status", 200)))
                if step.get("wait"):
                    step["wait"].wait(PATIENCE_S)
                if step.get("cut"):
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response(step.get("status", 200))
                for name, value in step.get("headers", {}).items():
                    self.send_header(name, value)
                answer = json.dumps(step.get("answer", {"ok": True})).encode()
                self.send_header("content-length", str(len(answer) + step.get("lacks", 0)))
                self.end_headers()
                self.wfile.write(answer)
                self.close_connection = step.get("lacks", 0) > 0

            def log_message(self, *_words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def knows(self, authorization):
        return self.token is None or authorization == f"Bearer {self.token}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def sink():
    made = Sink()
    yield made
    made.stop()


@pytest.fixture
def acme(site, sink):
    site.integration("crm", "deeds", url=sink.url, ladder="1s 1s")
    kept = site.run("vault", "set", "acme", "crm", "token", stdin="first")
    assert kept.status == 0, kept.err
    return site


def act(site, action="post", *words, **args):
    return site.run("action", "run", "acme", f"crm.{action}", "--args", json.dumps(args),
                    *words)


def items(site, *words):
    done = site.run("--json", "queue", *words)
    assert done.status == 0, done.err
    return json.loads(done.out)["items"]


def show(site, job):
    done = site.run("--json", "queue", "show", str(job))
    assert done.status == 0, done.err
    return json.loads(done.out)


def job_of(done):
    return int(done.out.split()[1])


def wait_for_state(site, job, state):
    wait_until(lambda: show(site, job)["state"] == state)


def test_a_command_is_run_and_its_result_is_told(acme, sink):
    sink.plan = [{"answer": {"id": 19.90}}]
    with running(acme):
        done = act(acme, text="hello")
        assert (done.status, done.out) == (0, '{"id":19.9}\n'), done.err
        assert [body for body, *_ in sink.taken] == [{"text": "hello"}]
        assert items(acme, "list") == []
        assert items(acme, "failed") == []


def test_what_waits_is_listed_in_pages(acme):
    with running(acme):
        assert acme.run("integration", "disable", "acme", "crm").status == 0
        made = [job_of(act(acme, "post", "--no-wait", number=i, stream=stream))
                for i, stream in enumerate(["w0", "w1", "w2", "w0", "w0"])]
        listed = items(acme, "list")
        assert [item["id"] for item in listed] == made
        assert [item["behind"] for item in listed] == [None] * 3 + made[:1] * 2
    seen, words = [], []
    while words is not None:
        page = json.loads(acme.run("--json", "queue", "list", "--limit", "2", *words).out)
        seen += [item["id"] for item in page["items"]]
        words = ["--after", page["next"]] if page["next"] else None
    assert seen == made
    told = acme.run("queue", "list", "--limit", "2")
    assert told.err.startswith("more: --after "), told.err
    rest = acme.run("queue", "list", *told.err.split()[1:])
    assert [line.split()[0] for line in rest.out.splitlines()[1:]] == [str(id) for id in made[2:]]
    for wrong in (["list", "--before", "3"], ["failed", "--after", "3"]):
        assert acme.run("queue", *wrong).status == 2
    assert acme.run("queue", "list", "--after", "then").status == BAD_DATA


def test_a_key_that_is_empty_is_a_mistake(acme, sink):
    """A script's variable that was never set."""
    with running(acme):
        done = act(acme, "post", "--key", "")
        assert (done.status, "--key: an empty one" in done.err) == (2, True)
        for key in ("two words", "caf\u00e9", "x" * 256):
            done = act(acme, "post", "--key", key)
            assert done.status == BAD_DATA
            assert "1 to 255 visible characters of ASCII" in done.err
    assert sink.taken == []


def test_since_is_obeyed_by_all_that_takes_it(acme, sink):
    sink.plan = [{"status": 400}, {"status": 400}]
    with running(acme):
        act(acme)
        old = items(acme, "failed")[0]
        between = old["created_at"][:19] + "Z"  # within its second, or before
        wait_until(lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()) > between)
        after = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        act(acme)
        assert len(items(acme, "failed")) == 2
        assert [job["id"] for job in items(acme, "failed", "--since", after)] != [old["id"]]
        assert len(items(acme, "failed", "--since", after)) == 1
        assert len(items(acme, "failed", "--since", "1h")) == 2
        counted = acme.run("queue", "retry", "--all", "--dry-run", "--since", after)
        assert counted.err.startswith("1 failed job: 1 ")
        gone = acme.run("queue", "discard", "--all", "--since", after)
        assert gone.out == "discarded: 1\n", gone.err
        assert [job["id"] for job in items(acme, "failed")] == [old["id"]]
        assert items(acme, "list", "--since", after) == []
    for since in (f"{after[:10]}rubbish", "2026-02-31", "9223372036854775807s",
                  "106751991168d", "99999999999999999999d"):
        wrong = acme.run("queue", "failed", "--since", since)
        assert (wrong.status, "--since: say 2h" in wrong.err) == (2, True), since


def test_a_daemon_that_ends_leaves_the_job_s_number(acme, sink):
    """Nobody should give the command again for want of an answer."""
    goes_on = threading.Event()
    sink.plan = [{"wait": goes_on}]
    with running(acme) as daemon:
        waiting = threading.Thread(target=lambda: told.append(act(acme)))
        told = []
        waiting.start()
        wait_until(lambda: sink.taken)
        daemon.stop(signal.SIGKILL)
        goes_on.set()
        waiting.join()
    assert told[0].status == LATER
    assert "job 1 is kept, but the daemon ended" in told[0].err


def test_a_failure_is_tried_again_and_then_it_is_done(acme, sink):
    sink.plan = [{"status": 503}, {"status": 503}]
    with running(acme):
        done = act(acme, text="again")
        assert done.status == LATER
        assert "is tried again at 2" in done.err
        wait_until(lambda: len(sink.taken) == 3)
        keys = {key for _, key, _ in sink.taken}
        assert len(keys) == 1
        job = int(done.err.split()[2])
        wait_for_state(acme, job, "done")
        told = show(acme, job)
        assert told["attempts"] == 3
        assert [entry["category"] for entry in told["history"]][-1] == "ok"


def test_a_limit_holds_for_all_and_arguments_are_for_one(acme, sink):
    sink.plan = [{"status": 400}, {"status": 400}, {"status": 400}]
    with running(acme):
        for _ in range(3):
            act(acme)
        ids = [job["id"] for job in items(acme, "failed")]
        for command in ("retry", "discard"):
            wrong = acme.run("queue", command, "--all", "--args", "{}")
            assert (wrong.status, "--args: only" in wrong.err) == (2, True)
        assert acme.run("queue", "discard", str(ids[0]), "--args", "{}").status == 2
        assert acme.run("queue", "show", "abc").status == 2
        dry = acme.run("queue", "discard", "--all", "--limit", "1", "--dry-run")
        assert dry.err.endswith("; only the newest 1\n")
        assert acme.run("queue", "discard", "--all", "--limit", "1").out == "discarded: 1\n"
        assert [job["id"] for job in items(acme, "failed")] == ids[1:]


def test_what_fails_for_good_is_shown_and_can_be_retried(acme, sink):
    sink.plan = [{"status": 422, "answer": {"message": "no such list"}}]
    with running(acme):
        done = act(acme, text="bad")
        assert done.status == NO
        assert "queue: 0 waiting, 0 held, 0 running, 1 failed" in acme.run("status").out
        [job] = items(acme, "failed")
        assert (job["what"], job["state"], job["category"]) == ("post", "failed", "rejected")
        assert job["code"] == 422
        assert [entry["code"] for entry in show(acme, job["id"])["history"]] == [422]
        people = acme.run("queue", "failed")
        assert f"{job['id']} " in people.out
        dry = acme.run("queue", "retry", "--all", "--dry-run")
        assert "1 failed job: 1 rejected (422)\n" in dry.err
        assert dry.out == "retried: 0\n"
        assert acme.run("queue", "retry", "--all").out == "retried: 1\n"
        wait_for_state(acme, job["id"], "done")
        assert [entry["what"] for entry in show(acme, job["id"])["history"]].count("retried")
        assert acme.run("queue", "retry", str(job["id"])).status == NO


def test_what_steers_a_terminal_is_shown_escaped(acme, sink):
    """Also to programs, as people type --json, too; it is the same JSON."""
    stream = "a\x1b[2J\x7f\x9b31m\u202e\u2028\r\n"
    with running(acme):
        assert acme.run("integration", "disable", "acme", "crm").status == 0
        made = acme.run("action", "run", "acme", "crm.post", "--no-wait", "--args",
                        json.dumps({"stream": stream}, ensure_ascii=False, indent="\t"))
        job = job_of(made)
        for words in (("queue", "show", str(job)), ("--json", "queue", "show", str(job)),
                      ("--json", "queue", "list")):
            out = acme.run(*words).out
            assert not set("\x1b\x7f\x9b\u202e\u2028\r") & set(out), out
        assert show(acme, job)["args"] == {"stream": stream}


def test_a_failed_job_is_corrected_and_run_with_another_key(acme, sink):
    sink.plan = [{"status": 422}]
    with running(acme):
        act(acme, text="bda")
        [job] = items(acme, "failed")
        done = acme.run("queue", "retry", str(job["id"]), "--args", '{"stream": 1}')
        assert (done.status, done.out) == (BAD_DATA, "retried: 0\n")
        assert done.err == "imh: the arguments of 'post': /stream must be text\n"
        assert show(acme, job["id"])["args"] == {"text": "bda"}
        done = acme.run("queue", "retry", str(job["id"]), "--args", '{"text": "bad"}')
        assert (done.status, done.out) == (0, "retried: 1\n"), done.err
        wait_for_state(acme, job["id"], "done")
        assert [body["text"] for body, *_ in sink.taken] == ["bda", "bad"]
        assert sink.taken[0][1] != sink.taken[1][1]


def test_what_people_decide_is_noted_with_its_account(acme, sink):
    sink.plan = [{"status": 422}] * 3
    with running(acme):
        jobs = []
        for _ in range(3):
            act(acme, text="bad")
            jobs.append(items(acme, "failed")[0]["id"])
        assert acme.run("queue", "discard", str(jobs[0])).status == 0
        assert acme.run("queue", "retry", str(jobs[1])).status == 0
        assert acme.run("queue", "retry", str(jobs[2]), "--args", '{"text": "a"}').status == 0
    with sqlite3.connect(acme.folder / "state" / "imh.db") as db:
        noted = list(db.execute("select actor, action, account, subject from audit"
                                " where action like 'queue %' order by id"))
    assert noted == [(f"uid {os.geteuid()}", f"queue {what}", "acme", f"job {job}")
                     for what, job in zip(("discard", "retry", "edit"), jobs)]


def test_a_lost_answer_is_unknown_and_not_sent_again_by_itself(acme, sink):
    sink.plan = [{"cut": True}]
    with running(acme):
        done = act(acme, text="once")
        assert done.status == NO
        assert ": unknown: " in done.err
        [job] = items(acme, "failed")
        assert (job["state"], job["code"]) == ("unknown", None)
        assert acme.run("queue", "discard", str(job["id"])).out == "discarded: 1\n"
        assert items(acme, "failed") == []
        assert len(sink.taken) == 1


def test_an_answer_that_breaks_off_shows_its_status(acme, sink):
    sink.plan = [{"lacks": 9}]
    with running(acme):
        assert act(acme, text="once").status == NO
        [job] = items(acme, "failed")
        assert (job["state"], job["code"]) == ("unknown", 200)


def test_a_lost_answer_of_what_may_be_repeated_is_sent_again(acme, sink):
    sink.plan = [{"cut": True}]
    with running(acme):
        act(acme, "put", text="often")
        wait_until(lambda: len(sink.taken) == 2)
        assert sink.taken[0][1] == sink.taken[1][1]


def test_the_same_key_makes_one_job(acme, sink):
    with running(acme):
        first = act(acme, "post", "--no-wait", "--key", "order-1", text="a", number=1)
        second = act(acme, "post", "--no-wait", "--key", "order-1", number=1, text="a")
        assert first.out == second.out
        wait_for_state(acme, job_of(first), "done")
        assert act(acme, "post", "--key", "order-1", text="a", number=1).out == '{"ok":true}\n'
        assert [(body["text"], key) for body, key, _ in sink.taken] == [("a", "order-1")]
        assert show(acme, job_of(first))["key"] == "order-1"


def test_a_key_of_another_command_is_refused(acme, sink):
    with running(acme):
        job = job_of(act(acme, "post", "--no-wait", "--key", "order-1", text="a"))
        for words, what in ((("post", {"text": "b"}), "other arguments"),
                            (("put", {"text": "a"}), "another action")):
            done = act(acme, words[0], "--key", "order-1", **words[1])
            assert done.status == BAD_DATA
            assert done.err == (
                f"imh: the key is that of job {job}, which has {what}: take another key, or "
                f"repeat that job as it was, see 'imh queue show {job}'\n")
        wait_for_state(acme, job, "done")
        assert len(sink.taken) == 1


def test_order_is_kept_in_a_stream_and_streams_do_not_wait_for_each_other(acme, sink):
    gate = threading.Event()
    sink.plan = [{"wait": gate}]
    with running(acme):
        slow = act(acme, "post", "--no-wait", stream="a", number=1)
        wait_until(lambda: sink.taken)
        behind = [act(acme, "post", "--no-wait", stream="a", number=i) for i in (2, 3, 4)]
        quick = act(acme, "post", stream="b", number=1)
        assert quick.status == 0, quick.err
        assert [body["stream"] for body, *_ in sink.taken] == ["a", "b"]
        gate.set()
        wait_for_state(acme, job_of(behind[-1]), "done")
        assert show(acme, job_of(slow))["state"] == "done"
        assert [b["number"] for b, *_ in sink.taken if b["stream"] == "a"] == [1, 2, 3, 4]


def test_what_was_accepted_outlives_kills(acme, sink):
    jobs = []
    for turn in range(3):
        with running(acme) as daemon:
            for i in range(10):
                done = act(acme, "put", "--no-wait", stream=str(i), number=turn)
                assert done.status == 0, done.err
                jobs.append(job_of(done))
            daemon.stop(signal.SIGKILL)
    with running(acme):
        for job in jobs:
            wait_for_state(acme, job, "done")
    seen = defaultdict(list)
    for body, key, _ in sink.taken:
        if (body["number"], key) not in seen[body["stream"]]:
            seen[body["stream"]].append((body["number"], key))
    assert all([number for number, _ in seen[str(i)]] == [0, 1, 2] for i in range(10)), seen
    assert acme.run("check", "--store").status == 0


def test_a_job_that_kills_its_worker_twice_is_parked(acme):
    with running(acme) as daemon:
        act(acme, "kill", "--no-wait")
        wait_until(lambda: items(acme, "failed"))
        [job] = items(acme, "failed")
        assert job["state"] == "failed"
        assert job["attempts"] == 2
        assert daemon.process.poll() is None


def test_without_a_daemon_people_still_see_and_decide(acme, sink):
    sink.plan = [{"status": 422}]
    with running(acme) as daemon:
        act(acme, text="bad")
        daemon.stop()
    [job] = items(acme, "failed")
    assert show(acme, job["id"])["args"] == {"text": "bad"}
    assert acme.run("queue", "retry", str(job["id"])).out == "retried: 1\n"
    with running(acme):
        wait_for_state(acme, job["id"], "done")


def test_refused_credentials_use_no_attempts_and_a_new_secret_resumes(acme, sink):
    with running(acme) as daemon:
        sink.token = "second"
        jobs = [job_of(act(acme, "post", "--no-wait", number=i)) for i in range(3)]
        wait_until(lambda: "integration held: its credentials are refused" in daemon.events())
        for job in jobs:  # those that were under way end first
            wait_for_state(acme, job, "waiting")
        assert {show(acme, job)["attempts"] for job in jobs} == {0}
        asked = len(sink.taken)
        late = job_of(act(acme, "put", "--no-wait", number=9))
        assert show(acme, late)["state"] == "waiting"
        assert len(sink.taken) == asked
        done = acme.run("vault", "set", "acme", "crm", "token", stdin="second")
        assert done.status == 0, done.err
        for job in [*jobs, late]:
            wait_for_state(acme, job, "done")


def test_a_check_of_the_old_secret_holds_nothing_under_the_new_one(acme, sink):
    with running(acme):
        sink.token = "second"
        sink.check_waits = threading.Event()
        job = job_of(act(acme, "post", "--no-wait", text="now"))
        wait_until(lambda: sink.checks == 1)
        done = acme.run("vault", "set", "acme", "crm", "token", stdin="second")
        assert done.status == 0, done.err
        wait_for_state(acme, job, "done")
        sink.check_waits.set()
        later = act(acme, "post", text="later")
        assert later.status == 0, later.err
        # The old check has ended by now: two calls later nothing is held.
        assert act(acme, "post", text="last").status == 0
        assert acme.run("status").out.count("0 held") == 1


def test_a_refusal_of_the_old_secret_holds_nothing_under_the_new_one(acme, sink):
    gate = threading.Event()
    with running(acme):
        sink.token = "second"
        sink.plan = [{"wait": gate}]
        job = job_of(act(acme, "post", "--no-wait", text="now"))
        wait_until(lambda: sink.taken)
        done = acme.run("vault", "set", "acme", "crm", "token", stdin="second")
        assert done.status == 0, done.err
        gate.set()
        wait_for_state(acme, job, "done")
        assert show(acme, job)["attempts"] == 1


def test_one_missing_right_holds_that_action_alone(acme, sink):
    with running(acme) as daemon:
        sink.plan = [{"status": 403}]
        job = job_of(act(acme, "post", "--no-wait", text="may not"))
        wait_until(lambda: "denied: held until something is changed" in daemon.events())
        other = act(acme, "put", text="may")
        assert other.status == 0, other.err
        assert show(acme, job)["state"] == "waiting"
        assert acme.run("reload").status == 0
        wait_for_state(acme, job, "done")


def test_names_that_nobody_knows_are_no_empty_list(acme):
    lists = (["queue", "list"], ["queue", "failed"], ["event", "list"], ["event", "sources"],
             ["queue", "retry", "--all"])
    cases = ((["--account", "acmee"], "there is no account 'acmee'"),
             (["--account", "acme", "--integration", "cm"], "there is no integration 'cm'"),
             (["--integration", "cm"], "there is no integration 'cm'"))
    for words in lists:
        for names, what in cases:
            done = acme.run(*words, *names)
            assert done.status == BAD_CONFIG and what in done.err, (words, done)
        known = acme.run(*words, "--account", "acme", "--integration", "crm")
        assert known.status == 0, (words, known)


def test_jobs_of_an_account_that_is_gone_are_listed(acme, sink):
    sink.plan = [{"status": 422}]
    with running(acme):
        assert act(acme, "post", text="left").status != 0
    acme.account.rename(acme.account.with_suffix(".gone"))
    assert len(items(acme, "failed", "--account", "acme")) == 1


def test_what_is_not_there_is_said(acme):
    acme.integration("off", "deeds", url="http://127.0.0.1/", enabled="no",
                     token=acme.secret("x"))
    with running(acme):
        cases = (
            (("action", "run", "acme", "nobody.post"), "there is no integration 'nobody'"),
            (("action", "run", "acme", "crn.post"), "'crn' of acme; did you mean 'crm'?"),
            (("action", "run", "acne", "crm.post"), "'acne'; did you mean 'acme'?"),
            (("action", "run", "acme", "crm.fly"), "no action 'fly': see 'imh plugin inspect"),
            (("action", "run", "acme", "crm.pots"), "no action 'pots'; did you mean 'post'?"),
            (("record", "put", "acme", "crm.contact", "1", "--fields", "{}"),
             "no records 'contact' to write"),
            (("action", "run", "acme", "off.post"),
             "'off' is disabled in the file of acme: say enabled = yes, then: imh reload"),
            (("action", "run", "acme", "crm"), "which action?"),
            (("action", "run", "acme", "crm.post", "--args", "[]"), "must be a JSON object"),
            (("action", "run", "acme", "crm.post", "--args", '{"text": "\\ud800"}'),
             "--args: not JSON at byte"),
            (("action", "run", "acme", "crm.post", "--args", '{"stream": 12345678901234567890}'),
             "/stream must be"),
            (("queue", "retry", "99", "--args", '{"n": 12345678901234567890}'), "no job 99"),
            (("queue", "retry", "99", "--args", "[1]"), "must be a JSON object"),
            (("action", "run", "acme", "crm.post", "--args", '{"stream": 1}'),
             "/stream must be"),
            (("queue", "failed", "--limit", "many"), "'many' is no number above 0"),
            (("queue", "show", "99"), "no job 99"),
            (("queue", "retry"), "which jobs?"),
        )
        for words, what in cases:
            done = acme.run(*words)
            assert done.status != 0 and what in done.err, (words, done)
            assert done.status != BAD_CONFIG, done


def test_a_restart_waits_for_calls_in_hand(acme, sink):
    gate = threading.Event()
    sink.plan = [{"wait": gate}]
    with running(acme) as daemon:
        job = job_of(act(acme, "post", "--no-wait", text="slow"))
        wait_until(lambda: sink.taken)
        daemon.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "ending" in daemon.events())
        gate.set()
        assert daemon.process.wait(PATIENCE_S) == 0
    assert show(acme, job)["state"] == "done"


def test_calls_that_outlast_the_end_wait_again_if_nothing_can_happen_twice(acme, sink):
    gate = threading.Event()
    sink.plan = [{"wait": gate}, {"wait": gate}]
    with running(acme) as daemon:
        jobs = {action: job_of(act(acme, action, "--no-wait", text=action, stream=action))
                for action in ("post", "put")}
        wait_until(lambda: len(sink.taken) == 2)
        sink.check_waits = gate
        checks = sink.checks
        jobs["look"] = job_of(act(acme, "look", "--no-wait", text="look", stream="look"))
        wait_until(lambda: sink.checks > checks)
        behind = job_of(act(acme, "post", "--no-wait", text="behind", stream="look"))
        assert daemon.stop() == 0
        assert "ending calls that take too long" in daemon.events()
    kept = {action: show(acme, job) for action, job in jobs.items()}
    assert [kept[action]["state"] for action in kept] == ["unknown", "waiting", "waiting"]
    assert kept["look"]["attempts"] == 0  # nothing was tried
    gate.set()
    with running(acme):
        for job in (jobs["put"], jobs["look"], behind):
            wait_for_state(acme, job, "done")
        assert show(acme, jobs["post"])["state"] == "unknown"
        said = [body["text"] for body, *_ in sink.taken]
        assert (sorted(said[:2]), sorted(said[2:])) == (["post", "put"], ["behind", "look", "put"])
        assert said.index("look") < said.index("behind")

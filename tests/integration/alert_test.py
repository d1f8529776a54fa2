"""Alerts: people are told once that calls begin to fail, and once that they do not any more."""

import json
import os
import re
import signal
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from daemon_test import running, wait_until
from queue_test import Sink, act, items, job_of, wait_for_state

BAD_CONFIG = 78


class Pager:
    """A webhook that takes alerts."""

    def __init__(self):
        self.alerts = []
        self.status = 200
        pager = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                if pager.status == 200:
                    pager.alerts.append(json.loads(body))
                self.send_response(pager.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def sink():
    made = Sink()
    yield made
    made.stop()


@pytest.fixture
def pager():
    made = Pager()
    yield made
    made.stop()


@pytest.fixture
def acme(site, sink, pager):
    site.integration("crm", "deeds", url=sink.url, ladder="1s", token=site.secret("first"))
    site.integration("pager", "http", url=pager.url, auth="none", ladder="1s 1s 1s 1s")
    alerts(site, "1h")
    return site


def alerts(site, every, action="acme.pager.request", more=""):
    text = (site.folder / "imh.ini").read_text().split("\n[alert]")[0]
    site.write("imh.ini", f"{text}\n[alert]\naction = {action}\nevery = {every}\n{more}")


def told(pager):
    return [(alert["alert"], alert["integration"]) for alert in pager.alerts]


def test_it_is_told_once_that_calls_fail(acme, sink, pager):
    sink.plan = [{"status": 422, "answer": {"message": "no such list"}} for _ in range(5)]
    with running(acme) as daemon:
        for i in range(5):
            act(acme, text=i)
        wait_until(lambda: pager.alerts)
        [alert] = pager.alerts
        assert (alert["alert"], alert["account"], alert["integration"]) == (
            "failing", "acme", "crm")
        assert alert["counts"] == {"failed": 1}
        assert "422" in alert["error"]
        assert re.fullmatch(r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ", alert["since"])
        assert len(items(acme, "failed")) == 5
        assert daemon.events().count("alert") == 1
        assert "first" not in json.dumps(pager.alerts)


def test_when_it_is_over_that_is_told_with_all_that_was_counted(acme, sink, pager):
    alerts(acme, "2s")
    sink.plan = [{"status": 422} for _ in range(3)]
    with running(acme):
        for i in range(3):
            act(acme, text=i)
        assert act(acme, text="well").status == 0
        wait_until(lambda: len(pager.alerts) == 2)
        assert told(pager) == [("failing", "crm"), ("recovered", "crm")]
        assert pager.alerts[1]["counts"] == {"failed": 3}


def test_what_fails_again_soon_is_told_after_the_time_that_is_configured(acme, sink, pager):
    alerts(acme, "6s")
    with running(acme):
        sink.plan = [{"status": 422}]
        act(acme, text="bad")
        assert act(acme, text="well").status == 0
        wait_until(lambda: len(pager.alerts) == 2)
        sink.plan = [{"status": 422}, {"cut": True}]
        act(acme, text="bad")
        act(acme, text="lost")
        assert len(pager.alerts) == 2
        wait_until(lambda: len(pager.alerts) == 3)
        assert pager.alerts[2]["alert"] == "failing"
        assert pager.alerts[2]["counts"] == {"failed": 1, "unknown": 1}


def test_after_a_restart_it_is_not_told_again_but_that_it_is_over(acme, sink, pager):
    alerts(acme, "12s")
    sink.plan = [{"status": 422}]
    with running(acme) as daemon:
        act(acme, text="bad")
        wait_until(lambda: pager.alerts)
        daemon.stop(signal.SIGKILL)
    with running(acme):
        sink.plan = [{"status": 422}]
        act(acme, text="bad")
        assert act(acme, text="well").status == 0
        wait_until(lambda: len(pager.alerts) == 2)
        assert told(pager) == [("failing", "crm"), ("recovered", "crm")]
        assert pager.alerts[1]["counts"] == {"failed": 2}
        assert pager.alerts[1]["since"] == pager.alerts[0]["since"]


def test_refused_credentials_and_a_remote_that_is_down_are_told(acme, sink, pager):
    with running(acme) as daemon:
        sink.token = "second"
        act(acme, "post", text="now")
        wait_until(lambda: pager.alerts)
        assert pager.alerts[0]["counts"] == {"denied": 1}
        assert daemon.process.poll() is None
    acme.integration("other", "deeds", url=sink.url, ladder="1s 1s 1s 1s 1s 1h",
                     token=acme.secret("third"))
    sink.token = None
    sink.plan = [{"status": 503} for _ in range(50)]
    with running(acme):
        acme.run("action", "run", "acme", "other.put", "--no-wait", "--args", '{"text": "down"}')
        wait_until(lambda: len(pager.alerts) == 2)
        assert pager.alerts[1]["counts"] == {"down": 1}
        assert "503" in pager.alerts[1]["error"]


def test_a_pager_that_is_down_gets_it_later_and_its_own_trouble_is_not_sent_to_it(
        acme, sink, pager):
    pager.status = 503
    sink.plan = [{"status": 422}]
    with running(acme):
        act(acme, text="bad")
        wait_until(lambda: [job for job in items(acme, "list")
                            if job["integration"] == "pager" and job["error"]])
        pager.status = 200
        wait_until(lambda: pager.alerts)
        assert told(pager) == [("failing", "crm")]
        job = job_of(acme.run("action", "run", "acme", "pager.request", "--no-wait",
                              "--args", '{"path": "x", "json": {"alert": 1, "integration": 2}}'))
        wait_for_state(acme, job, "done")


def test_too_many_jobs_that_wait_are_told_and_that_they_do_not_any_more(acme, sink, pager):
    alerts(acme, "4s", more="waiting = 3\n")
    with running(acme):
        assert acme.run("integration", "disable", "acme", "crm").status == 0
        jobs = [str(job_of(act(acme, "post", "--no-wait", number=i))) for i in range(3)]
        wait_until(lambda: pager.alerts)
        assert pager.alerts[0]["counts"] == {"waiting": 1}
        assert pager.alerts[0]["error"].startswith("3 jobs or more wait: imh queue list")
        assert acme.run("queue", "discard", *jobs).status == 0
        wait_until(lambda: len(pager.alerts) == 2)
        assert told(pager) == [("failing", "crm"), ("recovered", "crm")]


def test_an_account_has_alerts_of_its_own(acme, sink, pager):
    acme.account.write_text(acme.account.read_text().replace(
        "[account]\n", "[account]\nalert = pager.request\n"))
    acme.write("imh.ini", (acme.folder / "imh.ini").read_text().split("\n[alert]")[0])
    sink.plan = [{"status": 422}]
    with running(acme):
        act(acme, text="bad")
        wait_until(lambda: pager.alerts)
        assert told(pager) == [("failing", "crm")]


def test_a_disk_with_too_little_room_is_told(acme, pager):
    acme.write("imh.ini", (acme.folder / "imh.ini").read_text().replace(
        "state = state\n", "state = state\nmin_free = 1000000g\n"))
    with running(acme):
        wait_until(lambda: pager.alerts)
        assert pager.alerts[0]["counts"] == {"disk": 1}
        assert (pager.alerts[0]["account"], pager.alerts[0]["integration"]) == ("", "")


def test_without_anybody_to_tell_it_is_in_the_log(acme, sink, pager):
    acme.write("imh.ini", (acme.folder / "imh.ini").read_text().split("\n[alert]")[0])
    sink.plan = [{"status": 422}]
    with running(acme) as daemon:
        act(acme, text="bad")
        wait_until(lambda: "alert" in daemon.events())
        assert not pager.alerts


@pytest.fixture
def page():
    """A command that keeps what it is told and what it is, or does as `plan` says. As root
    it runs as nobody, who needs a way there: pytest closes its own folders to others."""
    with tempfile.TemporaryDirectory(prefix="imh-page-") as name:
        yield make_page(Path(name))


def make_page(folder):
    folder.chmod(0o777)
    command = folder / "page"
    command.write_text(f"""#!/bin/sh
[ -e {folder}/plan ] && . {folder}/plan
{{ cat; echo "$# $1 $2"; id -u; /usr/bin/env | grep -c =; ls /proc/self/fd | wc -l
grep NoNewPrivs /proc/self/status; pwd; }} >> {folder}/new 2>&1
mv {folder}/new {folder}/told-$$
""")
    command.chmod(0o755)
    return folder


def test_a_command_is_told_in_a_process_without_rights(acme, sink, page):
    acme.write("imh.ini", (acme.folder / "imh.ini").read_text().replace(
        "action = acme.pager.request", f"command = {page}/page --to ops;now"))
    sink.plan = [{"status": 422}]
    with running(acme):
        act(acme, text="bad")
        wait_until(lambda: list(page.glob("told-*")))
    [told] = page.glob("told-*")
    facts, words, user, _variables, _files, rights, place = told.read_text().splitlines()
    alert = json.loads(facts)
    assert (alert["alert"], alert["integration"], alert["counts"]) == (
        "failing", "crm", {"failed": 1})
    assert words == "2 --to ops;now"
    assert int(user) == (65534 if os.getuid() == 0 else os.getuid())
    assert rights.split() == ["NoNewPrivs:", "1"] and place == "/"


def test_a_command_that_fails_is_in_the_log_and_keeps_nobody_waiting(acme, sink, page):
    alerts(acme, "1h", more=f"command = {page}/page\n")
    (page / "plan").write_text("echo no line to the pager; sleep 0.3; exit 3\n")
    acme.integration("other", "deeds", url=sink.url, ladder="1s", token=acme.secret("x"))
    sink.plan = [{"status": 422}, {"status": 422}]
    with running(acme) as daemon:
        act(acme, text="bad")
        acme.run("action", "run", "acme", "other.post", "--args", "{}")
        assert act(acme, text="well").status == 0
        wait_until(lambda: daemon.events().count("alert command failed") == 2)
        first = next(line for line in daemon.lines()
                     if line["event"] == "alert command failed")
        assert (first["why"], first["output"], first["next"]) == (
            "exited with status 3", "no line to the pager", "later")


@pytest.mark.parametrize("command, what", [
    ("page", "'command' in [alert] must be the path of a program"),
    ("/bin/true" + " x" * 16, "'command' in [alert] must be the path of a program"),
    ("/nowhere/page", "cannot be run: /nowhere/page: No such file or directory"),
    ("/etc/passwd", "cannot be run: /etc/passwd: Permission denied"),
    ("/tmp", "cannot be run: /tmp: no file"),
])
def test_a_command_that_cannot_be_run_is_said(acme, command, what):
    alerts(acme, "1h", more=f"command = {command}\n")
    done = acme.run("check")
    assert done.status == BAD_CONFIG and what in done.err, done


@pytest.mark.parametrize("action, every, what", [
    ("pager", "1h", "'action' in [alert] must be ACCOUNT.IDENTIFIER.ACTION"),
    ("acme.pager.request", "1h\nwaiting = many", "'waiting' in [alert] must be a number"),
    ("acme.pager.request", "soon", "'every' in [alert] must be a duration"),
    ("acme.pagr.request", "1h", "there is no integration 'pagr'"),
    ("acne.pager.request", "1h", "there is no account 'acne'"),
    ("acme.pager.call", "1h", "'pager' has no action 'call'"),
])
def test_what_is_wrong_with_it_is_said(acme, action, every, what):
    alerts(acme, every, action)
    for words in (("check",), ("run",)):
        done = acme.run(*words)
        assert done.status == BAD_CONFIG, done
        assert what in done.err

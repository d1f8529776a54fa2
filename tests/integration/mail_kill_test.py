"""A mail goes out at most once, whoever is killed while it is handed over."""

import json
import os
import signal
import sys
import threading
from pathlib import Path

import pytest
from conftest import PATIENCE_S

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fakes"))

from smtp.server import CUT, Script  # noqa: E402

from daemon_test import running, wait_until  # noqa: E402
from mail_test import args, section  # noqa: E402


def child(pid, name):
    """The process of that name whose parent it is."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            own, _, rest = path.read_text().rpartition(") ")
        except OSError:
            continue
        if own.endswith(f"({name}") and int(rest.split()[1]) == pid:
            return int(path.parent.name)
    raise AssertionError(f"no {name}")


def job(site, number):
    done = site.run("--json", "queue", "show", str(number))
    assert done.status == 0, done.err
    return json.loads(done.out)


class Stop:
    """Stops a mail at a command, until it is let go."""

    def __init__(self):
        self.reached, self.free = threading.Event(), threading.Event()

    def __call__(self, _peer):
        self.reached.set()
        self.free.wait(PATIENCE_S)
        return CUT


@pytest.fixture
def site(make_site):
    return make_site()


@pytest.mark.parametrize("command", ["RCPT", "."])
@pytest.mark.parametrize("victim", ["imh-net", "imh"])
def test_nothing_is_sent_twice(site, command, victim):
    stop = Stop()
    with Script({command: [stop]}) as server:
        with site.account.open("a") as file:
            file.write(section(server=server.url, tls="none", allow_private="yes",
                               ladder="1s 1s", **{"from": "a@b.example"}))
        with running(site) as daemon:
            made = site.run("action", "run", "acme", "mail.send", "--no-wait", "--args", args())
            number = int(made.out.split()[1])
            assert stop.reached.wait(PATIENCE_S)
            if victim == "imh":
                daemon.stop(signal.SIGKILL)
            else:
                os.kill(child(daemon.process.pid, victim), signal.SIGKILL)
                wait_until(lambda: job(site, number)["state"] == "unknown")
        stop.free.set()
        if victim == "imh":
            with running(site):
                wait_until(lambda: job(site, number)["state"] == "unknown")
        assert len(server.mails) == (1 if command == "." else 0)
        assert not server.delivered

"""The queue under faults: a calendar that jumps, a full disk, a disk that fails, a poison job."""

import resource
import subprocess
import time

import pytest
from conftest import BUILD, PATIENCE_S, SANITIZED
from daemon_test import running, wait_until
from queue_test import items, show, wait_for_state
from scenarios_test import acme, attempts, came, fail, give, sink  # noqa: F401

from daemon import threads_of

HOUR_MS = 3600 * 1000
DAY_MS = 24 * HOUR_MS
DONE, LATER = 0, 75
PRELOADED = pytest.mark.skipif(bool(SANITIZED), reason="nothing can be preloaded")


class Calendar:
    """Of a daemon: moved by as many milliseconds as one likes."""

    def __init__(self, folder):
        self.path = folder / "shift"
        self.shift(0)
        self.env = {"LD_PRELOAD": str(BUILD / "tests/sweep/libshift.so"),
                    "SHIFT_FILE": str(self.path)}

    def shift(self, by_ms):
        with self.path.open("r+b" if self.path.exists() else "wb") as file:
            file.write(by_ms.to_bytes(8, "little", signed=True))


@PRELOADED
@pytest.mark.parametrize("by_ms", [HOUR_MS, 400 * DAY_MS, -HOUR_MS, -400 * DAY_MS,
                                   -(int(time.time()) - 10) * 1000])
def test_a_calendar_that_jumps_keeps_nobody_waiting(acme, sink, by_ms):  # noqa: F811
    fail(sink, 503)
    calendar = Calendar(acme.folder)
    with running(acme, **calendar.env):
        job = give(acme, "42", 1)
        wait_until(lambda: attempts(acme, job))
        calendar.shift(by_ms)
        wait_for_state(acme, job, "done")
        assert came(sink) == [("42", 1, 503), ("42", 1, 200)]
        late = give(acme, "42", 2)
        wait_for_state(acme, late, "done")


# ------------------------------------------------------------------------------------ the disk

def limit_files(daemon, size):
    """None of the daemon's files may grow beyond: as on a full disk."""
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE,
                     (size, resource.RLIM_INFINITY))


def put(site, sequence, *words):
    return site.run("action", "run", "acme", "crm.put", "--no-wait", *words, "--args",
                    f'{{"stream": "42", "sequence": {sequence}}}')


def test_without_room_nothing_is_accepted_and_nothing_lost_or_repeated(acme, sink):  # noqa: F811
    sink.plan([{"times": 1, "delay_ms": 1000}])
    with running(acme) as daemon:
        job = give(acme, "42", 1)
        wait_until(lambda: came(sink))
        limit_files(daemon, (acme.folder / "state" / "imh.db-wal").stat().st_size)
        wait_until(lambda: "the store could not do it" in daemon.events())
        refused = put(acme, 2)
        assert refused.status != DONE
        assert "no room on the disk" in refused.err
        limit_files(daemon, resource.RLIM_INFINITY)
        wait_for_state(acme, job, "done")
        wait_for_state(acme, give(acme, "42", 3), "done")
        assert came(sink) == [("42", 1, 200), ("42", 3, 200)]
        assert daemon.stop() == 0
    assert acme.run("check", "--store").status == 0


def fail_next_sync(daemon):
    """The store's thread is the second one."""
    strace = subprocess.Popen(
        ["strace", "-p", str(threads_of(daemon.process.pid)[1]), "-o", "/dev/null", "-e", "trace=fdatasync",
         "-e", "inject=fdatasync:error=EIO:when=1"],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert "attached" in strace.stderr.readline()
    return strace


def test_after_a_failed_sync_it_ends_and_what_it_said_stays_true(acme, sink):  # noqa: F811
    with running(acme) as daemon:
        kept = give(acme, "42", 1)
        wait_for_state(acme, kept, "done")
        strace = fail_next_sync(daemon)
        doubtful = put(acme, 2, "--key", "second")
        assert doubtful.status != DONE, "not synced, so not accepted"
        assert daemon.process.wait(PATIENCE_S) == LATER
        strace.communicate(timeout=PATIENCE_S)
        assert "store suspect: it accepts nothing any more" in daemon.events()
        assert came(sink) == [("42", 1, 200)]
    with running(acme):
        again = put(acme, 2, "--key", "second")
        assert again.status == DONE, again.err
        wait_for_state(acme, int(again.out.split()[1]), "done")
        assert came(sink) == [("42", 1, 200), ("42", 2, 200)]
    assert acme.run("check", "--store").status == 0


# --------------------------------------------------------------------------------- poison jobs

def test_others_go_on_beside_a_job_that_kills_its_worker(acme, sink):  # noqa: F811
    with running(acme) as daemon:
        poison = acme.run("action", "run", "acme", "crm.kill", "--no-wait")
        assert poison.status == DONE, poison.err
        jobs = [give(acme, "42", sequence) for sequence in range(3)]
        for job in jobs:
            wait_for_state(acme, job, "done")
        wait_until(lambda: items(acme, "failed"))
        [parked] = items(acme, "failed")
        assert (parked["what"], parked["attempts"]) == ("kill", 2)
        assert [sequence for _, sequence, _ in came(sink)] == [0, 1, 2]
        assert daemon.process.poll() is None
        assert show(acme, jobs[-1])["attempts"] == 1

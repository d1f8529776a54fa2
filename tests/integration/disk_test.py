"""A disk that is nearly full: nothing new is accepted, what was accepted ends.

Runs in namespaces of its own, as root of them: its state directory is a small disk.
"""

import json
import subprocess
import threading

import pytest
from daemon_test import running, status, wait_until
from queue_test import Sink, act, job_of, wait_for_state

CANNOT_WRITE, BAD_CONFIG = 73, 78
MIB = 1 << 20


@pytest.fixture
def sink():
    made = Sink()
    yield made
    made.stop()


@pytest.fixture
def acme(site, sink):
    """On a disk of 32 MiB, of which 8 are to be free."""
    state = site.folder / "state"
    state.mkdir(mode=0o700)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m,mode=0700", "tmpfs", state],
                   check=True)
    with (site.folder / "imh.ini").open("a") as file:
        file.write("min_free = 8m\n")
    site.integration("crm", "deeds", url=sink.url, ladder="1s 1s")
    kept = site.run("vault", "set", "acme", "crm", "token", stdin="first")
    assert kept.status == 0, kept.err
    yield site
    subprocess.run(["umount", "-l", state], check=True)


def disk(site):
    return status(site)["disk"]["state"]


def test_nothing_new_is_accepted_while_the_disk_is_nearly_full(acme, sink):
    filler = acme.folder / "state" / "filler"
    go_on = threading.Event()
    sink.plan = [{"wait": go_on}]
    with running(acme) as daemon:
        assert disk(acme) == "enough"
        accepted = job_of(act(acme, "post", "--no-wait", text="before"))
        wait_until(lambda: len(sink.taken) == 1)
        filler.write_bytes(bytes(26 * MIB))
        wait_until(lambda: disk(acme) == "short")
        refused = act(acme, "post", "--no-wait", text="while")
        assert refused.status == CANNOT_WRITE
        assert "nearly full" in refused.err and "'min_free' in [host]" in refused.err
        assert refused.err.count("\n") == 1
        assert "disk: nearly full" in acme.run("status").out
        go_on.set()
        wait_for_state(acme, accepted, "done")
        filler.write_bytes(bytes(20 * MIB))  # 12 MiB are left: well above the mark
        wait_until(lambda: disk(acme) == "enough")
        after = act(acme, text="after")
        assert after.status == 0, after.err
        assert [body["text"] for body, *_ in sink.taken] == ["before", "after"]
        assert daemon.events().count("disk nearly full") == 1
        assert daemon.events().count("disk has room again") == 1


@pytest.mark.parametrize("value", ["much", "-1", "10%"])
def test_how_much_is_to_be_free_is_a_size(site, value):
    with (site.folder / "imh.ini").open("a") as file:
        file.write(f"min_free = {value}\n")
    done = site.run("--json", "check")
    assert done.status == BAD_CONFIG
    assert "'min_free' in [host] must be a size such as 256m" in json.dumps(
        json.loads(done.out)) + done.err

"""What one account's integration does to its plugin's process is its own business."""

import json
import time

import pytest
from conftest import PATIENCE_S
from daemon_test import running
from queue_test import Sink

DEATHS = 6  # one more than puts a plugin into quarantine


@pytest.fixture
def sink():
    made = Sink()
    yield made
    made.stop()


@pytest.fixture
def two(site, sink):
    """Two accounts with the same plugin; acme's kills its process."""
    section = (f"[integration crm]\nplugin = deeds\nallow_private = yes\nurl = {sink.url}\n"
               f"ladder = 1s\ntoken = {site.secret('secret')}\n")
    for account in ("acme", "beta"):
        site.write(f"accounts.d/{account}.ini", f"[account]\ntitle = {account}\n{section}")
    return site


def act(site, account, action, *words):
    return site.run("action", "run", account, f"crm.{action}", "--args", json.dumps({}), *words)


def test_an_account_that_kills_its_plugin_harms_no_other(two, sink):
    with running(two) as daemon:
        assert act(two, "beta", "post").status == 0
        for _death in range(DEATHS):
            act(two, "acme", "kill", "--no-wait")
        calls = 1
        deadline = time.monotonic() + PATIENCE_S
        while "plugin in quarantine" not in daemon.events():
            assert time.monotonic() < deadline
            done = act(two, "beta", "post")
            assert done.status == 0, done.err
            calls += 1
        assert act(two, "beta", "post").status == 0
    assert len(sink.taken) == calls + 1

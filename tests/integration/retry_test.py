"""How often a failed job is tried again, and what a lost answer means: by host, integration and
action.
"""

import json

import pytest
from daemon_test import running, wait_until
from queue_test import Sink, act, items, job_of, show, wait_for_state

BAD_CONFIG = 78


@pytest.fixture
def sink():
    made = Sink()
    yield made
    made.stop()


@pytest.fixture
def crm(site, sink):
    """Adds the integration with such settings."""
    def add(**settings):
        site.integration("crm", "deeds", url=sink.url, token=site.secret("first"),
                         **settings)
        return site
    return add


def test_an_action_has_a_ladder_of_its_own(crm, sink):
    site = crm(**{"ladder": "1h", "ladder.post": "1s"})
    sink.plan = [{"status": 503}, {"status": 503}, {"status": 503}]
    with running(site):
        put = job_of(act(site, "put", "--no-wait", text="put"))
        wait_until(lambda: show(site, put)["error"])
        post = job_of(act(site, "post", "--no-wait", text="post"))
        wait_for_state(site, post, "failed")
        assert show(site, post)["attempts"] == 2
        assert (show(site, put)["state"], show(site, put)["attempts"]) == ("waiting", 1)


def test_the_host_says_it_for_all_who_say_nothing(crm, sink):
    site = crm()
    with (site.folder / "imh.ini").open("a") as file:
        file.write("[retry]\nladder = 1s\n")
    sink.plan = [{"status": 503}, {"status": 503}]
    with running(site):
        job = job_of(act(site, "post", "--no-wait", text="a"))
        wait_for_state(site, job, "failed")
        assert show(site, job)["attempts"] == 2


def test_a_lost_answer_may_be_risked(crm, sink):
    site = crm(**{"ladder": "1s", "on_unknown.post": "retry"})
    sink.plan = [{"cut": True}]
    with running(site):
        job = job_of(act(site, "post", "--no-wait", text="risked"))
        wait_for_state(site, job, "done")
        assert len(sink.taken) == 2
        assert sink.taken[0][1] == sink.taken[1][1]


def test_an_action_may_be_an_exception_to_that(crm, sink):
    site = crm(**{"on_unknown": "retry", "on_unknown.post": "ask"})
    sink.plan = [{"cut": True}]
    with running(site):
        act(site, "post", text="asked")
        [shown] = items(site, "failed")
        assert (shown["what"], shown["state"]) == ("post", "unknown")
        assert len(sink.taken) == 1


def test_an_action_that_failed_for_good_holds_its_stream_when_it_is_to(crm, sink):
    site = crm(**{"order": "strict", "on_exhausted.post": "hold"})
    sink.plan = [{"status": 422}]
    with running(site):
        bad = job_of(act(site, "post", "--no-wait", text="bad"))
        wait_for_state(site, bad, "failed")
        behind = job_of(act(site, "put", "--no-wait", text="behind"))
        assert show(site, behind)["state"] == "waiting"
        assert site.run("queue", "discard", str(bad)).status == 0
        wait_for_state(site, behind, "done")
        assert [body["text"] for body, *_ in sink.taken] == ["bad", "behind"]


def test_what_waits_for_another_try_says_why_and_until_when(crm, sink):
    site = crm(ladder="1h")
    sink.plan = [{"status": 503}]
    with running(site):
        job = job_of(act(site, "post", "--no-wait", text="a"))
        wait_until(lambda: show(site, job)["error"])
        [listed] = items(site, "list")
        assert (listed["state"], listed["code"]) == ("waiting", 503)
        assert listed["due_at"] > listed["created_at"]
        [names, line] = site.run("queue", "list").out.splitlines()
        at = names.index("error")
        assert line[at:] == listed["error"] != ""
        assert listed["due_at"] in line


def test_what_is_said_of_an_action_counts_from_the_next_reload(crm, sink):
    site = crm(ladder="1h")
    sink.plan = [{"status": 503}, {"status": 503}, {"status": 503}]
    with running(site):
        first = job_of(act(site, "post", "--no-wait", text="a"))
        wait_until(lambda: show(site, first)["error"])
        with site.account.open("a") as file:
            file.write("ladder.post = 1s\n")
        assert site.run("reload").status == 0
        second = job_of(act(site, "post", "--no-wait", text="b"))
        wait_for_state(site, second, "failed")
        assert show(site, first)["attempts"] == 1


@pytest.mark.parametrize("name, value, said", [
    ("ladder.pots", "1m", "'ladder.pots': the plugin 'deeds' has no action 'pots'; did you "
                          "mean 'post'?"),
    ("ladder.post", "1x", "'ladder.post' must be"),
    ("ladder", "", "'ladder' must be pauses such as 1m 5m 10m 1h"),
    ("ladder", "0s", "'ladder' must be durations from 1s to 24h as in '1m 5m 10m 1h', not '0s'"),
    ("ladder", "1m 25h", "not '25h'"),
    ("ladder", " ".join(["1m"] * 17), "'ladder' has more than 16 steps"),
    ("on_unknown", "again", "'on_unknown' must be ask or retry"),
    ("on_exhausted.post", "stop", "'on_exhausted.post' must be continue or hold"),
    ("on_unknwon.post", "ask", "unknown option 'on_unknwon.post'"),
])
def test_what_is_wrong_is_said_with_its_line(crm, name, value, said):
    site = crm(**{name: value})
    done = site.run("check")
    assert done.status == BAD_CONFIG
    assert said in done.err
    line = 1 + site.account.read_text().split("\n").index(f"{name} = {value}")
    assert f"acme.ini:{line}: integration 'crm': " in done.err
    assert json.dumps(done.err).count("acme.ini:") == 1

"""What keeps an integration from working: a person who disabled it, credentials, quarantine."""

import json
import os
import sqlite3
import threading

import pytest
from daemon_test import running, states, status, wait_until
from queue_test import Sink, act, items, job_of, show, wait_for_state

NO, BAD_DATA, LATER, BAD_CONFIG = 1, 65, 75, 78
BY = f"by uid {os.getuid()}"


@pytest.fixture
def sink():
    made = Sink()
    yield made
    made.stop()


@pytest.fixture
def acme(site, sink):
    site.integration("crm", "deeds", url=sink.url, ladder="1s 1s",
                     token=site.secret("first"))
    return site


def switch(site, word, identifier="crm"):
    done = site.run("integration", word, "acme", identifier)
    assert done.status == 0, done.err
    return done.out


def audit(site):
    with sqlite3.connect(site.folder / "state" / "imh.db") as db:
        return list(db.execute("select actor, action, account, subject from audit"
                               " where action like 'integration%' order by id"))


# ----------------------------------------------------------------------------- disabled

def test_jobs_of_a_disabled_integration_wait_and_go_on_in_order(acme, sink):
    with running(acme):
        assert switch(acme, "disable") == "disabled: acme crm\n"
        jobs = [job_of(act(acme, "post", "--no-wait", stream="a", number=i))
                for i in range(4)]
        told = [show(acme, job) for job in jobs]
        assert {job["state"] for job in told} == {"waiting"}
        assert {job["attempts"] for job in told} == {0}
        assert not sink.taken
        assert switch(acme, "enable") == "enabled: acme crm\n"
        wait_for_state(acme, jobs[-1], "done")
        assert [body["number"] for body, *_ in sink.taken] == [0, 1, 2, 3]
    actor = f"uid {os.getuid()}"
    assert audit(acme) == [(actor, "integration disable", "acme", "crm"),
                           (actor, "integration enable", "acme", "crm")]


def test_what_runs_when_it_is_disabled_ends_and_what_is_behind_waits(acme, sink):
    gate = threading.Event()
    sink.plan = [{"wait": gate}]
    with running(acme):
        first = job_of(act(acme, "post", "--no-wait", stream="a", number=1))
        wait_until(lambda: sink.taken)
        second = job_of(act(acme, "post", "--no-wait", stream="a", number=2))
        switch(acme, "disable")
        gate.set()
        wait_for_state(acme, first, "done")
        assert show(acme, second)["state"] == "waiting"
        assert len(sink.taken) == 1


def test_it_stays_disabled_after_reloads_and_restarts_and_is_shown(acme, sink):
    with running(acme):
        switch(acme, "disable")
        assert acme.run("reload").status == 0
        assert states(acme) == {"crm": "disabled"}
    with running(acme):
        assert states(acme) == {"crm": "disabled"}
        [told] = status(acme)["integrations"]
        assert told["problem"].startswith("since 2") and told["problem"].endswith(BY)
        [listed] = json.loads(acme.run("--json", "integration", "list").out)["items"]
        assert listed["state"] == "disabled"
        assert acme.run("integration", "disable", "acme", "crm").out.startswith(
            "disabled already: acme crm, since 2")
        job = job_of(act(acme, "post", "--no-wait", text="later"))
        switch(acme, "enable")
        assert states(acme) == {"crm": "enabled"}
        wait_for_state(acme, job, "done")
    assert len(audit(acme)) == 2


def test_a_command_says_at_once_that_its_job_waits(acme, sink):
    with running(acme):
        switch(acme, "disable")
        done = act(acme, text="now")
        assert done.status == LATER
        assert "waits: held since 2" in done.err
        assert f": disabled {BY}: imh integration enable acme crm\n" in done.err
        told = json.loads(act(acme, "post", "--json", text="again").out)
        assert (told["state"], told["held_why"]) == ("waiting", f"disabled {BY}")
        assert 'held_remedy: "imh integration enable acme crm"' in acme.run(
            "queue", "show", str(told["id"])).out


def test_without_a_daemon_it_is_disabled_and_enabled_in_the_store(acme, sink):
    assert switch(acme, "disable") == "disabled: acme crm\n"
    [listed] = json.loads(acme.run("--json", "integration", "list").out)["items"]
    assert listed["state"] == "disabled"
    refused = acme.run("integration", "test", "acme", "crm")
    assert refused.status == BAD_CONFIG
    assert f"{BY}: imh integration enable acme crm\n" in refused.err
    with running(acme):
        assert states(acme) == {"crm": "disabled"}
        job = job_of(act(acme, "post", "--no-wait", text="later"))
    assert show(acme, job)["held_why"] == f"disabled {BY}"
    switch(acme, "enable")
    with running(acme):
        wait_for_state(acme, job, "done")


def test_what_cannot_be_enabled_is_said(acme):
    acme.integration("old", "deeds", url="http://127.0.0.1/", enabled="no",
                     token=acme.secret("x"))
    asked = [("integration", "enable", "acme", "old"), ("integration", "disable", "acme", "crn"),
             ("integration", "disable", "acne", "crm")]
    alone = [acme.run(*words) for words in asked]
    with running(acme):
        by_daemon = [acme.run(*words) for words in asked]
    for done in (alone, by_daemon):
        assert done[0].status == NO
        assert "'old' is disabled in the file of acme: say enabled = yes" in done[0].err
        assert done[1].status != 0 and "'crn'" in done[1].err
        assert done[2].status != 0 and "acne" in done[2].err


# ----------------------------------------------------------------------------- gone

def test_jobs_of_what_left_the_configuration_say_so_and_run_when_it_is_back(acme, sink):
    with running(acme):
        switch(acme, "disable")
        job = job_of(act(acme, "post", "--no-wait", text="later"))
    switch(acme, "enable")
    text = acme.account.read_text()
    gone = text[:text.index("[integration crm]")]
    acme.account.write_text(gone)
    alone = show(acme, job)
    with running(acme) as daemon:
        assert "integration gone, its jobs wait" in daemon.events()
        told = show(acme, job)
        for one in (alone, told, *items(acme, "list")):
            assert (one["state"], one["held_why"]) == ("waiting",
                                                       "'crm' is not in the file of acme")
        assert told["held_remedy"] == alone["held_remedy"] == (
            f"bring back [integration crm], then: imh reload; or: imh queue discard {job}")
        [row] = status(acme)["integrations"]
        assert (row["integration"], row["state"]) == ("crm", "gone")
        assert "bring back [integration crm]" in row["problem"]

        acme.account.write_text(text + "enabled = no\n")
        assert acme.run("reload").status == 0
        assert show(acme, job)["held_why"] == "'crm' is disabled in the file of acme"
        assert not sink.taken

        acme.account.write_text(text)
        assert acme.run("reload").status == 0
        wait_for_state(acme, job, "done")
        assert [body["text"] for body, *_ in sink.taken] == ["later"]
        assert states(acme) == {"crm": "enabled"}


# ----------------------------------------------------------------------------- live data

@pytest.fixture
def mailing(site, shop):
    site.integration("shop", "magento2", url=shop.url, token=site.secret(shop.token),
                     on_failure="wait")
    site.write("mail.txt", '{$shop.product["24-MB01"].name}')
    return site


@pytest.mark.parametrize("policy, status_is, out", [
    ("wait", LATER, ""), ("empty", 0, ""), ("stop", 69, "")])
@pytest.mark.parametrize("daemon", [False, True])
def test_live_data_of_a_disabled_integration_is_not_available(
        mailing, shop, policy, status_is, out, daemon):
    mailing.account.write_text(mailing.account.read_text().replace("= wait", f"= {policy}"))

    def render():
        return mailing.run("render", "acme", "mail.txt")

    def check():
        asked = shop.counters()["requests"]
        switch(mailing, "disable", "shop")
        done = render()
        assert (done.status, done.out) == (status_is, out), done
        if policy != "empty":
            assert f"{BY}: imh integration enable acme shop" in done.err
        assert shop.counters()["requests"] == asked
        switch(mailing, "enable", "shop")
        assert render().out == "Joust Duffle Bag"

    if daemon:
        with running(mailing):
            check()
    else:
        check()


# ----------------------------------------------------------------------------- held

def test_credentials_that_are_refused_are_told_and_enabling_tries_again(acme, sink):
    with running(acme) as daemon:
        sink.token = "second"
        done = act(acme, text="now")
        assert done.status == LATER
        assert "waits: held since 2" in done.err
        assert "or: imh integration enable acme crm" in done.err
        wait_until(lambda: "integration held: its credentials are refused" in daemon.events())
        assert states(acme) == {"crm": "held"}
        later = act(acme, "put", text="later")
        assert later.status == LATER and "held since 2" in later.err
        sink.token = None
        switch(acme, "enable")
        wait_until(lambda: len(items(acme, "list")) == 0)
        assert states(acme) == {"crm": "enabled"}
        assert {body["text"] for body, _, answer in sink.taken if answer == 200} == {
            "now", "later"}


def test_a_stream_that_a_failed_job_holds_is_told(acme, sink):
    acme.account.write_text(acme.account.read_text() + "on_exhausted = hold\n")
    sink.plan = [{"status": 422}]
    with running(acme):
        act(acme, "post", stream="a", text="bad")
        [failed] = items(acme, "failed")
        done = act(acme, "post", stream="a", text="behind")
        assert done.status == LATER
        assert (f"waits for job {failed['id']} of its stream, which is failed" in done.err
                and f"imh queue retry {failed['id']}, or discard" in done.err)


def test_enabling_ends_the_rest_of_a_remote_that_failed(acme, sink):
    acme.account.write_text(acme.account.read_text().replace("1s 1s", "1s 1s 1s 1s 1s 1h"))
    sink.plan = [{"status": 503} for _ in range(6)]
    with running(acme) as daemon:
        act(acme, "put", "--no-wait", text="down")
        wait_until(lambda: "remote left alone" in daemon.events())
        sink.plan = []
        job = job_of(act(acme, "put", "--no-wait", text="next"))
        switch(acme, "enable")
        wait_for_state(acme, job, "done")
        wait_until(lambda: not items(acme, "list"))


def test_enabling_ends_a_quarantine_and_the_rests_it_gave(acme, sink):
    with running(acme) as daemon:
        while "plugin in quarantine" not in daemon.events():
            act(acme, "kill", "--no-wait")
            wait_until(lambda: not items(acme, "list")
                       or "plugin in quarantine" in daemon.events())
        job = job_of(act(acme, "put", "--no-wait", text="well"))
        wait_until(lambda: "is in quarantine" in (show(acme, job)["error"] or ""))
        switch(acme, "enable")
        assert "plugin released" in daemon.events()
        wait_for_state(acme, job, "done")

"""Why did nothing happen? Each planted reason has its answer: a stage, a reason, what was known then."""

import json
import threading
from contextlib import ExitStack

import pytest
from conftest import PATIENCE_S
from daemon_test import running, wait_until
from event_test import Feed, asked
from followup_test import BAD_CONFIG, Remote, followup
from queue_test import items

from ports import reserve
from smtp.server import Script

TRIPS = 5  # failures in a row after which a remote is left alone


class Remotes(ExitStack):
    """Remotes of all moods, by name."""

    def __init__(self):
        super().__init__()
        self.released = threading.Event()
        self.by_name = {name: self.of(Remote) for name in
                        ("hook", "bad", "busy", "denied", "cut", "hangs", "paused", "off", "row", "tripped")}
        for name, status in (("bad", 400), ("busy", 503), ("denied", 401), ("row", 503), ("tripped", 503)):
            self.by_name[name].status = status
        self.by_name["cut"].taken = self.cut
        self.by_name["hangs"].taken = lambda _body: self.released.wait(5 * PATIENCE_S)
        self.feeds = {name: self.of(Feed) for name in ("shop", "poison", "down", "asleep", "closed", "far")}
        for feed in self.feeds.values():
            feed.add(1)  # of before it was linked
        self.script = self.enter_context(Script({"RCPT": ["550 5.1.1 nobody here"]}))
        self.callback(self.released.set)

    def of(self, kind):
        made = kind()
        self.callback(made.stop)
        return made

    def nowhere(self):
        """An address at which nobody listens."""
        return f"http://127.0.0.1:{self.enter_context(reserve()).getsockname()[1]}/"

    @staticmethod
    def cut(_body):
        raise ConnectionAbortedError  # the connection ends without an answer


@pytest.fixture(scope="module")
def remotes():
    with Remotes() as made:
        yield made


def raised(site, type_, key, **data):
    """Something happens that is not of a shop."""
    done = site.run("event", "emit", "acme", f"event.{type_}", "--key", key, "--data", json.dumps(data))
    assert done.status == 0, done.err


def why(site, name, key, *words):
    done = site.run("--json", "followup", "why", "acme", name, "--key", key, *words)
    assert done.status == 0, done.err
    return json.loads(done.out)


def until_answer(site, name, key, stage, reason):
    """The answer, once it is that."""
    told = {}

    def is_so():
        told.update(why(site, name, key))
        return (told["stage"], told["reason"]) == (stage, reason)
    try:
        wait_until(is_so)
    except AssertionError:
        raise AssertionError(f"{name}: {told['stage']}/{told['reason']}: {told['words']}") from None
    return told


def notes(told, what):
    """What was noted of the newest event, of one kind."""
    return [note for note in told["events"][0]["run"]["notes"] if note["what"] == what]


# Name of the follow-up and of the event that starts it; its settings; what happens, each with a
# key of its own; the stage and the reason of the last one.
SAID = [
    ("no", {"if": "$trigger.total > 50 && $trigger.who"}, [{"total": 19.99}], ("if", "no")),
    ("missing", {"if": "$trigger.gone"}, [{"total": 1}], ("if", "no")),
    ("fails", {"if": "count($trigger.who) > 1"}, [{"who": "Ann"}], ("if", "failed")),
    ("dead-if", {"if": "$dead.raw[$trigger.who].open"}, [{"who": "Ann"}], ("if", "not-known")),
    ("live-if", {"if": "$peer.raw[$trigger.who].status == 'open'"}, [{"who": "Ann"}], ("if", "no")),
    ("waits", {"wait": "1h"}, [{}], ("wait", "waits")),
    ("days", {"wait": "30d", "recheck": "$trigger.total"}, [{"total": 0}], ("wait", "waits")),
    ("until", {"wait": "1h", "until": "event.until-end same cart"}, [{"cart": "u"}], ("until", "ended")),
    ("anew", {"wait": "1h", "restart": "event.anew-more same cart"}, [{"cart": "c"}], ("wait", "restarted")),
    ("itself", {"wait": "1h", "restart": "event.itself same cart"}, [{"cart": "c"}, {"cart": "c"}],
     ("wait", "restarter")),
    ("recheck", {"recheck": "$trigger.total == 2"}, [{"total": 1}], ("recheck", "no")),
    ("dead-recheck", {"recheck": "$dead.raw.x.open"}, [{}], ("recheck", "not-known")),
    ("limit", {"limit": "1 per 1h per {$trigger.who}"}, [{"who": "Ann"}, {"who": "Ann"}],
     ("limit", "reached")),
    ("nobody", {"limit": "1 per 1h per {$trigger.who}"}, [{}], ("limit", "nobody")),
    ("loop", {"do": "event.emit", "with.type": "loop", "with.data": '{["cart_id" => "looped"]}'},
     [{"cart_id": "looped"}], ("loop", "loop")),
    ("argument", {"with.headers": "{$trigger.who}"}, [{"who": "Ann"}], ("step", "argument")),
    ("second", {"do.2": "hook.request", "with.2.json": '{["n" => 2]}', "if.2": "$trigger.who == 'Bob'"},
     [{"who": "Ann"}], ("if", "no")),
    ("done", {}, [{}], ("done", "done")),
    ("off", {"enabled": "no"}, [{}], ("matched", "disabled")),
    ("bad", {"do": "bad.request"}, [{}], ("job", "failed")),
    ("thrown", {"do": "bad.request"}, [{}], ("job", "discarded")),
    ("busy", {"do": "busy.request"}, [{}], ("job", "retried")),
    ("nowhere", {"do": "nowhere.request"}, [{}], ("job", "retried")),
    ("cut", {"do": "cut.request"}, [{}], ("job", "unknown")),
    ("hangs", {"do": "hangs.request"}, [{}], ("job", "running")),
    ("denied", {"do": "denied.request"}, [{}], ("job", "held")),
    ("paused", {"do": "paused.request"}, [{}], ("job", "paused")),
    ("row", {"do": "row.request"}, [{}, {}], ("job", "behind")),
    ("mailed", {"do": "mail.send", "with.to": "no@example.com", "with.subject": "Hi", "with.text": "Hi"}, [{}],
     ("job", "failed")),
    ("kills", {"do": "deeds.kill"}, [{}], ("job", "retried")),
    ("tripped", {"do": "tripped.request"}, [{}] * (TRIPS + 1), ("job", "retried")),
    ("other-type", {"on": "event.other-type-left"}, [{}], ("seen", "other-type")),
    # Of sources: their keys are numbers, and 1 was there before.
    ("learned", {"on": "shop.thing-new"}, 1, ("seen", "learned")),
    ("never", {"on": "shop.thing-new"}, 999, ("seen", "never")),
    ("poison", {"on": "poison.thing-new"}, 2, ("seen", "skipped")),
    ("down", {"on": "down.thing-new"}, 2, ("seen", "source-failing")),
    ("asleep", {"on": "asleep.thing-new"}, 2, ("seen", "disabled")),
    ("closed", {"on": "closed.thing-new"}, 2, ("seen", "source-failing")),
    ("unused", {"on": "unused.thing-new"}, 2, ("seen", "disabled")),
    ("refused", {"on": "refused.thing-new"}, 2, ("seen", "refused")),
    ("to-unused", {"do": "off.request"}, [{}], ("step", "failed")),
    ("far", {"on": "far.thing-new"}, 2, ("seen", "no-poll")),
]


assert len(SAID) >= 40


MOODS = {"row": {"order": "strict"}, "off": {"enabled": "no"}, "hangs": {"timeout": "5m"}}


def make(site, remotes):
    for name, feed in remotes.feeds.items():
        site.integration(name, "ticker", url=feed.url, poll="1d" if name == "far" else "1s", token=site.secret("x"))
    for name, remote in remotes.by_name.items():
        how = {} if name == "cut" else {"idempotent": "yes", "on_unknown": "retry"}
        how.update(MOODS.get(name, {}))
        site.integration(name, "http", url=remote.url, **how)
    site.integration("unused", "ticker", url=remotes.nowhere(), token=site.secret("x"), enabled="no")
    site.integration("refused", "ticker", url=remotes.nowhere(), token="env:NOT_THERE")
    site.integration("nowhere", "http", url=remotes.nowhere(), idempotent="yes")
    site.integration("dead", "peer", url=remotes.nowhere(), token=site.secret("x"))
    site.integration("peer", "peer", url=remotes.by_name["hook"].url, token=site.secret("x"))
    site.integration("deeds", "deeds", url=remotes.by_name["hook"].url, token=site.secret("x"))
    with site.account.open("a") as file:
        file.write(f"\n[mail]\nserver = {remotes.script.url}\nfrom = a@example.com\ntls = none\n"
                   "allow_private = yes\n")
    with (site.folder / "imh.ini").open("a") as file:
        file.write("[retry]\nladder = 1h\n")  # what fails for now is not tried again while somebody looks
    for name, settings, _happens, _answer in SAID:
        plain = {"with.json": "{$trigger.attributes}"} if "mail" not in settings.get("do", "") and \
            settings.get("do") not in ("event.emit", "deeds.kill") else {}
        followup(site, name, **{"on": f"event.{name}", "do": "hook.request", **plain, **settings})


def happen(site, remotes):
    remotes.by_name["hook"].things["Ann"] = {"status": "closed"}
    linked = {"shop", "poison", "down", "asleep", "closed"}
    wait_until(lambda: {source["integration"] for source in asked(site, "sources")["items"]
                        if source["state"] == "good"} >= linked)
    assert site.run("integration", "disable", "acme", "paused").status == 0
    assert site.run("integration", "disable", "acme", "asleep").status == 0
    remotes.feeds["down"].down = True
    remotes.feeds["poison"].poison = (2, 400)
    remotes.feeds["closed"].poison = (2, 401)
    for feed in remotes.feeds.values():
        feed.add(1)
    for name, _settings, happens, _answer in SAID:
        for number, data in enumerate(happens if isinstance(happens, list) else [], 1):
            raised(site, name, f"{name}/{number}", **data)
    raised(site, "until-end", "until/end", cart="u")
    raised(site, "anew-more", "anew/more", cart="c")
    wait_until(lambda: [job for job in items(site, "failed") if job["integration"] == "bad"][1:])
    thrown = why(site, "thrown", "thrown/1")["events"][0]["job"]["id"]
    assert site.run("queue", "discard", str(thrown)).status == 0


@pytest.fixture(scope="module")
def acme(make_site, remotes):
    site = make_site()
    make(site, remotes)
    with running(site) as daemon:
        happen(site, remotes)
        site.stop = daemon.stop
        yield site


def key_of(name, happens):
    given = {"loop": "looped"}  # what it raised has a key of its own
    return given.get(name) or (f"{name}/{len(happens)}" if isinstance(happens, list) else str(happens))


@pytest.mark.parametrize(("name", "happens", "answer"),
                         [(name, happens, answer) for name, _settings, happens, answer in SAID])
def test_what_became_of_an_event_is_told(acme, name, happens, answer):
    told = until_answer(acme, name, key_of(name, happens), *answer)
    assert told["words"]


def test_values_are_those_of_then_with_every_digit(acme):
    told = until_answer(acme, "no", "no/1", "if", "no")
    assert notes(told, "if")[0]["values"] == {"$trigger.total": 19.99, "$trigger.who": None}
    shown = acme.run("followup", "why", "acme", "no", "--key", "no").out
    assert shown.startswith('if: \'if\' said no, with {"$trigger.total":19.99,"$trigger.who":null}\n')
    told = until_answer(acme, "limit", "limit/2", "limit", "reached")
    [limit] = notes(told, "limit")
    assert (limit["whom"], limit["before"], limit["most"], limit["period_s"]) == ("Ann", 1, 1, 3600)


def test_whom_an_event_is_about_is_a_key_too(acme):
    told = until_answer(acme, "until", "u", "until", "ended")
    assert [event["key"] for event in told["events"]] == ["until/end", "until/1"]
    assert "event" in told["words"] and "until-end" in told["words"]


def test_an_event_says_what_came_of_it(acme):
    told = until_answer(acme, "no", "no/1", "if", "no")
    done = acme.run("--json", "event", "show", str(told["events"][0]["id"]))
    [run] = json.loads(done.out)["followups"]
    assert (run["followup"], run["state"], run["reason"]) == ("no", "unwanted", "'if' said no")


def test_a_run_is_told_with_its_job_and_each_attempt(acme):
    told = until_answer(acme, "bad", "bad/1", "job", "failed")
    assert "400" in told["words"]
    [attempt] = told["events"][0]["job"]["history"]
    assert (attempt["what"], attempt["code"]) == ("attempt", 400)
    assert notes(told, "action")[0]["job"] == told["events"][0]["job"]["id"]
    shown = acme.run("followup", "why", "acme", "bad", "--key", "bad/1").out
    assert f"job {told['events'][0]['job']['id']}  bad.request: failed, attempts 1\n" in shown


def test_a_name_that_is_not_there_is_refused(acme):
    done = acme.run("followup", "why", "acme", "waitz", "--key", "x")
    assert done.status == BAD_CONFIG and "did you mean 'waits'?" in done.err
    assert acme.run("followup", "why", "acme", "waits").status == 2


# The file changes, the daemon ends: these come last, in this order.


def test_what_the_daemon_did_not_know_then_is_told(acme):
    raised(acme, "before", "before/1")
    raised(acme, "turned-b", "turned-b/1")
    followup(acme, "new", on="event.before")
    until_answer(acme, "new", "before/2", "configured", "not-loaded")
    until_answer(acme, "new", "before/1", "matched", "absent")
    followup(acme, "turned", on="event.turned-a")
    assert acme.run("reload").status == 0
    until_answer(acme, "new", "before/1", "matched", "absent")
    until_answer(acme, "new", "before/2", "seen", "never")
    text = acme.account.read_text()
    raised(acme, "turned-b", "turned-b/2")
    acme.account.write_text(text.replace("on = event.turned-a", "on = event.turned-a event.turned-b"))
    assert acme.run("reload").status == 0
    until_answer(acme, "turned", "turned-b/1", "matched", "absent")
    until_answer(acme, "turned", "turned-b/2", "matched", "other-events")
    # One that has left the file is told by what was kept.
    acme.account.write_text(text[:text.index("\n[followup turned]")])
    assert acme.run("reload").status == 0
    raised(acme, "turned-b", "turned-b/3")
    until_answer(acme, "turned", "turned-b/2", "matched", "other-events")
    acme.account.write_text(text)
    assert acme.run("reload").status == 0
    acme.account.write_text(text.replace("on = event.turned-a", "on = event.turned-a event.turned-b"))
    assert acme.run("reload").status == 0
    until_answer(acme, "turned", "turned-b/3", "matched", "absent")


def test_an_event_that_does_not_exist_is_found_by_a_check(acme):
    text = acme.account.read_text()
    followup(acme, "typo", on="shop.thing-nw")
    done = acme.run("check")
    assert done.status == BAD_CONFIG and "did you mean 'thing-new'?" in done.err
    acme.account.write_text(text)


def test_without_a_daemon_that_is_the_reason(acme, remotes):
    remotes.released.set()
    assert acme.stop() == 0
    assert acme.run("event", "list").status == 0
    until_answer(acme, "waits", "waits/1", "daemon", "not-running")
    until_answer(acme, "never", "999", "daemon", "not-running")
    until_answer(acme, "no", "no/1", "if", "no")
    until_answer(acme, "learned", "1", "seen", "learned")

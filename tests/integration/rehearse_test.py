"""imh followup test: what it says of recorded events is what was done because of them."""

import json
import sqlite3
from contextlib import closing

import pytest
from daemon_test import running
from event_test import Feed, linked
from followup_test import Remote, followup, runs, until_state

NO, WRONG_USE, BAD_DATA, BAD_CONFIG = 1, 2, 65, 78
SAME = "shop.thing-new same cart"
DONE = {"quiet": {"done": 2, "restarter": 2, "unwanted": 1}, "left": {"ended": 2, "unwanted": 3},
        "late": {"waiting": 2, "unwanted": 3},
        "steps": {"done": 2, "limited": 1, "failed": 1, "unwanted": 1}}


@pytest.fixture(scope="module")
def feed():
    made = Feed()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def remote():
    made = Remote()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def acme(make_site, feed, remote):
    """What was done, in a store that a daemon left."""
    site = make_site()
    site.integration("shop", "ticker", url=feed.url, poll="1s")
    site.integration("hook", "http", url=remote.url, idempotent="yes", on_unknown="retry")
    kept = site.run("vault", "set", "acme", "shop", "token", stdin="secret")
    assert kept.status == 0, kept.err
    followup(site, "left", **{"if": "$trigger.say == 'left'", "wait": "1h", "until": SAME})
    followup(site, "quiet", **{"if": "$trigger.say && !$trigger.trigger.followup", "wait": "1s", "restart": SAME,
                               "with.json": '{["quiet" => $trigger.cart]}'})
    followup(site, "late", **{"if": "$trigger.say == 'left'", "wait": "2d", "until": "shop.thing-new same x"})
    followup(site, "steps", **{
        "if": "$trigger.say", "limit": "1 per 30d per {if $trigger.n}{$trigger.cart}{/if}",
        "with.path": "{$trigger.cart}", "with.json": '{["n" => 1]}',
        "do.2": "hook.request", "with.2.json": '{["n" => 2]}', "wait.2": "1s"})
    said = [("left", "a", 1), ("left", "b", 1), ("order", "a", 1), ("more", "b", 0), ("", "c", 0)]
    with running(site) as daemon:
        linked(site)
        feed.things = [{"id": 1 + i, "say": say, "cart": cart, "n": n}
                       for i, (say, cart, n) in enumerate(said)]  # in one page
        for name, wanted in DONE.items():
            until_state(site, name, **wanted)
        while_it_runs = counts(site)
        assert daemon.stop() == 0
    assert while_it_runs == DONE
    return site


def told(site, *words, status=0):
    done = site.run("--json", "followup", "test", "acme", *words)
    assert done.status == status, done.err
    return json.loads(done.out) if status == 0 else done.err


def counts(site, *words):
    return {item["followup"]: {key: value for key, value in item.items()
                               if isinstance(value, int) and value > 0 and key != "unasked"}
            for item in told(site, *words)["followups"]}


def rows(site):
    """How much is in each table of the store."""
    with closing(sqlite3.connect(f"file:{site.folder}/state/imh.db?mode=ro", uri=True)) as store:
        names = [row[0] for row in store.execute("select name from sqlite_master where type = 'table'")]
        return {name: store.execute(f"select count(*) from {name}").fetchone()[0] for name in names}


def test_it_says_what_was_done_and_stores_nothing(acme, remote):
    before, took = rows(acme), len(remote.took)
    assert runs(acme) == DONE
    assert counts(acme) == DONE
    assert counts(acme, "steps", "late") == {name: DONE[name] for name in ("late", "steps")}
    assert (rows(acme), len(remote.took)) == (before, took)


def test_what_is_told_of_each(acme):
    answer = told(acme, "steps")
    assert (answer["events"], answer["next"]) == (10, None)
    first = [item for item in answer["items"] if item["event"] == 1]
    assert [(item["state"], item["step"], item["action"]) for item in first] == [
        ("acting", 1, "hook.request"), ("done", 2, "hook.request")]
    assert first[0]["args"] == {"path": "a", "json": {"n": 1}} and first[0]["at"] < first[1]["at"]
    assert {item["reason"] for item in answer["items"] if item["state"] == "limited"} == {
        "'limit': there were enough of them"}
    people = acme.run("followup", "test", "acme", "steps", "left").out
    assert "  steps  done  hook.request {\"json\":{\"n\":2}}\n" in people
    assert "  left  ended  until: event 3, thing-new\n" in people
    assert people.endswith("\n\n10 events\nleft: 3 unwanted, 2 ended\n"
                           "steps: 2 done, 1 unwanted, 1 limited, 1 failed\n")
    assert acme.run("followup", "test", "acme", "left", "--summary").out.splitlines() == [
        "10 events", "left: 3 unwanted, 2 ended"]


def test_some_of_the_events(acme):
    assert told(acme, "left", "--event", "1")["items"][0]["state"] == "done"  # nothing ended it
    assert counts(acme, "left", "--until", "2020-01-01") == {"left": {}}
    assert counts(acme, "left", "--since", "1h") == {"left": DONE["left"]}
    assert "no event 99" in told(acme, "left", "--event", "99", status=NO)


def test_events_of_a_file(acme):
    lines = [acme.run("--json", "event", "show", str(number)).out for number in range(1, 6)]
    acme.write("events.ndjson", "".join(lines))
    file = counts(acme, "--events", "events.ndjson")
    assert file == {**DONE, "late": {"done": 2, "unwanted": 3}}  # nothing more will come
    acme.write("bad.ndjson", lines[0] + '{"type": "thing-new"}\n')
    assert "bad.ndjson:2: an event has \"integration\"" in told(acme, "--events", "bad.ndjson", status=BAD_DATA)
    assert "none.ndjson: No such file" in told(acme, "--events", "none.ndjson", status=BAD_DATA)


def test_an_event_that_is_made_up(acme):
    item, = told(acme, "quiet", "--data", '{"say": "x", "cart": "z"}')["items"]
    assert (item["state"], item["args"]) == ("done", {"json": {"quiet": "z"}})
    assert item["unasked"] is None
    told(acme, "--data", "{}", status=WRONG_USE)
    told(acme, "quiet", "--data", "[]", status=BAD_DATA)
    assert "did you mean 'quiet'?" in told(acme, "quite", status=BAD_CONFIG)
    told(acme, "quiet", "--since", "yesterday", status=WRONG_USE)

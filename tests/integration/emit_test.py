"""Events that people give: durable before it is said, judged by follow-ups, once for a key."""

import json
import os
import signal
import sqlite3
from contextlib import closing

import pytest
from daemon_test import running, wait_until
from event_test import Feed, asked, events, linked
from followup_test import Remote, followup, runs

NO, BAD_DATA = 1, 65


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


@pytest.fixture
def acme(site, feed, remote):
    site.integration("shop", "ticker", url=feed.url, poll="1s", token=site.secret("x"))
    site.integration("hook", "http", url=remote.url, idempotent="yes", on_unknown="retry")
    remote.took.clear()
    return site


def emit(site, event, *words):
    return site.run("--json", "event", "emit", "acme", event, *words)


def emitted(site, event, *words):
    done = emit(site, event, *words)
    assert done.status == 0, done.err
    return json.loads(done.out)


def audit(site, action):
    with closing(sqlite3.connect(site.folder / "state" / "imh.db")) as db:
        return list(db.execute("select actor, account, subject from audit where action = ?", (action,)))


def test_an_event_of_a_person_starts_follow_ups_once_for_its_key(acme, remote):
    followup(acme, "thanks", **{"if": "$trigger.total > 50", "with.json": "{$trigger.attributes}"})
    with running(acme) as daemon:
        linked(acme)
        first = emitted(acme, "shop.thing-new", "--key", "x", "--data", '{"total": 60.10}')
        assert not first["was_there"] and first["followups"][0]["followup"] == "thanks"
        wait_until(lambda: runs(acme).get("thanks") == {"done": 1})
        again = emitted(acme, "shop.thing-new", "--key", "x", "--data", '{"total": 70}')
        assert (again["id"], again["was_there"]) == (first["id"], True)
        told = acme.run("event", "emit", "acme", "shop.thing-new", "--key", "x")
        assert told.out == (f"event {first['id']} was there already with that key: nothing new happened:"
                            " thanks done\n")
        small = acme.run("event", "emit", "acme", "shop.thing-new", "--data", '{"total": 1}')
        assert small.out == f"event {first['id'] + 1}: thanks unwanted\n"
        shown = asked(acme, "show", str(first["id"]))
        assert shown["data"] == {"total": 60.1} and shown["origin"] == {"by": f"uid {os.geteuid()}"}
        own = acme.run("event", "emit", "acme", "event.greeted")
        assert own.out == f"event {first['id'] + 2}: no follow-up is for it\n"
        assert remote.bodies() == [{"total": 60.1}]
        assert daemon.stop() == 0
    assert audit(acme, "event emit") == [
        (f"uid {os.geteuid()}", "acme", f"event {first['id'] + i}") for i in range(3)]


def test_what_is_wrong_with_an_event_is_said_and_nothing_kept(acme):
    with running(acme) as daemon:
        linked(acme)
        for words, why in (
                (["shop.thing-nw"], "'shop' has no event 'thing-nw'; did you mean 'thing-new'?"),
                (["shp.thing-new"], "there is no integration 'shp'; did you mean 'shop'?"),
                (["hook.thing"], "'hook' has no event 'thing'"),
                (["shop"], "which event? IDENTIFIER.TYPE"),
                (["event."], "an event's type has 1 to 64 bytes"),
                (["event." + "x" * 65], "an event's type has 1 to 64 bytes"),
                (["shop.thing-new", "--data", "[1]"], "--data: must be a JSON object"),
                (["shop.thing-new", "--data", '{"a":1,"a":2}'], "--data"),
                (["shop.thing-new", "--subject", "{"], "--subject"),
                (["shop.thing-new", "--key", "x" * 201], "an event's key has to be a text of 1 to 200"),
                (["shop.thing-new", "--key", ""], "--key: is empty"),
                (["shop.thing-new", "--subject", json.dumps({"a": "x" * 17000})], "an event's subject")):
            done = emit(acme, *words)
            assert (done.status, why in done.err) == (BAD_DATA, True), done.err
        nobody = acme.run("event", "emit", "acmee", "shop.thing-new")
        assert nobody.status == BAD_DATA and "there is no such account" in nobody.err
        assert events(acme) == []
        assert daemon.stop() == 0
    assert audit(acme, "event emit") == []
    assert emit(acme, "shop.thing-new").status == NO  # no daemon


def test_what_was_said_to_be_kept_survives_a_kill(acme, remote):
    followup(acme, "thanks", **{"on": "event.greeted", "with.json": "{$trigger.attributes}"})
    with running(acme) as daemon:
        numbers = [emitted(acme, "event.greeted", "--data", json.dumps({"n": n}))["id"] for n in range(5)]
        daemon.process.send_signal(signal.SIGKILL)
        daemon.process.wait()
    with running(acme) as daemon:
        wait_until(lambda: runs(acme).get("thanks") == {"done": 5})
        assert [event["id"] for event in events(acme)] == numbers
        assert {body["n"] for body in remote.bodies()} == set(range(5))
        assert daemon.stop() == 0


def replay(site, *words):
    done = site.run("--json", "event", "replay", *words)
    assert done.status == 0, done.err
    return {item["followup"]: (item["starts"], item["unwanted"]) for item in json.loads(done.out)["items"]}


def test_events_of_a_time_without_a_follow_up_are_judged_again_once_for_ever(acme, remote):
    before = acme.account.read_text()
    settings = {"on": "event.left", "if": "$trigger.total > 5", "with.json": '{["cart" => $trigger.cart]}'}
    followup(acme, "cart", **settings, enabled="no")
    with running(acme) as daemon:
        emitted(acme, "event.left", "--data", '{"cart": "a", "total": 9}')
        emitted(acme, "event.left", "--data", '{"cart": "b", "total": 1}')
        emitted(acme, "event.left", "--data", '{"cart": "c", "total": 9}')
        emitted(acme, "event.ordered", "--data", '{"cart": "c"}')
        acme.account.write_text(before)
        followup(acme, "cart", **settings, wait="1s", until="event.ordered same cart")
        followup(acme, "late", **{**settings, "on": "event.left event.ordered", "if": "$trigger.cart == 'a'"})
        followup(acme, "slow", **{**settings, "on": "event.slow", "if": "1", "wait": "1h",
                                  "until": "event.ordered same cart"})
        assert acme.run("reload").status == 0
        all_ = ("--all", "--account", "acme", "--integration", "event")
        assert replay(acme, *all_, "--dry-run", "--since", "1h") == {"cart": (2, 1), "late": (1, 3)}
        assert runs(acme) == {"cart": {}, "late": {}, "slow": {}}
        assert replay(acme, *all_, "--dry-run", "--type", "ordered") == {"late": (0, 1)}
        told = acme.run("event", "replay", *all_, "--followup", "cart")
        assert told.err == "4 events: cart: 2 start, 1 unwanted\n"
        assert told.out == "judged: " + told.err
        # What ended it meanwhile ends it now: the cart was ordered.
        wait_until(lambda: runs(acme)["cart"] == {"done": 1, "unwanted": 1, "ended": 1})
        assert replay(acme, *all_, "--followup", "cart") == {}
        [first] = [event["id"] for event in events(acme) if asked(acme, "show", str(event["id"]))["data"] ==
                   {"cart": "a", "total": 9}]
        assert replay(acme, str(first), str(first)) == {"late": (1, 0)}
        wait_until(lambda: runs(acme)["late"] == {"done": 1})
        assert remote.bodies() == [{"cart": "a"}, {"cart": "a"}]
        # An old order ends nothing that was left today.
        emitted(acme, "event.slow", "--data", '{"cart": "c"}')
        [ordered] = events(acme, "--type", "ordered")
        assert replay(acme, str(ordered["id"])) == {"late": (0, 1)}
        assert runs(acme)["slow"] == {"waiting": 1}
        wrong = acme.run("event", "replay", "999")
        assert wrong.status == 1 and "there is no event 999" in wrong.err
        for words in ([], ["--all"], ["1", "--all", "--account", "acme"], ["x"], ["1", "--since", "1h"]):
            assert acme.run("event", "replay", *words).status == 2
        assert acme.run("event", "replay", "--all", "--account", "acmee").status == 78
        assert daemon.stop() == 0
    assert len(audit(acme, "event replay")) == 5
    checked = acme.run("check", "--store")
    assert checked.status == 0, checked.err
    assert acme.run("event", "replay", "1").status == NO  # no daemon


def test_copernica_scenario_22_what_another_system_says_is_one_event_or_refused(acme, remote):
    """By the command; over HTTP, where a form is JSON as well, it comes with the listener. A type
    of the account's own names no fields: its follow-up wants them."""
    followup(acme, "cart", **{"on": "event.cart-add", "if": "$trigger.sku", "with.json": "{$trigger.attributes}"})
    added = {"id": "c1", "sku": "24-MB01", "count": 2}
    with running(acme) as daemon:
        for key, spelled in (("a", json.dumps(added)), ("b", json.dumps(added, indent=1, sort_keys=True))):
            emitted(acme, "event.cart-add", "--key", key, "--data", spelled)
        nameless = acme.run("event", "emit", "acme", "event.cart-add", "--data", '{"id": "c1", "count": 2}')
        assert nameless.out.endswith(": cart unwanted\n")
        wait_until(lambda: runs(acme).get("cart") == {"done": 2, "unwanted": 1})
        assert remote.bodies() == [added, added]
        first, second = (asked(acme, "show", str(event["id"])) for event in events(acme)[:2])
        assert [first[name] for name in ("type", "data", "subject")] == [
            second[name] for name in ("type", "data", "subject")]
        why = acme.run("followup", "why", "acme", "cart", "--key", events(acme)[2]["key"])
        assert "$trigger.sku" in why.out and "'if' said no" in why.out
        assert daemon.stop() == 0


def test_what_happened_meanwhile_is_found_among_many_events(acme, feed, remote):
    with running(acme) as daemon:
        linked(acme)
        for cart in "abc":
            emitted(acme, "event.left", "--data", json.dumps({"cart": cart}))
        feed.add(1100)  # more than are looked through at once
        wait_until(lambda: acme.run("event", "show", "1103").status == 0)
        emitted(acme, "event.ordered", "--data", '{"cart": "a"}')
        emitted(acme, "event.ordered", "--data", '{"cart": "c"}')
        followup(acme, "cart", **{"on": "event.left", "until": "event.ordered same cart",
                                  "with.json": '{["cart" => $trigger.cart]}'})
        assert acme.run("reload").status == 0
        assert replay(acme, "1") == {"cart": (1, 0)}
        assert replay(acme, "--all", "--account", "acme", "--followup", "cart") == {"cart": (2, 0)}
        wait_until(lambda: runs(acme)["cart"] == {"done": 1, "ended": 2})
        assert remote.bodies() == [{"cart": "b"}]
        assert daemon.stop() == 0

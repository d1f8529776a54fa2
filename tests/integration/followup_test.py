"""Follow-ups: what happens at a remote starts something here, once, as long as it is wanted."""

import json
import random
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import PATIENCE_S
from daemon_test import running, wait_until
from event_test import Feed, asked, linked
from queue_test import items

BAD_CONFIG = 78


class Remote:
    """Takes what is done, and tells how things are: GET /ID is `things[ID]`."""

    def __init__(self):
        self.took = []
        self.things = {}
        self.looked = 0
        self.told = {}  # which thing it told of by ID, the last time
        self.status = 200  # of what is done
        self.down = False  # tells nothing
        self.taken = None  # is told of each that is done
        remote = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self, status, value):
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                remote.looked += 1
                name = self.path.strip("/")
                thing = remote.told[name] = remote.things.get(name)
                self.answer(503 if remote.down else 200 if thing else 404, thing or {})

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                remote.took.append((body, self.headers["idempotency-key"]))
                if remote.taken:
                    remote.taken(body)
                self.answer(remote.status, {})

            def log_message(self, *_words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def bodies(self):
        return [body for body, _key in self.took]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def feed():
    made = Feed()
    yield made
    made.stop()


@pytest.fixture
def remote():
    made = Remote()
    yield made
    made.stop()


@pytest.fixture
def acme(site, feed, remote):
    site.integration("shop", "ticker", url=feed.url, poll="1s")
    site.integration("hook", "http", url=remote.url, idempotent="yes", on_unknown="retry")
    site.integration("peer", "peer", url=remote.url, token=site.secret("x"))
    kept = site.run("vault", "set", "acme", "shop", "token", stdin="secret")
    assert kept.status == 0, kept.err
    with (site.folder / "imh.ini").open("a") as file:
        file.write("[retry]\nladder = 1s 1s 1s 1s 1s 1s 1s 1s\n")
    return site


def followup(site, name, **settings):
    """Adds a section; `_` of a name is a dot."""
    settings = {"on": "shop.thing-new", "do": "hook.request", **settings}
    lines = "".join(f"{key.replace('_', '.')} = {value}\n" for key, value in settings.items())
    with site.account.open("a") as file:
        file.write(f"\n[followup {name}]\n{lines}")


def runs(site, *words):
    done = site.run("--json", "followup", "list", *words)
    assert done.status == 0, done.err
    return {item["followup"]: {key: value for key, value in item.items()
                               if isinstance(value, int) and value > 0}
            for item in json.loads(done.out)["items"]}


def test_new_events_start_what_their_condition_wants_once_and_old_ones_nothing(acme, feed, remote):
    followup(acme, "thanks", **{"if": "$trigger.attributes.id > 501 && $trigger.say == 'yes'",
                                "with.json": "{$trigger.attributes}", "with.path": "x?id={$trigger.id}"})
    followup(acme, "typed", **{"with.json": '{["n" => $trigger.price * 2, "on" => true]}',
                               "if": "$trigger.price"})
    feed.add(500, say="yes")  # what was there when it was linked
    with running(acme) as daemon:
        linked(acme)
        feed.add(3, say="yes")
        feed.add(1, say="no")
        feed.add(1, price=1.25)
        wait_until(lambda: len(remote.took) >= 3)
        told = sorted((body for body in remote.bodies() if "id" in body), key=lambda body: body["id"])
        assert told == [{"id": 502, "say": "yes"}, {"id": 503, "say": "yes"}]
        assert {"n": 2.5, "on": True} in remote.bodies()
        assert len({key for _body, key in remote.took}) == 3
        passes = len(feed.asked) + 4
        wait_until(lambda: len(feed.asked) > passes)
        assert len(remote.took) == 3
        until_state(acme, "thanks", done=2, unwanted=3)
        shown = acme.run("followup", "list").out.splitlines()[1:]
        assert [" ".join(line.split()) for line in shown] == [
            "acme thanks enabled shop.thing-new 2 done, 3 unwanted",
            "acme typed enabled shop.thing-new 1 done, 4 unwanted"]
        nobody = acme.run("followup", "list", "acmee")
        assert nobody.status == BAD_CONFIG and "did you mean 'acme'?" in nobody.err
        assert daemon.stop() == 0


def state_of(site, name):
    """How many runs of it are in which state."""
    return runs(site).get(name)


def until_state(site, name, **wanted):
    wait_until(lambda: state_of(site, name) == wanted)


def test_a_wait_is_ended_by_an_event_of_the_same_thing_and_begun_anew_by_another(acme, feed, remote):
    same = "shop.thing-new same cart"
    followup(acme, "cart", **{"if": "$trigger.say == 'left'", "wait": "1h", "until": same,
                              "with.json": "{$trigger.attributes}"})
    followup(acme, "quiet", **{"if": "$trigger.say != 'order'", "wait": "1s", "restart": same,
                               "with.json": '{["quiet" => $trigger.cart]}'})
    with running(acme) as daemon:
        linked(acme)
        said = [("left", "a"), ("left", "b"), ("order", "a"), ("more", "b")]  # in one page
        feed.things = feed.things + [{"id": 1 + i, "say": say, "cart": cart}
                                     for i, (say, cart) in enumerate(said)]
        until_state(acme, "cart", ended=2, unwanted=2)
        until_state(acme, "quiet", done=2, restarter=2)
        assert sorted(body["quiet"] for body in remote.bodies()) == ["a", "b"]
        feed.add(1, say="left", cart="c")
        until_state(acme, "cart", waiting=1, ended=2, unwanted=2)
        waits = items(acme, "list", "--integration", "follow-ups")
        assert {("cart", "step")} <= {(job["what"], job["kind"]) for job in waits}
        feed.add(1, say="order", cart="c")
        until_state(acme, "cart", ended=3, unwanted=3)
        assert not [job for job in items(acme, "list", "--integration", "follow-ups") if job["what"] == "cart"]
        # The order is told of first, and the cart that was left before it later: a source was away.
        now_ms = int(time.time() * 1000)
        feed.add(1, say="order", cart="d", at=now_ms)
        until_state(acme, "cart", ended=3, unwanted=4)
        feed.add(1, say="left", cart="d", at=now_ms - 5000)
        until_state(acme, "cart", ended=4, unwanted=4)
        feed.add(1, say="left", cart="d")  # that is another time
        until_state(acme, "cart", waiting=1, ended=4, unwanted=4)
        feed.add(1, say="order", cart="e", at=now_ms + 10**9)  # its clock is wrong
        until_state(acme, "cart", waiting=1, ended=4, unwanted=5)
        feed.add(1, say="left", cart="e")
        until_state(acme, "cart", waiting=2, ended=4, unwanted=5)
        assert daemon.stop() == 0
    checked = acme.run("check", "--store")
    assert checked.status == 0, checked.err


def test_what_is_live_is_asked_for_and_asked_again_before_each_attempt(acme, feed, remote):
    thing = "$peer.raw[$trigger.cart].status"
    followup(acme, "live", **{"if": f"{thing}", "recheck": f"{thing} == 'open'",
                              "with.json": '{["who" => $peer.raw[$trigger.cart].who]}'})
    remote.things = {"a": {"status": "open", "who": "Ann"}, "b": {"status": "ordered"}}
    with running(acme) as daemon:
        linked(acme)
        feed.add(1, cart="a")  # wanted
        feed.add(1, cart="b")  # not any more
        feed.add(1, cart="c")  # there is no such thing
        until_state(acme, "live", done=1, needless=1, unwanted=1)
        assert remote.bodies() == [{"who": "Ann"}]
        # Its action fails; before it is tried again, it is not wanted any more.
        remote.status = 503
        remote.things["d"] = {"status": "open", "who": "Dan"}
        feed.add(1, cart="d")
        wait_until(lambda: len(remote.took) > 1)
        remote.things["d"] = {"status": "ordered"}
        until_state(acme, "live", done=1, needless=2, unwanted=1)
        took = len(remote.took)
        remote.status = 200
        # A remote that cannot tell is asked again, and nothing is done meanwhile.
        remote.down = True
        remote.things["e"] = {"status": "open", "who": "Eve"}
        looked = remote.looked
        feed.add(1, cart="e")
        wait_until(lambda: remote.looked > looked)
        time.sleep(0.2)
        assert len(remote.took) == took
        remote.down = False
        wait_until(lambda: {"who": "Eve"} in remote.bodies())
        until_state(acme, "live", done=2, needless=2, unwanted=1)
        assert daemon.stop() == 0


def test_steps_follow_each_other_and_a_limit_counts_them_once(acme, feed, remote):
    followup(acme, "steps", **{
        "limit": "1 per 30d per {$trigger.who}", "with.json": '{["step" => 1, "who" => $trigger.who]}',
        "do.2": "hook.request", "with.2.json": '{["step" => 2, "who" => $trigger.who]}', "wait.2": "1s",
        "if.2": "$trigger.who != 'Bob'",
        "do.3": "hook.request", "with.3.json": '{["step" => 3]}', "recheck.3": "$trigger.on == 1"})
    with running(acme) as daemon:
        linked(acme)
        feed.add(1, who="Ann", on=1)
        wait_until(lambda: {"step": 3} in remote.bodies())
        feed.add(2, who="Ann", on=1)
        feed.add(1, who="Bob")
        feed.add(1, who="Cid", on=0)
        feed.add(1)
        until_state(acme, "steps", done=1, limited=2, unwanted=1, needless=1, failed=1)
        assert ["'limit': whom it counts for is empty" in job["error"] for job in items(acme, "failed")] == [True]
        assert remote.bodies()[:3] == [{"step": 1, "who": "Ann"}, {"step": 2, "who": "Ann"}, {"step": 3}]
        assert [body for body in remote.bodies() if body.get("who") == "Bob"] == [{"step": 1, "who": "Bob"}]
        assert daemon.stop() == 0


def test_a_failed_action_stops_the_run_and_a_person_lets_it_go_on(acme, feed, remote):
    followup(acme, "two", **{"with.json": '{["step" => 1]}', "do.2": "hook.request",
                             "with.2.json": '{["step" => 2]}'})
    followup(acme, "wrong", **{"with.json": "{$trigger.attributes}", "with.path": "x",
                               "with.headers": "{$trigger.say}"})
    followup(acme, "unsure", **{"if": "count($trigger.say) > 1"})
    remote.status = 400
    with running(acme) as daemon:
        linked(acme)
        feed.add(1, say="no object")
        until_state(acme, "two", failed=1)
        until_state(acme, "wrong", failed=1)
        until_state(acme, "unsure", failed=1)
        unsure = [job for job in items(acme, "failed") if job["what"] == "unsure"]
        assert ["count() takes an array" in job["error"] for job in unsure] == [True]
        failed = {job["kind"]: job for job in items(acme, "failed") if job["what"] != "unsure"}
        assert "argument 'headers'" in failed["step"]["error"]
        remote.status = 200
        done = acme.run("queue", "retry", str(failed["action"]["id"]))
        assert done.status == 0, done.err
        until_state(acme, "two", done=1)
        assert remote.bodies() == [{"step": 1}, {"step": 1}, {"step": 2}]
        assert acme.run("queue", "discard", str(failed["step"]["id"])).status == 0
        until_state(acme, "wrong", discarded=1)
        assert daemon.stop() == 0


def test_a_run_goes_on_as_it_began_when_the_file_changes(acme, feed, remote):
    before = acme.account.read_text()
    followup(acme, "old", **{"wait": "4s", "with.json": '{["text" => "old"]}'})
    with running(acme) as daemon:
        linked(acme)
        feed.add(1)
        until_state(acme, "old", waiting=1)
        acme.account.write_text(before)
        followup(acme, "new", **{"with.json": '{["text" => "new"]}'})
        assert acme.run("reload").status == 0
        feed.add(1)
        wait_until(lambda: len(remote.took) == 2)
        assert sorted(body["text"] for body in remote.bodies()) == ["new", "old"]
        until_state(acme, "old", done=1)
        assert daemon.stop() == 0


def test_kills_change_nothing(acme, feed, remote):
    followup(acme, "now", **{"with.json": '{["now" => $trigger.attributes.id]}',
                             "do.2": "hook.request", "with.2.json": '{["then" => $trigger.attributes.id]}'})
    followup(acme, "later", **{"wait": "1s", "with.json": '{["later" => $trigger.attributes.id]}'})
    feed.add(1)
    with running(acme):
        linked(acme)
    for round_ in range(3):
        with running(acme) as daemon:
            feed.add(4)
            took = len(remote.took)
            wait_until(lambda: len(remote.took) > took + round_)
            daemon.process.send_signal(signal.SIGKILL)
            daemon.process.wait()
    with running(acme) as daemon:
        until_state(acme, "now", done=12)
        until_state(acme, "later", done=12)
        assert daemon.stop() == 0
    # Sent twice with one key is once: that is what the key is for.
    once = {}
    for body, key in remote.took:
        assert once.setdefault(key, body) == body
    bodies = sorted(json.dumps(body) for body in once.values())
    wanted = sorted(json.dumps({name: 2 + i}) for name in ("now", "then", "later") for i in range(12))
    assert bodies == wanted
    checked = acme.run("check", "--store")
    assert checked.status == 0, checked.err


def test_all_that_is_wrong_with_a_section_is_said_with_its_place(acme):
    first = len(acme.account.read_text().splitlines()) + 2
    followup(acme, "cart", **{"if": "$trgger.x && $pear.raw", "until": "shop.thing-nw same id",
                              "do": "hook.reqest"})
    followup(acme, "two", **{"if": "$trigger.x >", "do.2": "hock.request", "with.2.jsn": "1",
                             "do.3": "hook.request", "with.3.josn": "1"})
    followup(acme, "three", **{"limit": "1 per 3d per {$triger.x}", "with.path": "{$per.raw}",
                               "with.json": "{foreach $trigger.lines as $line}{$line.sku}{/foreach}"})
    followup(acme, "four", do="mail.send")
    done = acme.run("check")
    assert done.status == BAD_CONFIG
    lines = [line.split("acme.ini:")[1] for line in done.err.splitlines() if "acme.ini:" in line]
    assert lines == [
        f"{first + 2}: follow-up 'cart': 'hook' has no action 'reqest'; did you mean 'request'?",
        f"{first + 3}: follow-up 'cart': nobody knows the variable 'pear'; did you mean 'peer'?",
        f"{first + 3}: follow-up 'cart': nobody knows the variable 'trgger'; did you mean 'trigger'?",
        f"{first + 4}: follow-up 'cart': 'shop' has no event 'thing-nw'; did you mean 'thing-new'?",
        f"{first + 9}: follow-up 'two': 'if', column 13: unexpected end, expected a value",
        f"{first + 10}: follow-up 'two': there is no integration 'hock'; did you mean 'hook'?",
        f"{first + 13}: follow-up 'two': the action has no argument 'josn'; did you mean 'json'?",
        f"{first + 18}: follow-up 'three': nobody knows the variable 'triger'; did you mean 'trigger'?",
        f"{first + 19}: follow-up 'three': nobody knows the variable 'per'; did you mean 'peer'?",
        f"{first + 24}: follow-up 'four': mails want a section [mail], with 'server' and 'from'",
    ]


def test_what_a_disabled_integration_spoils_is_a_warning(acme):
    acme.integration("off", "http", url="https://off.example", enabled="no")
    acme.integration("still", "ticker", url="https://off.example", enabled="no", token=acme.secret("x"))
    first = len(acme.account.read_text().splitlines()) + 2
    followup(acme, "cart", **{"until": "still.thing-new same id", "do.2": "off.request", "do.3": "hook.request"})
    followup(acme, "none", do="off.request", enabled="no")
    acme.run("integration", "disable", "acme", "hook")  # by a person: what waits for it is done later
    remedy = "say enabled = yes there, or enabled = no here"
    done = acme.run("check")
    assert done.status == 0 and done.out.endswith(" 5 integrations, no problems, 2 warnings\n"), done
    assert [line.split("acme.ini:")[1] for line in done.err.splitlines()] == [
        f"{first + 3}: warning: follow-up 'cart': 'still' is disabled, so nothing happens there: {remedy}",
        f"{first + 4}: warning: follow-up 'cart': 'off' is disabled, so this step fails: {remedy}"]
    told = json.loads(acme.run("--json", "check").out)
    assert told["problems"] == [] and [one["line"] for one in told["warnings"]] == [first + 3, first + 4]
    assert told["warnings"][1]["text"].startswith("follow-up 'cart': 'off' is disabled")


def test_copernica_scenario_23_a_follow_up_that_causes_its_own_event_is_stopped(acme, feed, remote):
    followup(acme, "ping", **{"on": "shop.thing-new event.pong", "do": "event.emit", "with.type": "pong",
                              "with.data": '{["round" => $trigger.attributes.id]}'})
    followup(acme, "tell", **{"on": "event.pong", "if": "$trigger.type == 'pong'", "with.json":
                              '{["round" => $trigger.round, "by" => $trigger.trigger.followup,'
                              ' "causes" => count($trigger.trigger.causes)]}'})
    with running(acme) as daemon:
        linked(acme)
        feed.add(2)
        wait_until(lambda: len(remote.took) == 2)
        until_state(acme, "ping", done=2, loop=2)
        until_state(acme, "tell", done=2)
        assert sorted(remote.bodies(), key=str) == [{"round": 1 + i, "by": "ping", "causes": 1} for i in range(2)]
        raised = [event for event in asked(acme, "list")["items"] if event["type"] == "pong"]
        assert len(raised) == 2
        assert daemon.stop() == 0
        assert daemon.events().count("a follow-up would have caused itself") == 2


def test_copernica_scenario_23_what_we_wrote_comes_back_by_a_poll_and_is_known(site, feed, remote):
    """Of two remotes that tell of every change, also of those that we made."""
    crm = Feed()
    for name, at in (("shop", feed), ("crm", crm)):
        site.integration(name, "ticker", url=at.url, poll="1s", token=site.secret("x"))
    site.integration("hook", "http", url=remote.url)
    followup(site, "own", **{"on": "crm.thing-new", "if": "$trigger.record == '1'", "do": "crm.write",
                             "with.record": "{$trigger.record}"})
    for here, there in (("shop", "crm"), ("crm", "shop")):
        followup(site, f"to-{there}", **{"on": f"{here}.thing-new", "if": "$trigger.record == '2'",
                                         "do": f"{there}.write", "with.record": "{$trigger.record}"})
    followup(site, "theirs", **{"on": "crm.thing-new", "if": "!$trigger.trigger.followup", "with.json": "{$trigger.record}"})
    now_ms = int(time.time() * 1000)
    with running(site) as daemon:
        wait_until(lambda: [item["state"] for item in asked(site, "sources")["items"]] == ["good"] * 2)
        crm.change("1", at=now_ms)
        feed.change("2", at=now_ms)
        until_state(site, "own", done=1, loop=1, unwanted=1)
        until_state(site, "to-crm", done=1, loop=1)
        until_state(site, "to-shop", done=1, unwanted=2)
        crm.change("1", at=now_ms - 1)  # of before, and told of late: that was somebody else
        until_state(site, "own", done=2, loop=2, unwanted=1)
        until_state(site, "theirs", done=2, unwanted=3)  # of the five in the CRM three are ours
        assert (len(crm.written), len(feed.written)) == (3, 1)
        assert remote.bodies() == ["1", "1"]
        shown = asked(site, "show", str(asked(site, "list", "--integration", "crm")["items"][0]["id"]))
        assert shown["origin"]["followup"] == "own"
        assert daemon.stop() == 0
        assert daemon.events().count("a follow-up would have caused itself") == 3
    crm.stop()


LATE_S = 10  # so long after the order nothing may be sent any more, on a busy machine


OPEN = {"status": "open"}


def race(site, feed, remote, carts):
    """Carts are left, and ordered at about the moment at which something is sent about them."""
    followup(site, "cart", **{"if": "$trigger.say == 'left'", "wait": "2s",
                              "until": "shop.thing-new same cart",
                              "recheck": "$peer.raw[$trigger.cart].status == 'open'",
                              "with.json": '{["cart" => $trigger.cart]}'})
    ordered, wrong = {}, []

    def taken(body):
        at = ordered.get(body["cart"])
        if remote.told.get(body["cart"]) != OPEN or at and time.monotonic() - at > LATE_S:
            wrong.append(body["cart"])

    remote.taken = taken
    dice = random.Random(11)
    names = [f"c{number}" for number in range(carts)]
    remote.things = {name: OPEN for name in names}
    with running(site) as daemon:
        linked(site)
        for start in range(0, carts, 200):
            some = names[start:start + 200]
            for name in some:
                feed.add(1, say="left", cart=name)
            began = time.monotonic()
            for after, name in sorted((dice.uniform(1.5, 5), name) for name in some):
                time.sleep(max(0, began + after - time.monotonic()))
                ordered[name] = time.monotonic()
                remote.things[name] = {"status": "ordered"}
                if dice.random() < 0.5:  # the shop tells of the others too late
                    feed.add(1, say="order", cart=name)
        wait_until(lambda: not state_of(site, "cart").get("waiting")
                   and not state_of(site, "cart").get("acting"))
        states = state_of(site, "cart")
        assert daemon.stop() == 0
    sent = [body["cart"] for body in remote.bodies()]
    assert wrong == []
    assert len(sent) == len(set(sent)) == states["done"]
    assert states["done"] + states["ended"] + states["needless"] == carts
    assert states["done"] and states["ended"] and states["needless"]


def test_copernica_scenario_17_an_order_before_the_mail_wins_the_race(acme, feed, remote):
    race(acme, feed, remote, 120)

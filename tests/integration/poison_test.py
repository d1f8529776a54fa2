"""A record that a plugin cannot read stands with the failed jobs: retried, it is read again."""

import math
import os
import re
import signal
import sqlite3
import threading

import pytest
from conftest import Shop
from daemon_test import running, wait_until
from event_test import asked, events, feed, new, source  # noqa: F401
from event_test import acme as ticker  # noqa: F401
from queue_test import items, show
from shop_event_test import place

ORDERS, POISONED = 2_000, 777
SKIPPED = (r"a record of 'orders' from 20\S+Z to 20\S+Z was skipped: the shop told of orders"
           r" without a number; .*: imh queue retry")
PAGE = 100
SUSPECTS = 128  # a page that fails is taken for so many records


def rest(site):
    """Orders are not polled any more, and no poll is under way."""
    assert site.run("integration", "disable", "acme", "shop").status == 0
    wait_until(lambda: site.shop.counters()["in_progress"] == 0)
    written = site.account.read_text()
    site.account.write_text(written.replace("poll.orders = 1s", "poll.orders = 1d"))
    assert site.run("reload").status == 0
    assert site.run("integration", "enable", "acme", "shop").status == 0


@pytest.fixture
def acme(site):
    with Shop() as shop:
        site.integration("shop", "magento2", url=shop.url, token=site.secret(shop.token),
                         poll="1h", rate="1000/s", **{"poll.orders": "1s"})
        site.shop = shop
        yield site


def linked(site):
    wait_until(lambda: ("orders", "good") in [
        (item["source"], item["state"]) for item in asked(site, "sources")["items"]])


def newest(site):
    found = asked(site, "list", "--type", "order-create", "--limit", "1")["items"]
    return found[0]["key"] if found else None


def created(site):
    """Orders that were told of, in that order."""
    return [int(event["key"].split("/")[1]) for event in events(site, "--type", "order-create")]


def spans(shop):
    """How often orders were asked for in each span, by its end."""
    found = {}
    for line in shop.counters()["requests"]:
        ends = re.search(r"/orders\?.*lt.*?(\d{4}-\d\d-\d\d.{1,3}\d\d.{1,3}\d\d.{1,3}\d\d)", line)
        if ends:
            found[ends.group(1)] = found.get(ends.group(1), 0) + 1
    return found


def flood(site, count, poisoned):
    """So many orders at once, of which one cannot be read: the first, that one, the last."""
    first = place(site.shop)
    bad = first + poisoned
    site.shop.switch(spoiled=[bad])
    site.shop.do("order/copy", order_id=first, count=count - 1)
    return first, bad, first + count - 1


def passes(shop):
    """Of spans that are over and had all of them: how many calls each took."""
    return [count for count in list(spans(shop).values())[:-1] if count >= ORDERS // PAGE]


def entry(site):
    [found] = items(site, "failed")
    return found


def attempts(site, job):
    return [item["what"] for item in show(site, job)["history"]]


def test_one_poison_order_is_one_entry_and_comes_when_it_is_mended(acme):
    shop = acme.shop
    with running(acme) as daemon:
        linked(acme)
        first, bad, last = flood(acme, ORDERS, POISONED)
        wait_until(lambda: newest(acme) == f"order/{last}/create")
        told = created(acme)
        assert told == [order for order in range(first, last + 1) if order != bad]

        wait_until(lambda: len(passes(shop)) >= 2)
        assert max(passes(shop)) <= ORDERS // PAGE + 2 * math.log2(SUSPECTS)
        found = entry(acme)
        job = found["id"]
        assert (found["account"], found["integration"], found["kind"], found["what"],
                found["category"]) == ("acme", "shop", "read", "orders", "rejected")
        assert re.match(SKIPPED, found["error"])
        assert acme.run("queue", "retry", "--all", "--dry-run").err == "1 failed job: 1 rejected\n"
        [source] = [item for item in asked(acme, "sources")["items"] if item["source"] == "orders"]
        assert source["skipped"] == 1
        assert daemon.events().count("a record was skipped: no event comes of it") == 1
        wait_until(lambda: [line["what"] for line in daemon.lines() if line["event"] == "alert"]
                   == ["failing"])

        assert acme.run("queue", "retry", str(job)).status == 0
        wait_until(lambda: attempts(acme, job) == ["attempt", "retried", "attempt"])
        assert entry(acme)["id"] == job and re.match(SKIPPED, entry(acme)["error"])

        rest(acme)
        shop.switch(spoiled=[])
        assert created(acme) == told
        assert acme.run("queue", "retry", str(job)).status == 0
        wait_until(lambda: show(acme, job)["state"] == "done")
        assert created(acme) == [*told, bad] and items(acme, "failed") == []


def test_what_was_discarded_stays_so_while_it_is_met_again(ticker, feed):  # noqa: F811
    """The first one of a span, at which no cursor points, in pass after pass."""
    with running(ticker):
        wait_until(lambda: source(ticker)["state"] == "good")
        feed.poison = (1, 400)
        feed.add(3)
        wait_until(lambda: len(new(ticker)) == 2)
        job = entry(ticker)["id"]
        wait_until(lambda: len(show(ticker, job)["args"]["places"]) >= 2)
        assert ticker.run("queue", "discard", "--all", "--integration", "shop").status == 0
        places = len(show(ticker, job)["args"]["places"])
        wait_until(lambda: len(show(ticker, job)["args"]["places"]) > places)
        assert items(ticker, "failed") == [] and show(ticker, job)["state"] == "discarded"
        assert source(ticker)["skipped"] == 1
        feed.poison = None
        wait_until(lambda: len(new(ticker)) == 3)
    with sqlite3.connect(ticker.folder / "state" / "imh.db") as db:
        assert list(db.execute("select actor, action, account, subject from audit where action"
                               " like 'queue %'")) == [
            (f"uid {os.geteuid()}", "queue discard", "acme", f"job {job}")]


def test_a_retry_goes_on_after_a_kill_and_a_reload(ticker, feed):  # noqa: F811
    with running(ticker) as daemon:
        wait_until(lambda: source(ticker)["state"] == "good")
        feed.poison = (2, 400)
        feed.add(3)
        wait_until(lambda: items(ticker, "failed"))
        job = entry(ticker)["id"]
        feed.waits = threading.Event()
        assert ticker.run("queue", "retry", str(job)).status == 0
        wait_until(lambda: show(ticker, job)["state"] == "running")
        daemon.process.send_signal(signal.SIGKILL)
        daemon.process.wait()
    with running(ticker):
        wait_until(lambda: show(ticker, job)["state"] == "running")
        assert ticker.run("reload").status == 0
        feed.poison = None
        feed.waits.set()
        wait_until(lambda: show(ticker, job)["state"] == "done")
        wait_until(lambda: sorted(event["key"] for event in new(ticker)) == ["1", "2", "3"])

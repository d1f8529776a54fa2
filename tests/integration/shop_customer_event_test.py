"""What happens to the customers of a Magento shop, and to their newsletter, becomes events."""

import json
from datetime import datetime, timedelta

from daemon_test import running, wait_until
from event_test import asked, events
from shop_event_test import acme, linked, settled, shop  # noqa: F401


def told(site, customer):
    """The types of the customer's events, oldest first."""
    return [event["type"].removeprefix("user-") for event in events(site)
            if event["key"].startswith(f"customer/{customer}/")]


def test_old_customers_raise_no_events(acme, shop):
    shop.clock(advance_s=-60)
    shop.do("customer/change", customer_id=1, firstname="Before")  # the span goes back so far
    shop.clock()
    with running(acme):
        linked(acme)
        settled(shop)
        assert events(acme) == []


def test_copernica_scenario_14_a_registration_and_its_newsletter_are_told_once(acme, shop):
    """Of a visitor without an account the shop tells nothing but the order."""
    with running(acme):
        linked(acme)
        quiet = shop.do("customer/register", email="new@example.com")["id"]
        eager = shop.do("customer/register", email="eager@example.com", subscribed=True)["id"]
        wait_until(lambda: sorted(told(acme, eager)) == ["register", "subscribe"])
        guest = shop.do("cart/create")["id"]
        shop.do("cart/add", cart_id=guest, sku="24-MB01")
        shop.do("cart/address", cart_id=guest, email="visitor@example.com")
        shop.do("cart/order", cart_id=guest)
        settled(shop)
        assert told(acme, quiet) == ["register"]
        shop.do("customer/subscribe", customer_id=quiet, subscribed=True)
        wait_until(lambda: told(acme, quiet) == ["register", "subscribe"])
        assert {event["key"].split("/")[1] for event in events(acme)
                if event["type"].startswith("user-")} == {str(quiet), str(eager)}
        number = [event["id"] for event in events(acme)
                  if event["key"] == f"customer/{quiet}/register"][0]
        shown = asked(acme, "show", str(number))
        assert shown["data"]["email"] == shown["subject"]["email"] == "new@example.com"


def test_a_change_is_told_and_a_touch_is_not(acme, shop):
    with running(acme):
        linked(acme)
        customer = shop.do("customer/register", email="new@example.com")["id"]
        wait_until(lambda: told(acme, customer) == ["register"])
        shop.do("customer/change", customer_id=customer)
        settled(shop)
        assert told(acme, customer) == ["register"]
        shop.do("customer/change", customer_id=customer, firstname="Else")
        wait_until(lambda: told(acme, customer) == ["register", "update"])


def consent(site, contact, *words):
    done = site.run(*words, "consent", "show", "acme", contact)
    assert done.status == 0, done.err
    return done.out


def kept(site, contact):
    """What is known of the person, of the one list that the shop is."""
    lists = json.loads(consent(site, contact, "--json"))["items"]
    assert [each["list"] for each in lists] == ["shop"]
    return lists[0]


def because_of(site, said):
    """The type and moment of the event that is given as the reason."""
    event = json.loads(site.run("--json", "event", "show", said["because"].split()[1]).out)
    return event["type"], event["at"]


def test_copernica_scenario_14_a_registration_and_its_newsletter_are_told_once(acme, shop):
    with running(acme):
        linked(acme)
        quiet = shop.do("customer/register", email="new@example.com")["id"]
        eager = shop.do("customer/register", email="eager@example.com", subscribed=True)["id"]
        wait_until(lambda: sorted(told(acme, eager)) == ["register", "subscribe"])
        settled(shop)
        assert told(acme, quiet) == ["register"]
        number = [event["id"] for event in events(acme)
                  if event["key"] == f"customer/{quiet}/register"][0]
        shown = asked(acme, "show", str(number))
        assert shown["data"]["email"] == shown["subject"]["email"] == "new@example.com"


def test_a_change_is_told_and_a_touch_is_not(acme, shop):
    with running(acme):
        linked(acme)
        customer = shop.do("customer/register", email="new@example.com")["id"]
        wait_until(lambda: told(acme, customer) == ["register"])
        shop.do("customer/change", customer_id=customer)
        settled(shop)
        assert told(acme, customer) == ["register"]
        shop.do("customer/change", customer_id=customer, firstname="Else")
        wait_until(lambda: told(acme, customer) == ["register", "update"])


def consents(site, contact):
    """Is the consent newer than the opt-out? Read in a copy: who opens a store ends its log."""
    copy = site.folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(site.folder / "state", copy, ignore=shutil.ignore_patterns("*.sock"))
    with closing(sqlite3.connect(copy / "imh.db")) as store:
        return store.execute("select yes_ms > no_ms from consent where account = 'acme' and"
                             " channel = 'email' and list = 'shop' and contact = ?",
                             [contact]).fetchone()[0]


def test_copernica_scenario_14_the_link_in_a_newsletter_is_noticed(acme, shop):
    """It moves no time of the customer's."""
    customer = shop.do("customer/register", email="new@example.com", subscribed=True)["id"]
    with running(acme):
        linked(acme)
    for subscribed, words in ((False, ["unsubscribe"]), (True, ["unsubscribe", "subscribe"])):
        with running(acme):
            shop.do("customer/subscribe", customer_id=customer, subscribed=subscribed)
            wait_until(lambda words=words: [word for word in told(acme, customer)
                                            if "subscribe" in word] == words)
        assert kept(acme, "new@example.com")["state"] == ("consent" if subscribed else "opt-out")
    with running(acme):
        found = kept(acme, " NEW@example.com")
        assert (found["contact"], found["channel"]) == ("new@example.com", "email")
        newest, before = found["history"]
        assert because_of(acme, newest) == ("user-subscribe", newest["at"])
        assert because_of(acme, before) == ("user-unsubscribe", before["at"])
        assert (found["since"], found["because"]) == (newest["at"], newest["because"])
        lines = [line.split() for line in consent(acme, "new@example.com").splitlines()]
        assert lines[1] == ["email", "shop", "consent", newest["at"], *newest["because"].split()]
        assert [line[2] for line in lines[4:]] == ["consent", "opt-out"]


def test_of_whom_nothing_was_said_is_unknown(acme):
    with running(acme):
        assert consent(acme, "who@example.com") == (
            "unknown: neither a consent nor an opt-out was seen\n")
    assert json.loads(consent(acme, "who@example.com", "--json")) == {"items": [], "next": None}
    for words, status, why in ((("acm", "a@b.nl"), 78, "acm"), (("acme", " "), 65, "1 to 320"),
                               (("acme",), 2, "consent show")):
        done = acme.run("consent", "show", *words)
        assert done.status == status and why in done.err, done


def read_to(site):
    """How far the customers were read."""
    told = next(item["read_to"] for item in asked(site, "sources")["items"]
                if item["source"] == "customers")
    return datetime.fromisoformat(told.removesuffix("Z"))


def test_three_hundred_that_are_stored_late_are_not_missed(acme, shop):
    """Behind the place that was read to: a shop writes the time before it stores."""
    late = 300
    with running(acme):
        linked(acme)
        moment = (read_to(acme) + timedelta(seconds=1)).replace(microsecond=0)
        wait_until(lambda: read_to(acme) > moment + timedelta(seconds=1))
        shop.clock(now=str(moment))
        for number in range(late):
            shop.do("customer/register", email=f"late{number}@example.com")
        wait_until(lambda: len(events(acme)) >= late)
        settled(shop)
        assert [event["type"] for event in events(acme)] == ["user-register"] * late

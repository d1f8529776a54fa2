"""What happens to the carts of a Magento shop becomes events, and an order ends it."""

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from daemon_test import running, wait_until
from event_test import asked, events
from shop_event_test import linked, settled

from magento2.client import Shop

IDLE_S = 4  # within which a test finds what it has filled, and orders
BAG, STRAP = "24-MB01", "BULK-001"


@pytest.fixture(scope="module")
def shop():
    with Shop() as running_shop:
        yield running_shop


@pytest.fixture(scope="module")
def acme(make_site, shop):
    """A daemon that watches the shop; carts are abandoned soon."""
    site = make_site()
    site.integration("shop", "magento2", url=shop.url, token=site.secret(shop.token),
                     poll="1s", abandoned_after=f"{IDLE_S}s")
    with running(site):
        linked(site)
        assert events(site) == []
        yield site


def told(site, cart):
    """What was told of the cart, oldest first."""
    return [event["type"].removeprefix("cart-") for event in events(site)
            if event["key"].startswith(f"cart/{cart}/")]


def fill(shop, email=None, **owner):
    cart = shop.do("cart/create", **owner)["id"]
    shop.do("cart/add", cart_id=cart, sku=BAG)
    if email:
        shop.do("cart/address", cart_id=cart, email=email)
    return cart


def customer(shop, name):
    return shop.do("customer/register", email=f"{name}@example.com")["id"]


def test_copernica_scenario_13_who_orders_in_time_has_abandoned_nothing(acme, shop):
    ordered = fill(shop, email="quick@example.com")
    owned = fill(shop, customer_id=customer(shop, "owner"))
    nameless = fill(shop)
    closed = fill(shop, email="closed@example.com")
    left = fill(shop, email="left@example.com")
    empty = shop.do("cart/create", customer_id=customer(shop, "empty"))["id"]
    guest = fill(shop)
    wait_until(lambda: told(acme, guest) == ["update"])
    shop.do("cart/identify", cart_id=guest, customer_id=customer(shop, "guest"))
    shop.do("cart/order", cart_id=guest)  # all between two polls, perhaps
    shop.do("cart/order", cart_id=ordered)
    shop.do("cart/order", cart_id=owned)
    shop.do("cart/close", cart_id=closed)
    wait_until(lambda: told(acme, left) == ["update", "abandoned"])
    settled(shop)
    assert told(acme, ordered) == ["update"]
    assert told(acme, owned) == ["identified", "update"]
    assert told(acme, nameless) == ["update"]
    assert told(acme, closed) == ["update"]
    assert told(acme, left) == ["update", "abandoned"]
    assert told(acme, guest) == ["update", "identified"]  # once, though no more is kept of it
    assert told(acme, empty) == ["identified"]
    number = next(event["id"] for event in events(acme) if event["type"] == "cart-abandoned")
    shown = asked(acme, "show", str(number))
    assert shown["subject"] == {"email": "left@example.com", "customer_id": "",
                                "cart_id": str(left)}
    assert shown["data"]["items"][0]["sku"] == BAG
    assert shown["data"]["customer"]["email"] == "left@example.com"


def test_copernica_scenario_13_a_visitor_logs_in_with_a_cart_and_orders_it(acme, shop):
    first = shop.do("cart/create", customer_id=customer(shop, "first"))["id"]
    guest = fill(shop)
    shop.do("cart/add", cart_id=first, sku=BAG)  # the first thing of somebody who is known
    wait_until(lambda: told(acme, guest) == ["update"])
    shop.do("cart/identify", cart_id=guest, customer_id=customer(shop, "visitor"))
    wait_until(lambda: "identified" in told(acme, guest))
    number = next(event["id"] for event in events(acme) if event["key"].startswith(f"cart/{guest}/identified"))
    shown = asked(acme, "show", str(number))
    assert (shown["data"]["status"], shown["subject"]["email"]) == ("open", "visitor@example.com")
    order = shop.do("cart/order", cart_id=guest)["increment_id"]

    def read(member):
        return json.loads(acme.run("variable", "get", "acme", f"shop.cart.{guest}.{member}").out)

    assert (read("status"), read("order.number")) == ("checked-out", order)
    settled(shop)
    assert told(acme, guest).count("identified") == told(acme, first).count("identified") == 1


def test_a_cart_that_changes_is_abandoned_anew_and_a_touched_one_is_not(acme, shop):
    changed = fill(shop, email="again@example.com")
    touched = fill(shop, email="touched@example.com")
    both = (changed, touched)
    wait_until(lambda: all("abandoned" in told(acme, cart) for cart in both))
    shop.do("cart/coupon", cart_id=touched)
    shop.do("cart/add", cart_id=changed, sku=STRAP)
    wait_until(lambda: told(acme, changed) == ["update", "abandoned", "update"])
    shop.do("cart/quantity", cart_id=changed, sku=STRAP, qty=0)
    wait_until(lambda: told(acme, changed)[3:] == ["update", "abandoned"])
    assert told(acme, touched) == ["update", "abandoned"]


def known_carts(site):
    """The numbers of those of which something is kept. Read in a copy: who opens a store ends
    its log."""
    copy = site.folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(site.folder / "state", copy, ignore=shutil.ignore_patterns("*.sock"))
    with closing(sqlite3.connect(copy / "imh.db")) as store:
        rows = store.execute("select value from state where key = 'carts/0'").fetchall()
    slots = rows[0][0] if rows else b""
    width = len(slots) // 1000
    return [i for i in range(1000) if slots[i * width:(i + 1) * width].strip()]


def test_a_cart_that_was_left_alone_for_long_is_forgotten(make_site, shop):
    """The shop's clock is behind, and the margin long enough to see what it tells."""
    def fill_before(days):
        now = datetime.utcnow() - timedelta(days=days)
        shop.clock(now=str(now.replace(microsecond=0)))
        return fill(shop)

    site = make_site()
    site.integration("shop", "magento2", url=shop.url, token=site.secret(shop.token),
                     poll="1s", margin="70d")
    with running(site):
        linked(site)
        left, recent = fill_before(days=61), fill_before(days=59)
        shop.clock()
        wait_until(lambda: told(site, recent) == told(site, left) == ["update"])
        settled(shop)
        known = known_carts(site)
        assert recent in known and left not in known

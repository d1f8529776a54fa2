"""What happens in a Magento shop becomes one event each, in order, whatever goes wrong."""

import json
import signal
import time
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import PATIENCE_S
from daemon_test import running, wait_until
from event_test import asked, events

from magento2.client import Shop


@pytest.fixture
def shop():
    with Shop("--products", "60") as running_shop:
        yield running_shop


@pytest.fixture
def acme(site, shop):
    site.integration("shop", "magento2", url=shop.url, token=site.secret(shop.token), poll="1s")
    return site


SOURCES = ("abandoned", "carts", "customers", "orders", "prices", "products", "stock",
           "subscriptions")


def linked(site):
    wait_until(lambda: [item["source"] for item in asked(site, "sources")["items"]
                        if item["state"] == "good"] == sorted(SOURCES))


def settled(shop):
    """Every source was read twice more: what is not told by then never is."""
    seen = shop.counters()["kinds"]
    wait_until(lambda: all(shop.counters()["kinds"][kind] >= seen.get(kind, 0) + 4
                           for kind in ("orders list", "customers list", "carts list")))


def told(site, order):
    """The types of the order's events, oldest first."""
    return [event["type"].removeprefix("order-") for event in events(site)
            if event["key"].startswith(f"order/{order}/")]


def place(shop):
    cart = shop.do("cart/create")["id"]
    shop.do("cart/add", cart_id=cart, sku="24-MB01", qty=2)
    shop.do("cart/address", cart_id=cart, email="jan@example.com")
    return shop.do("cart/order", cart_id=cart)["entity_id"]


def test_copernica_scenario_15_an_old_shop_raises_no_events_until_something_changes(acme, shop):
    order = place(shop)
    with running(acme):
        linked(acme)
        settled(shop)
        assert events(acme) == []
        shop.do("order/cancel", order_id=order)
        wait_until(lambda: told(acme, order) == ["canceled", "status-change"])
        assert len(events(acme)) == 2


def test_copernica_scenario_12_the_life_of_an_order_is_told_in_order_and_once(acme, shop):
    with running(acme):
        linked(acme)
        order = place(shop)
        wait_until(lambda: told(acme, order) == ["create"])
        shop.do("order/pay", order_id=order)
        wait_until(lambda: told(acme, order) == ["create", "paid", "status-change"])
        for number, edit in enumerate(("order/hold", "order/unhold"), 2):
            shop.do(edit, order_id=order)
            wait_until(lambda number=number: told(acme, order) == ["create", "paid"] +
                       number * ["status-change"])
        shop.do("order/ship", order_id=order, items={"24-MB01": 1})
        shop.do("order/ship", order_id=order, items={"24-MB01": 1})
        wait_until(lambda: "complete" in json.dumps(
            [event["key"] for event in events(acme)]))
        shop.do("order/refund", order_id=order)
        wait_until(lambda: told(acme, order)[-2:] == ["refunded", "status-change"])
        assert told(acme, order).count("create") == told(acme, order).count("paid") == 1


def test_several_changes_between_two_polls_are_all_told(acme, shop):
    with running(acme):
        linked(acme)
    order = place(shop)
    shop.do("order/pay", order_id=order)
    shop.do("order/ship", order_id=order)
    with running(acme):
        wait_until(lambda: len(told(acme, order)) >= 3)
        assert told(acme, order)[:3] == ["create", "paid", "shipped"]


def test_what_came_in_a_pause_is_told_after_it_or_skipped(acme, shop):
    def halted(word, *flags):
        done = acme.run("integration", word, "acme", "shop", *flags)
        assert done.status == 0, done.err

    def place_in_a_pause():
        """Two periods long: nobody looks."""
        halted("disable")
        order = place(shop)
        began = shop.counters()["kinds"]["orders list"]
        due = time.monotonic() + 2
        wait_until(lambda: time.monotonic() > due)
        assert shop.counters()["kinds"]["orders list"] <= began + 1  # one under way
        assert told(acme, order) == []
        return order

    with running(acme):
        linked(acme)
        late = place_in_a_pause()
        halted("enable")
        wait_until(lambda: told(acme, late) == ["create"])
        skipped = place_in_a_pause()
        halted("enable", "--skip")
        settled(shop)
        new = place(shop)
        wait_until(lambda: told(acme, new) == ["create"])
        assert told(acme, skipped) == []
        shop.do("order/pay", order_id=skipped)
        wait_until(lambda: told(acme, skipped) == ["paid", "status-change"])


def test_copernica_scenario_11_the_order_is_in_the_event_as_templates_see_it(acme, shop):
    with running(acme):
        linked(acme)
        order = place(shop)
        wait_until(lambda: told(acme, order) == ["create"])
        number = [event["id"] for event in events(acme)
                  if event["key"] == f"order/{order}/create"][0]
        shown = asked(acme, "show", str(number))
        assert shown["subject"]["email"] == "jan@example.com"
        assert shown["data"]["id"] == order
        assert shown["data"]["items"][0]["sku"] == "24-MB01"


def test_copernica_scenario_11_a_kill_at_any_moment_loses_and_doubles_nothing(acme, shop):
    with running(acme):
        linked(acme)
    orders = []
    for _round in range(3):
        with running(acme) as daemon:
            orders += [place(shop) for _order in range(5)]
            daemon.process.send_signal(signal.SIGKILL)
            daemon.process.wait()
    with running(acme):
        wait_until(lambda: all(told(acme, order) for order in orders))
        assert [told(acme, order) for order in orders] == [["create"]] * 15


@pytest.mark.parametrize("where, hours", [("host", 2), ("integration", 3), ("source", 5)])
def test_a_span_goes_back_by_the_margin_that_is_said(acme, shop, where, hours):
    with (acme.folder / "imh.ini").open("a") as file:
        file.write("\n[retry]\nmargin = 2h\n")
    with acme.account.open("a") as file:
        file.write({"host": "", "integration": "margin = 3h\n",
                    "source": "margin = 3h\nmargin.orders = 5h\n"}[where])
    with running(acme):
        linked(acme)
        shop.reset()
        wait_until(lambda: shop.counters()["kinds"].get("orders list"))
        asked_for = next(parse_qs(urlsplit(line.split()[1]).query)
                         for line in shop.counters()["requests"] if "/orders?" in line)
        values = [value[0] for name, value in asked_for.items() if name.endswith("[value]")]
        begins = datetime.fromisoformat(min(value for value in values if ":" in value))
        age = (datetime.utcnow() - begins).total_seconds()
        assert hours * 3600 - 5 < age < hours * 3600 + PATIENCE_S

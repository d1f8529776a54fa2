"""Shops that were there long before they are linked, with much in them."""

import sqlite3
import time

import pytest
from conftest import Shop
from daemon_test import running
from event_test import asked, events
from shop_event_test import SOURCES, settled

ORDERS, PRODUCTS = 50_000, 20_000
PATIENCE_S = 600


@pytest.fixture
def acme(site):
    with Shop("--orders", str(ORDERS), "--products", str(PRODUCTS)) as shop:
        site.integration("shop", "magento2", url=shop.url, token=site.secret(shop.token),
                         poll="1s", rate="1000/s")
        site.shop = shop
        yield site


def good(site):
    return sum(item["state"] == "good" for item in asked(site, "sources")["items"])


def test_copernica_scenario_15_fifty_thousand_old_orders_raise_no_events(acme, capsys):
    began = time.monotonic()
    with running(acme):
        while good(acme) < len(SOURCES):
            assert time.monotonic() < began + PATIENCE_S
            time.sleep(0.2)
        took_s = time.monotonic() - began
        calls = acme.shop.counters()["kinds"]
        settled(acme.shop)
        assert events(acme) == []
    with sqlite3.connect(acme.folder / "state" / "imh.db") as store:
        kept, size = store.execute("select count(*), sum(length(key) + length(value))"
                                   " from state").fetchone()
        keys = store.execute("select count(*) from event_key").fetchone()[0]
    with capsys.disabled():
        print(f"\nlinked in {took_s:.0f} s by {calls}; kept {kept} states of {size} bytes,"
              f" {keys} keys")

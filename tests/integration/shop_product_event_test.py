"""What happens to the products of a Magento shop becomes events: changes, prices, stock."""

from datetime import datetime, timedelta

import pytest
from daemon_test import running, wait_until
from event_test import asked, events
from shop_event_test import linked

from magento2.client import Shop

DAY = (datetime.utcnow() - timedelta(days=3)).date()  # the shop's clock is behind ours
MIDNIGHT = timedelta(hours=15)  # of Tokyo, where there is no summer time
BUNDLE = "BUNDLE-1"  # of the bag, among others


def at(days, seconds):
    """So long after that day's midnight of the shop, as it writes times."""
    moment = datetime.combine(DAY, datetime.min.time()) + MIDNIGHT
    return str(moment + timedelta(days=days, seconds=seconds))


@pytest.fixture(scope="module")
def shop():
    with Shop("--products", "160") as running_shop:
        running_shop.move("Asia/Tokyo")
        running_shop.clock(now=at(0, -3600))
        yield running_shop


@pytest.fixture(scope="module")
def acme(make_site, shop):
    site = make_site()
    site.integration("shop", "magento2", url=shop.url, token=site.secret(shop.token),
                     poll="1s", margin="10d")
    with running(site):
        linked(site)
        assert events(site) == []
        yield site


def told(site, word):
    """The SKUs of the events of that type, oldest first."""
    types = [event for event in events(site) if event["type"] == f"product-{word}"]
    skus = [asked(site, "show", str(event["id"]))["data"]["sku"] for event in types]
    return [sku for sku in skus if not sku.startswith("P00")]  # copies, with the same stock


def passed(shop):
    """Every product was looked at once more, and one of them again."""
    seen = shop.counters()["kinds"]
    wait_until(lambda: all(shop.counters()["kinds"][kind] >= seen.get(kind, 0) + count
                           for kind, count in (("render-info", 5), ("products list", 2),
                                               ("source items list", 2))))


def test_a_change_is_told_and_a_touch_is_not(acme, shop):
    shop.add_product("24-MB01")
    shop.add_product("BULK-001", changes={"name": "Another"})
    shop.add_product("NEW-1", copy_of="24-MB01")
    wait_until(lambda: sorted(told(acme, "update")) == ["BULK-001", "NEW-1"])
    passed(shop)
    assert sorted(told(acme, "update")) == ["BULK-001", "NEW-1"]


def test_a_price_that_drops_is_told_and_one_that_rises_is_not(acme, shop):
    special = f"{DAY + timedelta(days=1)} 00:00:00"
    shop.do("product/price", sku="24-MB01", special_price=25,
            special_from_date=special, special_to_date=special)
    shop.do("product/price", sku="BULK-003", price=9999)
    shop.do("product/price", sku="CFG-SHIRT-Blue-L", price=1.5)
    wait_until(lambda: told(acme, "price-drop") == ["CFG-SHIRT"])  # its lowest one
    passed(shop)
    assert told(acme, "price-drop") == ["CFG-SHIRT"]
    shop.clock(now=at(0, -1))
    passed(shop)
    assert told(acme, "price-drop") == ["CFG-SHIRT"]
    shop.clock(now=at(0, 1))
    wait_until(lambda: told(acme, "price-drop") == ["CFG-SHIRT", "24-MB01", BUNDLE])
    shown = [asked(acme, "show", str(event["id"])) for event in events(acme)
             if event["key"].startswith("product/16/price/")][-1]
    assert (shown["data"]["price_is"], shown["data"]["price_was"]) == (25, 35)
    shop.clock(now=at(1, 1))  # it ends
    passed(shop)
    shop.do("product/price", sku="24-MB01", price=30)
    wait_until(lambda: told(acme, "price-drop")[3:] == ["24-MB01", BUNDLE])


def test_what_comes_back_in_stock_is_told_once(acme, shop):
    shop.do("product/stock", sku="CFG-SHIRT-Red-S", qty=3, is_in_stock=True)  # a variant
    shop.do("product/stock", sku="24-MB01", qty=0, is_in_stock=False)
    shop.do("product/stock", sku="BULK-004", qty=7)
    wait_until(lambda: told(acme, "back-in-stock") == ["CFG-SHIRT-Red-S"])
    passed(shop)
    for sku in ("24-MB01", "DISABLED-1", "SKU/SLASH", "sku with space"):
        shop.do("product/stock", sku=sku, qty=0, is_in_stock=False)
    passed(shop)
    for sku in ("24-MB01", "DISABLED-1", "SKU/SLASH", "sku with space"):
        shop.do("product/stock", sku=sku, qty=2, is_in_stock=True)
    wait_until(lambda: sorted(told(acme, "back-in-stock")) == [
        "24-MB01", "CFG-SHIRT-Red-S", "SKU/SLASH", "sku with space"])

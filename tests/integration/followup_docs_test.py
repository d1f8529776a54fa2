"""The example of docs/follow-ups.md, with a shop and a CRM."""

import re
from pathlib import Path

import pytest
from daemon_test import running, wait_until
from followup_test import Remote, state_of
from shop_cart_event_test import fill
from shop_event_test import linked

from magento2.client import Shop

DOCS = Path(__file__).resolve().parents[2] / "docs" / "follow-ups.md"
WAIT_S = 5  # within which an order is placed, and found


@pytest.fixture
def crm():
    made = Remote()
    yield made
    made.stop()


def write_example(site, shop, crm):
    """As it is printed, with addresses of here and times of a test."""
    text = re.search(r"```ini\n(.*?)```", DOCS.read_text(), re.S).group(1)
    for printed, here in (
            ("https://shop.example.com/", f"{shop.url}\nallow_private = yes\npoll = 1s\nabandoned_after = 2s"),
            ("https://crm.example.com/", f"{crm.url}\nallow_private = yes"),
            ("vault:", site.secret(shop.token)),
            ("= 2h", f"= {WAIT_S}s")):
        assert text.count(printed) == 1, printed
        text = text.replace(printed, here)
    site.account.write_text(text)


def test_copernica_scenario_17_the_example_does_what_it_says(site, crm):
    with Shop() as shop:
        write_example(site, shop, crm)
        checked = site.run("check")
        assert checked.status == 0, checked.err
        with running(site) as daemon:
            linked(site)
            order = fill(shop, email="ann@example.com")
            shop.do("cart/order", cart_id=order)
            wait_until(lambda: crm.took)
            left = fill(shop, email="bob@example.com")
            bought = fill(shop, email="cid@example.com")
            wait_until(lambda: (state_of(site, "cart") or {}).get("waiting") == 2)
            shop.do("cart/order", cart_id=bought)
            wait_until(lambda: state_of(site, "cart") == {"done": 1, "ended": 1})
            wait_until(lambda: state_of(site, "confirmation") == {"done": 2})
            assert daemon.stop() == 0
        assert left
    bodies = crm.bodies()
    assert [body["email"] for body in bodies if "number" in body] == ["ann@example.com", "cid@example.com"]
    assert all(body["lines"] == 1 and float(body["total"]) > 0 for body in bodies if "number" in body)
    assert [body for body in bodies if "number" not in body] == [{"email": "bob@example.com", "first": "24-MB01"}]

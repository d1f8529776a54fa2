"""What a mailing to many costs the shop: exact counts of calls, whatever the machine."""

import json
import time

import pytest
from conftest import PATIENCE_S

from magento2.client import Shop

MESSAGES = 10_000
PRODUCTS = 500  # that the orders are of
LIST_OF = 100  # things of one list call


@pytest.fixture(scope="module")
def shop():
    with Shop("--products", "600", "--orders", str(MESSAGES)) as running:
        yield running


@pytest.fixture
def mailing(site, shop):
    """Renders a template for rows; statistics, and what the shop saw."""
    shop.calm()
    site.integration("mywebshop", "magento2", url=shop.url, token=site.secret(shop.token),
                     cache="1h")

    def run(template, rows):
        site.write("mail.txt", template)
        site.write("list.ndjson", "".join(json.dumps(row) + "\n" for row in rows))
        shop.reset()
        done = site.run("render", "acme", "mail.txt", "--recipients", "list.ndjson", "--output",
                        "out", "--stats", patience=4 * PATIENCE_S)
        assert done.status == 0, done.err
        return json.loads(done.err.splitlines()[-1]), shop.counters()

    return run


def message(site, number):
    files = (site.folder / "out").glob(f"*{number:06}.txt")
    return next(files).read_text()


def ordered(number):
    """SKUs of the three lines of copied order `number`."""
    return [f"P{(number * 3 + line) % PRODUCTS + 1:06}" for line in range(3)]


def test_10_000_orders_of_3_lines_and_500_products_are_105_lists(site, mailing):
    stats, seen = mailing(
        "{$o = $mywebshop.order[$number]}{$o.number}:"
        "{foreach $o.items as $item} {$item.product.sku}={$item.product.name}{/foreach}",
        ({"number": f"9{i + 1:08}"} for i in range(MESSAGES)))
    assert (stats["messages"], stats["waiting"]) == (MESSAGES, 0)
    assert seen["kinds"]["orders list"] == MESSAGES // LIST_OF
    assert seen["kinds"]["products list"] == PRODUCTS // LIST_OF
    # The store view besides: it is asked again when a minute is over, on a slow machine.
    assert seen["total"] == stats["remote_calls"] <= 110
    assert stats["questions"] == MESSAGES + PRODUCTS
    for number in (1, 4711, MESSAGES):
        name, *lines = message(site, number).split(": ")
        assert name == f"9{number:08}"
        assert [part.split("=")[0] for part in lines[0].split(" ") if "=" in part] == ordered(number)


def test_a_key_that_two_messages_ask_at_once_is_one_call(site, mailing):
    """The second finds the first under way."""
    rows = [{"sku": "P000007"}, {"sku": "P000007"}]
    stats, seen = mailing("{$mywebshop.product[$sku].name}", rows)
    assert (stats["lookups"], stats["questions"]) == (2, 1)
    assert seen["kinds"]["products list"] == 1 and seen["total"] == 2
    assert message(site, 1) == message(site, 2)


def test_five_cheap_products_of_100_000_are_one_list(site):
    with Shop("--products", "100000") as shop:
        site.integration("shop", "magento2", url=shop.url, token=site.secret(shop.token))
        site.write("mail.txt", '{foreach $shop.products|filter:"price":"<":15|orderby:"price"'
                               '|limit:5 as $p}{$p.sku};{/foreach}')
        shop.reset()
        done = site.run("render", "acme", "mail.txt", "--stats")
        seen = shop.counters()
    assert done.status == 0, done.err
    assert done.out.count(";") == 5
    assert seen["kinds"]["products list"] == 1
    assert seen["total"] == json.loads(done.err)["remote_calls"] == 2  # the store view, too


# ---- two integrations of one remote share its limits ----

BOTH = "{$a.product[$sku].name}{$b.product[$sku].name}"
ROWS = [{"sku": f"P{i + 1:06}"} for i in range(250)]


@pytest.fixture
def both(site, shop, mailing):
    def run(**limits):
        for identifier in "ab":
            site.integration(identifier, "magento2", url=shop.url,
                             token=site.secret(shop.token), **limits)
        return mailing(BOTH, ROWS)

    return run


@pytest.mark.parametrize("parallel", [1, 2, 3])
def test_calls_at_once_are_those_of_both(shop, both, parallel):
    shop.switch(delay_ms=40 if parallel == 1 else 200)
    stats, seen = both(parallel=parallel)
    assert seen["kinds"]["products list"] == 6 and stats["waiting"] == 0
    assert seen["most_in_progress"] == parallel


def test_the_rate_is_that_of_both(both):
    """8 calls, a tenth of a second between each and the next."""
    start = time.monotonic()
    _, seen = both(rate="10/s")
    assert seen["total"] == 8
    assert time.monotonic() - start > 7 / 10


ONE_OF_BOTH = "{if $sku == 'none'}{$b.product[$sku].name}{/if}{$a.product[$sku].name}"


@pytest.mark.parametrize("template", [BOTH, ONE_OF_BOTH])
def test_the_stricter_of_two_limits_counts_for_both(site, shop, mailing, template):
    """From the first call on: also when the other is not asked yet."""
    shop.switch(delay_ms=40)
    for identifier, parallel in (("a", 4), ("b", 1)):
        site.integration(identifier, "magento2", url=shop.url, token=site.secret(shop.token),
                         parallel=parallel)
    _, seen = mailing(template, ROWS)
    assert seen["most_in_progress"] == 1

"""10,000 messages do not cost 10,000 calls: what is merged, kept, and asked again."""

import json
import os
import subprocess
import time

import pytest

from conftest import IMH, PATIENCE_S
from magento2.client import Shop

WINDOW = 10_000  # messages that are rendered together
LIST_OF = 100  # products of one list call
BIG_ROW = b'{"much": "%s"}\n' % (b"x" * 1_000_000)  # 17 of them fill a window


@pytest.fixture(scope="module")
def shop():
    with Shop("--products", "560") as running:
        yield running


@pytest.fixture
def mailing(site, shop):
    """Renders for a list of SKUs, one a message; gives statistics and what the shop saw."""
    shop.calm()

    def run(skus, template="{$mywebshop.product[$sku].name}", **options):
        site.account.write_text("[account]\n")
        site.integration("mywebshop", "magento2", url=shop.url, token=site.secret(shop.token),
                         **options)
        site.write("mail.txt", template)
        rows = "".join(json.dumps({"sku": sku}) + "\n" for sku in skus)
        site.write("list.ndjson", rows)
        shop.reset()
        done = site.run("render", "acme", "mail.txt", "--recipients", "list.ndjson", "--output",
                        "out", "--stats", patience=2 * PATIENCE_S)
        assert done.status == 0, done.err
        return json.loads(done.err.splitlines()[-1]), shop.counters()

    return run


def message(site, number):
    return (site.folder / "out" / f"{number:06}.txt").read_text()


def copies(count):
    return [f"P{i + 1:06}" for i in range(count)]


def test_10_000_recipients_500_products_5_lists(mailing, site):
    skus = copies(500)
    stats, seen = mailing([skus[i * 7 % 500] for i in range(10_000)])
    assert seen["kinds"]["products list"] == 5
    assert stats["remote_calls"] == seen["total"] <= 6
    assert (stats["messages"], stats["waiting"]) == (10_000, 0)
    assert (stats["lookups"], stats["questions"]) == (10_000, 500)
    assert stats["cache_hits"] == 9_500
    assert message(site, 1).endswith(" 1") and message(site, 10_000).endswith(" 494")
    assert len(list((site.folder / "out").iterdir())) == 10_000


def test_what_the_list_does_not_tell_is_merged_too(mailing, site):
    """Prices and pages as the shop shows them: as many calls again, and none for a name."""
    template = ("{$p = $mywebshop.product[$sku]}{$p.name}|{$p.price.value}|{$p.price.currency}|"
                "{$p.url}|{$p.image}")
    stats, seen = mailing([f"P{i % 250 + 1:06}" for i in range(1000)], template)
    assert seen["kinds"]["products list"] == 3
    assert seen["kinds"]["render-info"] == 3
    assert stats["remote_calls"] == seen["total"] <= 7
    assert message(site, 1) == message(site, 251) != message(site, 2)


def test_one_product_in_many_messages_is_one_question(mailing):
    template = "".join("{$mywebshop.product['24-MB01'].%s}" % name
                       for name in ("name", "title", "sku", "weight", "id"))
    stats, seen = mailing(["x"] * 300, template)
    assert seen["kinds"]["products list"] == 1
    assert (stats["questions"], stats["lookups"]) == (1, 1500)


def test_keys_of_all_places_of_a_template_are_asked_together(mailing):
    template = ("{$mywebshop.product[$sku].name}{$mywebshop.product['24-MB01'].name}"
                "{foreach ['VIRT-1', 'SP-NOW'] as $s}{$mywebshop.product[$s].name}{/foreach}")
    stats, seen = mailing(copies(50), template)
    assert seen["kinds"]["products list"] == 1 and stats["questions"] == 53


def test_a_key_that_comes_from_an_answer_costs_another_round(mailing, site):
    """Rendered until dry: what is known first is not asked again."""
    template = "{$p = $mywebshop.product[$sku]}{$p.sku}>{$mywebshop.product[$p.id + 1].sku}"
    stats, seen = mailing(copies(50), template)
    assert seen["kinds"]["products list"] == 2 and stats["questions"] == 100
    assert message(site, 7) == "P000007>P000008"


@pytest.mark.parametrize("count, lists", [(1, 1), (LIST_OF, 1), (LIST_OF + 1, 2), (250, 3)])
def test_a_list_holds_100_products(mailing, count, lists):
    _, seen = mailing(copies(count))
    assert seen["kinds"]["products list"] == lists


def test_a_shop_with_small_pages_gets_more_of_them(mailing, shop, site):
    shop.switch(limits={"page_size_maximum": 20})
    stats, seen = mailing(copies(60))
    assert seen["kinds"]["products list"] <= 1 + 6
    assert all(message(site, i + 1).endswith(f" {i + 1}") for i in range(60))
    assert stats["waiting"] == 0


def test_long_keys_do_not_make_the_address_too_long(mailing, shop):
    """Some servers take 8 KB."""
    shop.switch(url_limit=8192)
    stats, seen = mailing([f"{'very-long-sku-' * 9}{i}" for i in range(100)],
                          "{$mywebshop.product[$sku].name|default:'none'}")
    assert 2 <= seen["kinds"]["products list"] <= 7
    assert all(len(line.split(" ")[1]) <= 8192 for line in seen["requests"])
    assert stats["waiting"] == 0


def test_calls_go_out_two_at_once_unless_said_otherwise(mailing, shop):
    shop.switch(delay_ms=200)
    _, seen = mailing(copies(500))
    assert seen["most_in_progress"] == 2 and seen["connections"] <= 2
    _, seen = mailing(copies(500), parallel=1)
    assert seen["most_in_progress"] == 1 and seen["connections"] == 1
    _, seen = mailing(copies(500), parallel=4)
    assert 3 <= seen["most_in_progress"] <= 4


def test_a_rate_spreads_the_calls(mailing):
    """600 a minute: 7 calls take at least half a second, whatever burst is allowed."""
    start = time.monotonic()
    _, seen = mailing(copies(560), rate="4/s")
    assert seen["total"] == 7
    assert time.monotonic() - start > 0.5


# ---- the cache ----

def test_the_next_window_uses_what_is_known(mailing):
    stats, seen = mailing([f"P{i % 150 + 1:06}" for i in range(2 * WINDOW + 1)])
    assert seen["kinds"]["products list"] == 2
    assert (stats["messages"], stats["questions"]) == (2 * WINDOW + 1, 150)


def test_without_a_cache_every_window_asks_again(mailing):
    stats, seen = mailing([f"P{i % 150 + 1:06}" for i in range(WINDOW + 150)], cache="0s")
    assert seen["kinds"]["products list"] == 4 and stats["questions"] == 300


def test_what_is_missing_is_remembered_for_a_while(mailing):
    """For ten seconds; two windows of few, but big rows take less."""
    template = "{$mywebshop.product.nothing.name|default:'none'}"
    rows = ["x" * 1_000_000] * 18
    stats, seen = mailing(rows, template)
    assert (seen["kinds"]["products list"], stats["questions"]) == (1, 1)
    stats, seen = mailing(rows, template, cache="0s")
    assert (seen["kinds"]["products list"], stats["questions"]) == (2, 2)


def test_an_answer_is_good_for_as_long_as_cache_says(site, shop):
    """Recipients come by a pipe: two windows, and a change in the shop between them."""
    names = []
    for cache, pause_s in (("1h", 0), ("1s", 1.2)):
        shop.add_product("CACHED", copy_of="24-MB01", changes={"name": "before"})
        shop.reset()
        site.account.write_text("[account]\n")
        site.integration("mywebshop", "magento2", url=shop.url, token=site.secret(shop.token),
                         cache=cache)
        site.write("mail.txt", "{$mywebshop.product.CACHED.name}")
        read, write = os.pipe()
        with subprocess.Popen(
                [IMH, "-c", "imh.ini", "render", "acme", "mail.txt", "--recipients", "-",
                 "--output", "out"], cwd=site.folder, stdin=read) as process:
            os.close(read)
            os.write(write, BIG_ROW * 17)
            wait_until(lambda: (site.folder / "out" / "000001.txt").exists())
            shop.add_product("CACHED", changes={"name": "after"})
            time.sleep(pause_s)  # what is waited for is the time itself
            os.write(write, b"{}\n")
            os.close(write)
            assert process.wait(PATIENCE_S) == 0
        names.append((message(site, 1), message(site, 16), message(site, 18)))
        for path in (site.folder / "out").iterdir():
            path.unlink()
    assert names == [("before",) * 3, ("before", "before", "after")]


def wait_until(is_so):
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)

"""What marketers know from the platform that inspired us, one test a scenario.

The templates are written as its public documentation writes them, old notations included.
"""

import json
import time

import pytest

from conftest import PATIENCE_S
from magento2.client import Shop

LATER, BAD_CONFIG = 75, 78
SLACK_S = 30  # what a busy machine may add to a deadline


@pytest.fixture(scope="module")
def running():
    with Shop() as shop:
        shop.add_product("123456", copy_of="24-MB01", changes={"name": 'Salt & "Pepper"'})
        yield shop


@pytest.fixture
def shop(running):
    running.calm()
    running.reset()
    yield running
    running.calm()


@pytest.fixture
def link(site):
    """Links a shop under an identifier."""

    def add(shop, identifier="mywebshop", **options):
        site.integration(identifier, "magento2", url=shop.url, token=site.secret(shop.token),
                         **options)
        return shop

    return add


@pytest.fixture
def render(site):
    """What a template prints, as text unless the name says otherwise."""

    def run(template, name="mail.txt", **data):
        site.write(name, template)
        done = site.run("render", "acme", name, "--data", json.dumps(data))
        assert (done.status, done.err) == (0, "")
        return done.out

    return run


@pytest.fixture
def mailing(site):
    """A mailing to `rows`; its status, complaints and statistics. Messages go to `out`."""

    def run(template, rows):
        site.write("mail.txt", template)
        site.write("list.ndjson", "".join(json.dumps(row) + "\n" for row in rows))
        done = site.run("render", "acme", "mail.txt", "--recipients", "list.ndjson", "--output",
                        "out", "--stats", patience=2 * PATIENCE_S)
        lines = done.err.splitlines()
        stats = next(json.loads(line) for line in lines if line.startswith("{"))
        return done.status, done.err, stats

    return run


def message(site, number):
    return (site.folder / "out" / f"{number:06}.txt").read_text()


# ---- 1: two shops ----


def test_copernica_scenario_01_two_shops_of_one_kind_in_one_mail(link, render, shop):
    with Shop() as outlet:
        outlet.add_product("A1", copy_of="24-MB01", changes={"name": "Bag, last season"})
        shop.add_product("A1", copy_of="24-MB01", changes={"name": "Bag"})
        link(shop)
        link(outlet, "outlet")
        text = render("{$mywebshop.product.A1.name} / {$outlet.product.A1.name}")
        assert text == "Bag / Bag, last season"


# ---- 2: identifiers ----


@pytest.mark.parametrize("identifier, rule", [
    ("mywebshop", "[integration mywebshop] stands in line"),
    ("profile", "this word means something else in templates"),
    ("trigger", "this word means something else in templates"),
    ("", "an identifier is letters, digits and _, and does not begin with a digit"),
    ("9shop", "an identifier is letters, digits and _, and does not begin with a digit"),
    ("my shop", "an identifier is letters, digits and _, and does not begin with a digit"),
])
def test_copernica_scenario_02_an_identifier_that_cannot_be_is_refused_with_the_rule(site, link, shop, identifier,
                                                                 rule):
    link(shop)
    before = site.run("variable", "get", "acme", "mywebshop.product.123456.name").out
    good = site.account.read_text()
    link(shop, identifier)
    done = site.run("check")
    assert done.status == BAD_CONFIG and rule in done.err
    site.account.write_text(good)
    assert site.run("variable", "get", "acme", "mywebshop.product.123456.name").out == before


# ---- 3 and 4: values ----


def test_copernica_scenario_03_a_name_is_escaped_once_and_a_price_prints(link, render, shop):
    link(shop)
    template = ("{$mywebshop.product.123456.title|escape} costs "
                "{$mywebshop.product.123456.price|escape}")
    for name in ("mail.html", "mail.txt"):
        assert render(template, name) == "Salt &amp; &quot;Pepper&quot; costs 35"
    same = "{if $mywebshop.product.123456.title == $mywebshop.product.123456.name}same{/if}"
    assert render(same) == "same"


def test_copernica_scenario_04_values_by_a_key_from_a_variable(link, render, shop):
    link(shop)
    template = ("{$mywebshop.product.$sku.price.value} {$mywebshop.product.$sku.price.currency} "
                "{$mywebshop.product.$sku.created_at.timestamp} "
                '{$mywebshop.product.$sku.name} {$mywebshop.product["24-MB01"].name}')
    assert render(template, sku="24-MB01") == (
        "35 EUR 1795290777 Joust Duffle Bag Joust Duffle Bag")


# ---- 5: a mailing ----


def test_copernica_scenario_05_a_product_in_10_000_messages_is_one_question(site, link, mailing, shop):
    link(shop)
    product = "$mywebshop.product.123456"
    template = f"{{{product}.name}} {{{product}.sku}} {{{product}.weight}} {{$n}}"
    status, _, stats = mailing(template, ({"n": n} for n in range(10_000)))
    assert (status, stats["messages"]) == (0, 10_000)
    assert shop.counters()["total"] == stats["remote_calls"] <= 2
    assert message(site, 10_000) == 'Salt & "Pepper" 123456 0.5 9999'


def test_copernica_scenario_05_a_template_that_never_names_the_shop_asks_nothing(link, mailing, shop):
    link(shop)
    status, _, stats = mailing("Hello {$n}", ({"n": n} for n in range(100)))
    assert (status, stats["messages"]) == (0, 100)
    assert shop.counters()["total"] == 0


# ---- 6: lists ----


def test_copernica_scenario_06_five_cheap_products_of_100_000_are_one_query(link, render):
    with Shop("--products", "100000") as shop:
        link(shop)
        text = render('{foreach from=$mywebshop.products|filter:"price":"<":15|orderby:"price"'
                      '|limit:5 item="product"}{$product.price.value};{/foreach}')
        prices = [float(part) for part in text.split(";")[:-1]]
        assert len(prices) == 5 and prices == sorted(prices) and max(prices) < 15
        assert shop.counters()["kinds"]["products list"] == 1


# ---- 7: what is sent stays, what is asked is live ----


def test_copernica_scenario_07_a_message_keeps_its_price_and_a_new_one_has_the_new_price(site, link, mailing, shop):
    shop.add_product("TEN", copy_of="24-MB01", changes={"price": 10})
    link(shop, cache="0s")
    template = "{$mywebshop.product.TEN.price.value}"
    assert mailing(template, [{}])[0] == 0
    shop.add_product("TEN", changes={"price": 12})
    assert message(site, 1) == "10"
    site.write("web.txt", template)
    assert site.run("render", "acme", "web.txt").out == "12"


# ---- 8: a shop that does not answer ----


@pytest.mark.parametrize("policy, status, sent", [
    ("wait", LATER, []), ("empty", 0, ["none Bag"] * 20)])
def test_copernica_scenario_08_a_shop_that_does_not_answer(site, link, mailing, shop, policy, status, sent):
    """It costs one time limit, not one a message; the other shop keeps working."""
    with Shop() as other:
        other.add_product("A1", copy_of="24-MB01", changes={"name": "Bag"})
        link(shop, timeout="1s", on_failure=policy)
        link(other, "outlet")
        shop.switch(fault="hang")
        start = time.monotonic()
        template = "{$mywebshop.product[$sku].name|default:'none'} {$outlet.product.A1.name}"
        done, said, _ = mailing(template, ({"sku": f"P{n}"} for n in range(20)))
        assert time.monotonic() - start < 2 + SLACK_S
        assert done == status
        assert [message(site, n + 1) for n in range(len(sent))] == sent
        if policy == "wait":
            assert "integration 'mywebshop': " in said and "20 of 20 messages wait" in said
        shop.calm()
        other.reset()
        assert mailing("{$outlet.product.A1.name}", [{}])[0] == 0
        assert message(site, 1) == "Bag"


# ---- 9: what does not exist ----


def test_copernica_scenario_09_a_product_that_does_not_exist_is_empty_and_no_failure(link, mailing, site, shop):
    link(shop)
    product = "$mywebshop.product.NOPE"
    template = (f"[{{{product}.name}}] {{{product}.name|default:\"-\"}} "
                f"{{if {product}}}there{{else}}not{{/if}} {{{product}.price.value}}")
    status, _, stats = mailing(template, [{}] * 50)
    assert (status, stats["waiting"]) == (0, 0)
    assert message(site, 50) == "[] - not "
    assert shop.counters()["kinds"]["products list"] == 1


# ---- 10: an order ----

ORDER_LINES = """\
{foreach from=$mywebshop.order.$orderID.items item=order}
{$order.product.image} {$order.product.url} {$order.product.name} {$order.product.sku} \
{$order.qty_ordered} {$order.price_incl_tax|number_format:2} \
{$order.row_total_incl_tax|number_format:2}
{/foreach}
{$mywebshop.order.$orderID.base_shipping_incl_tax|number_format:2} \
{$mywebshop.order.$orderID.base_grand_total|number_format:2:",":"."}
"""


def test_copernica_scenario_10_the_lines_of_an_order_with_their_products(link, render, shop):
    link(shop)
    text = render(ORDER_LINES, orderID="000000022").replace(shop.url, "SHOP/")
    assert text.split("\n") == [
        "SHOP/media/catalog/product/c/f/cfg_shirt_1.png SHOP/cfg-shirt-url.html "
        "Configurable Shirt-Red-L CFG-SHIRT-Red-L 2 42.29 84.58",
        "SHOP/media/catalog/product/2/4/24_mb01_1.png SHOP/joust-duffle-bag.html "
        "Joust Duffle Bag 24-MB01 1 41.14 41.14",
        "15.00 140,72", ""]
    kinds = shop.counters()["kinds"]
    assert kinds["orders list"] == 1  # the products together, too; and the parent of one
    assert kinds["products list"] <= 4


def test_copernica_scenario_10_an_order_is_found_by_its_number_as_text(link, render, shop):
    """Zeros count: 00022 is not 000000022, and as a number it would be an id."""
    link(shop)
    template = "{$mywebshop.order.000000022.number}|{$mywebshop.order.00022.number}|" \
               "{$mywebshop.order.5.number}"
    assert render(template) == "000000022||000000004"


def test_copernica_scenario_10_under_attributes_is_what_the_shop_answered(link, render, shop):
    link(shop)
    raw = shop.json("/rest/V1/orders/5")
    template = ("{foreach $mywebshop.order.5.attributes as $name => $value}{$name},{/foreach}|"
                "{$mywebshop.order.5.attributes.grand_total} "
                "{$mywebshop.order.5.attributes.created_at} "
                "{$mywebshop.order.5.attributes.items[0].sku}|{$mywebshop.order.5.total.value}")
    names, values, adapted = render(template).split("|")
    assert names.split(",")[:-1] == list(raw)
    assert values == f"{raw['grand_total']} {raw['created_at']} {raw['items'][0]['sku']}"
    assert adapted == f"{raw['grand_total']}"


def test_copernica_scenario_10_an_order_that_was_just_placed(link, render, shop):
    link(shop)
    cart = shop.do("cart/create", customer_id=3)["id"]
    shop.do("cart/add", cart_id=cart, sku="CFG-SHIRT-Red-L", qty=2)
    shop.do("cart/address", cart_id=cart)
    number = shop.do("cart/order", cart_id=cart)["increment_id"]
    template = ("{$o = $mywebshop.order[$number]}{$o.status} {$o.customer.name} {$o.total.value} "
                "{foreach $o.items as $i}{$i.qty_ordered} {$i.product.parent.name}{/foreach} "
                "{$mywebshop.cart[$cart].status} {$mywebshop.cart[$cart].order.number}")
    assert render(template, number=number, cart=str(cart)) == (
        f"pending José García Ñúñez 79.9 2 Configurable Shirt checked-out {number}")


# ---- in the documentation, beside the scenarios ----


def test_the_two_newest_products(link, render, shop):
    shop.add_product("NEWEST", copy_of="24-MB01", changes={"name": "New & fine"})
    link(shop)
    template = ('{foreach from=$mywebshop.products|orderby:"id":"desc"|limit:2 item="product"}'
                '<a href="{$product.url}"><img src="{$product.image}">{$product.name}</a>'
                "{$product.short_description nofilter} EUR {$product.price.value}\n{/foreach}")
    first, second, _ = render(template, "mail.html").replace(shop.url, "SHOP/").split("\n")
    assert first.startswith('<a href="SHOP/joust-duffle-bag-')
    assert first.endswith('24_mb01_1.png">New &amp; fine</a><p>bag</p> EUR 35')
    assert second.startswith("<a href=")


@pytest.mark.parametrize("refined, found", [
    ('filter:"price":">":49', ["CFG-TROUSER", "CFG-SALE", "SP-PAST", "SP-FUTURE"]),
    ('filter:"price":">":49|orderby:"price":"desc"|limit:1', ["CFG-SALE"]),
    ('filter:"price":"<":15|orderby:"price":"desc"|limit:2', ["BULK-004", "BULK-003"]),
    ('filter:"price":29.95', ["CFG-SHIRT"]),
    ('filter:"price":50', ["SP-PAST", "SP-FUTURE"]),
    ('filter:"sku":"24-MB01"', ["24-MB01"]),
    ('filter:"gtin"|limit:1', ["24-MB01"]),
])
def test_lists_as_documented(link, render, shop, refined, found):
    """By the price that the template shows, which the shop's filter does not know."""
    link(shop)
    text = render("{foreach $mywebshop.products|%s as $p}{$p.sku},{/foreach}" % refined)
    assert text.split(",")[:-1] == found


def test_what_is_counted_by_price_is_what_a_list_has(link, render, shop):
    link(shop)
    template = '{$l = $mywebshop.products|filter:"price":">":49}{$l|count} {count($l)}'
    assert render(template) == "4 4"

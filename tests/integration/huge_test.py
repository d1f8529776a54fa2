"""Products with so much text that a list of them is more than is taken at once."""

import json
import re

import pytest

from magento2.client import Shop

COUNT, TEXT_MIB = 12, 1  # more than a list, less than two


@pytest.fixture(scope="module")
def running():
    with Shop() as shop:
        for number in range(COUNT):
            shop.add_product(f"H{number:02}", copy_of="BULK-001",
                             changes={"name": f"Huge {number}"},
                             custom_attributes={"description": "x" * (TEXT_MIB << 20)})
        yield shop


@pytest.fixture
def run(site, running):
    """Renders; what the messages say, and how it ended. No worker has died of it."""
    running.reset()
    site.integration("mywebshop", "magento2", url=running.url, token=site.secret(running.token),
                     timeout="30s")

    def render_rows(template, rows=({},)):
        site.write("mail.txt", template)
        site.write("list.ndjson", "".join(json.dumps(row) + "\n" for row in rows))
        done = site.run("render", "acme", "mail.txt", "--recipients", "list.ndjson", "--output",
                        "out", "--stats")
        (stats,) = re.findall(r'^\{.*"messages".*\}$', done.err, re.M)
        assert json.loads(stats)["plugins"] == [], done.err
        return [path.read_text() for path in sorted((site.folder / "out").iterdir())], done

    return render_rows


@pytest.fixture
def render(run):
    def texts(template, rows=({},)):
        texts, done = run(template, rows)
        assert done.status == 0, done.err
        return texts

    return texts


def test_keys_are_asked_for_again_by_halves(render, running):
    skus = [f"H{number:02}" for number in range(COUNT)]
    texts = render("{$mywebshop.product[$sku].name}", [{"sku": sku} for sku in skus])
    assert texts == [f"Huge {number}" for number in range(COUNT)]
    assert running.counters()["kinds"]["products list"] == 1 + 2


def test_a_list_is_asked_for_again_in_parts(render):
    template = "{foreach $mywebshop.products|filter:'id':'>':53 as $p}{$p.name},{/foreach}"
    assert render(template) == ["".join(f"Huge {number}," for number in range(COUNT))]


def test_a_page_in_the_middle_is_asked_for_again_in_parts(render):
    """The first pages are small, and nothing is skipped or comes twice."""
    template = ("{$all = $mywebshop.products}{foreach $all as $p}{$p.id},{/foreach}|"
                "{$all|count}")
    ids, count = render(template)[0].split("|")
    found = ids.split(",")[:-1]
    assert len(found) == len(set(found)) == int(count)


def test_much_text_of_many_products_in_one_mailing(render, running):
    """Each an ordinary long description; together more than one call's usual share."""
    skus = [f"L{number:03}" for number in range(500)]
    for sku in skus:
        running.add_product(sku, copy_of="BULK-001", changes={"name": sku},
                            custom_attributes={"description": "x" * (25 << 10)})
    assert render("{$mywebshop.product[$sku].name}", [{"sku": sku} for sku in skus]) == skus


# ---- more than a call can do ----

def add(shop, prefix, count, mib, **wanted):
    """Products with so much text each; their SKUs."""
    skus = [f"{prefix}{number:02}" for number in range(count)]
    for sku in skus:
        shop.add_product(sku, copy_of="BULK-001", changes={"name": sku},
                         custom_attributes={"description": "x" * int(mib * (1 << 20))}, **wanted)
    return skus


def test_more_text_than_a_call_may_say_is_asked_for_in_several(render, running):
    """Each is three times as large for a template: its fields, and the shop's own words."""
    skus = add(running, "M", 24, 1)
    assert render("{$mywebshop.product[$sku].name}", [{"sku": sku} for sku in skus]) == skus


def test_a_product_that_is_too_large_does_not_harm_those_beside_it(run, running):
    small = add(running, "S", 5, 0)
    add(running, "T", 1, 4)
    texts, done = run("{$mywebshop.product[$sku].name}",
                      [{"sku": sku} for sku in [*small[:3], "T00", *small[3:]]])
    assert texts == small
    assert done.err.splitlines()[-1] == (
        "imh: 1 of 6 messages wait for live data: integration 'mywebshop': the value of "
        "'product.T00' is larger than 8 MiB: make its texts shorter over there: correct "
        "that and try again")


# ---- what is asked for beside products ----

@pytest.fixture
def named(running):
    """Products whose pages are large: they tell the name several times."""
    skus = [f"N{number:02}" for number in range(10)]
    for sku in skus:
        running.add_product(sku, copy_of="BULK-001", changes={"name": sku + "x" * (400 << 10)})
    yield skus
    for sku in skus:
        running.remove_product(sku)


def test_prices_are_asked_for_again_in_parts(render, running, named):
    texts = render("{$mywebshop.product[$sku].price}", [{"sku": sku} for sku in named])
    assert len(set(texts)) == 1 and float(texts[0]) > 0
    assert running.counters()["kinds"]["render-info"] > 1


def test_a_page_that_is_too_large_does_not_harm_those_beside_it(run, running, named):
    running.add_product("N05", changes={"name": "x" * (2 << 20)})
    texts, done = run("{$mywebshop.product[$sku].price}", [{"sku": sku} for sku in named])
    assert len(texts) == 9 and float(texts[0]) > 0
    assert "the answer is larger than 8 MiB" in done.err.splitlines()[-1]


def test_stock_is_asked_for_without_the_texts(render, running):
    (sku,) = add(running, "U", 1, 9)
    assert float(render("{$mywebshop.product_stock[$sku].physical}", [{"sku": sku}])[0]) > 0


def test_parents_are_looked_for_again_in_parts(render, running):
    """By their links, of which a shop may have very many."""
    shirt = running.json("/rest/default/V1/products/CFG-SHIRT")
    for number in range(10):
        running.add_product(f"Q{number}", copy_of="CFG-SHIRT", changes={
            "extension_attributes": {**shirt["extension_attributes"],
                                     "configurable_product_links": ["x" * (1 << 20)]}})
    running.add_product("R", copy_of="CFG-SHIRT", changes={
        "name": "The last", "extension_attributes": {
            **shirt["extension_attributes"], "configurable_product_links": [4711]}})
    running.add_product("V", copy_of="CFG-SHIRT-Red-L")
    wanted = running.json("/rest/default/V1/products/V")["id"]
    running.add_product("R", changes={"extension_attributes": {
        **shirt["extension_attributes"], "configurable_product_links": [wanted]}})
    assert render("{$mywebshop.product.V.parent.name}") == ["The last"]
    for sku in [*(f"Q{number}" for number in range(10)), "R", "V"]:
        running.remove_product(sku)

"""Products with so much text that a list of them is more than is taken at once."""

import json

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
def render(site, running):
    running.reset()
    site.integration("mywebshop", "magento2", url=running.url, token=site.secret(running.token))

    def run(template, rows=({},)):
        site.write("mail.txt", template)
        site.write("list.ndjson", "".join(json.dumps(row) + "\n" for row in rows))
        done = site.run("render", "acme", "mail.txt", "--recipients", "list.ndjson", "--output",
                        "out")
        assert done.status == 0, done.err
        return [path.read_text() for path in sorted((site.folder / "out").iterdir())]

    return run


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

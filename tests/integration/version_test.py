"""Shops from 2.3.7 to 2.4.8: how they want to be asked, and where their lists end."""

import pytest

from magento2.client import Shop
from magento2.faults import VERSIONS

LATER = 75
PAGE = 7  # the shop allows no larger ones
MANY = "".join(f'|filter:"sku":"!=":"X{n}"|filter:"price":">=":{-n}' for n in range(5))


@pytest.fixture(scope="module", params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture(scope="module")
def running(version):
    with Shop("--version", version) as shop:
        yield shop


@pytest.fixture
def show(site, running):
    """What a template prints, by requests that are signed, or with the token alone."""

    def run(template, auth="oauth1", status=0):
        who = running.consumer
        values = {"auth": "bearer", "token": site.secret(running.token)}
        if auth == "oauth1":
            values = {"auth": "oauth1", "consumer_key": who.key, "token": site.secret(who.token),
                      "consumer_secret": site.secret(who.secret),
                      "access_token_secret": site.secret(who.token_secret)}
        site.account.write_text("[account]\n")
        site.integration("mywebshop", "magento2", url=running.url, **values)
        site.write("mail.txt", template)
        done = site.run("render", "acme", "mail.txt")
        assert done.status == status, done.err
        return done.err if status else done.out

    return run


BAG = "{$mywebshop.product['24-MB01'].name}"


def test_a_token_alone_is_enough_up_to_2_4_3(version, show):
    if version < "2.4.4":
        assert show(BAG, "bearer") == "Joust Duffle Bag"
    else:
        said = show(BAG, "bearer", LATER)
        assert "since Magento 2.4.4 allow access tokens as bearer tokens" in said


@pytest.mark.parametrize("template, printed", [
    (BAG, "Joust Duffle Bag"),
    ("{$mywebshop.product['SKU/SLASH'].name} {$mywebshop.product['sku with space'].name}",
     "Sku with slash Sku with space"),
    ("{$mywebshop.product['SKU/SLASH'].stock}", "100"),
    ("{$mywebshop.product['UTF8-ÄÖ'].id}", "18"),
    ("{$mywebshop.customer['UPPER.Case+tag@Example.COM'].id}", "4"),
    ("{$mywebshop.order.000000022.items[0].product.price.value}", "34.95"),
    ("{foreach $mywebshop.products%s|orderby:'id'|limit:1 as $p}{$p.sku}{/foreach}" % MANY,
     "CFG-SHIRT"),
    ("{$mywebshop.person['customer01@example.com'].carts|count}", "3"),
])
def test_signatures_are_right_whatever_is_asked(show, template, printed):
    assert show(template) == printed


@pytest.mark.parametrize("name, count", [("products", 37), ("customers", 23), ("orders", 26)])
def test_each_element_of_a_list_comes_once_and_then_it_ends(version, running, show, name,
                                                            count):
    again = version < "2.4"
    running.switch(limits={"page_size_maximum": PAGE, "last_page_again": again})
    ids = show("{foreach $mywebshop.%s as $x}{$x.attributes.id}{$x.attributes.entity_id},"
               "{/foreach}" % name).split(",")[:-1]
    assert len(ids) == len(set(ids)) == count


def test_past_the_last_page_old_shops_give_it_again(version, running):
    running.switch(bearer=True, limits={"last_page_again": version < "2.4"})
    query = "searchCriteria[pageSize]=20&searchCriteria[currentPage]=9&fields=items[id]"
    items = running.json(f"/rest/V1/customers/search?{query}")["items"]
    running.switch(bearer=version < "2.4.4")
    assert [item["id"] for item in items or []] == (
        [21, 22, 23, 24, 26] if version == "2.3.7" else [])

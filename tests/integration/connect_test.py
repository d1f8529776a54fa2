"""imh integration test and imh check --connect: what is wrong with a connection."""

import json

import pytest

from magento2.client import Shop


@pytest.fixture
def link(site, shop):
    def run(**options):
        wanted = {"url": shop.url, "token": site.secret(shop.token), **options}
        site.integration("shop", "magento2", **wanted)
        return site.run("integration", "test", "acme", "shop")

    return run


def test_a_good_connection_is_told_so(link):
    done = link()
    assert done.status == 0, done.err
    assert done.out.startswith("acme.shop: ok, 11 requests in ")


def test_as_json(site, link):
    link()
    done = site.run("--json", "integration", "test", "acme", "shop")
    told = json.loads(done.out)
    assert (told["account"], told["integration"], told["ok"]) == ("acme", "shop", True)


def test_a_refused_token_is_named(site, link):
    done = link(token=site.secret("wrong"))
    assert done.status == 1 and done.out == ""
    assert "the shop refuses the token" in done.err


def test_every_missing_right_is_named(site):
    rights = "Magento_Backend::store,Magento_Catalog::products,Magento_Cart::manage"
    with Shop("--limited-token", f"some={rights}") as shop:
        site.integration("shop", "magento2", url=shop.url, token=site.secret("some"))
        done = site.run("integration", "test", "acme", "shop")
    assert done.status == 1
    assert "lacks 8 rights: Stores > Attributes > Product" in done.err
    assert "Sales > Operations > Orders > Actions > View" in done.err
    assert "Products," not in done.err and "Manage carts" not in done.err


@pytest.mark.parametrize("view", ["nowhere", "de"])
def test_an_unknown_store_view_is_named(link, view):
    done = link(store_view=view)
    assert done.status == 1
    assert view in done.err or "cannot be processed" in done.err


def test_a_shop_that_is_down_is_told(link):
    done = link(url="http://127.0.0.1:9/")
    assert done.status == 1
    assert "try again later" in done.err


def test_check_connects_to_all_and_tells_each(site, shop, link):
    link()
    site.integration("other", "magento2", url=shop.url, token=site.secret("wrong"),
                     allow_private="yes")
    done = site.run("check", "--connect")
    assert done.status == 1
    assert "acme.shop: ok" in done.out
    assert "acme.other: " in done.err and "refuses the token" in done.err


def test_what_is_missing_is_asked_for(site):
    assert site.run("integration", "test", "acme").status == 2
    done = site.run("integration", "test", "acme", "nothing")
    assert done.status == 78 and "no integration 'nothing'" in done.err

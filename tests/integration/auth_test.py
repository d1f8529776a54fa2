"""How the Magento 2 plugin proves who it is: bearer tokens and OAuth 1.0a signatures.

The shop double judges signatures as a recorded shop did (shop_double_test.py).
"""

import json

import pytest

# Every SKU with a mark that escapes, signatures and template paths treat in their own ways.
ODD_SKUS = ("sku with space", "SKU/SLASH", "UTF8-ÄÖ", "SKU%25+&#", "a[0]=b", "100%", "~*'()")
OAUTH = ("consumer_key", "consumer_secret", "token", "access_token_secret")


@pytest.fixture
def signed(site, shop):
    """Adds the integration with auth = oauth1; options go before the right values."""

    def add(**options):
        consumer = shop.consumer
        values = {
            "url": shop.url,
            "auth": "oauth1",
            "consumer_key": consumer.key,
            "consumer_secret": site.secret(consumer.secret),
            "token": site.secret(consumer.token),
            "access_token_secret": site.secret(consumer.token_secret),
            **options,
        }
        kept = {name: value for name, value in values.items() if value is not None}
        site.integration("shop", "magento2", **kept)
        return site

    return add


def render(site, template, **options):
    return site.run("render", "acme", site.write("mail.txt", template), **options)


def test_a_mailing_is_rendered_with_signed_requests(signed, shop):
    shop.switch(bearer=False)  # as shops are since 2.4.4
    done = render(signed(), "{$shop.product[\"24-MB01\"].name}: {$shop.store.name}")
    assert (done.status, done.err) == (0, "")
    assert done.out == "Joust Duffle Bag: Default Store View"
    lines = shop.counters()["requests"]
    assert lines and all("oauth" not in line.lower() for line in lines)  # in the head only


def test_the_same_with_a_bearer_token(site, shop):
    site.integration("shop", "magento2", url=shop.url, token=site.secret(shop.token))
    done = render(site, "{$shop.product[\"24-MB01\"].name}")
    assert (done.status, done.out) == (0, "Joust Duffle Bag")


@pytest.mark.parametrize("form", ["2.4.7", "2.4.8"])
def test_odd_skus_are_signed_right_in_every_form(signed, shop, form):
    for sku in ODD_SKUS:
        shop.add_product(sku, copy_of="24-MB01", changes={"name": f"<{sku}>"})
    shop.switch(oauth_form=form)
    names = "".join(f"{{$shop.product[{json.dumps(sku, ensure_ascii=False)}].name}}\n"
                    for sku in ODD_SKUS)
    done = render(signed(), names)
    assert (done.status, done.err) == (0, "")
    assert done.out == "".join(f"<{sku}>\n" for sku in ODD_SKUS)


@pytest.mark.parametrize("form", ["2.4.7", "2.4.8"])
def test_more_than_ten_filters_are_signed_right_in_every_form(signed, shop, form):
    skus = [f"with blank {number}" for number in range(25)]
    for sku in skus:
        shop.add_product(sku, copy_of="24-MB01", changes={"name": sku.upper()})
    shop.switch(oauth_form=form)
    shop.reset()
    done = render(signed(), "".join(f"{{$shop.product['{sku}'].name}};" for sku in skus))
    assert (done.status, done.err) == (0, "")
    assert done.out == "".join(f"{sku.upper()};" for sku in skus)
    # Two lists; those that were signed in the other form are sent once more, which the
    # second need not be when the form is learned before it leaves.
    assert shop.counters()["kinds"]["products list"] in ((2,) if form == "2.4.7" else (3, 4))


def test_a_sku_in_the_path_is_signed_right(signed, shop):
    template = "{$shop.product['SKU/SLASH'].stock.physical}"
    done = render(signed(), template)
    assert (done.status, done.err) == (0, "")
    assert done.out.isdigit()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("consumer_secret", "w" * 32, "check consumer_secret and access_token_secret"),
        ("access_token_secret", "w" * 32, "check consumer_secret and access_token_secret"),
        ("token", "w" * 32, "check token: the access token of this integration"),
        ("consumer_key", "w" * 32, "check consumer_key"),
        ("consumer_key", "short", "check consumer_key: it has 32 characters"),
    ],
)
def test_a_wrong_value_is_denied_with_what_to_do(signed, site, name, value, words):
    wrong = value if name == "consumer_key" else site.secret(value)
    signed(**{name: wrong})
    done = site.run("integration", "test", "acme", "shop")
    assert (done.status, done.out) == (1, "")
    assert "the shop refuses the signature (" in done.err and words in done.err
    assert value not in done.err or value == "short"


def test_an_integration_that_is_not_active_is_told(signed, shop, site):
    shop.switch(integration=False)
    signed()
    done = site.run("integration", "test", "acme", "shop")
    assert done.status == 1
    assert "give the integration this right, and activate it" in done.err


def test_a_bearer_token_that_is_not_allowed_says_what_else_there_is(site, shop):
    shop.switch(bearer=False)
    site.integration("shop", "magento2", url=shop.url, token=site.secret(shop.token))
    done = site.run("integration", "test", "acme", "shop")
    assert done.status == 1
    assert "set auth = oauth1" in done.err


@pytest.mark.parametrize("name", [name for name in OAUTH if name != "token"])
def test_what_oauth_needs_is_asked_for(signed, site, name):
    signed(**{name: None})
    done = site.run("check")
    assert done.status == 78
    assert f"option '{name}' is missing, with 'auth = oauth1': " in done.err
    assert "accounts.d/acme.ini:5: " in done.err


def test_what_oauth_needs_is_not_asked_for_without_it(site, shop):
    site.integration("shop", "magento2", url=shop.url, token=site.secret(shop.token))
    assert site.run("check").status == 0


def test_inspect_tells_what_goes_with_what(site):
    done = site.run("plugin", "inspect", "magento2")
    assert done.status == 0
    assert "; only with auth=oauth1\n; consumer_key = " in done.out
    assert "auth = bearer" in done.out


def test_no_secret_is_in_what_is_printed(signed, shop, site):
    signed(consumer_secret=site.secret("c0nsumer-canary-that-is-wrong-000"))
    shown = site.run("integration", "test", "acme", "shop")
    rendered = render(site, "{$shop.product[\"24-MB01\"].name}")
    for text in (shown.out, shown.err, rendered.out, rendered.err):
        assert "canary" not in text and shop.consumer.token_secret not in text

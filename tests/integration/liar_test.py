"""Answers that no honest shop gives: they cost no worker, and plant nothing."""

import json

import pytest

from liar import VIEW, Liar, filters, listed, product

LATER = 75


@pytest.fixture
def liar():
    with Liar() as running:
        yield running


@pytest.fixture
def show(site, liar):
    """What a template prints; `data` are its variables."""
    site.integration("mywebshop", "magento2", url=liar.url, token=site.secret("a token"))

    def run(template, status=0, **data):
        site.write("mail.txt", template)
        done = site.run("render", "acme", "mail.txt", "--data", json.dumps(data))
        assert done.status == status, done.err
        return done.err if status else done.out

    return run


# ---- what costs much ----


def test_a_picture_s_path_of_many_parts_is_an_address_like_others(liar, show):
    liar.say("products", lambda query: listed(product("A", attributes=[("image", "/" * 30_000)])))
    assert show("{$mywebshop.product.A.image}") == (
        "https://shop.example.com/media/catalog/product" + "/" * 30_000)


def test_an_error_with_many_holes_is_an_error_like_others(liar, show):
    holes = " ".join(f"%{n}" for n in range(1, 20_001))
    liar.say("products", lambda query: (400, {"message": holes,
                                              "parameters": [f"p{n}" for n in range(20_000)]}))
    assert "the shop says: p0 p1 p2 " in show("{$mywebshop.product.A.name}", LATER)


def test_a_product_of_very_many_attributes_is_a_product_like_others(liar, show):
    codes = [f"a{n}" for n in range(60_000)]
    fields = {f"f{n}": 1 for n in range(30_000)}
    liar.say("products", lambda query: listed(
        product("A", attributes=[(code, "x") for code in codes], **fields)))
    assert show("{$p = $mywebshop.product.A}{$p.a0} {$p.a59999} {$p.f29999} {$p.name}") == (
        "x x 1 Name of A")


def test_an_attribute_of_very_many_digits_is_printed_as_it_is(liar, show):
    for size in (1000, 1015, 1016, 3000):
        liar.say("products", lambda query: listed(
            product("A", attributes=[("material", "1" * size)])))
        liar.say("products/attributes", lambda query: listed(
            {"attribute_code": "material", "frontend_input": "text", "options": []}))
        assert show("{$mywebshop.product.A.material}") == "1" * size


def test_choices_of_very_many_are_found_like_others(liar, show):
    """Of 100,000; one question takes 100 attributes, here are 200."""
    choices = [{"value": str(n), "label": f"L{n}"} for n in range(100_000)]
    few = [{"value": str(n), "label": f"L{n}"} for n in range(300)]

    def described(query):
        codes = filters(query)[0][0][2].split(",")
        assert len(codes) <= 100
        return listed(*({"attribute_code": code, "frontend_input": "multiselect",
                         "options": choices if code == "a0" else few} for code in codes))

    value = ",".join(str(n) for n in range(0, 200))
    liar.say("products", lambda query: listed(
        product("A", attributes=[(f"a{n}", value) for n in range(200)])))
    liar.say("products/attributes", described)
    assert show("{$p = $mywebshop.product.A}{$p.a0}" + "".join(
        "{$p.a%d.3}" % n for n in range(200))) == (
        ", ".join(f"L{n}" for n in range(200)) + "L3" * 200)


def test_store_views_of_very_many_are_told_as_far_as_there_is_room(site, liar):
    views = [{"id": n + 1, "code": f"view{n}", "is_active": 1} for n in range(60_000)]
    liar.say("store/storeConfigs", lambda query: (400, {"message": "Specified request cannot be "
                                                                   "processed."}))
    liar.say("store/storeViews", lambda query: views)
    site.integration("mywebshop", "magento2", url=liar.url, token=site.secret("t"))
    done = site.run("integration", "test", "acme", "mywebshop")
    assert ("the shop has no store view 'default': 'store_view' is one of view0, view1, view2, "
            in done.err)


# ---- what would be something else ----

PLANTED = '{"$ref":["customer","5","name"]}'
NO_NUMBERS = (PLANTED, "abc", "0012", "yes", "1.", "+1", "0x10", "NaN", "", " 1", '1,"$ref":["x"]',
              True, None, [], {}, ["1"], {"$value": 1})


@pytest.mark.parametrize("said", NO_NUMBERS, ids=str)
def test_an_amount_that_is_no_number_is_none(liar, show, said):
    amounts = ("subtotal", "shipping_incl_tax", "discount_amount", "tax_amount", "grand_total",
               "total_paid", "total_refunded", "total_due", "entity_id")
    line = {"sku": "A", "name": "Line", "price": 1, "qty_ordered": 2, "row_total": said,
            "row_total_incl_tax": said}
    order = {"increment_id": "1", "order_currency_code": "EUR", "items": [line],
             **dict.fromkeys(amounts, said)}
    liar.say("orders", lambda query: listed(order))
    assert show("{$o = $mywebshop.order.1}{$o.number}|{$o.id}|{$o.total}|{$o.total.value}|"
                "{$o.total.currency}|{$o.paid}|{foreach $o.items as $i}{$i.name}|{$i.row_total}|"
                "{$i.row_total.before_discount}{/foreach}") == "1||||EUR||Line||2"
    assert not any("customers" in target for target in liar.asked)


@pytest.mark.parametrize("said, amount", [("12.50", "12.50"), (12.5, "12.5"), ("-0.5", "-0.5"),
                                          ("1e3", "1e3"), (0, "0"), ("0.00", "0.00")])
def test_an_amount_in_a_text_is_a_number(liar, show, said, amount):
    liar.say("orders", lambda query: listed({"increment_id": "1", "grand_total": said}))
    assert show("{$mywebshop.order.1.total}") == amount


@pytest.mark.parametrize("said, is_true", [*((said, False) for said in NO_NUMBERS
                                             if said is not True),
                                           ("1", True), (1, True), ("true", True), (True, True),
                                           (0, False), ("0", False), (False, False)], ids=str)
def test_a_flag_that_is_none_is_not_set(liar, show, said, is_true):
    liar.say("categories/list", lambda query: listed({"id": 5, "is_active": said}))
    liar.say("customers/search", lambda query: listed(
        {"id": 5, "email": "a@x.com", "gender": said,
         "extension_attributes": {"is_subscribed": said}}))
    assert show("{$c = $mywebshop.category.5}{$c.id}{if $c.active}yes{/if} {$u = "
                "$mywebshop.customer.5}{$u.email}{if $u.subscribed}yes{/if}") == (
        "5yes a@x.comyes" if is_true else "5 a@x.com")


def test_of_two_attributes_with_one_code_the_last_counts(liar, show):
    liar.say("products", lambda query: listed(
        product("A", attributes=[("note", "first"), ("image", "/first.png"), ("note", "last"),
                                 ("image", "/last.png"), ("name", "planted"),
                                 ("price", "planted"), ("status", "planted")])))
    assert show("{$p = $mywebshop.product.A}{$p.note} {$p.name} {$p.status} {$p.image}") == (
        "last Name of A 1 https://shop.example.com/media/catalog/product/last.png")


def test_a_time_that_is_all_zeros_is_none(liar, show):
    zeros = "0000-00-00 00:00:00"
    liar.say("products", lambda query: listed(
        product("A", created_at=zeros, attributes=[("news_from_date", zeros)])))
    liar.say("customers/search", lambda query: listed({"id": 5, "dob": "0000-00-00"}))
    assert show("{$p = $mywebshop.product.A}[{$p.created_at}{$p.created_at.local}"
                "{$p.news_from_date}{$p.news_from_date.timestamp}{$mywebshop.customer.5.dob}]") == (
        "[]")


# ---- addresses ----


@pytest.mark.parametrize("written, right", [
    ("%srest/", "%s"), ("%srest", "%s"), ("%srest/default/V1/", "%s"), ("%s?a=b", "%s"),
    ("%s#top", "%s"), ("%sde/rest/V1/?x#y", "%sde/"), ("%sde?rest/", "%sde/")])
def test_an_address_below_the_home_page_is_told_how_to_write_it(site, liar, written, right):
    site.integration("mywebshop", "magento2", url=written % liar.url, token=site.secret("t"))
    done = site.run("integration", "test", "acme", "mywebshop")
    assert done.status != 0 and liar.asked == []
    assert ("option 'url' must be the address of the shop's home page: write "
            + right % liar.url) in done.err
    assert right % liar.url + "rest" not in done.err


@pytest.mark.parametrize("folder", ["", "restaurant/", "a/rest-of-it/", "forest/"])
def test_an_address_of_a_home_page_is_asked(site, liar, folder):
    site.integration("mywebshop", "magento2", url=liar.url + folder, token=site.secret("t"))
    liar.say("products", lambda query: listed(product("A")))
    site.write("mail.txt", "{$mywebshop.product.A.sku}")
    assert site.run("render", "acme", "mail.txt") == (0, "A", "")


def test_who_is_sent_on_within_the_shop_is_told_who_does_that(liar, show):
    liar.say("products", lambda query: (302, "", {"Location": liar.url + "login"}))
    said = show("{$mywebshop.product.A.name}", LATER)
    assert ("the shop sends us on, from one of its addresses to another (status 302): its web "
            f"server, or what is in front of it, must not do so below {liar.url}rest/") in said


def test_what_the_shop_says_of_itself_cannot_add_to_an_address(liar, show):
    said = {**VIEW, "id": "1&token=x", "default_display_currency_code": "EUR&a[b]=0#x y"}
    liar.say("store/storeConfigs", lambda query: [said])
    liar.say("products", lambda query: listed(product("A")))
    show("{$mywebshop.product.A.price}")
    asked = next(target for target in liar.asked if "render-info" in target)
    assert "storeId=1%26token%3Dx&currencyCode=EUR%26a%5Bb%5D%3D0%23x%20y&" in asked

"""Shops of several websites and stores: what others have is not ours."""

import json
from collections import Counter

import pytest

from liar import Liar, filters, listed, page, product


@pytest.fixture
def liar():
    with Liar() as running:
        yield running


@pytest.fixture
def show(site, liar):
    site.integration("mywebshop", "magento2", url=liar.url, token=site.secret("a token"))

    def run(template, **data):
        site.write("mail.txt", template)
        done = site.run("render", "acme", "mail.txt", "--data", json.dumps(data))
        assert (done.status, done.err) == (0, "")
        return done.out

    return run


@pytest.fixture
def messages(site, show):
    """What each row of a list becomes."""

    def run(template, rows):
        site.write("mail.txt", template)
        site.write("list.ndjson", "".join(json.dumps(row) + "\n" for row in rows))
        done = site.run("render", "acme", "mail.txt", "--recipients", "list.ndjson",
                        "--output", "out")
        assert (done.status, done.err) == (0, "")
        return [path.read_text() for path in sorted((site.folder / "out").iterdir())]

    return run


def customer(number, email, website=1, **more):
    return {"id": number, "email": email, "firstname": "of", "lastname": f"website {website}",
            "website_id": website, "store_id": website, "group_id": 1, **more}


def say(liar, path, items):
    liar.say(path, lambda query: page(sorted(items, key=lambda item: (
        item.get("id") or item.get("entity_id"))), query))


# ---- customers ----


def test_an_address_is_that_of_our_website(liar, show):
    say(liar, "customers/search", [customer(3, "jan@x.com", 2), customer(9, "Jan@x.com"),
                                   customer(4, "eva@x.com", 2)])
    template = "{$c = $mywebshop.customer[$k]}{$c.id} {$c.name}"
    assert show(template, k="jan@x.com") == "9 of website 1"
    assert show(template, k="eva@x.com") == " "
    assert show("{$p = $mywebshop.person[$k]}{$p.customer.id} {$p.name}", k="JAN@x.com") == (
        "9 of website 1")


def test_an_id_is_that_of_any_website(liar, messages):
    """Also beside addresses, which it does not answer."""
    say(liar, "customers/search", [customer(3, "jan@x.com", 2), customer(9, "eva@x.com")])
    keys = ("3", "jan@x.com", "eva@x.com", "9", "4")
    assert messages("{$mywebshop.customer[$k].id|default:'-'}", [{"k": k} for k in keys]) == [
        "3", "-", "9", "9", "-"]


def test_all_are_found_however_many_websites_have_their_address(liar, messages):
    people = [customer(1 + n * 5 + k, f"c{n}@x.com", k + 1) for n in range(50) for k in range(5)]
    people += [customer(5000 + n, f"c{n}@x.com") for n in range(50, 100)]
    say(liar, "customers/search", people)
    found = messages("{$mywebshop.customer[$k].name|default:'-'}",
                     [{"k": f"c{n}@x.com"} for n in range(100)])
    assert Counter(found) == {"of website 1": 100}


@pytest.mark.parametrize("asked, kept", [
    ("ÜNÏ@EXÄMPLE.COM", "ünï@exämple.com"), ("ünï@x.com", "ÜNÏ@x.com"),
    ("ΆΣΩ@x.com", "άσω@x.com"), ("ЁЖ@x.com", "ёж@x.com"), ("ŻÓŁĆ@x.com", "żółć@x.com")])
def test_the_case_of_no_letter_counts(liar, show, asked, kept):
    say(liar, "customers/search", [customer(9, kept)])
    assert show("{$mywebshop.customer[$k].id}", k=asked) == "9"


def test_other_letters_count(liar, show):
    liar.say("customers/search", lambda query: listed(customer(9, "unï@x.com")))
    assert show("[{$mywebshop.customer[$k].id}]", k="uni@x.com") == "[]"


# ---- orders ----


def order(number, increment, store=1):
    return {"entity_id": number, "increment_id": increment, "store_id": store,
            "status": f"of store {store}", "items": []}


def test_of_two_orders_with_one_number_ours_is_meant(liar, show):
    say(liar, "orders", [order(1, "1000", 2), order(2, "1000", 1), order(3, "2000", 2)])
    assert show("{$mywebshop.order['1000'].id} {$mywebshop.order['2000'].id}") == "2 3"


def test_all_orders_are_found_however_many_stores_count_alike(liar, messages):
    orders = [order(1 + n + 100 * k, f"{1000 + n}", 5 - k) for n in range(100) for k in range(5)]
    say(liar, "orders", orders)
    found = messages("{$mywebshop.order[$k].status|default:'-'}",
                     [{"k": f"{1000 + n}"} for n in range(100)])
    assert Counter(found) == {"of store 1": 100}


# ---- lines ----


def test_the_product_of_a_line_is_never_another_one_with_that_id(liar, show):
    line = {"sku": "16", "name": "Sixteen", "qty": 1, "price": 1}
    say(liar, "products", [product("24-MB01", 16)])
    liar.say("orders", lambda query: listed({**order(1, "1000"), "items": [line]}))
    liar.say("carts/search", lambda query: listed({"id": 5, "is_active": True, "items": [line]}))
    for thing in ("order['1000']", "cart.5"):
        assert show("{foreach $mywebshop.%s.items as $i}{$i.name} -> "
                    "{$i.product.name|default:'gone'}{/foreach}" % thing) == "Sixteen -> gone"
    assert show("{$mywebshop.product.16.name}") == "Name of 24-MB01"


# ---- carts of persons ----


def cart(number, email, active=False):
    return {"id": number, "is_active": active, "items_count": 1, "items": [], "store_id": 1,
            "customer_is_guest": False, "customer_email": email,
            "customer": {"id": 1, "email": email}, "updated_at": "2026-11-20 10:00:00"}


CARTS = ("{$c = $mywebshop.person[$email].carts}{$c|count}"
         "{foreach $c as $one}{if $one.status == 'open'} open{/if}{/foreach}")


def newest_first(carts):
    """Customers' carts as the shop lists them; no guest has any."""
    def answer(query):
        ours = [] if filters(query)[0][0][0] == "customer_is_guest" else carts
        return page(ours, query)
    return answer


def test_nobody_s_carts_depend_on_who_else_is_asked_for(liar, messages):
    liar.say("carts/search", newest_first(
        [cart(10_000 - n, "heavy@x.com") for n in range(1100)]
        + [cart(n, f"p{n}@x.com", active=True) for n in range(30)]))
    rows = [{"email": f"p{n}@x.com"} for n in range(30)] + [{"email": "heavy@x.com"}]
    assert messages(CARTS, rows) == ["1 open"] * 30 + ["1000"]


def test_carts_of_a_shop_that_tells_no_total_are_read_to_their_end(liar, messages):
    carts = newest_first([cart(1000 - n, "a@x.com") for n in range(250)])
    for told in (None, "many"):
        liar.say("carts/search", lambda query: {**carts(query), "total_count": told})
        assert messages(CARTS, [{"email": "A@x.com"}]) == ["250"]


def test_a_closed_cart_with_a_reserved_number_is_no_order(liar, show):
    line = {"sku": "A", "name": "Line", "qty": 1, "price": 10}
    left = {**cart(5, "a@x.com"), "reserved_order_id": "000000077", "items": [line]}
    liar.say("carts/search", lambda query: listed(left))
    template = "{$c = $mywebshop.cart.5}{$c.status} {$c.items|count} {$c.order.number|default:'-'}"
    assert show(template) == "closed 1 -"
    del left["items"]
    assert show(template) == "checked-out 0 -"


# ---- orders of persons ----


def test_an_order_of_somebody_else_is_not_shown(liar, show):
    """Whatever the shop finds by an address."""
    liar.say("orders", lambda query: listed(
        {**order(1, "1000"), "customer_email": "Jan@X.com"},
        {**order(2, "2000"), "customer_email": "eva@x.com"}, order(3, "3000"), None))
    assert show("{foreach $mywebshop.person['jan@x.com'].orders as $o}{$o.number} {/foreach}") == (
        "1000 ")


@pytest.mark.parametrize("told", [None, "many", "-1", 2.5, {}])
def test_a_list_without_a_total_is_read_to_its_end(liar, show, told):
    orders = [order(1 + n, f"{1000 + n}") for n in range(250)]
    liar.say("orders", lambda query: {**page(orders, query), "total_count": told})
    assert show("{$n = 0}{foreach $mywebshop.orders as $o}{$n = $n + 1}{/foreach}{$n} "
                "{$mywebshop.orders|count}") == "250 250"


def test_an_attribute_called_category_is_no_trouble(liar, show):
    liar.say("products", lambda query: listed(product("A", attributes=[("category", "blue")])))
    assert show("{foreach $mywebshop.products|filter:'category':5 as $p}{$p.sku}{/foreach}") in (
        "", "A")

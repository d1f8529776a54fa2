"""Carts, what they become, whose they are, and what can be sold: while things happen in
the shop."""

import json

import pytest

from magento2.client import Shop

LATER = 75


@pytest.fixture(scope="module")
def running():
    with Shop() as shop:
        yield shop


@pytest.fixture
def shop(site, running):
    running.calm()
    site.integration("mywebshop", "magento2", url=running.url, token=site.secret(running.token))
    return running


@pytest.fixture
def show(site, shop):
    """What a template prints; `data` are its variables."""

    def run(template, status=0, **data):
        site.write("mail.txt", template)
        done = site.run("render", "acme", "mail.txt", "--data", json.dumps(data))
        assert done.status == status, done.err
        return (done.err if status else done.out).replace(shop.url, "SHOP/")

    return run


def filled(shop, *lines, customer=None, **address):
    number = shop.do("cart/create", customer_id=customer)["id"]
    for sku, qty in lines:
        shop.do("cart/add", cart_id=number, sku=sku, qty=qty)
    if address:
        shop.do("cart/address", cart_id=number, **address)
    return number


CART = ("{$c = $mywebshop.cart[$id]}{$c.status}|{$c.total.value}|{$c.total.currency}|"
        "{$c.coupon_code}|{$c.order.number}|{$c.customer.email}|{$c.items|count}")


# ---- carts ----


def test_copernica_scenario_13_a_cart_on_its_way_to_an_order(shop, show):
    number = filled(shop, ("24-MB01", 2))
    cart = str(number)
    assert show(CART, id=cart) == "open|70|EUR||||1"
    shop.do("cart/coupon", cart_id=number)
    assert show(CART, id=cart) == "open|63|EUR|TEN|||1"
    shop.do("cart/address", cart_id=number, email="guest@example.org", firstname="Gu")
    assert show(CART, id=cart) == "open|74.21|EUR|TEN||guest@example.org|1"
    order = shop.do("cart/order", cart_id=number)["increment_id"]
    assert show(CART, id=cart) == (
        f"checked-out|74.21|EUR|TEN|{order}|guest@example.org|1")


def test_a_cart_that_was_left_is_closed_and_costs_nothing(shop, show):
    number = filled(shop, ("24-MB01", 1))
    shop.do("cart/close", cart_id=number)
    assert show(CART, id=str(number)).startswith("closed||")


def test_a_reserved_number_is_no_order(shop, show):
    number = filled(shop, ("24-MB01", 1))
    shop.do("cart/reserve", cart_id=number)
    assert show(CART, id=str(number)) == "open|35|EUR||||1"


def test_the_lines_of_a_cart_have_the_product_and_its_parent_s_page(shop, show):
    number = filled(shop, ("CFG-SHIRT-Red-L", 2), ("24-MB01", 1), email="a@example.org")
    assert show("{foreach $mywebshop.cart[$id].items as $i}{$i.qty} {$i.name} {$i.product.sku} "
                "{$i.product.url} {$i.product.image} {$i.row_total};{/foreach}",
                id=str(number)) == (
        "2 Configurable Shirt CFG-SHIRT-Red-L SHOP/cfg-shirt-url.html "
        "SHOP/media/catalog/product/c/f/cfg_shirt_1.png 57.76;"
        "1 Joust Duffle Bag 24-MB01 SHOP/joust-duffle-bag.html "
        "SHOP/media/catalog/product/2/4/24_mb01_1.png 28.93;")


def test_who_logs_in_with_a_cart_is_its_customer(shop, show):
    number = filled(shop, ("24-MB01", 1))
    who = "{$c = $mywebshop.cart[$id].customer}{$c.email}|{$c.name}|{if $c.guest}guest{/if}"
    assert show(who, id=str(number)) == "||guest"
    customer = shop.do("customer/register", email="in@example.org", firstname="In",
                       lastname="Side")["id"]
    shop.do("cart/identify", cart_id=number, customer_id=customer)
    assert show(who, id=str(number)) == "in@example.org|In Side|"


# ---- orders ----


def test_an_order_as_it_goes(shop, show):
    number = filled(shop, ("24-MB01", 2), email="go@example.org")
    order = shop.do("cart/order", cart_id=number)
    template = ("{$o = $mywebshop.order[$n]}{$o.state} {$o.paid.value} {$o.refunded.value} "
                "{$o.due.value} {foreach $o.shipments as $s}{foreach $s.tracks as $t}"
                "{$t.number}{/foreach}{/foreach} {$o.invoices|count} {$o.refunds|count}")

    def shown():
        return show(template, n=order["increment_id"])

    entity = order["entity_id"]
    assert shown() == "new   80  0 0"
    shop.do("order/pay", order_id=entity)
    assert shown() == "processing 80  0  1 0"
    shop.do("order/ship", order_id=entity, tracks=["3S77"])
    assert shown() == "complete 80  0 3S77 1 0"
    shop.do("order/refund", order_id=entity)
    assert shown() == "closed 80 80 0 3S77 1 1"


# ---- persons ----

PERSON = ("{$p = $mywebshop.person[$email]}{$p.name}|{$p.customer.id}|{$p.orders|count}|"
          "{foreach $p.carts|orderby:\"id\" as $c}{$c.id} {$c.status},{/foreach}|{$p.carts|count}|"
          "{if $p.subscribed}subscribed{/if}")


def test_a_person_is_a_customer_and_a_guest_together(shop, show):
    """Bought as a guest, registered later, with a cart of each kind still open."""
    email = "Both.Ways@example.org"
    guest = filled(shop, ("24-MB01", 1), email=email.lower())
    shop.do("cart/order", cart_id=guest)
    open_guest = filled(shop, ("BULK-001", 1), email=email)
    other = filled(shop, ("BULK-001", 1), email="somebody@example.org")
    customer = shop.do("customer/register", email=email, firstname="Both", lastname="Ways",
                       subscribed=True)["id"]
    first = filled(shop, ("24-MB01", 1), customer=customer, firstname="Both")
    shop.do("cart/order", cart_id=first)
    open_own = filled(shop, ("24-MB01", 1), customer=customer)
    assert show(PERSON, email=email.lower()) == (
        f"Both Ways|{customer}|2|{open_guest} open,{first} checked-out,{open_own} open,|3|"
        "subscribed")
    assert show(PERSON, email="somebody@example.org") == f"||0|{other} open,|1|"


def test_a_guest_is_called_as_in_the_last_order(shop, show):
    name = "{$mywebshop.person[$email].name}"
    for first, last, email in (("Old", "Name", "named@example.org"),
                               ("New", "Name", "Named@example.org"),
                               ("Else", "Where", "other@example.org")):
        shop.do("cart/order", cart_id=filled(shop, ("24-MB01", 1), email=email, firstname=first,
                                             lastname=last))
    assert show(name, email="named@EXAMPLE.org") == "New Name"
    shop.do("customer/register", email="named@example.org", firstname="Own", lastname="Name")
    assert show(name, email="named@example.org") == "Own Name"


def test_a_person_nobody_knows_is_empty(show):
    assert show(PERSON, email="nobody@example.org") == "||0||0|"
    assert show(PERSON, email="no address") == "||0||0|"


def test_carts_of_many_persons_are_few_questions(site, shop):
    site.write("mail.txt", "{$mywebshop.person[$email].carts|count}")
    rows = "".join('{"email":"person%d@example.org"}\n' % n for n in range(150))
    site.write("list.ndjson", rows)
    shop.reset()
    done = site.run("render", "acme", "mail.txt", "--recipients", "list.ndjson", "--output",
                    "out")
    assert done.status == 0, done.err
    assert shop.counters()["kinds"]["carts list"] <= 5


# ---- stock ----


def test_what_can_be_sold_is_less_by_what_is_ordered(shop, show):
    stock = "{$s = $mywebshop.product['BULK-005'].stock}{$s} {$s.quantity} {$s.physical} " \
            "{if $s.in_stock}yes{else}no{/if}"
    assert show(stock) == "100 100 100 yes"
    order = shop.do("cart/order", cart_id=filled(shop, ("BULK-005", 7)))["entity_id"]
    assert show(stock) == "93 93 100 yes"
    shop.do("order/ship", order_id=order)
    assert show(stock) == "93 93 93 yes"
    shop.do("product/stock", sku="BULK-005", qty=0, is_in_stock=False)
    assert show(stock) == "0 0 0 no"


def test_a_product_with_variants_has_no_quantity_of_its_own(show):
    assert show("{$s = $mywebshop.product['CFG-SHIRT'].stock}[{$s}] "
                "{if $s.in_stock}yes{/if}") == "[] yes"


def test_what_can_be_sold_is_that_of_the_websites_stock(shop, show):
    shop.do("website/stock", website="base", stock=2)
    assert shop.json("/rest/V1/inventory/get-product-salable-quantity/BULK-006/1") == 0
    assert show("{$mywebshop.product['BULK-006'].stock}") == "100"
    shop.do("website/stock", website="base", stock=1)


def test_a_shop_without_inventory_sources_sells_what_is_there(shop, show):
    shop.switch(fault="404", path="/inventory/")
    assert show("{$mywebshop.product['BULK-006'].stock}") == "100"


def test_the_right_to_see_what_can_be_sold_is_named_when_it_is_missing(site, show):
    rights = "Magento_Backend::store,Magento_Catalog::products"
    with Shop("--limited-token", f"short={rights}") as shop:
        site.account.write_text("[account]\n")
        site.integration("mywebshop", "magento2", url=shop.url, token=site.secret("short"))
        said = show("{$mywebshop.product['BULK-006'].stock}", status=LATER)
        assert "Magento_InventorySalesApi::stock" in said


# ---- what customers' own attributes mean ----


def test_attributes_of_a_customer_are_told_by_their_labels(shop, show):
    assert show("{$c = $mywebshop.customer[1]}{$c.loyalty_tier} {$c.loyalty_tier.id} "
                "{if $c.marketing_consent}consents{/if} {$c.external_ref} "
                "{$c.last_visit_on.timestamp}") == "Bronze 4 consents CRM-0000 1709161200"


def test_totals_too_large_to_be_answered_are_a_failure_not_nothing(shop, show):
    number = filled(shop, ("24-MB01", 1))
    totals = json.dumps({"grand_total": 1, "base_currency_code": "EUR",
                         "note": "x" * (7 << 20)})
    shop.switch(fault="answer", body=totals, path="/totals$")
    err = show("{$mywebshop.cart[$id].total.grand_total}", LATER, id=number)
    assert "is larger than 8 MiB" in err

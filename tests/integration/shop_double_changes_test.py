"""What is done to the shop double shows as it did in the recorded shop.

Three proofs: what a change makes has the members and types of the recorded object, orders
come to the recorded amounts to the cent, and every recorded probe of `updated_at` is done
again and moves the same objects.
"""

import json

import pytest

from magento2.client import Shop, where
from magento2.replay import load

CLOCK = "2026-11-21 20:30:00"
BAG = "24-MB01"


@pytest.fixture(scope="module")
def running():
    with Shop() as shop:
        yield shop


@pytest.fixture
def shop(running):
    running.calm()
    running.clock(now=CLOCK)
    yield running
    running.clock()


def one(shop, kind, number):
    return shop.json(f"/rest/V1/{kind}/{number}")


def filled(shop, *lines, address=True, coupon=None, customer=None, **given):
    """A cart of (SKU, quantity) lines; its number."""
    number = shop.do("cart/create", customer_id=customer)["id"]
    for sku, qty in lines:
        shop.do("cart/add", cart_id=number, sku=sku, qty=qty)
    if coupon:
        shop.do("cart/coupon", cart_id=number, code=coupon)
    if address:
        email = {} if customer else {"email": "guest@example.org"}
        shop.do("cart/address", cart_id=number, **{**email, **given})
    return number


def placed(shop, *lines, method="checkmo", **options):
    """An order of such a cart."""
    return shop.do("cart/order", cart_id=filled(shop, *lines, **options), method=method)


# ---- shapes ----


def shape(value):
    """Members and types; elements of a list as the set of what occurs."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(shape(part), sort_keys=True) for part in value})
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


def recorded(name, number=None):
    """One recorded exchange, or of all/NAME the object with that number."""
    body = load(name)["response"]["body"]
    if number is None:
        return body
    return next(e for e in body["items"] if number in (e.get("entity_id"), e.get("id")))


def empty_guest(shop):
    return one(shop, "carts", filled(shop, address=False))


def guest_with_items(shop):
    lines = ((BAG, 2), ("PRICE-4DEC", 3))
    return one(shop, "carts", filled(shop, *lines, address=False))


def guest_at_checkout(shop):
    return one(shop, "carts", filled(shop, ("CFG-SHIRT-Red-L", 2)))


def empty_customer(shop):
    customer = shop.do("customer/register", email="empty@example.com", custom_attributes=[
        {"attribute_code": "external_ref", "value": "W-1"}])
    return one(shop, "carts", filled(shop, customer=customer["id"], address=False))


def ordered_cart(shop):
    return one(shop, "carts", placed(shop, (BAG, 1))["quote_id"])


def totals_with_coupon(shop):
    number = filled(shop, ("UTF8-ÄÖ", 4), ("SP-NOW", 1), coupon="TEN")
    return one(shop, "carts", f"{number}/totals")


def totals_of_a_configurable(shop):
    return one(shop, "carts", f"{filled(shop, ('CFG-TROUSER-Blue-M', 1))}/totals")


def virtual_order(shop):
    return placed(shop, ("VIRT-1", 1), customer=5, method="banktransfer")


def guest_order(shop):
    return placed(shop, (BAG, 1), coupon="TEN")


def configurable_order(shop):
    return placed(shop, ("CFG-SHIRT-Red-L", 2))


def done(shop, lines, *steps, **options):
    number = placed(shop, *lines, **options)["entity_id"]
    for name, wanted in steps:
        shop.do(f"order/{name}", order_id=number, **wanted)
    return one(shop, "orders", number)


def canceled_order(shop):
    return done(shop, [(BAG, 2), ("PRICE-4DEC", 3)], ("cancel", {}))


def held_order(shop):
    return done(shop, [(BAG, 1)], ("hold", {}))


def paid_order(shop):
    return done(shop, [(BAG, 1)], ("pay", {}))


def complete_order(shop):
    return done(shop, [("CFG-SHIRT-Red-L", 2)], ("pay", {}), ("ship", {}), customer=4,
                coupon="TEN", method="banktransfer", company="Example B.V.", region_id=0)


def refunded_order(shop):
    steps = (("comment", {"text": "thanks"}), ("pay", {}), ("ship", {}), ("refund", {}))
    return done(shop, [(BAG, 2)], *steps)


def latest(shop, kind, order):
    query = where("order_id", order["entity_id"])
    return shop.json(f"/rest/V1/{kind}?{query}")["items"][-1]


def invoice(shop):
    return latest(shop, "invoices", paid_order(shop))


def invoice_of_a_configurable(shop):
    return latest(shop, "invoices", complete_order(shop))


def shipment(shop):
    steps = (("pay", {}), ("ship", {"tracks": ["3SABC000007"]}))
    lines = [(BAG, 2), ("PRICE-4DEC", 3)]
    return latest(shop, "shipments", done(shop, lines, *steps, customer=9))


def creditmemo(shop):
    return latest(shop, "creditmemos", refunded_order(shop))


def registered(shop):
    return shop.do("customer/register", email="new@example.com", store_id=2, taxvat="NL1",
                   custom_attributes=[{"attribute_code": "external_ref", "value": "W-2"}])


@pytest.mark.parametrize("make, name", [
    (empty_guest, ("carts/one-guest-empty",)),
    (guest_with_items, ("carts/one-guest-items",)),
    (guest_at_checkout, ("carts/one-guest-address-configurable",)),
    (empty_customer, ("carts/one-customer-empty",)),
    (ordered_cart, ("carts/one-ordered",)),
    (totals_with_coupon, ("carts/totals",)),
    (totals_of_a_configurable, ("carts/totals-configurable",)),
    (virtual_order, ("all/orders", 4)),
    (guest_order, ("all/orders", 34)),
    (configurable_order, ("all/orders", 26)),
    (canceled_order, ("all/orders", 12)),
    (held_order, ("all/orders", 16)),
    (paid_order, ("all/orders", 5)),
    (complete_order, ("all/orders", 27)),
    (refunded_order, ("all/orders", 32)),
    (invoice, ("all/invoices", 1)),
    (invoice_of_a_configurable, ("all/invoices", 12)),
    (shipment, ("all/shipments", 1)),
    (creditmemo, ("all/creditmemos", 5)),
    (registered, ("write/customer-unsubscribe",)),
], ids=lambda value: getattr(value, "__name__", None))
def test_what_a_change_makes_looks_like_the_recorded(shop, make, name):
    assert shape(make(shop)) == shape(recorded(*name))


# ---- amounts ----

NUMBERED = ("_id", "_at", "increment_id", "protect_code", "quote_id", "item_id", "id")


def values(value):
    """What is left of an object without its numbers and times."""
    if isinstance(value, dict):
        kept = {n: v for n, v in value.items() if not n.endswith(NUMBERED) or n == "product_id"}
        return {name: values(part) for name, part in kept.items()}
    return [values(part) for part in value] if isinstance(value, list) else value


def address_of(order):
    """What the customer typed, to type it again."""
    names = ("email", "firstname", "lastname", "city", "street", "postcode", "telephone")
    return {name: order["billing_address"][name] for name in names}


def test_an_order_with_a_coupon_comes_to_the_recorded_amounts(shop):
    """At the settings of then: prices include tax, the discount is taken from the net."""
    old = recorded("all/orders", 34)
    order = placed(shop, (BAG, 1), ("PRICE-4DEC", 3), coupon="TEN", **address_of(old))
    assert values(order) == values(old)


def test_an_order_that_went_all_the_way_is_the_recorded_one(shop):
    old = recorded("all/orders", 32)
    number = placed(shop, (BAG, 2), **address_of(old))["entity_id"]
    for name, wanted in (("comment", {"text": "c"}), ("hold", {}), ("unhold", {}), ("pay", {}),
                         ("ship", {}), ("refund", {})):
        shop.do(f"order/{name}", order_id=number, **wanted)
    assert values(one(shop, "orders", number)) == values(old)


def test_parts_can_be_sent_and_given_back(shop):
    number = placed(shop, (BAG, 1), ("PRICE-4DEC", 3))["entity_id"]

    def sent(order):
        return order["state"], [item["qty_shipped"] for item in order["items"]]

    shop.do("order/pay", order_id=number)
    order = shop.do("order/ship", order_id=number, items={"PRICE-4DEC": 2})
    assert sent(order) == ("processing", [0, 2])
    assert sent(shop.do("order/ship", order_id=number)) == ("complete", [1, 3])
    order = shop.do("order/refund", order_id=number, items={"24-MB01": 1}, shipping=5)
    assert (order["state"], order["total_refunded"]) == ("complete", 40)
    order = shop.do("order/refund", order_id=number)
    assert (order["state"], order["total_refunded"]) == ("closed", order["grand_total"])


# ---- stock ----

SALABLE = "inventory/get-product-salable-quantity"


def test_open_orders_take_from_what_can_be_sold(shop):
    before = one(shop, SALABLE, "24-MB01/1")
    number = placed(shop, (BAG, 2))["entity_id"]
    assert one(shop, SALABLE, "24-MB01/1") == before - 2
    physical = one(shop, "products", "24-MB01")["extension_attributes"]["stock_item"]["qty"]
    shop.do("order/pay", order_id=number)
    shop.do("order/ship", order_id=number)
    assert one(shop, SALABLE, "24-MB01/1") == before - 2
    sent = one(shop, "products", "24-MB01")["extension_attributes"]["stock_item"]["qty"]
    assert sent == physical - 2
    other = placed(shop, (BAG, 3))["entity_id"]
    shop.do("order/cancel", order_id=other)
    assert one(shop, SALABLE, "24-MB01/1") == before - 2


def test_the_recorded_stock_leaves_what_was_recorded():
    with Shop() as fresh:
        fresh.do("product/stock", sku="24-MB01", qty=95)
        ordered_later = 1
        left = load("products/salable-qty")["response"]["body"] - ordered_later
        assert one(fresh, SALABLE, "24-MB01/1") == left


# ---- updated_at ----

CHILD, TROUSER = "CFG-SHIRT-Red-S", "CFG-TROUSER"
PICTURE = {"media_gallery_entries": []}

# What the probes did: words of the recorded action -> what does the same here. "ORDER" is
# the order that a probe placed.
ACTIONS = (
    ("PUT product name (all stores)", "product", {"sku": BAG}),
    ("PUT product name in store view nl", "product",
     {"sku": BAG, "store": "nl", "changes": {"name": "Tas"}}),
    ("POST base-prices", "product/price", {"sku": BAG, "price": 34}),
    ("POST special-price-delete", "product/price", {"sku": BAG, "special_price": None}),
    ("POST special-price", "product/price", {"sku": BAG, "special_price": 30}),
    ("POST inventory/source-items", "product/stock", {"sku": BAG, "qty": 500}),
    ("PUT stockItems", "product/stock", {"sku": BAG, "qty": 400}),
    ("POST categories/{id}/products", "product/assign", {"sku": BAG, "category_id": 5}),
    ("rename a category", "category/rename", {"category_id": 4, "name": "Bags"}),
    ("POST media", "product", {"sku": BAG, "changes": PICTURE}),
    ("POST product links", "product", {"sku": BAG, "changes": {"product_links": []}}),
    ("PUT price of a configurable child", "product", {"sku": CHILD, "changes": {"price": 31}}),
    ("disable a configurable child", "product", {"sku": CHILD, "changes": {"status": 2}}),
    ("DELETE configurable child", "product", {"sku": TROUSER}),
    ("POST configurable child", "product", {"sku": TROUSER}),
    ("POST product website link", "product", {"sku": BAG}),
    ("order comment that keeps", "order/comment", {"order_id": "ORDER", "text": "c"}),
    ("hold", "order/hold", {"order_id": "ORDER"}),
    ("unhold", "order/unhold", {"order_id": "ORDER"}),
    ("invoice", "order/pay", {"order_id": "ORDER"}),
    ("shipment", "order/ship", {"order_id": "ORDER"}),
    ("add a track number", "order/track", {"shipment_id": 13, "number": "3S1"}),
    ("full credit memo", "order/refund", {"order_id": "ORDER"}),
    ("PUT customer unchanged", "customer/change", {"customer_id": 1}),
    ("PUT customer first name", "customer/change", {"customer_id": 1, "firstname": "Jo"}),
    ("PUT customer is_subscribed=false", "customer/change",
     {"customer_id": 1, "subscribed": False}),
    ("PUT customer is_subscribed=true", "customer/change",
     {"customer_id": 1, "subscribed": True}),
    ("customer unsubscribes with the link", "customer/subscribe",
     {"customer_id": 1, "subscribed": False}),
    ("PUT customer with a changed address", "customer/address",
     {"customer_id": 1, "city": "Ede"}),
    ("customer logs in (token) and changes", "customer/address",
     {"customer_id": 1, "city": "Epe"}),
    ("rename of the customer group", "group/rename", {"group_id": 4, "code": "VIP"}),
    ("add item", "cart/add", {"cart_id": 34, "sku": "BULK-001"}),
    ("change item quantity", "cart/quantity", {"cart_id": 34, "sku": "BULK-001", "qty": 3}),
    ("add coupon", "cart/coupon", {"cart_id": 34}),
    ("delete item", "cart/quantity", {"cart_id": 34, "sku": "BULK-001", "qty": 0}),
    ("shipping information", "cart/address", {"cart_id": 34}),
    ("billing address only", "cart/address", {"cart_id": 34, "shipping": False}),
    ("price of a product in the cart", "product", {"sku": BAG, "changes": {"price": 36}}),
    ("a product in the cart is disabled", "product", {"sku": BAG, "changes": {"status": 2}}),
)
READ = {"GET cart totals": "carts/36/totals", "GET cart": "carts/36"}
NOT_PLAYED = ("POST tier-prices", "rename an attribute option", "credit memo comment",
              "customer logs in only", "customer of the cart")
LISTS = {"product": "products", "category": "categories", "order": "orders",
         "customer": "customers", "cart": "carts"}


def act(shop, action, order):
    """Does what the probe did; the number of an order it placed, else `order`."""
    for words, change, wanted in ACTIONS:
        if action.startswith(words):
            given = {n: order if v == "ORDER" else v for n, v in wanted.items()}
            shop.do(change, **given)
            return order
    if action in READ:
        one(shop, *READ[action].split("/", 1))
    elif action == "customer places an order":
        number = shop.do("cart/create", customer_id=1)["id"]
        shop.do("cart/add", cart_id=number, sku="VIRT-1")
        shop.do("cart/order", cart_id=number)
    elif action.startswith("an order for the product is placed"):
        return placed(shop, (BAG, 2))["entity_id"]
    else:
        assert action.startswith(NOT_PLAYED), action
    return order


def times(shop, watched, order):
    """updated_at of what a probe watched; its order is the one placed here."""
    found = []
    for entry in watched:
        number = order if entry["kind"] == "order" else entry["id"]
        found.append(one(shop, LISTS[entry["kind"]], number)["updated_at"])
    return found


def test_every_recorded_probe_moves_the_same_times():
    probes = load("changes/probes")["probes"]
    order = None
    moved = {}
    with Shop() as shop:
        shop.clock(now=CLOCK)
        for probe in probes:
            shop.clock(advance_s=10)
            before = times(shop, probe["watched"], order)
            order = act(shop, probe["action"], order)
            after = times(shop, probe["watched"], order)
            changes = [a != b for a, b in zip(before, after)]
            moved[probe["action"]] = changes
            now = shop.clock(advance_s=0)["now"]
            assert all(new == now for new, change in zip(after, changes) if change)
    expected = {p["action"]: [w["updated_at_moved"] for w in p["watched"]] for p in probes}
    assert moved == expected
    assert len(expected) == 48


# ---- who ----


def test_a_guest_who_logs_in_takes_the_cart_along(shop):
    customer = shop.do("customer/register", email="first@example.com")["id"]
    number = filled(shop, (BAG, 1), address=False)
    cart = shop.do("cart/identify", cart_id=number, customer_id=customer)
    assert cart["customer"]["email"] == "first@example.com" and not cart["customer_is_guest"]
    assert shop.do("cart/create", customer_id=customer)["id"] == number  # has one open cart
    second = filled(shop, (BAG, 2), ("BULK-001", 1), address=False)
    joined = shop.do("cart/identify", cart_id=second, customer_id=customer)
    assert (joined["id"], joined["items_qty"]) == (number, 4)
    assert one(shop, "carts", second)["is_active"] is False


def test_a_number_may_be_reserved_before_the_order(shop):
    number = filled(shop, (BAG, 1), address=False)
    cart = shop.do("cart/reserve", cart_id=number)
    assert cart["is_active"] and cart["reserved_order_id"]
    assert shop.do("cart/order", cart_id=number)["increment_id"] == cart["reserved_order_id"]


def test_what_a_deleted_customer_leaves_is_what_was_recorded(shop):
    customer = shop.do("customer/register", email="deleteme@example.org")["id"]
    order = placed(shop, ("VIRT-1", 1), customer=customer)
    cart = filled(shop, ("BULK-007", 1), ("BULK-008", 1), customer=customer, address=False)
    shop.do("customer/delete", customer_id=customer)
    left = load("changes/order-after-customer-delete")["response"]["body"]
    order = one(shop, "orders", order["entity_id"])
    assert "customer_id" not in order and "customer_id" not in left
    assert order["customer_is_guest"] == left["customer_is_guest"] == 0
    left = load("changes/cart-after-customer-delete")["response"]["body"]["items"][0]
    cart = one(shop, "carts", cart)
    assert cart["customer"]["email"] is left["customer"]["email"] is None
    assert cart["is_active"] and left["is_active"]
    assert shop.get(f"/rest/V1/customers/{customer}").status == 404


def test_a_deleted_product_leaves_counts_as_they_were(shop):
    shop.add_product("GONE", copy_of="BULK-001")
    number = filled(shop, ("GONE", 1), ("BULK-008", 1), address=False)
    before = one(shop, "carts", number)
    shop.clock(advance_s=60)
    shop.remove_product("GONE")
    after = one(shop, "carts", number)
    assert [item["sku"] for item in after["items"]] == ["BULK-008"]
    for name in ("items_count", "items_qty", "updated_at"):
        assert after[name] == before[name]


@pytest.mark.parametrize("change, wanted, words", [
    ("customer/register", {"email": "CUSTOMER01@example.com"}, "there is a customer"),
    ("customer/change", {"customer_id": 999}, "no customers with id 999"),
    ("cart/add", {"cart_id": 1, "sku": BAG}, "cart 1 is not open"),
    ("cart/add", {"cart_id": 34, "sku": "NOPE"}, "no product with SKU 'NOPE'"),
    ("cart/order", {"cart_id": 10}, "cart 10 is empty"),
    ("cart/create", {"store_id": 4}, "in USD are not played"),
    ("order/pay", {"order_id": 32}, r"000000023 \(closed\) cannot be paid"),
    ("order/refund", {"order_id": 1}, "cannot be refunded: it is not paid"),
    ("order/ship", {"order_id": 1, "items": {BAG: 2}}, "cannot be given 2 of '24-MB01'"),
    ("order/pay", {"id": 1}, "unexpected keyword argument 'id'"),
    ("order/eat", {}, "no such control; there are: .*POST order/pay"),
])
def test_a_change_that_cannot_be_is_refused(shop, change, wanted, words):
    with pytest.raises(ValueError, match=words):
        shop.do(change, **wanted)


# ---- the clock ----


def test_the_shop_s_clock_can_be_set(shop):
    shop.clock(now="2026-03-29 00:59:59")
    assert shop.clock(advance_s=2) == {"now": "2026-03-29 01:00:01", "stands": True}
    answer = shop.get("/rest/V1/store/storeViews")
    assert answer.headers["Date"] == "Sun, 29 Mar 2026 01:00:01 GMT"
    assert shop.do("customer/change", customer_id=2)["updated_at"] == "2026-03-29 01:00:01"
    assert shop.clock()["stands"] is False


def test_what_changed_is_found_by_its_time(shop):
    """As a poll asks: from a time on, oldest first."""
    shop.clock(now="2031-01-01 00:00:00")
    orders = [placed(shop, (BAG, 1))["entity_id"] for _ in range(2)]
    shop.clock(advance_s=60)
    shop.do("order/hold", order_id=orders[0])
    query = where("updated_at", "20310101000000", "gteq") + \
        "&searchCriteria[sortOrders][0][field]=updated_at" \
        "&searchCriteria[sortOrders][0][direction]=ASC"
    found = shop.json(f"/rest/V1/orders?{query}")["items"]
    assert [o["entity_id"] for o in found] == [orders[1], orders[0]]
    assert [o["state"] for o in found] == ["new", "holded"]


def test_a_special_price_follows_the_shop_s_day(shop):
    day = "2026-12-02 00:00:00"
    shop.do("product/price", sku="BULK-002", special_price=1, special_from_date=day,
            special_to_date=day)
    query = f"storeId=1&currencyCode=EUR&{where('sku', 'BULK-002')}"

    def shown(now):
        shop.clock(now=now)
        item = shop.json(f"/rest/V1/products-render-info?{query}")["items"][0]
        return item["price_info"]["final_price"]

    assert shown("2026-12-01 22:59:59") > 1  # 23:59:59 in Amsterdam
    assert shown("2026-12-01 23:00:00") == 1
    assert shown("2026-12-02 22:59:59") == 1
    assert shown("2026-12-02 23:00:00") > 1

"""Carts: made, filled, given an address or an owner, and turned into an order.

Each change moves the cart's `updated_at` or leaves it, as recorded: a billing address
alone leaves it, so does whatever happens to the products in it.
"""

from magento2 import amounts, placing, variants

GUEST = {"email": None, "firstname": None, "lastname": None}
_NO_ADDRESS = {
    "region": None,
    "region_id": None,
    "region_code": None,
    "country_id": None,
    "street": [""],
    "telephone": None,
    "postcode": None,
    "city": None,
    "firstname": None,
    "lastname": None,
}
_ADDRESS = {
    "country_id": "NL",
    "street": ["Damrak 1"],
    "telephone": "0612345678",
    "postcode": "1012 AB",
    "city": "Amsterdam",
    "firstname": "Jan",
    "lastname": "de Vries",
}
_FLAT_RATE = "flatrate_flatrate"


def create(api, customer_id=None, store_id=1):
    """A new cart; a customer who has an open one is handed that (recorded)."""
    customers = api.collections["customers"]
    customer = None if customer_id is None else customers.find(customer_id)
    open_one = customer and _open_cart(api, customer_id)
    if open_one:
        return open_one
    now = api.clock.text()
    view = api.store.views[store_id]
    cart = {
        "id": api.collections["carts"].next_id(),
        "created_at": now,
        "updated_at": now,
        "is_active": True,
        "is_virtual": False,
        "items": [],
        "items_count": 0,
        "items_qty": 0,
        "customer": customer or GUEST,
        "billing_address": _address(api, customer, {}),
        "orig_order_id": 0,
        "currency": _currency(api, view),
        "customer_is_guest": customer is None,
        "customer_note_notify": True,
        "customer_tax_class_id": 3,
        "store_id": store_id,
        "extension_attributes": {"shipping_assignments": []},
    }
    return _keep(api, cart)


def _currency(api, view):
    """One currency all the way: what another one does to amounts is not played."""
    base = api.store.base_currency
    if view.currency != base:
        raise ValueError(f"carts of view {view.code!r} in {view.currency} are not played")
    names = ("global", "base", "store", "quote")
    codes = {f"{name}_currency_code": base for name in names}
    rates = {"store_to_base_rate": 0, "store_to_quote_rate": 0}
    return {**codes, **rates, "base_to_global_rate": 1, "base_to_quote_rate": 1}


def _address(api, customer, given, **more):
    known = {**_NO_ADDRESS, **given}
    if customer:
        known.update(customer_id=customer["id"], email=customer["email"])
    else:
        known.setdefault("email", None)
    return {
        "id": next(api.numbers),
        **known,
        "same_as_billing": 0,
        "save_in_address_book": 0,
        **more,
    }


# Items


def add(api, cart_id, sku, qty=1):
    cart = _open(api, cart_id)
    product = api.catalog.find(sku)
    if product is None:
        raise ValueError(f"no product with SKU {sku!r}")
    parent = variants.parent_of(api.catalog, product)
    items = list(cart["items"])
    at = next((n for n, item in enumerate(items) if item["sku"] == product["sku"]), None)
    if at is not None:
        items[at] = {**items[at], "qty": items[at]["qty"] + qty}
    else:
        items.append(
            {
                "item_id": next(api.numbers),
                "sku": product["sku"],
                "qty": qty,
                "name": (parent or product)["name"],
                "price": 0,
                "product_type": (parent or product)["type_id"],
                "quote_id": str(cart_id),
            }
        )
    return _changed(api, {**cart, "items": items})


def set_quantity(api, cart_id, sku, qty):
    """Of an item that is in the cart; 0 takes it out."""
    cart = _open(api, cart_id)
    if sku not in [item["sku"] for item in cart["items"]]:
        raise ValueError(f"cart {cart_id} has no item with SKU {sku!r}")
    items = [{**item, "qty": qty} if item["sku"] == sku else item for item in cart["items"]]
    return _changed(api, {**cart, "items": [item for item in items if item["qty"]]})


def apply_coupon(api, cart_id, code=amounts.COUPON):
    """The shop has one coupon; None takes it away."""
    if code not in (None, amounts.COUPON):
        raise ValueError(f"no coupon {code!r}; there is {amounts.COUPON!r}")
    cart = _open(api, cart_id)
    api.coupons[cart_id] = code
    return _changed(api, cart)


# Whose


def identify(api, cart_id, customer_id):
    """A guest logs in: the cart becomes the customer's, or goes into the one they have."""
    cart = _open(api, cart_id)
    customer = api.collections["customers"].find(customer_id)
    own = _open_cart(api, customer_id)
    if own:
        close(api, cart_id)
        for item in cart["items"]:
            own = add(api, own["id"], item["sku"], item["qty"])
        return own
    owner = {"customer_id": customer["id"], "email": customer["email"]}
    billing = {**cart["billing_address"], **owner}
    owned = {"customer": customer, "billing_address": billing, "customer_is_guest": False}
    return _changed(api, {**cart, **owned})


def give_address(api, cart_id, email=None, shipping=True, **address):
    """The address step of the checkout; without `shipping` the billing address alone."""
    cart = _open(api, cart_id)
    customer = None if cart["customer_is_guest"] else cart["customer"]
    given = {**_ADDRESS, **address, "email": email}
    cart = {**cart, "billing_address": _address(api, customer, given)}
    if not shipping:
        return _settled(api, cart)
    sent_to = _address(api, customer, given, same_as_billing=1)
    way = {"address": sent_to, "method": _FLAT_RATE}
    return _changed(api, _delivered(cart, way))


def reserve_number(api, cart_id):
    """What payment modules may do early: the number does not mean an order."""
    cart = _open(api, cart_id)
    number = placing.next_increment_id(api, "orders", cart["store_id"])
    return _keep(api, {**cart, "reserved_order_id": number})


# Its end


def close(api, cart_id):
    """Inactive without an order, as a guest's cart that went into another."""
    cart = _open(api, cart_id)
    return _keep(api, {**cart, "is_active": False, "updated_at": api.clock.text()})


def order(api, cart_id, method="checkmo"):
    """Places the order; the cart keeps its number and loses its items."""
    cart = _open(api, cart_id)
    if not cart["items"]:
        raise ValueError(f"cart {cart_id} is empty")
    if cart["billing_address"]["country_id"] is None:
        cart = give_address(api, cart_id, cart["billing_address"]["email"])
    placed = placing.place(api, cart, method)
    gone = ("items", "extension_attributes")
    ordered = {name: value for name, value in cart.items() if name not in gone}
    ordered["reserved_order_id"] = placed["increment_id"]
    _keep(api, {**ordered, "is_active": False, "updated_at": api.clock.text()})
    return placed


# How it is kept


def _open(api, cart_id):
    cart = api.collections["carts"].find(cart_id)
    if not cart["is_active"]:
        raise ValueError(f"cart {cart_id} is not open")
    return cart


def _open_cart(api, customer_id):
    for cart in api.collections["carts"].all():
        if cart["is_active"] and cart["customer"].get("id") == customer_id:
            return cart
    return None


def _changed(api, cart):
    return _settled(api, {**cart, "updated_at": api.clock.text()})


def _settled(api, cart):
    """With everything that follows from its items; prices are net once tax is known."""
    lines = amounts.of_cart(api, cart).lines
    cart = {
        **cart,
        "is_virtual": bool(lines) and all(amounts.is_virtual(line.product) for line in lines),
        "items": [{**line.item, "price": line.price} for line in lines],
        "items_count": len(lines),
        "items_qty": sum(line.qty for line in lines),
    }
    ways = cart["extension_attributes"]["shipping_assignments"]
    customer = None if cart["customer_is_guest"] else cart["customer"]
    nowhere = {"address": _address(api, customer, {}, same_as_billing=1), "method": None}
    way = ways[0]["shipping"] if ways else nowhere
    return _keep(api, _delivered(cart, way))


def _delivered(cart, way):
    items = cart["items"]
    ways = [{"shipping": way, "items": items}] if items else []
    return {**cart, "extension_attributes": {"shipping_assignments": ways}}


def _keep(api, cart):
    api.totals.forget(cart["id"])
    return api.collections["carts"].put(cart)


CHANGES = {
    "cart/create": create,
    "cart/add": add,
    "cart/quantity": set_quantity,
    "cart/coupon": apply_coupon,
    "cart/identify": identify,
    "cart/address": give_address,
    "cart/reserve": reserve_number,
    "cart/close": close,
    "cart/order": order,
}

"""Papers of an order: invoices, credit memos and shipments, as the shop writes them."""

from magento2 import amounts
from magento2.answers import plain_number
from magento2.placing import next_increment_id, with_base

_PAID = 2  # the state of an invoice and of a credit memo
_COPIED = (
    "base_currency_code",
    "base_to_global_rate",
    "base_to_order_rate",
    "billing_address_id",
    "global_currency_code",
    "order_currency_code",
    "store_currency_code",
    "store_id",
    "store_to_base_rate",
    "store_to_order_rate",
)


def lines_of(order):
    """[(item, quantity)] without the variants behind configurable ones."""
    lines = [item for item in order["items"] if "parent_item_id" not in item]
    return [(item, item["qty_ordered"]) for item in lines]


def before_discount(item):
    """An order's row_total is what is left after it."""
    return amounts.cents(item["row_total"] + item["discount_amount"])


def amounts_of(lines, shipping):
    """What these lines come to, of a line its share."""

    def share(read):
        parts = (read(item) * qty / item["qty_ordered"] for item, qty in lines)
        return amounts.cents(sum(parts))

    row = share(before_discount)
    discount = share(lambda item: item["discount_amount"])
    compensation = share(lambda item: item["discount_tax_compensation_amount"])
    tax = share(lambda item: item["tax_amount"])
    incl_tax = share(lambda item: item["row_total_incl_tax"] + item["discount_amount"])
    values = {
        "discount_amount": plain_number(-discount or 0),
        "grand_total": amounts.cents(row - discount + compensation + tax + shipping),
        "discount_tax_compensation_amount": compensation,
        "shipping_amount": shipping,
        "shipping_incl_tax": shipping,
        "shipping_tax_amount": 0,
        "subtotal": row,
        "subtotal_incl_tax": incl_tax,
        "tax_amount": tax,
    }
    return with_base(values)


# Invoices and credit memos


def invoice(api, order):
    """Of the whole order."""
    lines = lines_of(order)
    extra = {
        "can_void_flag": 0,
        "shipping_discount_tax_compensation_amount": 0,
        "base_shipping_discount_tax_compensation_amnt": 0,
        "total_qty": sum(qty for _, qty in _with_variants(order, lines)),
    }
    values = amounts_of(lines, order["shipping_amount"])
    return _write(api, "invoices", order, lines, {**values, **extra}, {})


def creditmemo(api, order, lines, values):
    more = {
        "base_cost": None,
        "base_weee_tax_row_disposition": 0,
        "weee_tax_applied": "[]",
        "weee_tax_applied_row_amount": 0,
        "weee_tax_row_disposition": 0,
    }
    extra = with_base({"adjustment": 0})
    return _write(api, "creditmemos", order, lines, {**values, **extra}, more)


def _write(api, kind, order, lines, values, more):
    """`more`: what each of its items has beside."""
    paper = {
        **_beginning(api, kind, order),
        **values,
        **{name: order[name] for name in _COPIED},
        "state": _PAID,
    }
    paper["items"] = [
        {**_item(api, paper, item, qty), **more} for item, qty in _with_variants(order, lines)
    ]
    if not order["is_virtual"]:
        paper["shipping_address_id"] = _shipping_address_id(order)
    if "discount_description" in order:
        paper["discount_description"] = order["discount_description"]
    return api.collections[kind].put(paper)


def _beginning(api, kind, order):
    now = api.clock.text()
    return {
        "created_at": now,
        "updated_at": now,
        "entity_id": api.collections[kind].next_id(),
        "increment_id": next_increment_id(api, kind, order["store_id"]),
        "order_id": order["entity_id"],
        "comments": [],
    }


def _with_variants(order, lines):
    """The variants too, each behind its line."""
    quantities = {item["item_id"]: qty for item, qty in lines}
    found = []
    for item in order["items"]:
        qty = quantities.get(item.get("parent_item_id", item["item_id"]))
        if qty:
            found.append((item, qty))
    return found


def _item(api, paper, item, qty):
    shown = {**_item_facts(api, paper, item, qty), "base_price": item["price"]}
    if "parent_item_id" in item:
        return shown
    share = qty / item["qty_ordered"]
    compensation = item["discount_tax_compensation_amount"]
    values = {
        "discount_tax_compensation_amount": amounts.cents(compensation * share),
        "price_incl_tax": item["price_incl_tax"],
        "row_total": amounts.cents(before_discount(item) * share),
        "row_total_incl_tax": amounts.cents(item["price_incl_tax"] * qty),
        "tax_amount": amounts.cents(item["tax_amount"] * share),
    }
    if item["discount_amount"]:
        values["discount_amount"] = amounts.cents(item["discount_amount"] * share)
    return {**shown, **with_base(values)}


def _item_facts(api, paper, item, qty):
    return {
        "entity_id": next(api.numbers),
        "name": item["name"],
        "order_item_id": item["item_id"],
        "parent_id": paper["entity_id"],
        "price": item["price"],
        "product_id": item["product_id"],
        "qty": qty,
        "sku": item["sku"],
    }


def _shipping_address_id(order):
    shipping = order["extension_attributes"]["shipping_assignments"][0]["shipping"]
    return shipping["address"]["entity_id"]


# Shipments


def shipment(api, order, lines):
    paper = {
        **_beginning(api, "shipments", order),
        "billing_address_id": order["billing_address_id"],
        "packages": [],
        "shipping_address_id": _shipping_address_id(order),
        "store_id": order["store_id"],
        "total_qty": sum(qty for _, qty in lines),
        "tracks": [],
        "extension_attributes": {"source_code": "default"},
    }
    paper["items"] = [
        {**_item_facts(api, paper, item, qty), "weight": item["weight"]} for item, qty in lines
    ]
    if "customer_id" in order:
        paper["customer_id"] = order["customer_id"]
    return api.collections["shipments"].put(paper)


def track(api, shipment_id, number, carrier="PostNL"):
    """A track number: of the shipment; the order does not notice."""
    paper = api.collections["shipments"].find(shipment_id)
    now = api.clock.text()
    added = {
        "order_id": paper["order_id"],
        "created_at": now,
        "entity_id": next(api.numbers),
        "parent_id": shipment_id,
        "updated_at": now,
        "weight": None,
        "qty": None,
        "description": None,
        "track_number": number,
        "title": carrier,
        "carrier_code": "custom",
    }
    return api.collections["shipments"].put({**paper, "tracks": [*paper["tracks"], added]})

"""What happens to an order: paid, sent, refunded, cancelled, held, spoken about.

Each moves the order's `updated_at` or leaves it, as recorded: a comment that keeps the
status leaves it, so do a track number and a shipment's comment. The products of an order
are never touched, only their stock.
"""

from magento2 import amounts, copies, papers, products
from magento2.placing import keep, with_base


def pay(api, order_id):
    """An invoice of the whole order."""
    order = _order(api, order_id)
    open_one = order["state"] in ("new", "processing") and "total_paid" not in order
    _require(open_one, order, "paid")
    papers.invoice(api, order)
    paid = {
        "discount_invoiced": order["discount_amount"],
        "discount_tax_compensation_invoiced": order["discount_tax_compensation_amount"],
        "shipping_invoiced": order["shipping_amount"],
        "subtotal_invoiced": order["subtotal"],
        "tax_invoiced": order["tax_amount"],
        "total_due": 0,
        "total_invoiced": order["grand_total"],
        "total_paid": order["grand_total"],
    }
    payment = {
        "amount_paid": order["grand_total"],
        "shipping_captured": order["shipping_amount"],
    }
    order["items"] = [_paid(api, item) for item in order["items"]]
    order["payment"] = {**order["payment"], **with_base(payment)}
    return _moved(api, {**order, **with_base(paid), "base_total_invoiced_cost": 0})


def ship(api, order_id, items=None, tracks=(), carrier="PostNL"):
    """All that is left, or `items`: SKU -> quantity. The stock gets less by it."""
    order = _order(api, order_id)
    _require(order["state"] in ("new", "processing"), order, "sent")
    lines = _chosen(order, items, lambda item: item["qty_ordered"] - item["qty_shipped"])
    lines = [(item, qty) for item, qty in lines if not item["is_virtual"]]
    _require(lines, order, "sent: nothing is left")
    number = papers.shipment(api, order, lines)["entity_id"]
    sent = {item["item_id"]: qty for item, qty in lines}
    for item, qty in lines:
        products.take_from_stock(api, item["sku"], qty)
    order["items"] = [_sent(api, item, sent) for item in order["items"]]
    order = _moved(api, order)
    for text in tracks:
        papers.track(api, number, text, carrier)
    return order


def refund(api, order_id, items=None, shipping=None):
    """A credit memo of all that is paid, or of `items`: SKU -> quantity, and `shipping`."""
    order = _order(api, order_id)
    _require("total_paid" in order, order, "refunded: it is not paid")
    lines = _chosen(order, items, lambda item: item["qty_invoiced"] - item["qty_refunded"])
    if shipping is None:
        left = order["shipping_amount"] - order.get("shipping_refunded", 0)
        shipping = left if items is None else 0
    values = papers.amounts_of(lines, shipping)
    papers.creditmemo(api, order, lines, values)
    back = {item["item_id"]: qty for item, qty in lines}
    order["items"] = [_given_back(api, item, back) for item in order["items"]]
    order.update(_refunds(order, values))
    payment = {
        "amount_refunded": order["total_refunded"],
        "shipping_refunded": order["shipping_refunded"],
    }
    order["payment"] = {**order["payment"], **with_base(payment)}
    order = _moved(api, order)
    said = f"We refunded \N{EURO SIGN}{values['grand_total']:.2f} offline."
    history = {**_history(api, order, said), "entity_name": "creditmemo"}
    return keep(api, {**order, "status_histories": [history, *order["status_histories"]]})


def copy(api, order_id, count):
    """As many orders more, placed now: 9 and the entity id in eight digits are their numbers."""
    orders = api.collections["orders"]
    now, first = api.clock.text(), orders.next_id()
    placed = {**_order(api, order_id), "created_at": now, "updated_at": now}
    orders.put_all(copies.copy_order(placed, first, count))
    return {"first": first, "count": count}


def cancel(api, order_id):
    order = _order(api, order_id)
    _require(order["state"] == "new", order, "cancelled")
    canceled = {
        "discount_canceled": abs(order["discount_amount"]),
        "shipping_canceled": order["shipping_amount"],
        "subtotal_canceled": order["subtotal"],
        "tax_canceled": order["tax_amount"],
        "total_canceled": order["grand_total"],
    }
    order["items"] = _with_parents([_canceled(api, item) for item in order["items"]])
    order.update(with_base(canceled), state="canceled", status="canceled")
    return _saved(api, order)


def hold(api, order_id):
    order = _order(api, order_id)
    _require(order["state"] in ("new", "processing"), order, "held")
    before = {"hold_before_state": order["state"], "hold_before_status": order["status"]}
    return _saved(api, {**order, **before, "state": "holded", "status": "holded"})


def unhold(api, order_id):
    order = _order(api, order_id)
    _require(order["state"] == "holded", order, "released")
    state, status = order.pop("hold_before_state"), order.pop("hold_before_status")
    return _saved(api, {**order, "state": state, "status": status})


def comment(api, order_id, text, status=None):
    """A comment; with another status, which is shop-defined text, the order moves."""
    order = _order(api, order_id)
    moves = status not in (None, order["status"])
    order["status"] = status or order["status"]
    order["status_histories"] = [_history(api, order, text), *order["status_histories"]]
    return _saved(api, order) if moves else keep(api, order)


def _history(api, order, text):
    return {
        "comment": text,
        "created_at": api.clock.text(),
        "entity_id": next(api.numbers),
        "is_customer_notified": 0,
        "is_visible_on_front": 0,
        "parent_id": order["entity_id"],
        "status": order["status"],
    }


# The order


def _order(api, order_id):
    return dict(api.collections["orders"].find(order_id))


def _require(fine, order, what):
    if not fine:
        number, state = order["increment_id"], order["state"]
        raise ValueError(f"order {number} ({state}) cannot be {what}")


def _chosen(order, wanted, left):
    """[(item, quantity)] of the `wanted` SKUs; all that is left when nothing is said."""
    lines = [(item, left(item)) for item, _ in papers.lines_of(order)]
    if wanted is not None:
        most = {item["sku"]: qty for item, qty in lines}
        for sku, qty in wanted.items():
            _require(qty <= most.get(sku, 0), order, f"given {qty} of {sku!r}")
        lines = [(item, wanted.get(item["sku"], 0)) for item, _ in lines]
    return [(item, qty) for item, qty in lines if qty > 0]


def _saved(api, order):
    return keep(api, {**order, "updated_at": api.clock.text()})


def _moved(api, order):
    """With the state that follows from what was paid, sent and given back."""
    paid = "total_paid" in order
    if paid and order.get("total_refunded") == order["total_paid"]:
        state = "closed"
    elif paid and all(_is_sent(item) for item, _ in papers.lines_of(order)):
        state = "complete"
    else:
        state = "processing"
    items = _with_parents(order["items"])
    return _saved(api, {**order, "items": items, "state": state, "status": state})


def _is_sent(item):
    return item["is_virtual"] or item["qty_shipped"] == item["qty_ordered"]


def _refunds(order, values):
    """What all credit memos together come to."""
    more = {
        "discount_refunded": abs(values["discount_amount"]),
        "discount_tax_compensation_refunded": values["discount_tax_compensation_amount"],
        "shipping_refunded": values["shipping_amount"],
        "shipping_tax_refunded": 0,
        "subtotal_refunded": values["subtotal"],
        "tax_refunded": values["tax_amount"],
        "total_offline_refunded": values["grand_total"],
        "total_refunded": values["grand_total"],
        "adjustment_negative": 0,
        "adjustment_positive": 0,
    }
    total = {name: amounts.cents(order.get(name, 0) + more[name]) for name in more}
    return {**with_base(total), "customer_note_notify": 0}


# Its items


def _with_parents(items):
    """A variant carries the line it belongs to, as that is now."""
    by_id = {item["item_id"]: item for item in items}
    shown = []
    for item in items:
        parent = by_id.get(item.get("parent_item_id"))
        shown.append({**item, "parent_item": parent} if parent else item)
    return shown


def _changed(api, item, values):
    return {**item, **values, "updated_at": api.clock.text()}


def _paid(api, item):
    compensation = item.get("discount_tax_compensation_amount", 0)
    values = {
        "discount_invoiced": item["discount_amount"],
        "discount_tax_compensation_invoiced": compensation,
        "row_invoiced": papers.before_discount(item),
        "tax_invoiced": item["tax_amount"],
    }
    shown = {**with_base(values), "qty_invoiced": item["qty_ordered"]}
    if "parent_item_id" not in item:
        shown["weee_tax_applied"] = "[]"
    return _changed(api, item, shown)


def _sent(api, item, quantities):
    qty = quantities.get(item["item_id"], 0)
    return _changed(api, item, {"qty_shipped": item["qty_shipped"] + qty}) if qty else item


def _given_back(api, item, quantities):
    """A variant is given back with its line."""
    qty = quantities.get(item.get("parent_item_id", item["item_id"]), 0)
    if not qty:
        return item
    whole = {
        "amount_refunded": papers.before_discount(item),
        "discount_refunded": item["discount_amount"],
        "discount_tax_compensation_refunded": item.get("discount_tax_compensation_amount", 0),
        "tax_refunded": item["tax_amount"],
    }
    share = qty / item["qty_ordered"]
    values = {
        name: amounts.cents(item.get(name, 0) + amount * share)
        for name, amount in whole.items()
    }
    back = {**with_base(values), "qty_refunded": item["qty_refunded"] + qty}
    return _changed(api, item, back)


def _canceled(api, item):
    values = {
        "qty_canceled": item["qty_ordered"],
        "tax_canceled": item["tax_amount"],
        "discount_tax_compensation_canceled": item.get("discount_tax_compensation_amount", 0),
    }
    return _changed(api, item, values)


CHANGES = {
    "order/pay": pay,
    "order/ship": ship,
    "order/track": papers.track,
    "order/refund": refund,
    "order/cancel": cancel,
    "order/copy": copy,
    "order/hold": hold,
    "order/unhold": unhold,
    "order/comment": comment,
}

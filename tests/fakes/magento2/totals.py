"""carts/{id}/totals: what a cart comes to. An ordered or closed cart has none.

Carts that nobody touched since the recording have their recorded totals, at the prices of
then; every other cart is computed.
"""

import json

from magento2 import amounts, answers, variants
from magento2.query import as_integer, is_numeric

_RECORDED = (35, "carts/totals"), (36, "carts/totals-configurable")
_CARRIER = "Shipping & Handling"
_FLAT_RATE = f"{_CARRIER} (Flat Rate - Fixed)"


class Totals:
    def __init__(self, recorded):
        self._recorded = {number: recorded.body(name) for number, name in _RECORDED}

    def forget(self, number):
        """The cart was touched: computed from now on."""
        self._recorded.pop(number, None)

    def one(self, api, text):
        if not is_numeric(text):
            raise answers.wrong_type(text, "int")
        number = as_integer(text)
        cart = api.collections["carts"].get(number)
        if cart is None or not cart["is_active"]:
            raise answers.no_such_entity("cartId", number)
        return self._recorded.get(number) or _computed(api, cart)


def _computed(api, cart):
    coupon = api.coupons.get(cart["id"])
    total = amounts.of_cart(api, cart, coupon)
    values = {
        "grand_total": total.grand_total,
        "subtotal": total.sum("row"),
        "discount_amount": -total.sum("discount"),
        "subtotal_with_discount": amounts.cents(total.sum("row") - total.sum("discount")),
        "shipping_amount": total.shipping,
        "shipping_discount_amount": 0,
        "tax_amount": total.sum("tax"),
        "weee_tax_applied_amount": None,
        "shipping_tax_amount": 0,
        "subtotal_incl_tax": total.sum("row_incl_tax"),
        "shipping_incl_tax": total.shipping,
    }
    shown = _with_base(values, but=("weee_tax_applied_amount", "subtotal_incl_tax"))
    shown["base_currency_code"] = cart["currency"]["base_currency_code"]
    shown["quote_currency_code"] = cart["currency"]["quote_currency_code"]
    if coupon:
        shown["coupon_code"] = coupon
    shown["items_qty"] = cart["items_qty"]
    shown["items"] = [_line(api, line) for line in total.lines]
    shown["total_segments"] = _segments(total, amounts.method_of(cart))
    if coupon:
        shown["extension_attributes"] = {"coupon_label": amounts.COUPON_LABEL}
    return shown


def _with_base(values, but=()):
    """Each amount also in the base currency, which is the same one."""
    shown = {}
    for name, value in values.items():
        shown[name] = value
        if name not in but:
            shown[f"base_{name}"] = value
    return shown


def _line(api, line):
    values = {
        "price": line.price,
        "qty": line.qty,
        "row_total": line.row,
        "row_total_with_discount": 0,
        "tax_amount": line.tax,
        "tax_percent": line.tax_percent,
        "discount_amount": line.discount,
        "discount_percent": line.discount_percent,
        "price_incl_tax": line.price_incl_tax,
        "row_total_incl_tax": line.row_incl_tax,
    }
    single = ("qty", "row_total_with_discount", "tax_percent", "discount_percent")
    options = [
        {"value": value["label"], "label": attribute["default_frontend_label"]}
        for attribute, value in variants.chosen(api, line.product)
    ]
    return {
        "item_id": line.item["item_id"],
        **_with_base(values, but=single),
        "options": json.dumps(options, separators=(",", ":")),
        "weee_tax_applied_amount": None,
        "weee_tax_applied": None,
        "name": line.item["name"],
    }


def _segments(total, method):
    segments = [("subtotal", "Subtotal", total.sum("row"), {})]
    if total.sum("discount"):
        title = f"Discount ({amounts.COUPON_LABEL})"
        segments.append(("discount", title, -total.sum("discount"), {}))
    carrier = _FLAT_RATE if method else _CARRIER
    segments.append(("shipping", carrier, total.shipping, {}))
    details = [
        {
            "amount": amount,
            "rates": [{"percent": str(percent), "title": f"NL-{percent}"}],
            "group_id": group,
        }
        for group, (percent, amount) in enumerate(total.taxes(), 1)
    ]
    taxes = {"extension_attributes": {"tax_grandtotal_details": details}}
    segments.append(("tax", "Tax", total.sum("tax"), taxes))
    segments.append(("grand_total", "Grand Total", total.grand_total, {"area": "footer"}))
    return [
        {"code": code, "title": title, "value": value, **more}
        for code, title, value, more in segments
    ]

"""An order made of a cart: what the shop writes down of products, customer and amounts."""

import secrets

from magento2 import amounts, variants
from magento2.answers import plain_number
from magento2.collection import custom_attribute

METHODS = {"checkmo": "Check / Money order", "banktransfer": "Bank Transfer Payment"}
# Members of a customer that an order copies when the customer has them.
_COPIED = ("gender", "middlename", "prefix", "suffix", "taxvat")


def with_base(values):
    """Every amount also in the base currency, which is the same one."""
    return {**values, **{f"base_{name}": value for name, value in values.items()}}


def next_increment_id(api, kind, store_id):
    """Numbered per store view: that of the first has no prefix."""
    prefix = "" if store_id == 1 else str(store_id)
    taken = [
        int(entry["increment_id"][len(prefix) :])
        for entry in api.collections[kind].all()
        if entry["store_id"] == store_id
    ]
    return f"{prefix}{max(taken, default=0) + 1:09d}"


def place(api, cart, method):
    if method not in METHODS:
        raise ValueError(f"unknown payment method; there are: {', '.join(METHODS)}")
    coupon = api.coupons.get(cart["id"])
    total = amounts.of_cart(api, cart, coupon)
    now = api.clock.text()
    number = api.collections["orders"].next_id()
    taxes = [(next(api.numbers), percent, amount) for percent, amount in total.taxes()]
    items, item_taxes = _items(api, cart, total, number, taxes, coupon)
    order = {
        **_amounts(total),
        **_numbers(api, cart, number),
        **_customer(cart),
        **(_coupon(coupon) if coupon else {}),
        "created_at": now,
        "updated_at": now,
        "is_virtual": int(cart["is_virtual"]),
        "state": "new",
        "status": "pending",
        "total_item_count": len(total.lines),
        "total_qty_ordered": cart["items_qty"],
        "weight": plain_number(sum(item.get("row_weight", 0) for item in items)),
        "items": items,
        "payment": _payment(api, number, method, total),
        "status_histories": [],
    }
    if not cart["is_virtual"]:
        order["shipping_description"] = "Flat Rate - Fixed"
    order["billing_address"] = _address(api, cart["billing_address"], "billing", number)
    order["billing_address_id"] = order["billing_address"]["entity_id"]
    order["extension_attributes"] = {
        "shipping_assignments": [{"shipping": _shipping(api, cart, number)}],
        "payment_additional_info": _payment_info(method),
        **_tax_attributes(number, taxes, item_taxes),
    }
    return keep(api, order)


def keep(api, order):
    """The items stand in an order twice, and so does what delivery costs."""
    extension = order["extension_attributes"]
    shipping = extension["shipping_assignments"][0]["shipping"]
    costs = ("shipping_", "base_shipping_")
    total = {
        name: value
        for name, value in order.items()
        if name.startswith(costs) and name != "shipping_description"
    }
    assignment = {"shipping": {**shipping, "total": total}, "items": order["items"]}
    extension = {**extension, "shipping_assignments": [assignment]}
    return api.collections["orders"].put({**order, "extension_attributes": extension})


def _amounts(total):
    values = {
        "discount_amount": plain_number(-total.sum("discount") or 0),
        "grand_total": total.grand_total,
        "discount_tax_compensation_amount": total.sum("compensation"),
        "subtotal": total.sum("row"),
        "subtotal_incl_tax": total.sum("row_incl_tax"),
        "tax_amount": total.sum("tax"),
        "total_due": total.grand_total,
    }
    return {**with_base(values), **_shipping_amounts(total.shipping)}


def _shipping_amounts(shipping):
    values = {
        "shipping_amount": shipping,
        "shipping_discount_amount": 0,
        "shipping_incl_tax": shipping,
        "shipping_tax_amount": 0,
    }
    shown = with_base(values)
    shown["shipping_discount_tax_compensation_amount"] = 0
    shown["base_shipping_discount_tax_compensation_amnt"] = 0  # the shop's own spelling
    return shown


def _numbers(api, cart, number):
    view = api.store.views[cart["store_id"]]
    currency = cart["currency"]
    return {
        "entity_id": number,
        "increment_id": next_increment_id(api, "orders", cart["store_id"]),
        "protect_code": secrets.token_hex(16),
        "quote_id": cart["id"],
        "remote_ip": "127.0.0.1",
        "store_id": cart["store_id"],
        "store_name": api.store.long_name(view),
        "email_sent": 1,
        "base_currency_code": currency["base_currency_code"],
        "global_currency_code": currency["global_currency_code"],
        "store_currency_code": currency["store_currency_code"],
        "order_currency_code": currency["quote_currency_code"],
        "base_to_global_rate": 1,
        "base_to_order_rate": 1,
        "store_to_base_rate": 0,
        "store_to_order_rate": 0,
    }


def _customer(cart):
    """Of a guest, the names of the billing address."""
    guest = cart["customer_is_guest"]
    person = cart["billing_address"] if guest else cart["customer"]
    shown = {
        "customer_email": cart["billing_address"]["email"],
        "customer_firstname": person["firstname"],
        "customer_lastname": person["lastname"],
        "customer_is_guest": int(guest),
        "customer_group_id": 0 if guest else person["group_id"],
        "customer_note_notify": 1,
    }
    if not guest:
        shown["customer_id"] = person["id"]
        copied = [name for name in _COPIED if name in person]
        shown.update({f"customer_{name}": person[name] for name in copied})
        if "dob" in person:
            shown["customer_dob"] = f"{person['dob']} 00:00:00"
    return shown


def _coupon(code):
    return {
        "applied_rule_ids": amounts.COUPON_RULE,
        "coupon_code": code,
        "discount_description": amounts.COUPON_LABEL,
    }


def _payment(api, number, method, total):
    given = [METHODS[method], None] if method == "banktransfer" else [METHODS[method]]
    values = {"amount_ordered": total.grand_total, "shipping_amount": total.shipping}
    return {
        "account_status": None,
        "additional_information": given,
        **with_base(values),
        "cc_last4": None,
        "entity_id": next(api.numbers),
        "method": method,
        "parent_id": number,
    }


def _payment_info(method):
    title = [{"key": "method_title", "value": METHODS[method]}]
    more = [{"key": "instructions", "value": "null"}] if method == "banktransfer" else []
    return title + more


def _address(api, address, kind, number):
    names = ("city", "country_id", "email", "firstname", "lastname", "postcode", "telephone")
    given = [name for name in ("company", "region_id") if address.get(name) is not None]
    return {
        "address_type": kind,
        **{name: address[name] for name in (*names, *given)},
        "street": address["street"],
        "entity_id": next(api.numbers),
        "parent_id": number,
    }


def _shipping(api, cart, number):
    """A virtual order goes nowhere: neither address nor method."""
    if cart["is_virtual"]:
        return {}
    to = cart["extension_attributes"]["shipping_assignments"][0]["shipping"]["address"]
    return {
        "address": _address(api, to, "shipping", number),
        "method": amounts.method_of(cart),
    }


# Items


def _items(api, cart, total, number, taxes, coupon):
    """The lines, each of a configurable with its variant behind it; and their taxes."""
    items, item_taxes = [], []
    for line in total.lines:
        item = _item(api, line, number, coupon)
        applied = [tax for tax in taxes if tax[1] == line.tax_percent]
        itemized = [_itemized(api, tax, item["item_id"], line.tax) for tax in applied]
        item["extension_attributes"] = {"itemized_taxes": itemized}
        items.append(item)
        item_taxes += [_item_tax(item["item_id"], line.tax_percent, line.tax)] * len(applied)
        if line.item["product_type"] == "configurable":
            items.append(_variant(api, line, item))
    for item in items:
        item["store_id"] = cart["store_id"]
    return items, item_taxes


def _item(api, line, number, coupon):
    now = api.clock.text()
    parent = variants.parent_of(api.catalog, line.product)
    values = {
        "amount_refunded": 0,
        "discount_amount": line.discount,
        "discount_invoiced": 0,
        "discount_tax_compensation_amount": line.compensation,
        "original_price": line.catalogue_price,
        "price": line.price,
        "price_incl_tax": line.price_incl_tax,
        "row_invoiced": 0,
        # After the discount, unlike everywhere else: the API computes them on their way out.
        "row_total": amounts.cents(line.row - line.discount),
        "row_total_incl_tax": amounts.cents(line.row_incl_tax - line.discount),
        "tax_amount": line.tax,
        "tax_invoiced": 0,
    }
    item = {
        **with_base(values),
        **_item_facts(api, line.product, line.qty, number, now),
        **({"applied_rule_ids": amounts.COUPON_RULE} if coupon else {}),
        "discount_percent": line.discount_percent,
        "name": line.item["name"],
        "product_id": (parent or line.product)["id"],
        "product_type": line.item["product_type"],
        "tax_percent": line.tax_percent,
    }
    if parent:
        chosen = [
            {"option_id": str(choice["attribute_id"]), "option_value": int(option["value"])}
            for choice, option in variants.chosen(api, line.product)
        ]
        item["product_option"] = {
            "extension_attributes": {"configurable_item_options": chosen},
        }
    return item


def _item_facts(api, product, qty, number, now):
    facts = {
        "created_at": now,
        "updated_at": now,
        "free_shipping": 0,
        "is_qty_decimal": 0,
        "is_virtual": int(amounts.is_virtual(product)),
        "item_id": next(api.numbers),
        "no_discount": 0,
        "order_id": number,
        "qty_canceled": 0,
        "qty_invoiced": 0,
        "qty_ordered": qty,
        "qty_refunded": 0,
        "qty_shipped": 0,
        "quote_item_id": next(api.numbers),
        "row_weight": 0,
        "sku": product["sku"],
    }
    if "weight" in product:
        facts["weight"] = product["weight"]
        facts["row_weight"] = plain_number(product["weight"] * qty)
    return facts


def _variant(api, line, parent):
    """Behind a configurable: the thing itself, at no price of its own."""
    values = {
        "amount_refunded": 0,
        "discount_amount": 0,
        "discount_invoiced": 0,
        "price": 0,
        "row_invoiced": 0,
        "row_total": 0,
        "row_total_incl_tax": 0,
        "tax_amount": 0,
        "tax_invoiced": 0,
    }
    number, now = parent["order_id"], parent["created_at"]
    return {
        **with_base(values),
        **_item_facts(api, line.product, line.qty, number, now),
        "discount_percent": 0,
        "extension_attributes": {"itemized_taxes": []},
        "name": line.product["name"],
        "original_price": 0,
        "parent_item": parent,
        "parent_item_id": parent["item_id"],
        "product_id": line.product["id"],
        "product_type": line.product["type_id"],
        "row_weight": 0,
        "tax_percent": 0,
    }


# Taxes


def _applied(percent, amount):
    code = f"NL-{percent}"
    return {
        "code": code, "title": code, "percent": percent, "amount": amount,
        "base_amount": amount,
    }


def _itemized(api, tax, item_id, amount):
    number, percent, _ = tax
    return {
        "tax_item_id": next(api.numbers),
        "tax_id": number,
        "item_id": item_id,
        "tax_code": f"NL-{percent}",
        "tax_percent": percent,
        "amount": amount,
        "base_amount": amount,
        "real_amount": amount,
        "real_base_amount": amount,
        "taxable_item_type": "product",
    }


def _item_tax(item_id, percent, amount):
    return {
        "type": "product", "item_id": item_id, "applied_taxes": [_applied(percent, amount)],
    }


def _tax_attributes(number, taxes, item_taxes):
    return {
        "applied_taxes": [_applied(percent, amount) for _, percent, amount in taxes],
        "item_applied_taxes": item_taxes,
        "converting_from_quote": False,
        "taxes": [
            {
                "tax_id": tax_id,
                "order_id": number,
                **_applied(percent, amount),
                "base_real_amount": amount,
                "priority": 0,
                "position": 0,
                "process": 0,
            }
            for tax_id, percent, amount in taxes
        ],
        "additional_itemized_taxes": [],
    }

"""Makes the shop bigger: copies of recorded products, P000001 and up, and of orders.

A copy shares everything with its original except id, SKU, name, price, URL key and times.
100,000 of them take about 150 MB, because what is shared exists once.
"""

from datetime import datetime, timedelta

FIRST_COPY_ID = 1000
LINES = 3  # of a copied order
_FIRST_TIME = datetime(2026, 1, 1)


def make_copies(products, stock, wanted):
    """Yields (copy, original) until there are `wanted` products in all."""
    originals = [product for product in products if _is_plain(product, stock)]
    for number in range(1, wanted - len(products) + 1):
        original = originals[number % len(originals)]
        yield make_copy(original, number), original


def make_copy(original, number):
    # Pairs of copies share a second, so that a list sorted by time has ties.
    moment = (_FIRST_TIME + timedelta(seconds=number // 2)).isoformat(" ")
    return {
        **original,
        "id": FIRST_COPY_ID + number,
        "sku": f"P{number:06d}",
        "name": f"{original['name']} {number}",
        "price": copy_price(number),
        "created_at": moment,
        "updated_at": moment,
        "custom_attributes": with_url_key(original, f"copy-{number}"),
    }


def copy_price(number):
    """Spread over 1.00 to 199.99, the same in every run."""
    cents = 100 + number * 7919 % 19900
    return cents // 100 if cents % 100 == 0 else cents / 100


def with_url_key(original, ending):
    return [
        {**attribute, "value": f"{attribute['value']}-{ending}"}
        if attribute["attribute_code"] == "url_key"
        else attribute
        for attribute in original["custom_attributes"]
    ]


def make_orders(orders, products, wanted):
    """Orders 900000001 and up, each of three of the first `products` copies of products."""
    original = next(order for order in orders if _is_of_simple_lines(order))
    for number in range(1, wanted + 1):
        order_id = FIRST_COPY_ID + number
        items = [
            {
                **item,
                "item_id": order_id * LINES + line,
                "order_id": order_id,
                "sku": f"P{(number * LINES + line) % products + 1:06d}",
            }
            for line, item in enumerate(original["items"])
        ]
        yield {
            **original,
            "entity_id": order_id,
            "increment_id": f"9{number:08d}",
            "items": items,
        }


def copy_order(order, first, wanted):
    """Orders `first` and up, which are as that one but for their numbers."""
    for order_id in range(first, first + wanted):
        yield {**order, "entity_id": order_id, "increment_id": f"9{order_id:08d}"}


def _is_of_simple_lines(order):
    return len(order["items"]) == LINES and all(
        item["product_type"] == "simple" for item in order["items"]
    )


def _is_plain(product, stock):
    """Something a guest can buy, without parts, links, options or special prices."""
    codes = {attribute["attribute_code"] for attribute in product["custom_attributes"]}
    return (
        product["type_id"] == "simple"
        and product["status"] == 1
        and product["visibility"] == 4
        and 1 in product["extension_attributes"]["website_ids"]
        and stock[product["sku"]]["is_in_stock"]
        and not (product["product_links"] or product["options"] or product["tier_prices"])
        and "special_price" not in codes
    )

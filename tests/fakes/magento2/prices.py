"""What a guest pays, and whether a product can be bought: the storefront's own view.

Known from the recorded storefront prices: a configurable or grouped product has the
lowest price of its parts that can be bought, a bundle the sum of its default parts. Tier
prices and price rules are not played.
"""

from zoneinfo import ZoneInfo

from magento2.collection import custom_attribute

ENABLED = 1


def regular_price(catalog, product, view):
    """The price before any special price; a grouped product has none of its own."""
    return _price(catalog, product, view, regular=True)


def final_price(catalog, product, view):
    return _price(catalog, product, view, regular=False)


def _price(catalog, product, view, regular):
    kind = product["type_id"]
    if kind in ("configurable", "grouped"):
        if kind == "grouped" and regular:
            return 0
        parts = [part for part in catalog.parts(product) if is_salable(catalog, part)]
        return min((_price(catalog, part, view, regular) for part in parts), default=0)
    if kind == "bundle":
        return sum(_price(catalog, part, view, regular) for part in catalog.parts(product))
    price = catalog.read(product, "price", view) or 0
    special = None if regular else _special_price(catalog.clock, product, view)
    return price if special is None else min(price, special)


def _special_price(clock, product, view):
    """The special price while its dates, both included, cover the shop's local day."""
    price = custom_attribute(product, "special_price")
    if price is None:
        return None
    today = clock.now().astimezone(ZoneInfo(view.timezone)).date().isoformat()
    first = custom_attribute(product, "special_from_date") or ""
    last = custom_attribute(product, "special_to_date") or "9999"
    return float(price) if first[:10] <= today <= last[:10] else None


def is_salable(catalog, product):
    if product["status"] != ENABLED or not catalog.stock_item(product)["is_in_stock"]:
        return False
    parts = catalog.parts(product)
    return not parts or any(is_salable(catalog, part) for part in parts)


def is_on_website(product, view):
    return view.website in product["extension_attributes"]["website_ids"]


def index_price(catalog, product, view):
    """The storefront's price index, by which a list sorted by price is ordered.

    Products that are disabled, sold out or on another website are not in it (None).
    """
    if not (is_on_website(product, view) and is_salable(catalog, product)):
        return None
    return final_price(catalog, product, view)

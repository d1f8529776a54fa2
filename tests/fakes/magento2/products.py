"""Changes to products and categories, each as one way of the shop makes it.

Editing a product moves its `updated_at`; the calls and imports for prices and stock leave
it, and so does all that happens around it: orders, its category's name, its variants.
"""

from magento2.copies import with_url_key


def put(api, sku, copy_of="", store=None, **wanted):
    """Adds or edits a product; see README.md for the keys."""
    unknown = set(wanted) - {"changes", "custom_attributes", "stock"}
    if unknown:
        raise ValueError(f"unknown key: {', '.join(sorted(unknown))}")
    catalog = api.catalog
    changes = wanted.get("changes", {})
    texts = wanted.get("custom_attributes", {})
    old = catalog.find(sku)
    if store is not None:
        return _put_in_view(api, old, store, changes, texts)
    origin = old or catalog.find(copy_of)
    if origin is None:
        raise ValueError("no such product; say with copy_of what it should be like")
    product = dict(origin if old else _new_product(api, origin, sku))
    product["updated_at"] = api.clock.text()
    product["custom_attributes"] = _with_texts(product["custom_attributes"], texts)
    product.update(changes)
    catalog.put(product, {**catalog.stock_item(origin), **wanted.get("stock", {})})
    return catalog.one(product["sku"], api.store.default)


def _put_in_view(api, product, code, changes, texts):
    """Values of one store view; the product itself moves all the same (recorded)."""
    view = api.store.by_code(code)
    if product is None or view is None or view is api.store.default:
        raise ValueError("store wants a known product and a view other than default")
    api.catalog.put_overlay(product, view.id, changes, texts)
    moved = {**product, "updated_at": api.clock.text()}
    api.catalog.put(moved, api.catalog.stock_item(product))
    return api.catalog.one(product["sku"], view)


def _new_product(api, origin, sku):
    number = api.catalog.next_id()
    return {
        **origin,
        "id": number,
        "sku": sku,
        "created_at": api.clock.text(),
        "product_links": [],
        "custom_attributes": with_url_key(origin, number),
    }


def set_price(api, sku, price=None, **special):
    """By the price calls or an import: base price, special_price and its dates."""
    product = _product(api, sku)
    if price is not None:
        product["price"] = price
    texts = {
        name: f"{value:.6f}" if isinstance(value, (int, float)) else value
        for name, value in special.items()
    }
    unknown = set(texts) - {"special_price", "special_from_date", "special_to_date"}
    if unknown:
        raise ValueError(f"unknown key: {', '.join(sorted(unknown))}")
    product["custom_attributes"] = _with_texts(product["custom_attributes"], texts)
    return api.catalog.put(product, api.catalog.stock_item(product))


def set_stock(api, sku, **changes):
    """Members of the stock item, such as qty and is_in_stock."""
    product = _product(api, sku)
    return api.catalog.put(product, {**api.catalog.stock_item(product), **changes})


def take_from_stock(api, sku, qty):
    """What was sent is gone; with the last of it the product is out of stock."""
    product = api.catalog.find(sku)
    if product is None:
        return
    left = api.catalog.stock_item(product)["qty"] - qty
    set_stock(api, sku, qty=left, is_in_stock=left > 0)


def assign(api, sku, category_id, position=0):
    """Into a category: neither of the two moves."""
    product = _product(api, sku)
    extension = product["extension_attributes"]
    link = {"position": position, "category_id": str(category_id)}
    links = [*extension.get("category_links", ()), link]
    product["extension_attributes"] = {**extension, "category_links": links}
    return api.catalog.put(product, api.catalog.stock_item(product))


def rename_category(api, category_id, name):
    """The category moves, its products do not."""
    categories = api.collections["categories"]
    category = categories.find(category_id)
    return categories.put({**category, "name": name, "updated_at": api.clock.text()})


def remove(api, sku):
    """From carts, too: the item is gone, the counts and `updated_at` stay (recorded)."""
    if not api.catalog.remove(sku):
        raise ValueError(f"no product with SKU {sku!r}")
    carts = api.collections["carts"]
    for cart in carts.all():
        if any(item["sku"] == sku for item in cart.get("items", ())):
            items = [item for item in cart["items"] if item["sku"] != sku]
            carts.put({**cart, "items": items})
    return {"removed": sku}


def _product(api, sku):
    product = api.catalog.find(sku)
    if product is None:
        raise ValueError(f"no product with SKU {sku!r}")
    return dict(product)


def _with_texts(attributes, texts):
    """Custom attributes with some changed, added, or (None) taken away."""
    changed = {attribute["attribute_code"]: attribute["value"] for attribute in attributes}
    changed.update(texts)
    return [
        {"attribute_code": code, "value": value}
        for code, value in changed.items()
        if value is not None
    ]


def sell_from(api, website, stock):
    """The website sells from another stock than the default one, 1."""
    return api.store.sell_from(website, stock)


CHANGES = {
    "product": put,
    "product/delete": remove,
    "product/price": set_price,
    "product/stock": set_stock,
    "website/stock": sell_from,
    "product/assign": assign,
    "category/rename": rename_category,
}

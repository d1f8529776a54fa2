"""What can be sold of a product: what is there, less what open orders will take.

Recorded: 95 on stock, 7 in open orders, 88 to sell.
"""

from magento2 import answers

_SEVERAL = ("configurable", "grouped", "bundle")  # stock of their parts only


DEFAULT_STOCK = 1


def stock_of_website(api, kind, code):
    """The stock that a website sells from. (Documented, not recorded.)"""
    if kind != "website" or code not in (site["code"] for site in api.store.websites):
        raise answers.Refused(404, "No linked stock found")
    return {"stock_id": api.store.stocks.get(code, DEFAULT_STOCK), "name": f"Stock of {code}"}


def quantity(api, sku, stock):
    """Nothing of a stock from which no website of the product sells."""
    product = api.catalog.find(sku)
    if product is None:
        raise answers.internal_error()
    if product["type_id"] in _SEVERAL:
        raise answers.Refused(
            400, "Can't check requested quantity for products without Source Items support."
        )
    if stock not in {str(number) for number in _stocks(api, product)}:
        return 0
    physical = api.catalog.stock_item(product)["qty"]
    return answers.plain_number(physical - _reserved(api, product["sku"]))


def _stocks(api, product):
    ids = product["extension_attributes"]["website_ids"]
    codes = (site["code"] for site in api.store.websites if site["id"] in ids)
    return [api.store.stocks.get(code, DEFAULT_STOCK) for code in codes]


def _reserved(api, sku):
    return sum(
        _left(item)
        for order in api.collections["orders"].all()
        for item in order["items"]
        if item["sku"] == sku and "parent_item_id" not in item
    )


def _left(item):
    """What an order still takes; what does not travel is taken when it is paid."""
    taken = item["qty_invoiced"] if item["is_virtual"] else item["qty_shipped"]
    back = max(0, item["qty_refunded"] - taken)
    return item["qty_ordered"] - taken - back - item["qty_canceled"]

"""inventory/source-items: what is there of each SKU, by source.

As recorded until the stock of a product is changed; that of a deleted product stays, too
(recorded). Products made of others have none.
"""

from magento2 import answers
from magento2.collection import Collection, Plan

_SEVERAL = ("configurable", "grouped", "bundle")
_PLAN = Plan(
    name="source-items",
    identity="sku",
    unknown=answers.internal_error,
    missing=answers.entity_missing,
    strict_sort=True,
    fields=("source_item_id",),
    hidden=(),
)


class SourceItems:
    def __init__(self, recorded, catalog):
        self._catalog = catalog
        self._recorded = recorded.items("all/source-items")
        self._start = catalog.state.stock
        self._state = self._listed = None

    def page(self, parameters, view, limits):
        state = self._catalog.state
        if self._state is not state:
            self._listed = Collection(_PLAN, list(self._rows(state).values()))
            self._state = state
        return self._listed.page(parameters, view, limits)

    def _rows(self, state):
        rows = {row["sku"]: row for row in self._recorded}
        for product in state.products:
            sku = product["sku"]
            same = sku in rows and state.stock.get(sku) is self._start.get(sku)
            if product["type_id"] not in _SEVERAL and not same:
                rows[sku] = self._row(product)
        return rows

    def _row(self, product):
        item = self._catalog.stock_item(product)
        return {
            "sku": product["sku"],
            "source_code": "default",
            "quantity": item["qty"],
            "status": int(item["is_in_stock"]),
        }

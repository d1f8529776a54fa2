"""The control endpoints under /__control: no part of Magento, only for tests and demos."""

import json
import threading
from datetime import datetime, timezone
from urllib.parse import unquote

from magento2.answers import Answer
from magento2.copies import with_url_key

PREFIX = "/__control"
_PRODUCT_KEYS = {"sku", "copy_of", "changes", "custom_attributes", "stock", "store"}


class Control:
    def __init__(self, api, switches, counters):
        self._api = api
        self._switches = switches
        self._counters = counters
        self._one_change = threading.Lock()  # so that two new products get two ids

    def answer(self, request):
        """Every answer is JSON; a mistake of the caller is a 400 that says which."""
        name = request.path[len(PREFIX) :].strip("/")
        action = _ACTIONS.get((request.method, name))
        try:
            if request.method == "DELETE" and name.startswith("product/"):
                value = self._remove(unquote(name.removeprefix("product/")))
            elif action is None:
                known = ", ".join(f"{method} {path}" for method, path in _ACTIONS)
                raise ValueError(f"no such control; there are: {known}")
            else:
                with self._one_change:
                    value = action(self, json.loads(request.body or b"{}"))
        except (ValueError, TypeError, KeyError, AttributeError) as mistake:
            return _json(400, {"error": f"{type(mistake).__name__}: {mistake}"})
        return _json(200, value)

    def _read_counters(self, _wanted):
        return self._counters.read()

    def _reset_counters(self, _wanted):
        self._counters.reset()
        return self._counters.read()

    def _switch(self, wanted):
        self._switches.turn(wanted)
        return self._switches.read()

    def _move(self, wanted):
        self._api.store.move(wanted["timezone"])
        return wanted

    def _read_switches(self, _wanted):
        return self._switches.read()

    def _put_product(self, wanted):
        """Adds or changes a product; see README.md for the keys."""
        unknown = set(wanted) - _PRODUCT_KEYS
        if unknown:
            raise ValueError(f"unknown key: {', '.join(sorted(unknown))}")
        catalog = self._api.catalog
        changes = wanted.get("changes", {})
        texts = wanted.get("custom_attributes", {})
        old = catalog.find(wanted["sku"])
        if "store" in wanted:
            return self._put_in_view(old, wanted, changes, texts)
        origin = old or catalog.find(wanted.get("copy_of", ""))
        if origin is None:
            raise ValueError("no such product; say with copy_of what it should be like")
        product = dict(origin if old else self._new_product(origin, wanted["sku"]))
        product["updated_at"] = _now()
        product["custom_attributes"] = _with_texts(product["custom_attributes"], texts)
        product.update(changes)
        stock_item = {**catalog.stock_item(origin), **wanted.get("stock", {})}
        catalog.put(product, stock_item)
        return catalog.one(product["sku"], self._api.store.default)

    def _put_in_view(self, product, wanted, changes, texts):
        view = self._api.store.by_code(wanted["store"])
        if product is None or view is None or view is self._api.store.default:
            raise ValueError("store wants a known product and a view other than default")
        self._api.catalog.put_overlay(product, view.id, changes, texts)
        return self._api.catalog.one(product["sku"], view)

    def _new_product(self, origin, sku):
        number = self._api.catalog.next_id()
        return {
            **origin,
            "id": number,
            "sku": sku,
            "created_at": _now(),
            "product_links": [],
            "custom_attributes": with_url_key(origin, number),
        }

    def _remove_product(self, wanted):
        return self._remove(wanted["sku"])

    def _remove(self, sku):
        if not self._api.catalog.remove(sku):
            raise ValueError(f"no product with SKU {sku!r}")
        return {"removed": sku}


_ACTIONS = {
    ("GET", "counters"): Control._read_counters,
    ("POST", "counters/reset"): Control._reset_counters,
    ("GET", "switch"): Control._read_switches,
    ("POST", "switch"): Control._switch,
    ("POST", "move"): Control._move,
    ("POST", "product"): Control._put_product,
    ("POST", "product/delete"): Control._remove_product,
}


def _with_texts(attributes, texts):
    """Custom attributes with some changed, added, or (None) taken away."""
    changed = {attribute["attribute_code"]: attribute["value"] for attribute in attributes}
    changed.update(texts)
    return [
        {"attribute_code": code, "value": value}
        for code, value in changed.items()
        if value is not None
    ]


def _now():
    return datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def _json(status, value):
    return Answer(status, json.dumps(value).encode("ascii"))

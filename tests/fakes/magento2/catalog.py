"""The products: 52 recorded ones and any number of copies, with values per store view.

A product is kept as the list answer of the default store view shows it. What differs in
another view (name, price, texts) is an overlay over that; the pictures were added to the
default view only, so that other views show them without roles and labels, as recorded.

Changes replace lists instead of editing them: a request that is being answered keeps seeing
the products it started with.
"""

import threading
from collections import namedtuple

from magento2 import answers, prices
from magento2.collection import Page, custom_attribute, cut
from magento2.copies import make_copies
from magento2.criteria import parse_criteria
from magento2.store import ALL_VIEWS
from magento2.table import Table

PICTURE_ATTRIBUTES = frozenset(
    role + suffix
    for role in ("image", "small_image", "thumbnail", "swatch_image")
    for suffix in ("", "_label")
)
# Attributes the shop knows although no recorded product has a value for them.
OTHER_ATTRIBUTES = frozenset(
    "cost custom_design custom_layout country_of_manufacture gift_message_available "
    "manufacturer meta_description meta_keyword meta_title minimal_price msrp "
    "news_from_date news_to_date page_layout special_from_date special_price "
    "special_to_date tier_price url_path".split()
)
# Names a filter may use that are no attributes: see _SPECIAL_FIELDS.
OUTSIDE_ATTRIBUTES = frozenset(("entity_id", "store_id", "website_id", "category_id"))
_BASE_FIELDS = OTHER_ATTRIBUTES | OUTSIDE_ATTRIBUTES
# Columns of the products' own table; other attributes are rows of other tables.
_OWN_COLUMNS = OUTSIDE_ATTRIBUTES | frozenset(
    "sku type_id attribute_set_id created_at updated_at has_options required_options".split()
)
INTEGER_ATTRIBUTES = frozenset(("tax_class_id", "has_options", "required_options"))
PRICE_INDEX = "price index"  # a column that is no attribute: see prices.index_price
ENCODED_MOST = 20_000  # products whose JSON is kept; one is about 3 KB

# One state of the catalogue; everything in it is replaced together.
State = namedtuple("State", "products positions ids stock overlays fields tables")


class Catalog:
    def __init__(self, recorded, store, clock, wanted=0):
        self.store = store
        self.clock = clock
        self._change = threading.Lock()
        self._coded = _attribute_types(recorded)
        products = recorded.items("all/products")
        stock = recorded.file("all/stock-items")["stock_items"]
        overlays = _recorded_overlays(recorded, products)
        fields = _BASE_FIELDS.union(*map(_attribute_names, products))
        self._origins = {}  # SKU of a copy -> SKU of the product whose stock it shares
        for copy, origin in make_copies(products, stock, wanted):
            self._origins[copy["sku"]] = origin["sku"]
            products.append(copy)
        self._replace(products, stock, overlays, fields)

    def _replace(self, products, stock, overlays, fields):
        positions = {product["sku"].casefold(): at for at, product in enumerate(products)}
        ids = {product["id"]: at for at, product in enumerate(products)}
        self.state = State(products, positions, ids, stock, overlays, fields, {})

    # Reading one product

    def find(self, sku):
        at = self.state.positions.get(sku.casefold())
        return None if at is None else self.state.products[at]

    def one(self, sku, view):
        """The answer of a single GET: the list item with its stock."""
        product = self.find(sku)
        if product is None:
            raise answers.Refused(
                404,
                "The product that was requested doesn't exist. "
                "Verify the product and try again.",
            )
        shown = dict(self.shown(product, view))
        extension = dict(shown["extension_attributes"])
        first = {
            name: extension.pop(name)
            for name in ("website_ids", "category_links")
            if name in extension
        }
        stock_item = self.stock_item(product)
        shown["extension_attributes"] = {**first, "stock_item": stock_item, **extension}
        return shown

    def stock_item(self, product):
        sku = product["sku"]
        item = self.state.stock.get(sku)
        if item is None:
            item = self.state.stock[self._origins[sku]]
        return {**item, "item_id": product["id"], "product_id": product["id"]}

    def parts(self, product):
        """The products a configurable, grouped or bundle product is made of."""
        extension = product["extension_attributes"]
        if product["type_id"] == "configurable":
            ids = extension.get("configurable_product_links", ())
            found = [self.state.ids.get(number) for number in ids]
            return [self.state.products[at] for at in found if at is not None]
        if product["type_id"] == "grouped":
            links = product["product_links"]
            parts = [link for link in links if link["link_type"] == "associated"]
            skus = [link["linked_product_sku"] for link in parts]
        else:
            options = extension.get("bundle_product_options", ())
            skus = [link["sku"] for option in options for link in option["product_links"]]
        return [part for part in map(self.find, skus) if part is not None]

    def shown(self, product, view):
        """The product with the values of a store view."""
        if view is self.store.default:
            return product
        overlay = self.state.overlays.get(view.id, {}).get(product["id"], {})
        pictures = [
            {**picture, "label": None, "types": [], "disabled": False}
            for picture in product["media_gallery_entries"]
        ]
        return {
            **product,
            "media_gallery_entries": pictures,
            **overlay,
            "custom_attributes": _texts_in_view(
                product["custom_attributes"], overlay.get("custom_attributes", {})
            ),
        }

    def read(self, product, name, view):
        """One field of a product as a store view has it, for filters and sort orders."""
        if view is not self.store.default:
            overlay = self.state.overlays.get(view.id, {}).get(product["id"])
            if overlay and name in overlay:
                return overlay[name]
            if overlay and name in overlay.get("custom_attributes", ()):
                return overlay["custom_attributes"][name]
            if name in PICTURE_ATTRIBUTES:
                return None
        special = _SPECIAL_FIELDS.get(name)
        if special is not None:
            return special(self, product, view)
        if name in product:
            return product[name]
        value = custom_attribute(product, name)
        return int(value) if name in self._coded and str(value).isdecimal() else value

    # Lists

    def table(self, view):
        state = self.state
        if view.id not in state.tables:
            state.tables[view.id] = Table(
                state.products, lambda product, name: self.read(product, name, view)
            )
        return state.tables[view.id]

    def page(self, parameters, view, limits):
        criteria = parse_criteria(parameters, limits)
        view = self.view_of_filter(criteria, view)
        table = self.table(view)
        positions = self.ordered_positions(table, criteria, view)
        if not criteria.sorts and self._reads_sku_index(criteria):
            positions = table.ordered(positions, [("sku", "ASC")])
        tail = {"search_criteria": criteria.echo(), "total_count": len(positions)}
        products = [table.objects[at] for at in cut(positions, criteria)]
        shown = [self.shown(product, view) for product in products]
        return Page(shown, lambda product: _encoded(product, table.encoded), tail)

    def view_of_filter(self, criteria, view):
        """A filter by store_id also picks the values, whatever the path says."""
        for entry in criteria.filters():
            if entry.field not in self.state.fields:
                raise answers.invalid_attribute(entry.field)
            if entry.field == "store_id" and (entry.value or "").isdecimal():
                view = self.store.views.get(int(entry.value), view)
        return view

    def ordered_positions(self, table, criteria, view):
        positions = _joined(table, criteria, table.matching(criteria.groups))
        sorts = [sort for sort in criteria.sorts if sort[0] in self.state.fields]
        if view.id != ALL_VIEWS and any(name == "price" for name, _ in sorts):
            indexed = table.column(PRICE_INDEX).values
            positions = [at for at in positions if indexed[at] is not None]
            sorts = [(PRICE_INDEX if n == "price" else n, way) for n, way in sorts]
        return table.ordered(positions, sorts)

    @staticmethod
    def _reads_sku_index(criteria):
        """Without a sort order the database answers in the order of the index it read.

        For a filter by SKUs that is the order of the SKUs, not of the ids (recorded).
        """
        filters = criteria.filters()
        by_sku = [e for e in filters if e.field == "sku" and e.condition in ("eq", "in")]
        return bool(filters) and filters == by_sku and len(criteria.groups) == 1

    # Changes, for the control endpoints

    def put(self, product, stock_item):
        """Adds the product or replaces the one with its id."""
        with self._change:
            old = self.state
            products = list(old.products)
            if product["id"] in old.ids:
                products[old.ids[product["id"]]] = product
            else:
                products.append(product)
                products.sort(key=lambda entry: entry["id"])
            stock = {**old.stock, product["sku"]: stock_item}
            fields = old.fields | _attribute_names(product)
            self._replace(products, stock, old.overlays, fields)
        return product

    def put_overlay(self, product, view_id, changes, custom_attributes):
        """Gives a product values of its own in one store view."""
        with self._change:
            old = self.state
            views = {number: dict(entries) for number, entries in old.overlays.items()}
            overlay = dict(views.setdefault(view_id, {}).get(product["id"], {}))
            texts = {**overlay.get("custom_attributes", {}), **custom_attributes}
            overlay.update(changes, custom_attributes=texts)
            views[view_id][product["id"]] = overlay
            self._replace(old.products, old.stock, views, old.fields)

    def remove(self, sku):
        """True when there was such a product."""
        with self._change:
            old = self.state
            at = old.positions.get(sku.casefold())
            if at is None:
                return False
            products = old.products[:at] + old.products[at + 1 :]
            self._replace(products, old.stock, old.overlays, old.fields)
            return True

    def forget_prices(self):
        """Another day may have other prices."""
        with self._change:
            self.state = self.state._replace(tables={})

    def next_id(self):
        return self.state.products[-1]["id"] + 1


def _joined(table, criteria, positions):
    """Without the products that have no value of an attribute that a filter names.

    Its rows are joined to the products' for all groups at once, so that even another filter
    of the same group does not help. They are joined leniently when the first filter of the
    attribute is `null`. (Read in the source, told in issues 9119 and 17254.)
    """
    first = {}
    for entry in criteria.filters():
        first.setdefault(entry.field, entry)
    strict = [
        table.column(name).values
        for name, entry in first.items()
        if name not in _OWN_COLUMNS and entry.condition != "null"
    ]
    return [at for at in positions if all(values[at] is not None for values in strict)]


def _texts_in_view(attributes, texts):
    """Custom attributes with a view's own texts and without pictures."""
    values = {entry["attribute_code"]: entry["value"] for entry in attributes}
    codes = [code for code in values if code not in PICTURE_ATTRIBUTES]
    added = [code for code in texts if code not in codes]
    # Recorded: texts stand before the numbers, of which tax_class_id is the first.
    place = codes.index("tax_class_id") if "tax_class_id" in codes else len(codes)
    codes[place:place] = added
    values.update(texts)
    return [{"attribute_code": code, "value": values[code]} for code in codes]


def _website_ids(product):
    return tuple(product["extension_attributes"]["website_ids"])


def _store_ids(catalog, product, _view):
    return (ALL_VIEWS, *catalog.store.views_of(_website_ids(product)))


def _category_ids(_catalog, product, _view):
    links = product["extension_attributes"].get("category_links", ())
    return tuple(link["category_id"] for link in links)


# Fields that are not simply a value of the product.
_SPECIAL_FIELDS = {
    "entity_id": lambda _catalog, product, _view: product["id"],
    "store_id": _store_ids,
    "website_id": lambda _catalog, product, _view: _website_ids(product),
    "category_id": _category_ids,
    PRICE_INDEX: prices.index_price,
}


def _attribute_types(recorded):
    """Attributes whose text is a number: option ids and yes/no."""
    listed = recorded.items("products/attributes-list")
    integers = (a["attribute_code"] for a in listed if a["backend_type"] == "int")
    return INTEGER_ATTRIBUTES.union(integers)


def _attribute_names(product):
    plain = {name for name, v in product.items() if not isinstance(v, (dict, list))}
    coded = {attribute["attribute_code"] for attribute in product["custom_attributes"]}
    return frozenset(plain | coded) - {"id"}


def _encoded(product, kept):
    """A product's JSON, made once per state of the catalogue and store view."""
    number = product["id"]
    if number not in kept:
        if len(kept) >= ENCODED_MOST:
            kept.clear()
        kept[number] = answers.encode_json(product)
    return kept[number]


def _recorded_overlays(recorded, products):
    """What recorded lists of other store views show differently."""
    by_id = {product["id"]: product for product in products}
    overlays = {}
    for view_id, name in ((2, "all/products-nl"), (4, "all/products-de")):
        for shown in recorded.items(name):
            overlay = _differences(by_id[shown["id"]], shown)
            if overlay:
                overlays.setdefault(view_id, {})[shown["id"]] = overlay
    for shown in recorded.items("products/list-store-path-nl"):
        name = {"name": shown["name"]}
        overlays[2].setdefault(shown["id"], name)
    return overlays


def _differences(product, shown):
    overlay = {
        name: value
        for name, value in shown.items()
        if not isinstance(value, (dict, list)) and value != product[name]
    }
    texts = {
        attribute["attribute_code"]: attribute["value"]
        for attribute in shown.get("custom_attributes", ())
        if custom_attribute(product, attribute["attribute_code"]) != attribute["value"]
    }
    if texts:
        overlay["custom_attributes"] = texts
    return overlay

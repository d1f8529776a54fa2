"""Lists of objects: what can be listed, filtered, sorted, fetched one by one, and changed.

A collection is objects plus four rules: which fields a filter may name and where to read
them, what an unknown one gives, under which name the id appears, and what a missing object
gives. `RECORDED` is the table of those that are served exactly as recorded; the products
have a class of their own in catalog.py.
"""

from dataclasses import dataclass, field
from itertools import islice

from magento2 import answers
from magento2.criteria import parse_criteria
from magento2.query import as_integer, is_numeric
from magento2.table import Table


class Page:
    """One page of a list. `encode(object)` gives an object's JSON bytes."""

    def __init__(self, objects, encode, tail):
        self.objects = objects
        self._encode = encode
        self._tail = tail  # what follows the items: search_criteria and total_count

    def value(self):
        return {"items": self.objects, **self._tail}

    def json(self):
        items = b",".join(map(self._encode, self.objects))
        tail = answers.encode_json(self._tail)[1:-1]
        return b'{"items":[' + items + b"]" + (b"," + tail if tail else b"") + b"}"


@dataclass(frozen=True)
class Plan:
    """How one recorded collection behaves; see RECORDED."""

    name: str  # its file in fixtures/magento2/all
    identity: str  # the field that holds the id in its answers
    unknown: object  # makes the refusal of an unknown field in a filter
    missing: object  # makes the refusal of an unknown id: (parameter name, id)
    identity_parameter: str = "id"
    strict_sort: bool = False  # an unknown sort field is refused, not ignored
    fields: tuple = ()  # names that work although no recorded object shows them
    hidden: tuple = ("id",)  # names that answers show but filters do not know
    places: dict = field(default_factory=dict)  # filter name -> path inside the object


GROUPS = Plan(
    name="groups",
    identity="id",
    unknown=answers.internal_error,
    missing=answers.no_such_entity,
    strict_sort=True,
    places={"customer_group_id": ("id",)},
)

_CUSTOMER_FIELDS = ("confirmation", "rp_token", "password_hash", "default_billing")
_SALES_FIELDS = ("transaction_id", "customer_note", "ext_order_id", "ext_customer_id")
_CART_PLACES = {
    "entity_id": ("id",),
    "customer_id": ("customer", "id"),
    "customer_email": ("customer", "email"),
    "customer_firstname": ("customer", "firstname"),
    "customer_lastname": ("customer", "lastname"),
    "customer_group_id": ("customer", "group_id"),
    "quote_currency_code": ("currency", "quote_currency_code"),
}


def _sales_plan(name):
    """A flat database table: its columns are the fields, anything else breaks the query."""
    return Plan(
        name=name,
        identity="entity_id",
        unknown=answers.internal_error,
        missing=answers.entity_missing,
        strict_sort=True,
        fields=_SALES_FIELDS,
    )


RECORDED = (
    _sales_plan("orders"),
    _sales_plan("invoices"),
    _sales_plan("shipments"),
    _sales_plan("creditmemos"),
    Plan(
        name="carts",
        identity="id",
        unknown=answers.internal_error,
        missing=answers.no_such_entity,
        identity_parameter="cartId",
        strict_sort=True,
        places=_CART_PLACES,
    ),
    Plan(
        name="customers",
        identity="id",
        unknown=answers.invalid_attribute,
        missing=answers.no_such_entity,
        identity_parameter="customerId",
        fields=_CUSTOMER_FIELDS,
        places={"entity_id": ("id",)},
    ),
    Plan(
        name="categories",
        identity="id",
        unknown=answers.invalid_attribute,
        missing=answers.no_such_entity,
        places={"entity_id": ("id",)},
    ),
)


class Collection:
    """A recorded collection and what became of it: `objects` in the order of their ids.

    A change replaces the objects and their tables instead of editing them: a request that
    is being answered keeps seeing what it started with.
    """

    def __init__(self, plan, objects, texts=None):
        self.plan = plan
        self._texts = texts or {}  # view id -> object id -> {field: text in that view}
        self._by_id = {entry[plan.identity]: entry for entry in objects}
        self._fields = _known_fields(plan, objects)
        self._tables = {}

    def table(self, view):
        tables = self._tables
        if view.id not in tables:
            shown = [self._shown(entry, view) for entry in self._by_id.values()]
            tables[view.id] = Table(shown, self._read)
        return tables[view.id]

    def one(self, text, view):
        """The object whose id is `text`, as the last part of a path gives it."""
        if not is_numeric(text):
            raise answers.wrong_type(text, "int")
        number = as_integer(text)
        if number not in self._by_id:
            raise self.plan.missing(self.plan.identity_parameter, number)
        return self._shown(self._by_id[number], view)

    def page(self, parameters, view, limits):
        criteria = parse_criteria(parameters, limits)
        for entry in criteria.filters():
            if entry.field not in self._fields:
                raise self.plan.unknown(entry.field)
        sorts = [sort for sort in criteria.sorts if self._can_sort(sort[0])]
        table = self.table(view)
        positions = table.ordered(table.matching(criteria.groups), sorts)
        tail = {"search_criteria": criteria.echo(), "total_count": len(positions)}
        shown = [table.objects[at] for at in cut(positions, criteria)]
        return Page(shown, answers.encode_json, tail)

    # Changes, for the control endpoints

    def all(self):
        return list(self._by_id.values())

    def get(self, number):
        return self._by_id.get(number)

    def find(self, number):
        """As `get`; that there is none is a mistake of the caller."""
        if number not in self._by_id:
            raise ValueError(f"no {self.plan.name} with {self.plan.identity} {number}")
        return self._by_id[number]

    def next_id(self):
        return max(self._by_id, default=0) + 1

    def put(self, entry):
        """Adds the object, which has the highest id then, or replaces the one with its id."""
        self._fields = self._fields | _known_fields(self.plan, [entry])
        self._replace({**self._by_id, entry[self.plan.identity]: entry})
        return entry

    def put_all(self, entries):
        self._replace({**self._by_id, **{entry[self.plan.identity]: entry for entry in entries}})

    def remove(self, number):
        self._replace({key: entry for key, entry in self._by_id.items() if key != number})

    def _replace(self, by_id):
        self._by_id = by_id
        self._tables = {}

    def _can_sort(self, name):
        known = name in self._fields
        if not known and self.plan.strict_sort:
            raise self.plan.unknown(name)
        return known

    def _shown(self, entry, view):
        texts = self._texts.get(view.id, {}).get(entry[self.plan.identity])
        return {**entry, **texts} if texts else entry

    def _read(self, entry, name):
        place = self.plan.places.get(name, (name,))
        value = entry
        for part in place:
            value = value.get(part)
            if value is None:
                break
        return value if value is not None else custom_attribute(entry, name)


def cut(found, criteria):
    """Of everything found the page that `criteria` asks for; past the last one none."""
    first, count = criteria.page()
    if criteria.last_page_again and count:
        found = list(found)
        first = min(first, max(len(found) - 1, 0) // count * count)
    return islice(found, first, None if count is None else first + count)


def custom_attribute(entry, name):
    for attribute in entry.get("custom_attributes", ()):
        if attribute["attribute_code"] == name:
            return attribute["value"]
    return None


def _known_fields(plan, objects):
    names = set(plan.fields) | set(plan.places)
    for entry in objects:
        names.update(k for k, v in entry.items() if not isinstance(v, (dict, list)))
        names.update(a["attribute_code"] for a in entry.get("custom_attributes", ()))
    return names - set(plan.hidden)

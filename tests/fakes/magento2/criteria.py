"""searchCriteria: from query parameters to checked criteria, and the echo in the answer."""

import re
from dataclasses import dataclass, field

from magento2.answers import Refused, not_supported, required, wrong_type_text
from magento2.query import as_integer, is_numeric

_ARRAY_LIMIT_TYPES = {
    "filter_groups": "\\Magento\\Framework\\Api\\Search\\FilterGroup",
    "filters": "\\Magento\\Framework\\Api\\Filter",
    "sort_orders": "\\Magento\\Framework\\Api\\SortOrder",
}


@dataclass(frozen=True)
class Filter:
    field: str | None
    value: str | None
    condition: str


@dataclass
class Criteria:
    groups: list = field(default_factory=list)  # lists of Filter; groups AND, filters OR
    sorts: list = field(default_factory=list)  # (field, direction or None)
    page_size: int | None = None
    current_page: int | None = None
    last_page_again: bool = False  # see Limits

    def filters(self):
        return [entry for group in self.groups for entry in group]

    def echo(self):
        """The `search_criteria` of the answer: what the shop understood."""
        groups = [
            {
                "filters": [
                    {
                        "field": entry.field,
                        "value": entry.value,
                        "condition_type": entry.condition,
                    }
                    for entry in group
                ]
            }
            for group in self.groups
        ]
        echo = {"filter_groups": groups}
        if self.sorts:
            echo["sort_orders"] = [
                {"field": name, "direction": direction} for name, direction in self.sorts
            ]
        if self.page_size is not None:
            echo["page_size"] = self.page_size
        if self.current_page is not None:
            echo["current_page"] = self.current_page
        return echo

    def page(self):
        """(first, count) of the wanted page; count None means everything.

        0 and no size mean everything, a negative size one object, a page below 1 page 1.
        """
        if not self.page_size:
            return 0, None
        size = max(self.page_size, 1)
        return (max(self.current_page or 1, 1) - 1) * size, size


@dataclass
class Limits:
    """Limits a merchant may set; all off as in a fresh shop."""

    page_size_maximum: int | None = None
    page_size_default: int | None = None
    array_maximum: int | None = None
    last_page_again: bool = False  # no limit: what follows the last page, up to 2.3

    def check_count(self, name, entries):
        if self.array_maximum is not None and len(entries) > self.array_maximum:
            raise Refused(
                400,
                'Maximum items of type "%type" is %max',
                {"type": _ARRAY_LIMIT_TYPES[name], "max": self.array_maximum},
            )

    def check_page(self, criteria):
        if criteria.page_size is None:
            criteria.page_size = self.page_size_default
        elif self.page_size_maximum and criteria.page_size > self.page_size_maximum:
            raise Refused(
                400,
                "Maximum SearchCriteria pageSize is %max",
                {"max": self.page_size_maximum},
            )


class _Misfit(Exception):
    """A value of the wrong type; every level above adds where it was."""


def given_criteria(parameters):
    """The raw criteria under either name, or None when the request has none."""
    return parameters.get("searchCriteria", parameters.get("search_criteria"))


def parse_criteria(parameters, limits):
    raw = given_criteria(parameters)
    if raw is None:
        raise required(["searchCriteria"])
    try:
        criteria = _read_criteria(raw, limits)
    except _Misfit as misfit:
        raise Refused(400, str(misfit)) from None
    limits.check_page(criteria)
    criteria.last_page_again = limits.last_page_again
    return criteria


def _read_criteria(raw, limits):
    criteria = Criteria()
    for name, given_name, value in _members(raw, _CRITERIA_KEYS):
        reader, target = _CRITERIA_KEYS[name]
        setattr(criteria, target, _placed(given_name, reader)(value, limits))
    return criteria


def _members(raw, keys):
    """(known name, name as given, value) of each member; camelCase and snake_case alike."""
    if not isinstance(raw, dict):
        return
    for given_name, value in raw.items():
        camel = "".join(part[:1].upper() + part[1:] for part in given_name.split("_"))
        name = re.sub(r"(?<=.)(?=[A-Z])", "_", camel).lower()
        if name not in keys:
            raise not_supported(camel)
        yield name, given_name, value


def _placed(name, reader):
    """The reader, saying in its error which member it was reading."""

    def read(value, limits):
        try:
            return reader(value, limits)
        except _Misfit as misfit:
            raise _Misfit(f'Error occurred during "{name}" processing. {misfit}') from None

    return read


def _read_integer(value, _limits):
    if isinstance(value, dict):
        raise _Misfit(wrong_type_text("array", "int"))
    if not is_numeric(value):
        raise _Misfit(wrong_type_text(value, "int"))
    return as_integer(value)


def _read_text(value, _limits):
    if isinstance(value, dict):
        raise _Misfit(wrong_type_text("array", "string"))
    return value


def _entries(value):
    """The members of a list parameter; their numbers may have gaps and mean nothing."""
    return list(value.values()) if isinstance(value, dict) else []


def _read_groups(value, limits):
    limits.check_count("filter_groups", _entries(value))
    groups = []
    for entry in _entries(value):
        group = []
        for _, given_name, filters in _members(entry, ("filters",)):
            group = _placed(given_name, _read_filters)(filters, limits)
        groups.append(group)
    return groups


def _read_filters(value, limits):
    limits.check_count("filters", _entries(value))
    filters = []
    for entry in _entries(value):
        texts = {"field": None, "value": None, "condition_type": "eq"}
        for name, given_name, text in _members(entry, texts):
            texts[name] = _placed(given_name, _read_text)(text, limits)
        filters.append(Filter(texts["field"], texts["value"], texts["condition_type"]))
    return filters


def _read_sorts(value, limits):
    limits.check_count("sort_orders", _entries(value))
    sorts = []
    for entry in _entries(value):
        texts = {"field": None, "direction": None}
        for name, given_name, text in _members(entry, texts):
            texts[name] = _placed(given_name, _read_text)(text, limits)
        sorts.append((texts["field"], _read_direction(texts["direction"])))
    return sorts


def _read_direction(direction):
    if direction is None:
        return None
    if direction.upper() not in ("ASC", "DESC"):
        raise Refused(
            400,
            "The sort order has to be specified as %1 for ascending order "
            "or %2 for descending order.",
            ["ASC", "DESC"],
        )
    return direction.upper()


_CRITERIA_KEYS = {
    "filter_groups": (_read_groups, "groups"),
    "sort_orders": (_read_sorts, "sorts"),
    "page_size": (_read_integer, "page_size"),
    "current_page": (_read_integer, "current_page"),
}

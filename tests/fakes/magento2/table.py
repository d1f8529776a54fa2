"""Evaluates filters and sort orders over a list of objects, column by column.

A column holds one field of all objects in comparable form, made when first asked for. That
keeps a filter over 100,000 products fast, and it is where the database's idea of comparing
lives: text without regard to case, numbers as numbers, times as UTC text.
"""

import operator
import re
from functools import cached_property
from itertools import chain

_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_DECIMAL = re.compile(r"-?\d+\.\d{4,6}")  # the database's decimals, which come as text
_LEADING_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)")
_GIVEN_TIME = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[ T]?(\d\d):?(\d\d)(?::?(\d\d))?)?(Z|[+-]\d\d:?\d\d)?"
)
_ZERO_TIME = "0000-00-00 00:00:00"


class Column:
    def __init__(self, raw_values):
        self.kind, self.values = _comparable(raw_values)

    @cached_property
    def index(self):
        """value -> positions, for eq and in."""
        index = {}
        for position, value in enumerate(self.values):
            if value is None:
                continue
            for key in value if self.kind == "members" else (value,):
                index.setdefault(key, []).append(position)
        return index

    def where(self, test):
        """Positions of the values that pass the test."""
        return [at for at, value in enumerate(self.values) if test(value)]

    def given(self, text):
        """A filter's text in the form of this column; None matches nothing at all."""
        return _GIVEN[self.kind](text)


def _comparable(raw_values):
    first = next((value for value in raw_values if value is not None), None)
    if isinstance(first, (tuple, list)):
        return "members", [value and tuple(map(str, value)) for value in raw_values]
    if isinstance(first, (int, float)) or _matches(_DECIMAL, first):
        return "number", [None if value is None else float(value) for value in raw_values]
    if _matches(_TIME, first):
        return "time", raw_values
    return "text", [None if value is None else _folded(value) for value in raw_values]


def _folded(value):
    return str(value).casefold()


def _matches(pattern, value):
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _given_number(text):
    match = _LEADING_NUMBER.match(text)  # the database reads "12abc" as 12, "abc" as 0
    return float(match.group()) if match else 0.0


def _given_time(text):
    """`T`, `Z` and compact forms are read, an offset matches nothing, nonsense is 0."""
    match = _GIVEN_TIME.fullmatch(text.strip())
    if match is None:
        return _ZERO_TIME
    year, month, day, hour, minute, second, zone = match.groups()
    if zone not in (None, "Z"):
        return None
    return f"{year}-{month}-{day} {hour or '00'}:{minute or '00'}:{second or '00'}"


_GIVEN = {
    "number": _given_number,
    "time": _given_time,
    "text": str.casefold,
    "members": str,
}


def _as_text(value):
    return f"{value:g}" if isinstance(value, float) else value


def _like(_column, text):
    pattern = re.escape(text.casefold()).replace("%", ".*").replace("_", ".")
    matcher = re.compile(pattern, re.DOTALL).fullmatch
    return lambda value: matcher(_as_text(value)) is not None


def _found_in_set(_column, text):
    return lambda value: text.casefold() in _as_text(value).split(",")


def _equal(column, text):
    return _one_of_texts(column, [text])


def _one_of(column, text):
    return _one_of_texts(column, text.split(","))  # no escape: a comma always separates


def _one_of_texts(column, texts):
    wanted = {column.given(text) for text in texts}
    if column.kind == "members":
        return lambda value: not wanted.isdisjoint(value)
    return wanted.__contains__


def _compare(operation):
    def make(column, text):
        wanted = column.given(text)
        if wanted is None:
            return lambda value: False
        return lambda value: operation(value, wanted)

    return make


def _not(make):
    def make_opposite(column, text):
        test = make(column, text)
        return lambda value: not test(value)

    return make_opposite


# Conditions that look at the value; an absent value (NULL) satisfies none of them.
_TESTS = {
    "eq": _equal,
    "neq": _not(_equal),
    "in": _one_of,
    "nin": _not(_one_of),
    "gt": _compare(operator.gt),
    "lt": _compare(operator.lt),
    "gteq": _compare(operator.ge),
    "lteq": _compare(operator.le),
    "from": _compare(operator.ge),
    "to": _compare(operator.le),
    "like": _like,
    "nlike": _not(_like),
    "finset": _found_in_set,
    "nfinset": _not(_found_in_set),
}

# What can be asked about a list of ids (categories, websites); the rest acts as eq there.
_MEMBER_TESTS = ("eq", "neq", "in", "nin")

# Conditions answered from the column's index: the wanted values of a filter's text.
_INDEXED = {"eq": lambda text: [text], "in": lambda text: text.split(",")}


class Table:
    """Objects in their default order, with `read(object, field)` to look into them."""

    def __init__(self, objects, read):
        self.objects = objects
        self.encoded = {}  # for the owner: JSON of these objects by id
        self._read = read
        self._columns = {}

    def column(self, name):
        if name not in self._columns:
            read = self._read
            self._columns[name] = Column([read(entry, name) for entry in self.objects])
        return self._columns[name]

    def matching(self, groups):
        """Positions that satisfy every group, in default order."""
        found = None
        for group in filter(None, groups):
            hits = set()
            for entry in group:
                hits.update(self._hits(entry))
            found = hits if found is None else found & hits
        return range(len(self.objects)) if found is None else sorted(found)

    def _hits(self, entry):
        column = self.column(entry.field)
        condition = entry.condition
        if condition in ("null", "notnull"):
            absent = condition == "null"
            return column.where(lambda value: (value is None) == absent)
        if entry.value is None:
            return []
        if condition not in _TESTS:
            condition = "eq"  # an unknown condition acts as eq; so does moreq (recorded)
        if column.kind == "members" and condition not in _MEMBER_TESTS:
            condition = "eq"
        if condition in _INDEXED:
            texts = _INDEXED[condition](entry.value)
            return chain.from_iterable(column.index.get(column.given(t), ()) for t in texts)
        test = _TESTS[condition](column, entry.value)
        return column.where(lambda value: value is not None and test(value))

    def ordered(self, positions, sorts):
        """Positions sorted by `sorts`; a sort without a direction is descending."""
        for name, direction in reversed(sorts):
            values = self.column(name).values
            positions = sorted(
                positions,
                key=lambda at: (values[at] is not None, values[at]),
                reverse=direction != "ASC",
            )
        return positions

"""A request as the shop sees it, with the query string read the way PHP reads it."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote, unquote_plus

_NAME = re.compile(r"([^\[]*)((?:\[[^\]]*\])*)")
_NUMERIC = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")


@dataclass
class Request:
    method: str
    target: str  # path and query, as sent
    headers: dict = field(default_factory=dict)  # names in lower case
    body: bytes = b""
    view: object = None  # the store view of the path; set when the route is known

    @cached_property
    def path(self):
        return self.target.split("?", 1)[0]

    @cached_property
    def query(self):
        return self.target.split("?", 1)[1] if "?" in self.target else ""

    @cached_property
    def segments(self):
        """The decoded parts of the path; double and trailing slashes do not count.

        A `+` is a blank here too, and `%2F` stays inside its part.
        """
        parts = [part for part in self.path.split("/") if part]
        return [unquote(part.replace("+", " ")) for part in parts]

    @cached_property
    def parameters(self):
        return parse_parameters(self.query)


def parse_parameters(query):
    """`a[b][]=c` as nested dicts; a repeated name: the last one counts."""
    parameters = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        match = _NAME.match(unquote_plus(name))
        root, rest = match.group(1), match.group(2)
        if not root:
            continue
        keys = [root, *rest[1:-1].split("][")] if rest else [root]
        _store(parameters, keys, unquote_plus(value))
    return parameters


def _store(place, keys, value):
    for key in keys[:-1]:
        key = key or str(len(place))
        if not isinstance(place.get(key), dict):
            place[key] = {}
        place = place[key]
    place[keys[-1] or str(len(place))] = value


def is_numeric(text):
    """What PHP takes for a number: also `2.5`, ` 7` and `1e3`."""
    return _NUMERIC.fullmatch(text) is not None


def as_integer(text):
    """The integer PHP makes of a numeric text: `2.5` is 2; beyond all bounds is 0."""
    try:
        return int(float(text))
    except OverflowError:
        return 0

"""The `fields=` parameter: which parts of an answer the client wants.

The odd rules are the shop's: names it does not know vanish silently, a malformed text gives
an empty list, and a list without entries becomes null.
"""

import re

_NOT_ALLOWED = re.compile(r"[^\w\[\],]")
_TOKEN = re.compile(r"[\[\],]|[^\[\],]+")


def parse_fields(text):
    """`items[id,sku],total_count` as nested dicts; None when the text is malformed."""
    if _NOT_ALLOWED.search(text):
        return None
    levels, names, last = [{}], [], None
    for token in _TOKEN.findall(text):
        if token == "[":
            levels.append({})
            names.append(last)
        elif token == "]":
            if not names:
                return None
            inner = levels.pop()
            levels[-1][names.pop()] = inner
        elif token != ",":
            last = token
            levels[-1][token] = True
    return levels[0] if len(levels) == 1 else None


def project(value, wanted):
    """`value` reduced to the `wanted` names."""
    if isinstance(value, list):
        return [_pick(entry, wanted) for entry in value] or None
    return _pick(value, wanted)


def _pick(entry, wanted):
    if not isinstance(entry, dict):
        return entry
    picked = {}
    for name, value in entry.items():
        if name not in wanted:
            continue
        deeper = isinstance(wanted[name], dict) and isinstance(value, (dict, list))
        picked[name] = project(value, wanted[name]) if deeper else value
    return picked or []  # PHP writes an object without members as []

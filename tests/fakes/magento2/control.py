"""The control endpoints under /__control: no part of Magento, only for tests and demos."""

import json
import threading
from urllib.parse import unquote

from magento2 import carts, people, products, sales
from magento2.answers import Answer

PREFIX = "/__control"

# What can be done to the shop: POST with the JSON of the function's arguments.
_CHANGES = {**products.CHANGES, **people.CHANGES, **carts.CHANGES, **sales.CHANGES}


class Control:
    def __init__(self, api, switches, counters):
        self._api = api
        self._switches = switches
        self._counters = counters
        self._one_change = threading.Lock()  # so that two new objects get two ids

    def answer(self, request):
        """Every answer is JSON; a mistake of the caller is a 400 that says which."""
        name = request.path[len(PREFIX) :].strip("/")
        try:
            with self._one_change:
                value = self._do(request.method, name, request.body)
        except (ValueError, TypeError, LookupError, AttributeError) as mistake:
            return _json(400, {"error": f"{type(mistake).__name__}: {mistake}"})
        return _json(200, value)

    def _do(self, method, name, body):
        if method == "DELETE" and name.startswith("product/"):
            return products.remove(self._api, unquote(name.removeprefix("product/")))
        wanted = json.loads(body or b"{}")
        if method == "POST" and name in _CHANGES:
            return _CHANGES[name](self._api, **wanted)
        if (method, name) not in _ACTIONS:
            known = [f"{method} {path}" for method, path in _ACTIONS]
            known += [f"POST {path}" for path in _CHANGES]
            raise ValueError(f"no such control; there are: {', '.join(known)}")
        return _ACTIONS[method, name](self, wanted)

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

    def _read_clock(self, _wanted):
        return self._api.clock.read()

    def _turn_clock(self, wanted):
        """Nothing said: the machine's clock again."""
        if wanted:
            self._api.clock.turn(**wanted)
        else:
            self._api.clock.run()
        self._api.catalog.forget_prices()
        return self._api.clock.read()


_ACTIONS = {
    ("GET", "counters"): Control._read_counters,
    ("POST", "counters/reset"): Control._reset_counters,
    ("GET", "switch"): Control._read_switches,
    ("POST", "switch"): Control._switch,
    ("POST", "move"): Control._move,
    ("GET", "clock"): Control._read_clock,
    ("POST", "clock"): Control._turn_clock,
}


def _json(status, value):
    return Answer(status, json.dumps(value).encode("ascii"))

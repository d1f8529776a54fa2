"""Switches that make the double slow, broken or stricter while it runs.

`FAULTS` names every fault. Those with an answer replace the shop's; `cut`, `close` and
`hang` are about the connection and are carried out by server.py.
"""

import re
import threading

from magento2 import answers
from magento2.answers import Answer
from magento2.criteria import Limits
from magento2.oauth import FORMS

URL_LIMIT = 16_384  # characters of a request target; nginx with the shop's configuration

TOO_MANY_REQUESTS = (
    b"<html>\r\n<head><title>429 Too Many Requests</title></head>\r\n"
    b"<body>\r\n<center><h1>429 Too Many Requests</h1></center>\r\n"
    b"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


def _refused(refused):
    return Answer(refused.status, answers.encode_json(refused.value))


def _server_error(_api, _fault):
    return _refused(answers.internal_error())


def _too_many(_api, fault):
    after = fault.retry_after
    headers = [] if after is None else [("Retry-After", str(after))]
    return Answer(429, TOO_MANY_REQUESTS, "text/html", headers)


def _given(_api, fault):
    return Answer(fault.status, fault.body.encode("utf-8"), fault.content_type)


FAULTS = {
    "answer": _given,
    "404": lambda _api, _fault: _refused(answers.no_route()),
    "500": _server_error,
    "500-html": lambda api, _fault: api.html(500),
    "503-html": lambda api, _fault: api.html(503),
    "429": _too_many,
    "bad-json": lambda _api, _fault: Answer(200, b'{"items":[{"id":1,"sku":"24-'),
    "empty-body": lambda _api, _fault: Answer(200, b""),
    "cut": None,
    "close": None,
    "hang": None,
}


class Fault:
    """One fault that is switched on: its name, how often, and for which paths."""

    def __init__(self, name, times=None, path=None, retry_after=None, body="null",
                 status=200):
        if name not in FAULTS:
            raise ValueError(f"unknown fault {name!r}; there are: {', '.join(FAULTS)}")
        try:
            self.path = re.compile(path or "")
        except re.error as mistake:
            raise ValueError(f"path {path!r} is no regular expression: {mistake}") from None
        self.name = name
        self.times = times
        self.turn = 0  # which of all that were ever set
        self.retry_after = retry_after
        self.body = body
        self.status = int(status)
        self.content_type = answers.HTML_TYPE if body.startswith("<") else answers.JSON_TYPE


# What a version does by itself, as far as it is told by the products' source; the recorded
# shop was 2.4.7 with bearer tokens switched on, which is what no version at all means.
VERSIONS = {
    "2.3.7": {"limits": {"last_page_again": True}},
    "2.4.3": {},
    "2.4.4": {"bearer": False},
    "2.4.7": {"bearer": False},
    "2.4.8": {"bearer": False, "oauth_form": "2.4.8"},
}


class Switches:
    def __init__(self, delay_ms=0, gzip=True, version=None):
        self.delay_ms = delay_ms
        self.gzip = gzip
        self.spoiled = ()  # ids of orders that are told without one
        self.url_limit = URL_LIMIT
        self.bearer = True  # False: integration tokens are refused, the default since 2.4.4
        self.integration = True  # False: no integration is active; OAuth gives no rights
        self.oauth_form = "2.4.7"  # a name of oauth.FORMS
        self.limits = Limits()
        self.fault = None
        self._turns = 0  # how often the fault was set; wakes hanging requests
        self._turned = threading.Condition()
        self.turn(VERSIONS.get(version, {}))

    def take_fault(self, path):
        """The fault for this request, if any; counts down its `times`."""
        with self._turned:
            fault = self.fault
            if fault is None or not fault.path.search(path):
                return None
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.fault = None
            return fault

    def wait_for_next(self, fault):
        """Holds a hanging request until another fault is set than its own, or none."""
        with self._turned:
            self._turned.wait_for(lambda: self._turns != fault.turn)

    def turn(self, wanted):
        """Applies the JSON of the `switch` control: all of it, or nothing (ValueError)."""
        unknown = set(wanted) - set(_READERS) - set(_FAULT_OPTIONS)
        if unknown:
            raise ValueError(f"unknown switch: {', '.join(sorted(unknown))}")
        values = {name: _READERS[name](wanted) for name in wanted if name in _READERS}
        with self._turned:
            for name, value in values.items():
                setattr(self, name, value)
            if "fault" in values:
                self._turns += 1
                if values["fault"]:
                    values["fault"].turn = self._turns
                self._turned.notify_all()

    def read(self):
        fault = self.fault
        return {
            "delay_ms": self.delay_ms,
            "fault": fault and fault.name,
            "times": fault and fault.times,
            "path": fault and fault.path.pattern,
            "retry_after": fault and fault.retry_after,
            "status": fault and fault.status,
            "limits": vars(self.limits),
            "url_limit": self.url_limit,
            "bearer": self.bearer,
            "integration": self.integration,
            "oauth_form": self.oauth_form,
            "gzip": self.gzip,
            "spoiled": self.spoiled,
        }

    def spoil(self, body):
        """The answer as it is with what is spoiled in it."""
        for number in self.spoiled:
            body = body.replace(b'"entity_id":%d,' % number, b'"entity_id":null,')
        return body


_FAULT_OPTIONS = ("times", "path", "retry_after", "body", "status")


def _read_fault(wanted):
    options = {name: wanted[name] for name in _FAULT_OPTIONS if name in wanted}
    return None if wanted["fault"] is None else Fault(wanted["fault"], **options)


def _read_limits(wanted):
    limits = wanted["limits"] or {}
    names = vars(Limits())
    if not set(limits) <= set(names):
        raise ValueError(f"unknown limit; there are: {', '.join(names)}")
    return Limits(**limits)


def _read_form(wanted):
    form = wanted["oauth_form"]
    if form not in FORMS:
        raise ValueError(f"unknown form {form!r}; there are: {', '.join(FORMS)}")
    return form


_READERS = {
    "fault": _read_fault,
    "limits": _read_limits,
    "delay_ms": lambda wanted: float(wanted["delay_ms"]),
    "url_limit": lambda wanted: int(wanted["url_limit"]),
    "bearer": lambda wanted: bool(wanted["bearer"]),
    "integration": lambda wanted: bool(wanted["integration"]),
    "oauth_form": _read_form,
    "gzip": lambda wanted: bool(wanted["gzip"]),
    "spoiled": lambda wanted: tuple(map(int, wanted["spoiled"])),
}

"""Starts and steers the shop double from a Python test.

    sys.path.insert(0, ".../tests/fakes")
    from magento2.client import Shop

    with Shop("--products", "1000") as shop:
        shop.add_product("123456", copy_of="24-MB01", changes={"name": 'Salt & "Pepper"'})
        shop.switch(fault="500", times=2, path="/products$")
        ... let the program under test talk to shop.url with shop.token ...
        assert shop.counters()["kinds"]["products list"] == 3
"""

import http.client
import json
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path
from urllib.parse import quote, urlsplit

from magento2.oauth import DEMO

SHOP = Path(__file__).resolve().parent / "shop.py"
TOKEN = "demo-token"
URL_LIMIT = 16_384
PATIENCE_S = 60

Response = namedtuple("Response", "status headers body")


def where(field, value, condition="eq", group=0):
    """A query with one filter, in a filter group of its own."""
    place = f"searchCriteria[filter_groups][{group}][filters][0]"
    parts = (("field", field), ("value", value), ("condition_type", condition))
    return "&".join(f"{place}[{name}]={quote(str(text), safe='')}" for name, text in parts)


def sorted_by(field, direction=None):
    """A query with one sort order; without a direction it is descending."""
    place = "searchCriteria[sortOrders][0]"
    way = f"&{place}[direction]={direction}" if direction else ""
    return f"{place}[field]={field}{way}"


class Shop:
    """One running double; its process ends with `stop`, `with`, or the test's own end."""

    token = TOKEN
    consumer = DEMO  # the four values of an integration that signs with OAuth

    def __init__(self, *options):
        self._options = options
        self._process = None
        self.url = self.control_url = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_error):
        self.stop()

    def start(self):
        command = [sys.executable, str(SHOP), *self._options]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the shop double did not start: {' '.join(command)}")
        started = json.loads(line)
        self.url, self.control_url = started["url"], started["control"]
        return self

    def stop(self):
        """Ends the double and gives its exit status."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.stdin.close()
        try:
            return process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()
        finally:
            process.stdout.close()

    @property
    def pid(self):
        return self._process.pid

    # Talking to the shop, for tests that look at the double itself

    def connect(self):
        """A connection that stays open; close it yourself."""
        return http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE_S)

    def get(self, target, token=TOKEN, headers=None, method="GET", connection=None):
        """One request; `token` None sends no Authorization header."""
        own = connection or self.connect()
        sent = dict(headers or {})
        if token is not None:
            sent.setdefault("Authorization", f"Bearer {token}")
        try:
            own.request(method, target, headers=sent)
            response = own.getresponse()
            return Response(response.status, response.headers, response.read())
        finally:
            if connection is None:
                own.close()

    def json(self, target, **options):
        return json.loads(self.get(target, **options).body)

    # Steering the shop

    def counters(self):
        return self._control("GET", "counters")

    def wait_for_requests(self, count):
        """Until so many are under way at once."""
        deadline = time.monotonic() + PATIENCE_S
        while self.counters()["in_progress"] < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{count} requests did not come")
            time.sleep(0.005)

    def reset(self):
        return self._control("POST", "counters/reset")

    def switch(self, **wanted):
        """Turns switches: fault, times, path, retry_after, delay_ms, limits, ..."""
        return self._control("POST", "switch", wanted)

    def calm(self):
        """Every switch as at the start."""
        return self.switch(
            fault=None, delay_ms=0, limits=None, bearer=True, gzip=True, url_limit=URL_LIMIT,
            integration=True, oauth_form="2.4.7", spoiled=(),
        )

    def move(self, timezone):
        """Takes all store views to that time zone."""
        return self._control("POST", "move", {"timezone": timezone})

    def add_product(self, sku, **wanted):
        """Adds or changes a product: copy_of, changes, custom_attributes, stock, store."""
        return self._control("POST", "product", {"sku": sku, **wanted})

    def do(self, change, **wanted):
        """Changes the shop: do("order/pay", order_id=1); README.md lists the changes."""
        return self._control("POST", change, wanted)

    def clock(self, **wanted):
        """Stands at `now`, `advance_s` seconds later; nothing: the machine's clock."""
        return self._control("POST", "clock", wanted)

    def remove_product(self, sku):
        return self._control("DELETE", f"product/{quote(sku, safe='')}")

    def _control(self, method, name, wanted=None):
        connection = http.client.HTTPConnection(
            urlsplit(self.control_url).netloc, timeout=PATIENCE_S
        )
        try:
            body = None if wanted is None else json.dumps(wanted)
            connection.request(method, f"{urlsplit(self.control_url).path}/{name}", body)
            response = connection.getresponse()
            value = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise ValueError(value["error"])
        return value

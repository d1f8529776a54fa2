"""The REST API: who may ask, and in what form the answer goes back.

The checks come in the order of the shop: Accept header, store code, HTTP method, route,
right, parameters.
"""

import itertools
import re

from magento2 import answers
from magento2.answers import Answer, Refused
from magento2.attributes import Attributes
from magento2.catalog import Catalog
from magento2.clock import Clock
from magento2.collection import GROUPS, RECORDED, Collection, Page
from magento2.copies import make_orders
from magento2.fields import parse_fields, project
from magento2.oauth import Verifier, is_signed
from magento2.recorded import Recorded
from magento2.routes import NEVER_GRANTED, find_route, rest_segments
from magento2.sources import SourceItems
from magento2.store import Store
from magento2.storefront import Storefront
from magento2.totals import Totals

VERSION_TEXT = b"Magento/2.4 (Community)"
OUTSIDE = "outside the API"  # the kind of requests that are no REST call
UNKNOWN = "unknown route"
ORDERED_PRODUCTS = 500  # copies that copied orders are of
FIRST_PART = 1000  # ids of new lines, addresses, taxes ...; recorded ones are below

_RENDERERS = (
    ("application/json", answers.JSON_TYPE, answers.encode_json),
    ("application/xml", answers.XML_TYPE, answers.encode_xml),
)
_MEDIA_TYPE = re.compile(r"[0-9a-z*+\-]+(/[0-9a-z*+\-.]+)?", re.IGNORECASE)


class Api:
    def __init__(self, public_url, tokens, consumers, switches, products=0, orders=0):
        recorded = Recorded(public_url)
        self.switches = switches
        self.clock = Clock()
        self._tokens = tokens  # token -> its rights; None means all
        self._verifier = Verifier(consumers, switches, self.clock)
        self._pages = {
            404: recorded.body("store/path-no-rest-prefix"),
            500: recorded.body("http/accept-text"),
            503: recorded.body("http/maintenance"),
        }
        self.store = Store(recorded)
        self.catalog = Catalog(recorded, self.store, self.clock, products)
        self.storefront = Storefront(self.catalog, self.store, public_url)
        self.attributes = Attributes(recorded)
        self.collections = {
            "products": self.catalog,
            "attributes": self.attributes.listed,
            "source items": SourceItems(recorded, self.catalog),
        }
        self.totals = Totals(recorded)
        self.coupons = {}  # cart id -> code; a cart does not tell it, its totals do
        self.numbers = itertools.count(FIRST_PART)
        self.metadata = recorded.body("customers/attribute-metadata-custom")
        self.collections["groups"] = Collection(GROUPS, recorded.items("customers/groups"))
        dutch_category = {"name": recorded.body("categories/one-nl")["name"]}
        texts = {"categories": {2: {5: dutch_category}}}
        for plan in RECORDED:
            objects = recorded.items(f"all/{plan.name}")
            self.collections[plan.name] = Collection(plan, objects, texts.get(plan.name))
        if orders:
            recorded_orders = self.collections["orders"].all()
            copies = make_orders(recorded_orders, ORDERED_PRODUCTS, orders)
            self.collections["orders"].put_all(copies)

    def kind(self, request):
        """What sort of call this is, for the counters."""
        if rest_segments(request) is None:
            return OUTSIDE
        try:
            return find_route(request, self.store)[0].kind
        except Refused:
            return UNKNOWN

    def answer(self, request):
        if rest_segments(request) is None:
            if request.segments == ["magento_version"]:
                return Answer(200, VERSION_TEXT, answers.HTML_TYPE)
            return self.html(404)
        renderer = _renderer(request.headers.get("accept", ""))
        if renderer is None:
            return self.html(500)
        _, content_type, encode = renderer
        try:
            value = self._value(request)
        except Refused as refused:
            body = b"" if request.method == "HEAD" else encode(refused.value)
            return Answer(refused.status, body, content_type)
        body = self.switches.spoil(_encoded(value, request, encode))
        return Answer(200, body, content_type)

    def html(self, status):
        return Answer(status, self._pages[status].encode("utf-8"), answers.HTML_TYPE)

    def _value(self, request):
        route, parts = find_route(request, self.store)
        self._authorize(request, route)
        return route.answer(self, request, *parts)

    def _authorize(self, request, route):
        if route.right is None:
            return
        rights = self._rights(request)
        if route.right == NEVER_GRANTED or not (rights is None or route.right in rights):
            raise answers.not_authorized(route.right)

    def _rights(self, request):
        """A set of rights; None for all of them."""
        if is_signed(request):
            return self._verifier.rights(request)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.switches.bearer:
            return self._tokens.get(token.strip(), ())
        return ()


def _renderer(accept):
    """By the Accept header; None when the shop has nothing that fits (a 500, not a 406)."""
    for wanted in _media_types(accept) or ["*/*"]:
        for renderer in _RENDERERS:
            if wanted in (renderer[0], "application/*", "*/*"):
                return renderer
    return None


def _media_types(accept):
    """The media types of an Accept header, best quality first."""
    qualities = []
    for definition in accept.split(","):
        name, *options = (part.strip() for part in definition.split(";"))
        if _MEDIA_TYPE.fullmatch(name):
            quality = options[0].partition("=")[2] if options else ""
            qualities.append((quality or "1.0", name))
    qualities.sort(key=lambda entry: entry[0], reverse=True)
    return [name for _, name in qualities]


def _encoded(value, request, encode):
    wanted = request.parameters.get("fields", "")
    if isinstance(value, Page):
        if not wanted and encode is answers.encode_json:
            return value.json()
        value = value.value()
    if wanted and isinstance(value, (dict, list)):
        names = parse_fields(wanted) if isinstance(wanted, str) else None
        value = [] if names is None else project(value, names)
    return encode(value)

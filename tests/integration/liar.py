"""A shop that says whatever a test wants, for what no honest one does.

    with Liar() as liar:
        liar.say("orders", lambda query: listed({"entity_id": 1, "increment_id": "1"}))
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

HOME = "https://shop.example.com/"
VIEW = {"id": 1, "code": "default", "website_id": 1, "locale": "en_US",
        "base_currency_code": "EUR", "default_display_currency_code": "EUR",
        "timezone": "Europe/Amsterdam", "base_url": HOME, "base_link_url": HOME,
        "base_media_url": HOME + "media/", "secure_base_url": HOME,
        "secure_base_link_url": HOME, "secure_base_media_url": HOME + "media/"}


def listed(*items, total=None):
    """A list as the shop answers it."""
    return {"items": list(items), "total_count": len(items) if total is None else total}


def product(sku, number=1, attributes=(), **changes):
    """A product with custom attributes: pairs of code and value."""
    custom = [{"attribute_code": code, "value": value} for code, value in attributes]
    return {"id": number, "sku": sku, "name": f"Name of {sku}", "price": 10, "status": 1,
            "visibility": 4, "type_id": "simple", "created_at": "2026-11-21 19:52:57",
            "media_gallery_entries": [], "extension_attributes": {"website_ids": [1]},
            "custom_attributes": custom, **changes}


def filters(query):
    """The filters of a list's query: (field, condition, value) in groups."""
    groups = {}
    for name, value in query.items():
        parts = name.replace("]", "").split("[")
        if parts[0] == "searchCriteria" and parts[1] == "filter_groups":
            groups.setdefault(parts[2], {}).setdefault(parts[4], {})[parts[5]] = value
    return [[(one["field"], one["condition_type"], one["value"]) for one in group.values()]
            for group in groups.values()]


def passes(item, field, condition, value):
    """As the shop's database compares, without regard to case; `entity_id` may be `id`."""
    own = str(item.get(field, item.get("id") if field == "entity_id" else None)).casefold()
    return own in value.casefold().split(",") if condition == "in" else own == value.casefold()


def page(items, query):
    """The page of a list that the query wants, by its filters of equality."""
    items = [item for item in items if all(any(passes(item, *one) for one in group)
                                           for group in filters(query))]
    size = int(query["searchCriteria[pageSize]"])
    first = (int(query["searchCriteria[currentPage]"]) - 1) * size
    return listed(*items[first:first + size], total=len(items))


class Liar(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"
        self.asked = []  # paths with their queries
        self._answers = {}
        self.say("store/storeConfigs", lambda query: [VIEW])

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_error):
        self.shutdown()
        self.server_close()

    def say(self, path, answer):
        """`answer` of a query: JSON, or (status, JSON), or (status, JSON, headers)."""
        self._answers[path] = answer

    def answer(self, target):
        parts = urlsplit(target)
        path = parts.path.split("/V1/", 1)[-1]
        self.asked.append(target)
        said = self._answers.get(path, lambda query: listed())(dict(parse_qsl(parts.query)))
        return said if isinstance(said, tuple) else (200, said)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_words):
        pass

    def do_GET(self):
        status, said, *headers = self.server.answer(self.path)
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers[0] if headers else {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

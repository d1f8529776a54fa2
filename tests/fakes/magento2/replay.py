"""Sends recorded exchanges to the double again and compares the answers.

For tests/integration/shop_double_test.py, which holds the tables of what is compared how.
"""

import gzip
import json
import re
import secrets
import time

from magento2.answers import encode_json
from magento2.client import TOKEN
from magento2.oauth import FORMS, base_string, escape, sign
from magento2.recorded import FIXTURES, RECORDED_URL

LIMITED_TOKEN = "limited-token"
# Keys and tokens were cut out of the recordings: what is sent instead.
PLACEHOLDERS = {
    "Bearer <integration-access-token>": f"Bearer {TOKEN}",
    "Bearer <limited-integration-access-token>": f"Bearer {LIMITED_TOKEN}",
    "Bearer <other>": "Bearer 0123456789abcdef0123456789abcdef",
    "Bearer <customer-jwt>": "Bearer customer.jwt.token",
    "Bearer <admin-jwt>": "Bearer admin.jwt.token",
}
READING = ("GET", "HEAD", "OPTIONS", "PATCH", "DELETE")
_REPORT = re.compile(rb"webapi-[0-9a-f]{13}")  # the number of a log entry, always another
_CUT_QUERY = re.compile(r"(.*)%2CS\N{HORIZONTAL ELLIPSIS} \((\d+) characters\)")


def load(name):
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def recorded_names():
    """All recorded exchanges that only read; POST and PUT are not played at all."""
    names = []
    for path in sorted(FIXTURES.glob("*/*.json")):
        name = f"{path.parent.name}/{path.stem}"
        if load(name).get("request", {}).get("method") in READING:
            names.append(name)
    return names


def target_of(request):
    query = _whole_query(request["query_raw"])
    return request["path"] + (f"?{query}" if query else "")


def _whole_query(query):
    """Very long queries were recorded as their beginning and length: made whole again."""
    cut = _CUT_QUERY.fullmatch(query)
    if cut is None:
        return query
    place = "searchCriteria[filter_groups][0][filters][0]"
    ending = f"&{place}[condition_type]=in&fields=total_count"
    many = "".join(f"%2CSKU-{number:06d}" for number in range(7, 5000))
    return cut[1] + many[: int(cut[2]) - len(cut[1]) - len(ending)] + ending


def authorization(shop, method, url, **odd):
    """An OAuth header for the request, right unless `odd` says what is wrong with it.

    form, consumer: another way to sign, other values; protocol: parameters to change or
    (None) leave out; signed: the address in the base string; more: pairs that are signed
    without being sent; altered: another signature; prefix: in front of the parameters.
    """
    consumer = odd.get("consumer", shop.consumer)
    protocol = {
        "oauth_consumer_key": consumer.key,
        "oauth_nonce": secrets.token_hex(16),
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": str(int(time.time())),
        "oauth_token": consumer.token,
        "oauth_version": "1.0",
        **odd.get("protocol", {}),
    }
    sent = {name: value for name, value in protocol.items() if value is not None}
    form = FORMS[odd.get("form", "2.4.7")]
    signed = odd.get("signed", url)
    base = base_string(form, method, signed, {**sent, **odd.get("more", {})})
    signature = sign(consumer, base)
    sent["oauth_signature"] = signature[::-1] if odd.get("altered") else signature
    pairs = ",".join(f'{name}="{escape(value)}"' for name, value in sent.items())
    return f"OAuth {odd.get('prefix', '')}{pairs}"


def make_early(shop):
    """Puts products back into the state of the first recordings."""
    shop.add_product("24-MB01", store="nl", changes={"name": "Joust sporttas"})
    for name in ("products/one-simple", "products/one-bundle"):
        product = load(name)["response"]["body"]
        stock = product["extension_attributes"].pop("stock_item")
        shop.add_product(product["sku"], changes=product, stock=stock)
    product = load("products/list-configurable")["response"]["body"]["items"][1]
    shop.add_product(product["sku"], changes=product)
    then = {"price": 29.95, "updated_at": "2026-11-21 19:51:08"}
    shop.add_product("CFG-SHIRT-Red-S", changes=then)
    shop.add_product("BULK-009", copy_of="BULK-008", changes={"id": 52})


def add_paging_products(shop):
    """PAGE-001 to PAGE-120, which the shop had for a while; 100 are known whole."""
    whole = load("products/list-page-100")["response"]["body"]["items"]
    short = load("products/list-page-120")["response"]["body"]["items"]
    for product in whole + short[len(whole) :]:
        shop.add_product(product["sku"], copy_of="24-MB01", changes=product)


def compare_bytes(recorded, answer):
    """The recorded body, with nothing left out, to the last byte."""
    if "body_omitted" in recorded:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(answer.body)
    elif "body_text" in recorded:
        promised = dict(recorded["headers"]).get("Content-Length")
        assert promised in (None, answer.headers["Content-Length"])
        assert answer.body.decode("utf-8") == recorded["body_text"]
    else:
        expected = encode_json(recorded["body"])
        assert _REPORT.sub(b"", answer.body) == _REPORT.sub(b"", expected)
        if RECORDED_URL.encode() not in expected.replace(b"\\", b""):
            assert len(answer.body) == recorded["length"]


def without(value, names):
    """The value without the members of these names, at any depth."""
    if isinstance(value, dict):
        return {k: without(v, names) for k, v in value.items() if k not in names}
    return [without(entry, names) for entry in value] if isinstance(value, list) else value


def lacking(part, whole, where=""):
    """Where `part`, a shortened body, says something that `whole` does not."""
    if isinstance(part, dict) and isinstance(whole, dict):
        both = [name for name in part if name in whole]
        lost = [f"{where}/{name} is missing" for name in part if name not in whole]
        return lost + sum((lacking(part[n], whole[n], f"{where}/{n}") for n in both), [])
    if isinstance(part, list) and isinstance(whole, list) and len(part) <= len(whole):
        pairs = enumerate(zip(part, whole))
        return sum((lacking(one, two, f"{where}/{at}") for at, (one, two) in pairs), [])
    return [] if part == whole else [f"{where}: {part!r} is {whole!r}"]

"""Proof that the shop double judges OAuth 1.0a signatures as the recorded shop did.

Every recorded exchange that was signed is sent again, rightly or wrongly signed as it was;
every recorded vector is sent as it stands. See shop_double_test.py for the rest.
"""

import json
import re
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fakes"))

from magento2.client import Shop, where  # noqa: E402
from magento2.oauth import Consumer  # noqa: E402
from magento2.recorded import RECORDED_HOST, RECORDED_URL  # noqa: E402
from magento2.replay import (  # noqa: E402
    authorization,
    compare_bytes,
    lacking,
    load,
    make_early,
    recorded_names,
    target_of,
)

NAMES = [name for name in recorded_names() if name.startswith("auth/oauth-")]
PRODUCTS = "/rest/V1/products"
VIEWS = "/rest/V1/store/storeViews"

# Bodies that were shortened when recorded: what is left must be in the answer.
SHORTENED = "auth/oauth-path-.*"

# Recorded before some products were changed or deleted.
EARLY = "auth/oauth-(12-groups-natural-order|bare-name-not-signed)"

# Switches that make the double like the shop was at that recording.
SWITCHED = (
    ("auth/oauth-default-off-ok", {"bearer": False}),
    ("auth/oauth-integration-inactive", {"integration": False}),
)

# How the exchanges were signed that went out with OAuth; the others rightly.
FOREIGN = Consumer(2, "f" * 32, "f" * 32, "othertoken0000000000000000000002", "f" * 32)
FOREIGN_VALUES = ",".join(
    (FOREIGN.key, FOREIGN.secret, FOREIGN.token, FOREIGN.token_secret)
)
HOST = RECORDED_URL.rstrip("/")
SKU_PATH = f"{HOST}/rest/V1/products"


def _at(distance_s):
    return {"protocol": {"oauth_timestamp": str(int(time.time()) + distance_s)}}


def _with(**protocol):
    return {"protocol": {f"oauth_{name}": value for name, value in protocol.items()}}


SIGNED = (
    ("auth/oauth-12-groups-byte-order", {"form": "RFC 5849"}),
    ("auth/oauth-bad-signature", {"altered": True}),
    ("auth/oauth-bare-name-signed", {"more": {"searchCriteria": ""}}),
    ("auth/oauth-foreign-token", _with(token=FOREIGN.token)),
    ("auth/oauth-future-timestamp", _at(3600)),
    ("auth/oauth-hmac-sha1", _with(signature_method="HMAC-SHA1")),
    ("auth/oauth-missing-nonce", _with(nonce=None)),
    ("auth/oauth-missing-version", _with(version=None)),
    ("auth/oauth-nonce-(first|reused)", _with(nonce="used-once")),
    ("auth/oauth-old-timestamp", _at(-3600)),
    ("auth/oauth-path-slash", {"form": "RFC 5849"}),
    ("auth/oauth-path-specials", {"form": "RFC 5849"}),
    ("auth/oauth-path-specials-partly",
     {"form": "RFC 5849", "signed": f"{SKU_PATH}/SKU%2525+&%23?fields=id,sku,name"}),
    ("auth/oauth-plaintext", _with(signature_method="PLAINTEXT")),
    ("auth/oauth-realm", {"prefix": f'realm="{HOST}/",'}),
    ("auth/oauth-short-consumer-key", _with(consumer_key="short")),
    ("auth/oauth-short-nonce", _with(nonce="12345678")),
    ("auth/oauth-unknown-consumer", _with(consumer_key="u" * 32)),
    ("auth/oauth-unknown-token", _with(token="u" * 32)),
    ("auth/oauth-wrong-port", {"signed": f"{HOST}:8080/rest/V1/store/storeViews"}),
    ("auth/oauth-wrong-scheme",
     {"signed": f"https{HOST.removeprefix('http')}/rest/V1/store/storeViews"}),
    ("auth/oauth-zero-timestamp", _with(timestamp="0")),
)


def fits(pattern, name):
    return re.fullmatch(pattern, name) is not None


def chosen(table, name, default):
    return next((row[1] for row in table if fits(row[0], name)), default)


@pytest.fixture(scope="module")
def late_shop():
    with Shop("--public-url", RECORDED_URL, "--consumer", FOREIGN_VALUES) as shop:
        yield shop


@pytest.fixture(scope="module")
def early_shop():
    with Shop("--public-url", RECORDED_URL) as shop:
        make_early(shop)
        yield shop


def send(shop, name, request):
    target = target_of(request)
    odd = chosen(SIGNED, name, {})
    if name == "auth/oauth-space-as-plus":
        odd = {"signed": HOST + target.replace("+", "%20")}
    header = authorization(shop, request["method"], HOST + target, **odd)
    headers = {**request["headers"], "Authorization": header, "Host": RECORDED_HOST}
    return shop.get(target, token=None, headers=headers, method=request["method"])


@pytest.mark.parametrize("name", NAMES)
def test_a_signed_exchange_is_played_back(name, late_shop, early_shop):
    exchange = load(name)
    recorded = exchange["response"]
    shop = early_shop if fits(EARLY, name) else late_shop
    shop.switch(**chosen(SWITCHED, name, {}))
    try:
        answer = send(shop, name, exchange["request"])
    finally:
        shop.calm()
    assert answer.status == recorded["status"]
    assert answer.headers["Content-Type"] == dict(recorded["headers"])["Content-Type"]
    if recorded.get("trimmed") or fits(SHORTENED, name):
        assert lacking(recorded["body"], json.loads(answer.body)) == []
    else:
        compare_bytes(recorded, answer)


def test_every_row_is_needed():
    patterns = [row[0] for row in SIGNED + SWITCHED] + [SHORTENED, EARLY]
    assert [p for p in patterns if not any(fits(p, name) for name in NAMES)] == []
    assert len(NAMES) >= 37


VECTORS = load("auth/oauth-vectors")
# What is not read, and what only a server behind a proxy can know.
NOT_SENT = ("other-method", "put-json", "delete", "https-not-told")


@pytest.fixture(scope="module")
def vector_shop():
    names = ("consumer_key", "consumer_secret", "token", "token_secret")
    values = ",".join(VECTORS[name] for name in names)
    with Shop("--public-url", RECORDED_URL, "--consumer", values) as shop:
        yield shop


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
def test_a_signature_is_judged_as_recorded(vector, vector_shop):
    if vector["name"] in NOT_SENT:
        return
    address, _, target = vector["url"].partition("//")[2].partition("/")
    headers = {"Host": address, "Authorization": vector["authorization"]}
    headers.update(vector.get("headers", {}))
    answer = vector_shop.get(f"/{target}", token=None, headers=headers)
    assert answer.status == vector["status"]
    if not vector["accepted"]:
        assert json.loads(answer.body) == vector["answer"]


# ------------------------------------------------------------- what was never recorded


@pytest.fixture
def shop():
    with Shop() as running:
        yield running


def signed_get(shop, path, **odd):
    url = f"{shop.url.rstrip('/')}{path}"
    headers = {"Authorization": authorization(shop, "GET", url, **odd)}
    return shop.get(path, token=None, headers=headers)


def test_the_form_of_2_4_8_can_be_switched_on(shop):
    path = f"{PRODUCTS}?{where('sku', 'a,b', 'in')}"
    assert signed_get(shop, path).status == 200
    assert signed_get(shop, path, form="2.4.8").status == 401
    shop.switch(oauth_form="2.4.8")
    assert signed_get(shop, path).status == 401
    assert signed_get(shop, path, form="2.4.8").status == 200
    plain = f"{PRODUCTS}?{where('sku', 'a')}"
    for form in ("2.4.7", "2.4.8", "RFC 5849"):
        assert signed_get(shop, plain, form=form).status == 200


def test_a_nonce_is_used_up_even_by_a_refused_request(shop):
    once = {"protocol": {"oauth_nonce": "once-only"}}
    assert signed_get(shop, VIEWS, altered=True, **once).status == 401
    refused = signed_get(shop, VIEWS, **once)
    assert refused.status == 401 and b"already being used" in refused.body

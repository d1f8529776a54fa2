"""Proof that the shop double tells the truth.

Part one sends every recorded GET again and compares the answers byte for byte; what is not
compared, or not to the last byte, stands in tables with its reason. Part two shows that the
switches, counters, changes and copies of the double do what its README says.

Run with: /usr/bin/python3 -m pytest tests/integration/shop_double_test.py
"""

import gzip
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fakes"))

from magento2.client import PATIENCE_S, SHOP, TOKEN, Shop, sorted_by, where  # noqa: E402
from magento2.recorded import RECORDED_URL  # noqa: E402
from magento2.replay import (  # noqa: E402
    LIMITED_TOKEN,
    PLACEHOLDERS,
    add_paging_products,
    compare_bytes,
    lacking,
    load,
    make_early,
    recorded_names,
    target_of,
    without,
)

LIMITED = ("--limited-token", f"{LIMITED_TOKEN}=Magento_Catalog::products")

# ------------------------------------------------------- part one: the recorded exchanges

NOT_PLAYED = "this resource is not played"
SIGNED = "is sent by shop_double_oauth_test.py"
NO_CUSTOMERS = "customer and admin tokens are not played"

# Exchanges that are not sent again: (pattern of the whole name, reason).
EXCEPTIONS = (
    ("auth/oauth-.*", SIGNED),
    ("auth/handshake-4-use", "the websites came in another order at that time"),
    ("auth/admin-jwt-expired|auth/customer-me|customers/me", NO_CUSTOMERS),
    ("carts/customer-cart-mine", NO_CUSTOMERS),
    ("carts/(billing-address|coupon|guest-.*|items)", NOT_PLAYED),
    ("categories/(products|tree.*)", NOT_PLAYED),
    ("customers/(address|attribute-metadata(-gender)?|(no-)?billing-address)", NOT_PLAYED),
    ("customers/(confirm-status|group-default|groups|shipping-address)", NOT_PLAYED),
    ("http/schema.*", NOT_PLAYED),
    ("orders/(comments|items-.*|statuses|transactions)", NOT_PLAYED),
    ("products/(attribute-sets|configurable-.*|links-related|media-.*)", NOT_PLAYED),
    ("products/(search-engine|stock-.*|types)", NOT_PLAYED),
    ("products/source-items", "the stock was changed later"),
    ("products/salable-qty", "one more was ordered later"),
    ("store/(country-NL|currency|modules)", NOT_PLAYED),
    ("carts/(list-items-full|one-customer-items)", "these carts got other items later"),
)

EDITED = ["updated_at", "firstname", "telephone", "city"]
# Members that are left out on both sides: (pattern, members, reason).
ALLOWANCES = (
    ("carts/list-active|changes/delete-.*", ["updated_at"], "carts touched later"),
    ("carts/one-(customer-nl|guest-items)", ["updated_at", "price", "name"], "repriced"),
    ("carts/one-customer-german-usd", ["updated_at", "extension_attributes"], "touched"),
    ("categories/list(-updated)?", ["updated_at"], "a category was changed later"),
    ("customers/(list|one-full)", EDITED, "a customer was edited later"),
    ("customers/list-updated", ["total_count"], "one more customer was changed later"),
    ("orders/(list|one-guest-pending)", ["status_histories"], "got a comment later"),
    ("orders/list-state-neq", ["items"], "two by another index; their count is compared"),
    ("products/render-info(-anonymous|-de|-nl-by-id)?", ["tax_adjustments"], "no tax yet"),
)

# Lists without a sort order, which came in the order of some database index.
UNORDERED = "products/list-and|orders/list-entity-id-or|customers/list-email-or"

# Bodies that were shortened when recorded: what is left must be in the answer.
SHORTENED = "changes/cart-after-product-delete"

# Recorded before some products were changed or deleted: `early_shop` has them back.
EARLY = (
    "auth/limited-allowed"
    "|limits/.*|http/accept-xml-list|products/(cond-.*|filter-visibility-neq)"
    "|products/(list-children-by-parent|list-configurable|one-.*)"
    "|products/render-info(-anonymous|-nl-by-id)?"
)

# Lists recorded before the last objects existed: asked for the ids up to this one.
NEWEST = {
    "V1/orders": 31,
    "V1/customers/search": 24,
    "V1/carts/search": 49,
    "V1/invoices": 15,
    "V1/shipments": 11,
    "V1/creditmemos": 4,
    "V1/products": 52,  # product 53 was changed later
}
UNTIL_NEWEST = (
    "orders/list(-(past-end|past-end-full|guest|status-in|state-neq|store-path|summary"
    "|sort-created|no-fields-total|updated-gt-tie|updated-gteq))?"
    "|orders/(invoices|shipments|creditmemos)-(list|past-end)"
    "|carts/list(-(active|guest|ordered|past-end))?|limits/pagesize-zero"
    "|customers/list(-(entity-id-gt|newsletter-flags|past-end|past-end-full|updated))?"
    "|time/.*-products"
)

# Switches that make the double like the shop was at that recording.
SWITCHED = (
    ("auth/bearer-integration-default-off", {"bearer": False}),
    ("http/maintenance.*", {"fault": "503-html"}),
    ("limits/pagesize-(at-.*|over-.*|zero)", {"limits": {"page_size_maximum": 10}}),
    ("limits/pagesize-default", {"limits": {"page_size_default": 4}}),
    ("limits/filter-groups-over-array-limit", {"limits": {"array_maximum": 2}}),
)

# Where the recording does not show what was sent.
AUTHORIZATIONS = (
    ("auth/basic-auth", "Basic dXNlcjpwYXNz"),
    ("auth/bearer-empty", "Bearer "),
    ("auth/bearer-lowercase-scheme", f"bearer {TOKEN}"),
    ("auth/admin-bearer", f"Bearer {TOKEN}"),
)


def fits(pattern, name):
    return re.fullmatch(pattern, name) is not None


def chosen(table, name, default=None):
    """The second column of the first row whose pattern fits."""
    return next((row[1] for row in table if fits(row[0], name)), default)


NAMES = recorded_names()
REPLAYED = [name for name in NAMES if chosen(EXCEPTIONS, name) is None]


@pytest.fixture(scope="module")
def late_shop():
    with Shop("--public-url", RECORDED_URL, *LIMITED) as shop:
        yield shop


@pytest.fixture(scope="module")
def early_shop():
    """The shop as it was at the first recordings, made so through the control endpoints."""
    with Shop("--public-url", RECORDED_URL, *LIMITED) as shop:
        make_early(shop)
        yield shop


@pytest.fixture(scope="module")
def paging_shop():
    with Shop("--public-url", RECORDED_URL) as shop:
        add_paging_products(shop)
        yield shop


@pytest.mark.parametrize("name", REPLAYED)
def test_a_recorded_exchange_is_played_back(name, late_shop, early_shop, paging_shop):
    exchange = load(name)
    request, recorded = exchange["request"], exchange["response"]
    shop = early_shop if fits(EARLY, name) else late_shop
    if "PAGE-" in request["query"]:
        shop = paging_shop
    switches = chosen(SWITCHED, name)
    try:
        if switches:
            shop.switch(**switches)
        answer = send(shop, name, request)
    finally:
        if switches:
            shop.calm()
    assert answer.status == recorded["status"]
    assert answer.headers["Content-Type"] == dict(recorded["headers"])["Content-Type"]
    compare(name, recorded, answer)


def send(shop, name, request):
    target = target_of(request)
    if fits(UNTIL_NEWEST, name):
        path = re.search("V1/.*", request["path"])[0]
        target += "&" + where("entity_id", NEWEST[path], "lteq", group=99)
    headers = {k: v for k, v in request["headers"].items() if k != "Content-Type"}
    given = headers.get("Authorization")
    if given is not None:
        replaced = PLACEHOLDERS.get(given, f"Bearer {TOKEN}")
        headers["Authorization"] = chosen(AUTHORIZATIONS, name, replaced)
    return shop.get(target, token=None, headers=headers, method=request["method"])


def compare(name, recorded, answer):
    """To the last byte, unless a table says that something cannot be the same."""
    left_out = chosen(ALLOWANCES, name, [])
    shortened = recorded.get("trimmed") or fits(SHORTENED, name)
    special = (left_out, shortened, fits(UNORDERED, name), fits(UNTIL_NEWEST, name))
    if not any(special):
        compare_bytes(recorded, answer)
        return
    expected = without(recorded["body"], left_out)
    got = without(json.loads(answer.body), left_out)
    if fits(UNTIL_NEWEST, name) and "search_criteria" in got:
        got["search_criteria"]["filter_groups"].pop()
    if fits(UNORDERED, name):
        expected["items"].sort(key=json.dumps)
        got["items"].sort(key=json.dumps)
    assert lacking(expected, got) == [] if shortened else got == expected


def test_every_exception_and_allowance_is_needed():
    tables = EXCEPTIONS + ALLOWANCES + SWITCHED + AUTHORIZATIONS
    patterns = [row[0] for row in tables] + [UNORDERED, SHORTENED, EARLY, UNTIL_NEWEST]
    assert [p for p in patterns if not any(fits(p, name) for name in NAMES)] == []
    assert len(REPLAYED) >= 377 and len(NAMES) - len(REPLAYED) <= 96


def test_a_time_filter_includes_its_bound_or_not_as_recorded(late_shop):
    """The table holds for any object, so each list is asked about its own first one."""
    for row in load("time/filters")["rows"]:
        path, field = f"/rest/{row['path']}", row["field"]
        own_time = late_shop.json(f"{path}?searchCriteria[pageSize]=1")["items"][0][field]
        for condition in ("eq", "gt", "gteq", "lt", "lteq", "from", "to", "moreq"):
            found = late_shop.json(f"{path}?{where(field, own_time, condition)}")["items"]
            matched = own_time in [entry[field] for entry in found]
            assert matched == bool(row[condition]), (path, field, condition)


# ------------------------------------------------------------- part two: the double itself

PRODUCTS = "/rest/V1/products"
VIEWS = "/rest/V1/store/storeViews"
STOREFRONT = "/rest/V1/products-render-info?storeId=1&currencyCode=EUR&"


def skus(shop, query, path=PRODUCTS):
    return [item["sku"] for item in shop.json(f"{path}?{query}")["items"]]


@pytest.fixture(scope="module")
def running_shop():
    with Shop(*LIMITED) as shop:
        yield shop


@pytest.fixture
def shop(running_shop):
    """A shop without faults and with counters at zero."""
    running_shop.calm()
    running_shop.reset()
    return running_shop


# What the recordings do not show, but the facts about the shop say


def test_the_addresses_in_answers_are_those_of_the_double(shop):
    configs = shop.get("/rest/V1/store/storeConfigs").body.decode()
    assert json.loads(configs)[0]["base_media_url"] == f"{shop.url}media/"
    rendered = shop.get(STOREFRONT + where("sku", "24-MB01"), token=None)
    page = f"{shop.url}joust-duffle-bag.html"
    assert json.loads(rendered.body)["items"][0]["url"] == page
    assert "shop.example.test" not in configs + rendered.body.decode()


def test_another_public_address_can_be_given():
    with Shop("--public-url", "https://shop.local/magento") as shop:
        assert shop.url.startswith("http://127.0.0.1:")
        config = shop.json("/rest/V1/store/storeConfigs")[0]
        assert config["base_link_url"] == "https://shop.local/magento/"
        shop.switch(fault="503-html")
        assert b"shop.local" in shop.get(VIEWS).body


def test_a_list_sorted_by_price_leaves_out_what_the_price_index_lacks(shop):
    everything = set(skus(shop, "searchCriteria="))
    priced = shop.json(f"{PRODUCTS}?{sorted_by('price', 'ASC')}")
    left_out = everything - {item["sku"] for item in priced["items"]}
    assert {"DISABLED-1", "OOS-1", "DE-ONLY", "NOWEB"} <= left_out
    assert priced["total_count"] == len(priced["items"]) == len(everything) - len(left_out)
    simple = [item for item in priced["items"] if item["type_id"] == "simple"]
    prices = [item["price"] for item in simple if item["sku"] != "SP-NOW"]  # has a special
    assert prices == sorted(prices)
    assert set(skus(shop, sorted_by("price"), "/rest/all/V1/products")) == everything


def test_a_sort_without_a_direction_is_descending(shop):
    ids = [i["id"] for i in shop.json(f"{PRODUCTS}?{sorted_by('entity_id')}")["items"]]
    assert ids == sorted(ids, reverse=True)


def test_option_ids_compare_as_numbers(shop):
    assert "CFG-SHIRT-Red-S" in skus(shop, where("size", 9, "gt"))  # its size is 10


def test_other_store_views_have_their_own_names_and_no_picture_roles(shop):
    default, nl = (shop.json(f"/rest{v}/V1/products/OPT-1") for v in ("", "/nl"))
    assert default == nl  # nothing of its own, no pictures
    default, nl = (shop.json(f"/rest{v}/V1/products/BOTH-WEB") for v in ("", "/nl"))
    assert (default["name"], nl["name"]) == ("Both websites", "Beide websites")
    assert default["media_gallery_entries"][0]["types"] != []
    assert nl["media_gallery_entries"][0]["types"] == []
    assert skus(shop, where("image", "", "notnull"), "/rest/nl/V1/products") == []


def test_fields_keep_what_is_asked_for(shop):
    wanted = "sku,options[x],extension_attributes[nope]"
    one = shop.json(f"{PRODUCTS}/CFG-SHIRT?fields={wanted}")
    assert one == {"sku": "CFG-SHIRT", "options": None, "extension_attributes": []}
    assert shop.json(f"{PRODUCTS}/CFG-SHIRT?fields=sku]") == []
    assert shop.json(f"{VIEWS}?fields=code")[0] == {"code": "default"}


def test_a_criteria_error_says_where_it_was(shop):
    place = "searchCriteria[filterGroups][0][filters][0]"
    answer = shop.json(f"{PRODUCTS}?{place}[conditionType][]=eq")
    assert answer["message"].startswith(
        'Error occurred during "filterGroups" processing. Error occurred during "filters" '
        'processing. Error occurred during "conditionType" processing. The "array" value'
    )


def test_a_limited_token_reaches_only_its_rights(shop):
    assert shop.get(f"{PRODUCTS}/24-MB01", token=LIMITED_TOKEN).status == 200
    refused = shop.get("/rest/V1/invoices?searchCriteria=", token=LIMITED_TOKEN)
    assert refused.status == 401
    missing = {"resources": "Magento_Sales::sales_invoice"}
    assert json.loads(refused.body)["parameters"] == missing
    assert shop.get("/rest/V1/customers/me").status == 401  # for customers only


# Connections, compression, counters


def test_a_kept_connection_counts_once_and_control_calls_do_not(shop):
    connection = shop.connect()
    for _ in range(5):
        assert shop.get(VIEWS, connection=connection).status == 200
    connection.close()
    counters = shop.counters()
    assert (counters["total"], counters["connections"]) == (5, 1)
    shop.get(VIEWS)
    assert shop.counters()["connections"] == 2


def test_counters_know_kinds_and_request_lines(shop):
    shop.get(f"{PRODUCTS}/24-MB01")
    shop.get(f"{PRODUCTS}?searchCriteria=")
    shop.get("/rest/V1/nope")
    shop.get("/index.php/rest/nl/V1/store/storeConfigs")
    counters = shop.counters()
    kinds = {"products one": 1, "products list": 1, "unknown route": 1, "storeConfigs": 1}
    assert counters["kinds"] == kinds
    assert counters["requests"][0] == "GET /rest/V1/products/24-MB01 HTTP/1.1"
    assert shop.reset()["total"] == 0


def test_requests_are_served_at_the_same_time(shop):
    shop.switch(fault="hang")
    threads = [threading.Thread(target=shop.get, args=(VIEWS,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    shop.wait_for_requests(4)
    shop.calm()
    for thread in threads:
        thread.join()
    assert shop.counters()["most_in_progress"] == 4
    assert shop.counters()["in_progress"] == 0


def test_answers_are_compressed_when_asked_for(shop):
    plain = shop.get(f"{PRODUCTS}?searchCriteria=")
    packed = shop.get(f"{PRODUCTS}?searchCriteria=", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    shop.switch(gzip=False)
    unpacked = shop.get(f"{PRODUCTS}?searchCriteria=", headers={"Accept-Encoding": "gzip"})
    assert unpacked.body == plain.body


# Faults


@pytest.mark.parametrize(
    "fault, status, beginning",
    [
        ("500", 500, b'{"message":"Internal Error.'),
        ("500-html", 500, b"<!doctype html>"),
        ("503-html", 503, b"<!doctype html>"),
        ("429", 429, b"<html>"),
        ("bad-json", 200, b'{"items":[{"id":1,'),
        ("empty-body", 200, b""),
    ],
)
def test_a_fault_with_an_answer(shop, fault, status, beginning):
    shop.switch(fault=fault)
    answer = shop.get(VIEWS)
    assert answer.status == status
    assert answer.body.startswith(beginning)
    assert (answer.body == b"") == (fault == "empty-body")
    if fault == "bad-json":
        with pytest.raises(ValueError):
            json.loads(answer.body)


def test_a_fault_answers_what_it_was_given(shop):
    shop.switch(fault="answer", status=403, body="<p>no</p>")
    assert (shop.get(VIEWS).status, shop.get(VIEWS).body) == (403, b"<p>no</p>")


def test_too_many_requests_says_when_to_come_back_if_told_so(shop):
    shop.switch(fault="429", retry_after=7)
    assert shop.get(VIEWS).headers["Retry-After"] == "7"
    shop.switch(fault="429")
    assert shop.get(VIEWS).headers["Retry-After"] is None


def test_a_cut_answer_ends_in_the_middle(shop):
    shop.switch(fault="cut")
    with pytest.raises(http.client.IncompleteRead) as broken:
        shop.get(VIEWS)
    assert broken.value.partial.startswith(b'[{"id":1') and broken.value.expected > 0


def test_a_closed_connection_gives_no_answer(shop):
    shop.switch(fault="close")
    with pytest.raises(http.client.RemoteDisconnected):
        shop.get(VIEWS)


def test_a_hanging_request_is_answered_when_the_fault_is_switched_off(shop):
    shop.switch(fault="hang")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(shop.get(VIEWS)))
    thread.start()
    shop.wait_for_requests(1)
    thread.join(0.1)
    assert thread.is_alive() and answers == []
    shop.switch(fault=None)
    thread.join(PATIENCE_S)
    assert [answer.status for answer in answers] == [200]


def test_a_fault_ends_after_its_times_and_keeps_to_its_path(shop):
    shop.switch(fault="500", times=2, path="/products$")
    listed = f"{PRODUCTS}?searchCriteria[pageSize]=1"
    paths = [listed, VIEWS, f"{PRODUCTS}/24-MB01", listed, listed]
    assert [shop.get(path).status for path in paths] == [500, 200, 200, 500, 200]


def test_faults_and_delays_are_for_the_rest_routes_only(shop):
    shop.switch(fault="500", delay_ms=60_000)
    assert shop.get("/magento_version").body == b"Magento/2.4 (Community)"
    assert shop.get("/nothing.html").status == 404
    assert shop.switch(delay_ms=0)["fault"] == "500"


def test_a_shorter_url_limit_can_be_set(shop):
    shop.switch(url_limit=100)
    assert shop.get(f"{VIEWS}?x={'y' * 100}").status == 414
    assert shop.get(VIEWS).status == 200


@pytest.mark.parametrize(
    "wanted",
    [{"fault": "no"}, {"delay": 5}, {"limits": {"no": 1}}, {"fault": "500", "path": "("}],
)
def test_a_wrong_switch_is_refused(shop, wanted):
    with pytest.raises(ValueError):
        shop.switch(**wanted)
    assert shop.get(VIEWS).status == 200


# Changed products, copies


def test_a_product_can_be_added_changed_and_removed(shop):
    name = 'Salt & "Pepper" <em>\N{SNOWMAN}</em>'
    added = shop.add_product(
        "123456",
        copy_of="24-MB01",
        changes={"name": name, "price": 3.5},
        custom_attributes={"brand": None, "gtin": "42"},
        stock={"qty": 3},
    )
    one = shop.json(f"{PRODUCTS}/123456")
    assert one == added
    assert (one["name"], one["price"]) == (name, 3.5)
    codes = {a["attribute_code"]: a["value"] for a in one["custom_attributes"]}
    assert codes["gtin"] == "42" and "brand" not in codes
    assert codes["url_key"] == f"joust-duffle-bag-{one['id']}"
    assert one["extension_attributes"]["stock_item"]["qty"] == 3
    assert one["product_links"] == []
    origin = shop.json(f"{PRODUCTS}/24-MB01")
    assert one["updated_at"] == one["created_at"] != origin["updated_at"]
    assert skus(shop, where("gtin", "42")) == ["123456"]
    shop.add_product("123456", changes={"price": 4})
    assert shop.json(f"{PRODUCTS}/123456")["price"] == 4
    assert shop.json(f"{PRODUCTS}?{where('sku', '123456')}")["items"][0]["price"] == 4
    shop.add_product("123456", store="nl", changes={"name": "Zout"})
    assert shop.json("/rest/nl/V1/products/123456")["name"] == "Zout"
    assert shop.json(f"{PRODUCTS}/123456")["name"] == name
    shop.remove_product("123456")
    assert shop.get(f"{PRODUCTS}/123456").status == 404
    assert skus(shop, where("sku", "123456")) == []


def test_a_sold_out_or_disabled_product_leaves_the_storefront(shop):
    shown = STOREFRONT + where("sku", "SALE")
    special = {"special_price": "12.340000"}
    shop.add_product("SALE", copy_of="SP-NOW", custom_attributes=special)
    prices = shop.json(shown)["items"][0]["price_info"]
    assert (prices["final_price"], prices["regular_price"]) == (12.34, 50)
    shop.add_product("SALE", stock={"is_in_stock": False})
    assert shop.json(shown)["items"] == []
    shop.add_product("SALE", stock={"is_in_stock": True}, changes={"status": 2})
    assert shop.json(shown)["items"] == []
    shop.remove_product("SALE")


def test_an_unknown_product_cannot_be_changed(shop):
    with pytest.raises(ValueError, match="copy_of"):
        shop.add_product("NEVER", changes={"price": 1})
    with pytest.raises(ValueError, match="NEVER"):
        shop.remove_product("NEVER")


def test_a_big_catalogue_is_recorded_products_and_copies_of_them():
    with Shop("--products", "100000") as shop:
        counted = shop.json(f"{PRODUCTS}?searchCriteria[pageSize]=1&fields=total_count")
        assert counted == {"total_count": 100_000}
        found = skus(shop, where("sku", "P099948,24-MB01,P000001,P099949", "in"))
        assert found == ["24-MB01", "P000001", "P099948"]
        copy = shop.json(f"{PRODUCTS}/P012345")
        assert copy["extension_attributes"]["stock_item"]["product_id"] == copy["id"]
        cheap = f"{where('price', 2, 'lt')}&{sorted_by('entity_id', 'ASC')}"
        found = shop.json(f"{PRODUCTS}?{cheap}&searchCriteria[pageSize]=50")
        assert len(found["items"]) == 50 < found["total_count"]
        assert max(item["price"] for item in found["items"]) < 2
        status = Path(f"/proc/{shop.pid}/status").read_text()
        most_kb = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
        assert most_kb < 500_000


def test_paging_through_copies_meets_every_product_once():
    with Shop("--products", "700") as shop:
        seen = []
        for page in range(1, 9):
            query = f"{sorted_by('updated_at', 'ASC')}&searchCriteria[pageSize]=100"
            seen += skus(shop, f"{query}&searchCriteria[currentPage]={page}")
        assert len(seen) == len(set(seen)) == 700


# Start and end of the process


def test_the_double_ends_with_its_parent_and_on_signals():
    shop = Shop().start()
    assert shop.stop() == 0  # closes its stdin
    for number in (signal.SIGTERM, signal.SIGINT):
        shop = Shop().start()
        process = shop._process
        os.kill(shop.pid, number)
        assert process.wait(10) == 0
        shop.stop()


def test_without_stdin_the_double_stays_from_any_directory(tmp_path):
    options = ["--no-stdin", "--delay-ms", "20", "--gzip", "off", "--token", "secret"]
    process = subprocess.Popen(
        [sys.executable, str(SHOP), *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
    )
    try:
        started = json.loads(process.stdout.readline())
        assert started["pid"] == process.pid and started["control"].endswith("/__control")
        shop = Shop()
        shop.url, shop.control_url = started["url"], started["control"]
        moment = time.monotonic()
        answer = shop.get(VIEWS, token="secret", headers={"Accept-Encoding": "gzip"})
        assert time.monotonic() - moment >= 0.020
        assert answer.status == 200 and answer.headers["Content-Encoding"] is None
        assert shop.get(VIEWS).status == 401
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()

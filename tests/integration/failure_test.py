"""A shop that is down, slow or lies: each failure by each policy, never hanging, never half."""

import json
import threading
import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import TESTS

from magento2.client import Shop

BAD_DATA, UNAVAILABLE, LATER, DENIED = 65, 69, 75, 77
BARE = "{$mywebshop.product['24-MB01'].name}"
TEMPLATE = "{$mywebshop.product['24-MB01'].name|default:'none'}"
NOWHERE = "http://127.0.0.1:9/"
SLACK_S = 30  # what a busy machine may add to a deadline
ENOUGH = "30s"  # for what is no matter of time

# ---- the table: what the shop does, and what is said and can be done about it ----

Failure = namedtuple("Failure", "switches said remedy options", defaults=({},))


def answer(body, **switches):
    return {"fault": "answer", "body": body, **switches}


def a_list(body, **switches):
    """Instead of products, while the store view's settings are answered well."""
    return answer(body, path="/products", **switches)


PAGE = ("the shop answers with a page instead of data (status %s): is it in maintenance, or is "
        "'url' not its address?")
ELSE = ("the shop answers with something else than was asked for: is 'url' its address, and "
        "does nothing in between change answers?")
REST = "the shop asks for rest (status 429): see 'rate' and 'parallel'"
WALL = ("something in front of the shop refuses us with a page (status %s): its firewall or "
        "password has to let this machine through, and is 'url' the shop's address?")
RIGHT = ("the shop refuses the token (The consumer isn't authorized to access "
         "Magento_Sales::actions_view.): check the token, give the integration this right")
RECORDED = json.dumps(json.loads((TESTS / "fixtures/magento2/auth/limited-forbidden-orders.json")
                                 .read_text())["response"]["body"])
LATER_ON, CORRECT = "try again later", "correct that and try again"
FAILURES = {
    "down": Failure({}, "Failed to connect to 127.0.0.1 port 9", LATER_ON, {"url": NOWHERE}),
    "slow": Failure({"fault": "hang"}, "timed out after ", LATER_ON, {"timeout": "1s"}),
    "500": Failure({"fault": "500"}, "the shop says: Internal Error. Details are available in "
                   "Magento log file. Report ID: webapi-", LATER_ON),
    "500 page": Failure({"fault": "500-html"}, PAGE % 500, LATER_ON),
    "503 page": Failure({"fault": "503-html"}, PAGE % 503, LATER_ON),
    "429": Failure({"fault": "429"}, REST, LATER_ON),
    "429, 77 s": Failure({"fault": "429", "retry_after": 77}, REST, "try again in 77 s"),
    "429, a year": Failure({"fault": "429", "retry_after": 31536000}, REST,
                           "try again in 86400 s"),
    "cut": Failure({"fault": "cut"}, "transfer closed with ", LATER_ON),
    "closed": Failure({"fault": "close"}, "Empty reply from server", LATER_ON),
    "half a JSON": Failure({"fault": "bad-json"}, PAGE % 200, LATER_ON),
    "nothing": Failure({"fault": "empty-body"}, PAGE % 200, LATER_ON),
    "too deep": Failure(answer("[" * 100 + "]" * 100), PAGE % 200, LATER_ON),
    "one name twice": Failure(answer('{"items":[],"items":[]}'), PAGE % 200, LATER_ON),
    "a text": Failure(answer('"hello"'), ELSE, LATER_ON),
    "an object": Failure(answer('{"items":{}}'), ELSE, LATER_ON),
    "null": Failure(answer("null"), ELSE, LATER_ON),
    # What is no list is no empty list: else all products of the mailing would be "sold out".
    "items are a number": Failure(a_list('{"items":5}'), ELSE, LATER_ON),
    "items are an object": Failure(a_list('{"items":{}}'), ELSE, LATER_ON),
    "no items": Failure(a_list('{"total_count":0}'), ELSE, LATER_ON),
    "an array": Failure(a_list("[]"), ELSE, LATER_ON),
    "a text for a list": Failure(a_list('"items"'), ELSE, LATER_ON),
    "token refused": Failure({"bearer": False}, "the shop refuses the token (", CORRECT),
    "right missing, 401": Failure(a_list(RECORDED, status=401), RIGHT, CORRECT),
    "right missing, 403": Failure(a_list(RECORDED, status=403), RIGHT, CORRECT),
    "401 page": Failure(a_list("<html>401</html>", status=401), WALL % 401, LATER_ON),
    "403 page": Failure(a_list("<html>403</html>", status=403), WALL % 403, LATER_ON),
    "404 page": Failure(a_list("<html>404</html>", status=404), PAGE % 404, LATER_ON),
}
# No failures: the shop says that there is no such product.
EMPTINESS = {
    "404": {"fault": "404", "path": "/products"},
    "no such entity": a_list('{"message":"The product does not exist."}', status=404),
    "no product": a_list('{"items":[]}'),
    "no items": a_list('{"items":null}'),
    "none of them one": a_list('{"items":[5,null,"x",[]]}'),
    "other ones": a_list('{"items":[{"sku":5},{"id":"24-MB01 "}]}'),
}
# on_failure, template: exit status, messages, how what is said begins
WAITS = "imh: 1 of 1 messages wait for live data: integration 'mywebshop': "
STOPS = "imh: mail.txt:1: integration 'mywebshop': "
POLICIES = {
    "wait": ("wait", TEMPLATE, LATER, [], WAITS),
    "stop": ("stop", TEMPLATE, UNAVAILABLE, [], STOPS),
    "empty": ("empty", BARE, 0, [""], None),
    "empty, default": ("empty", TEMPLATE, 0, ["none"], None),
}


@pytest.fixture(scope="module")
def running():
    with Shop() as shop:
        yield shop


@pytest.fixture
def shop(running):
    running.calm()
    running.reset()
    yield running
    running.calm()


@pytest.fixture
def render(site, shop):
    """Renders the template under a policy; the messages are in the folder `out`."""

    def run(policy, template=TEMPLATE, url=None, **options):
        site.account.write_text("[account]\n")
        site.integration("mywebshop", "magento2", url=url or shop.url,
                         token=site.secret(shop.token), on_failure=policy,
                         **{"timeout": ENOUGH, **options})
        site.write("mail.txt", template)
        return site.run("render", "acme", "mail.txt", "--output", "out")

    return run


def sent(site):
    folder = site.folder / "out"
    return [path.read_text() for path in sorted(folder.iterdir())] if folder.exists() else []


class Attempt:
    """A render under a policy, in a site of its own: the four of a failure run side by side."""

    def __init__(self, site, shop, failure, policy):
        self.site, self.options = site, {"url": shop.url, "timeout": ENOUGH, **failure.options}
        self.on_failure, self.template, *self.meant = POLICIES[policy]
        site.integration("mywebshop", "magento2", token=site.secret(shop.token),
                         on_failure=self.on_failure, **self.options)
        site.write("mail.txt", self.template)

    def run(self):
        start = time.monotonic()
        self.done = self.site.run("render", "acme", "mail.txt", "--output", "out")
        self.took_s = time.monotonic() - start

    def check(self, failure):
        status, messages, begin = self.meant
        done = self.done
        assert (done.status, done.out, sent(self.site)) == (status, "", messages)
        assert self.took_s < 1 + SLACK_S
        if begin is None:
            assert done.err == ""
        else:
            assert done.err.startswith(begin) and failure.said in done.err
            assert done.err.endswith(f": {failure.remedy}\n") and done.err.count("\n") == 1


@pytest.mark.parametrize("name", FAILURES)
def test_every_failure_by_every_policy(make_site, shop, name):
    failure = FAILURES[name]
    attempts = [Attempt(make_site(), shop, failure, policy) for policy in POLICIES]
    shop.switch(**failure.switches)
    with ThreadPoolExecutor(len(attempts)) as pool:
        list(pool.map(Attempt.run, attempts))
    for attempt in attempts:
        attempt.check(failure)


@pytest.mark.parametrize("name", EMPTINESS)
def test_what_is_not_there_is_no_failure(site, shop, render, name):
    shop.switch(**EMPTINESS[name])
    for on_failure, template, *_ in POLICIES.values():
        message = "none" if template == TEMPLATE else ""
        assert (render(on_failure, template), sent(site)) == ((0, "", ""), [message])


# ---- the same for an answer that was had before ----

class Host(ThreadingHTTPServer):
    """Holds its first request until the shop has answered and fails, for longer than `cache`."""

    daemon_threads = True

    def __init__(self, shop):
        super().__init__(("127.0.0.1", 0), Turn)
        self.shop = shop
        self.turned = False
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


def has_answered(counters):
    """A product is asked for side by side with the settings of its store view."""
    asked = {"products list", "storeConfigs"} <= set(counters["kinds"])
    return asked and not counters["in_progress"]


class Turn(BaseHTTPRequestHandler):
    def log_message(self, *_words):
        pass

    def do_GET(self):
        if not self.server.turned:
            self._turn(self.server.shop)
        body = b'{"name":"."}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _turn(self, shop):
        self.server.turned = True
        deadline = time.monotonic() + SLACK_S
        while not has_answered(shop.counters()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        shop.switch(fault="500")
        time.sleep(1.2)


WINDOW = json.dumps({"much": "x" * 1_000_000}) + "\n"
WINDOW_MEMBERS = 17  # so many megabytes are more than one
WAIT_2 = f"imh: 1 of {WINDOW_MEMBERS + 2} messages wait for live data: integration 'mywebshop': "
STALE = "Joust Duffle Bag."
# stale, on_failure, template: exit status, what the last message says, how what is said begins
AGED = {
    "young, wait": ("5m", "wait", TEMPLATE, 0, STALE, None),
    "young, stop": ("5m", "stop", TEMPLATE, 0, STALE, None),
    "young, empty, default": ("5m", "empty", TEMPLATE, 0, STALE, None),
    "old, wait": ("1s", "wait", TEMPLATE, LATER, None, WAIT_2),
    "old, stop": ("1s", "stop", TEMPLATE, UNAVAILABLE, None, STOPS),
    "old, empty": ("1s", "empty", BARE, 0, ".", None),
    "old, empty, default": ("1s", "empty", TEMPLATE, 0, "none.", None),
    "never, wait": ("0s", "wait", TEMPLATE, LATER, None, WAIT_2),
}


def render_aged(site, name):
    """Two windows ask for one product; the first is held until the shop fails."""
    stale, on_failure, template, *_ = AGED[name]
    with Shop() as shop, Host(shop) as host:
        site.integration("mywebshop", "magento2", url=shop.url, token=site.secret(shop.token),
                         cache="1s", stale=stale, on_failure=on_failure)
        site.integration("host", "peer", url=host.url, timeout="60s")
        site.write("mail.txt", "{if !$much}" + template + "{$host.raw.turn.name}{/if}")
        site.write("list.ndjson", '{"n":1}\n' + WINDOW * WINDOW_MEMBERS + '{"n":2}\n')
        done = site.run("render", "acme", "mail.txt", "--recipients", "list.ndjson", "--output",
                        "out")
        host.shutdown()
        return done, sent(site), shop.counters()["kinds"]["products list"]


@pytest.fixture(scope="module")
def aged(make_site):
    """All at once: each waits until an answer is old."""
    sites = [make_site() for _ in AGED]
    with ThreadPoolExecutor(len(AGED)) as pool:
        return dict(zip(AGED, pool.map(render_aged, sites, AGED)))


@pytest.mark.parametrize("name", AGED)
def test_an_answer_stands_in_for_a_failure_as_long_as_it_may(aged, name):
    _, _, _, status, message, begin = AGED[name]
    done, texts, asked = aged[name]
    assert (done.status, done.out) == (status, "")
    assert [text for text in texts if text] == [STALE] + ([message] if message else [])
    if begin is None:
        assert done.err == ""
    else:
        assert done.err.startswith(begin) and FAILURES["500"].said in done.err
        assert done.err.endswith(f": {LATER_ON}\n") and done.err.count("\n") == 1
    assert asked >= 2  # it was asked again


def test_a_product_of_wrong_types_is_shown_as_far_as_it_makes_sense(site, shop, render):
    product = {"sku": "24-MB01", "id": [], "name": 5, "price": {"a": 1}, "status": "x",
               "custom_attributes": {"a": 1}, "media_gallery_entries": "a", "weight": None,
               "extension_attributes": 7, "created_at": {"b": []}, "visibility": []}
    shop.switch(fault="answer", body=json.dumps({"items": [product]}), path="/products")
    template = ("{$p = $mywebshop.product['24-MB01']}{$p.name}|{$p.title}|{$p.price}|{$p.url}|"
                "{$p.image}|{$p.created_at.timestamp}|{$p.parent.name}|{$p.weight}|"
                "{foreach $p.children as $c}{$c.name}{/foreach}|{$p.categories|count}|{$p.color}")
    assert render("wait", template).status == 0
    assert sent(site) == ["5|5||||||||0|"]


def test_the_remote_cannot_plant_anything(site, shop, render):
    """What looks like ours in its data is its data."""
    product = {"sku": "24-MB01", "id": 16, "name": {"$value": "planted"},
               "description": {"$ref": ["product", "VIRT-1"]},
               "custom_attributes": [{"attribute_code": "color", "value": {"$raw": "planted"}},
                                     {"attribute_code": "$value", "value": "planted"},
                                     {"attribute_code": "attributes", "value": "planted"}]}
    shop.switch(fault="answer", body=json.dumps({"items": [product]}), path="/products")
    template = ("{$p = $mywebshop.product['24-MB01']}{$p.name}|{$p.description.name}|{$p.color}|"
                "{$p}|{$p.attributes.sku}")
    assert render("wait", template).status == 0
    assert "planted" not in sent(site)[0] and sent(site)[0].endswith("|24-MB01")


# ---- time ----

def test_a_slow_shop_is_waited_for(site, shop, render):
    shop.switch(delay_ms=300)
    assert (render("wait"), sent(site)) == ((0, "", ""), ["Joust Duffle Bag"])


def test_a_short_rest_that_the_shop_asks_for_is_given(site, shop, render):
    shop.switch(fault="429", retry_after=1, times=1, path="/products")
    start = time.monotonic()
    assert (render("wait"), sent(site)) == ((0, "", ""), ["Joust Duffle Bag"])
    assert time.monotonic() - start >= 1


def test_a_shop_that_hangs_does_not_cost_a_timeout_for_each_message(site, shop):
    """One list of 50 keys: it fails once, for all of them."""
    site.integration("mywebshop", "magento2", url=shop.url, token=site.secret(shop.token),
                     timeout="1s")
    site.write("mail.txt", "{$mywebshop.product[$sku].name}")
    site.write("list.ndjson", "".join('{"sku":"P%d"}\n' % i for i in range(50)))
    shop.switch(fault="hang")
    start = time.monotonic()
    done = site.run("render", "acme", "mail.txt", "--recipients", "list.ndjson", "--output", "out")
    assert done.status == LATER and "50 of 50 messages wait" in done.err
    assert time.monotonic() - start < 1 + SLACK_S
    assert shop.counters()["total"] <= 4


def test_a_fault_that_passes_is_forgotten(site, shop, render):
    shop.switch(fault="500", times=1, path="/products")
    assert render("wait").status == LATER
    assert (render("wait"), sent(site)) == ((0, "", ""), ["Joust Duffle Bag"])


# ---- who fails ----

def test_only_messages_that_need_the_shop_wait(site, shop):
    site.integration("mywebshop", "magento2", url=NOWHERE, token=site.secret("t"))
    site.integration("thing", "wild")
    site.write("mail.txt", "{if $sku}{$mywebshop.product[$sku].name}{/if}"
                           "{$thing.thing.well.name}{$n}")
    site.write("list.ndjson", '{"n":1}\n{"n":2,"sku":"x"}\n{"n":3}\n')
    done = site.run("render", "acme", "mail.txt", "--recipients", "list.ndjson", "--output", "out",
                    "--stats")
    stats = json.loads(done.err.splitlines()[0])
    assert done.status == LATER and "1 of 3 messages wait" in done.err
    assert sent(site) == ["well1", "well3"]
    assert (stats["messages"], stats["waiting"]) == (2, 1)


def test_one_shop_down_the_other_not(site, shop):
    site.integration("down", "magento2", url=NOWHERE, token=site.secret("t"), on_failure="empty")
    site.integration("mywebshop", "magento2", url=shop.url, token=site.secret(shop.token))
    site.write("mail.txt", "{$down.product.x.name|default:'none'} "
                           "{$mywebshop.product['24-MB01'].name}")
    assert site.run("render", "acme", "mail.txt") == (0, "none Joust Duffle Bag", "")


# ---- rights ----

RIGHTS = ("Magento_Backend::store", "Magento_Catalog::products")


@pytest.mark.parametrize("missing", RIGHTS)
def test_a_missing_right_is_named(site, missing):
    """401, as for a wrong token: the right's name is the only hint the shop gives."""
    others = ",".join(right for right in RIGHTS if right != missing)
    with Shop("--limited-token", f"limited={others}") as shop:
        site.integration("mywebshop", "magento2", url=shop.url, token=site.secret("limited"))
        done = site.run("variable", "get", "acme", "mywebshop.product.24-MB01.name")
    assert (done.status, done.out) == (DENIED, "")
    assert f"the shop refuses the token (The consumer isn't authorized to access {missing}." \
        in done.err
    assert "give the integration this right" in done.err
    assert done.err.endswith(": correct that and try again\n")


@pytest.mark.parametrize("token", ["wrong", "demo-token2", "Demo-Token"])
def test_a_wrong_token_is_told(site, shop, token):
    site.integration("mywebshop", "magento2", url=shop.url, token=site.secret(token))
    done = site.run("variable", "get", "acme", "mywebshop.product.24-MB01.name")
    assert done.status == DENIED
    assert "the shop refuses the token (" in done.err and token not in done.err


def test_an_unknown_store_view_is_told(site, shop):
    site.integration("mywebshop", "magento2", url=shop.url, token=site.secret(shop.token),
                     store_view="nowhere")
    done = site.run("variable", "get", "acme", "mywebshop.product.24-MB01.name")
    assert (done.status, done.out) == (BAD_DATA, "")
    assert "the shop says: Specified request cannot be processed." in done.err


def test_a_private_address_must_be_allowed(site, shop):
    site.integration("mywebshop", "magento2", url=shop.url, token=site.secret(shop.token),
                     allow_private="no")
    done = site.run("variable", "get", "acme", "mywebshop.product.24-MB01.name")
    assert (done.status, done.out) == (BAD_DATA, "")
    assert "127.0.0.1 is not public: 'allow_private = yes' lets the integration go there" \
        in done.err
    assert shop.counters()["total"] == 0

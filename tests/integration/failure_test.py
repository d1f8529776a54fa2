"""A shop that is down, slow or lies: each failure by each policy, never hanging, never half."""

import json
import time

import pytest

from magento2.client import Shop

BAD_DATA, UNAVAILABLE, LATER, DENIED = 65, 69, 75, 77
TEMPLATE = "{$mywebshop.product['24-MB01'].name|default:'none'}"
NOWHERE = "http://127.0.0.1:9/"
SLACK_S = 30  # what a busy machine may add to a deadline

PAGE = ("the shop answers with a page instead of data (status %s): is it in maintenance, or is "
        "'url' not its address?")
ELSE = ("the shop answers with something else than was asked for: is 'url' its address, and "
        "does nothing in between change answers?")
# name: (switches, what is said, what can be done)
FAULTS = {
    "500": ({"fault": "500"}, "the shop says: Internal Error. Details are available in Magento "
                              "log file. Report ID: webapi-", "try again later"),
    "500 page": ({"fault": "500-html"}, PAGE % 500, "try again later"),
    "maintenance": ({"fault": "503-html"}, PAGE % 503, "try again later"),
    "too many": ({"fault": "429"}, "the shop asks for rest (status 429): see 'rate' and "
                                   "'parallel'", "try again later"),
    "too many, 77 s": ({"fault": "429", "retry_after": 77}, "the shop asks for rest (status 429): "
                       "see 'rate' and 'parallel'", "try again in 77 s"),
    "too many, a year": ({"fault": "429", "retry_after": 31536000}, "the shop asks for rest "
                         "(status 429)", "try again in 86400 s"),
    "cut": ({"fault": "cut"}, "transfer closed with ", "try again later"),
    "closed": ({"fault": "close"}, "Empty reply from server", "try again later"),
    "hangs": ({"fault": "hang"}, "timed out after ", "try again later"),
    "half a JSON": ({"fault": "bad-json"}, PAGE % 200, "try again later"),
    "nothing": ({"fault": "empty-body"}, PAGE % 200, "try again later"),
    "a text": ({"fault": "answer", "body": '"hello"'}, ELSE, "try again later"),
    "an object": ({"fault": "answer", "body": '{"items":{}}'}, ELSE, "try again later"),
    "null": ({"fault": "answer", "body": "null"}, ELSE, "try again later"),
    "too deep": ({"fault": "answer", "body": "[" * 100 + "]" * 100}, PAGE % 200,
                 "try again later"),
    "one name twice": ({"fault": "answer", "body": '{"items":[],"items":[]}'}, PAGE % 200,
                       "try again later"),
    "refused": ({"bearer": False}, "the shop refuses the token (", "correct that and try again"),
}
# Of a list, while the store view's settings are answered well.
LISTS = {
    "items are a number": '{"items":5}', "items are an object": '{"items":{}}',
    "no items": '{"total_count":0}', "an array": "[]", "a text": '"items"'}


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
                         **{"timeout": "1s", **options})
        site.write("mail.txt", template)
        start = time.monotonic()
        done = site.run("render", "acme", "mail.txt", "--output", "out")
        assert time.monotonic() - start < 1 + SLACK_S
        return done

    return run


def sent(site):
    folder = site.folder / "out"
    return [path.read_text() for path in sorted(folder.iterdir())] if folder.exists() else []


def check_policies(site, render, said, remedy, **options):
    """wait: 75 and nothing sent; stop: 69 and nothing sent; empty: the default, 0."""
    done = render("wait", **options)
    assert (done.status, sent(site)) == (LATER, [])
    assert done.err.startswith(
        "imh: 1 of 1 messages wait for live data: integration 'mywebshop': ")
    assert said in done.err and done.err.endswith(f": {remedy}\n") and done.err.count("\n") == 1
    done = render("stop", **options)
    assert (done.status, sent(site)) == (UNAVAILABLE, [])
    assert done.err.startswith("imh: mail.txt:1: integration 'mywebshop': ")
    assert said in done.err and done.err.endswith(f": {remedy}\n") and done.err.count("\n") == 1
    done = render("empty", **options)
    assert (done, sent(site)) == ((0, "", ""), ["none"])


@pytest.mark.parametrize("name", FAULTS)
def test_every_failure_by_every_policy(site, shop, render, name):
    switches, said, remedy = FAULTS[name]
    shop.switch(**switches)
    check_policies(site, render, said, remedy)


def test_a_shop_that_is_not_there_by_every_policy(site, render):
    check_policies(site, render, "Failed to connect to 127.0.0.1 port 9", "try again later",
                   url=NOWHERE)


@pytest.mark.parametrize("name", LISTS)
def test_what_is_no_list_is_no_empty_list(site, shop, render, name):
    """Else every product of the mailing would be "sold out"."""
    shop.switch(fault="answer", body=LISTS[name], path="/products")
    check_policies(site, render, ELSE, "try again later")


@pytest.mark.parametrize("body", ['{"items":[]}', '{"items":null}', '{"items":[5,null,"x",[]]}',
                                  '{"items":[{"sku":5},{"id":"24-MB01 "}]}'])
def test_a_list_without_the_product_is_a_normal_answer(site, shop, render, body):
    shop.switch(fault="answer", body=body, path="/products")
    for policy in "wait", "stop", "empty":
        assert (render(policy), sent(site)) == ((0, "", ""), ["none"])


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
    assert (render("wait", timeout="30s"), sent(site)) == ((0, "", ""), ["Joust Duffle Bag"])


def test_a_short_rest_that_the_shop_asks_for_is_given(site, shop, render):
    """Both requests of the first try are refused, those of the second are not."""
    shop.switch(fault="429", retry_after=1, times=2)
    start = time.monotonic()
    assert (render("wait"), sent(site)) == ((0, "", ""), ["Joust Duffle Bag"])
    assert time.monotonic() - start >= 1


def test_a_shop_slower_than_its_timeout_is_not(site, shop, render):
    shop.switch(delay_ms=60_000)
    start = time.monotonic()
    done = render("wait")
    assert (done.status, sent(site)) == (LATER, [])
    assert "timed out after" in done.err
    assert 0.9 < time.monotonic() - start < 1 + SLACK_S


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
    shop.switch(fault="500", times=2)
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

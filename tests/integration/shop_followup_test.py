"""Scenarios of the model with a shop, a CRM and a mail server: one daemon for all of them.

Tables of profiles and orders are the CRM's here: we have none of our own.
"""

import json
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import conftest
import pytest
from daemon_test import running, wait_until
from event_test import asked, events
from followup_test import followup, state_of
from shop_cart_event_test import fill
from shop_event_test import linked

from magento2.client import Shop
from smtp.server import Mailbox

DOCS = Path(__file__).resolve().parents[2] / "docs" / "follow-ups.md"
WAIT_S = 3


class Crm:
    """PUT makes what is not there: a profile by its address, an order by its number, its lines
    by theirs. `lost`: so often it does it, and hangs up without an answer."""

    def __init__(self):
        self.profiles, self.orders, self.lines, self.told = {}, {}, {}, {}
        self.puts, self.lost = [], 0
        crm = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                crm.put(urlsplit(self.path), body)
                if crm.lost > 0:
                    crm.lost -= 1
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def put(self, url, body):
        kind, _slash, key = url.path.strip("/").partition("/")
        self.puts.append(kind)
        if kind == "profiles":
            email = parse_qs(url.query)["email"][0]
            self.profiles.setdefault(email, {}).update(json.loads(body))
        elif kind == "lines":
            for sku, *line in (text.split("|") for text in body.splitlines()):
                self.lines[key, sku] = line
        else:
            getattr(self, kind)[key] = json.loads(body)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def shop():
    with Shop() as running_shop:
        yield running_shop


@pytest.fixture(scope="module")
def crm():
    made = Crm()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def box():
    with Mailbox() as made:
        yield made


def example():
    """The mails of the page, as they are printed."""
    return next(text for text in re.findall(r"```ini\n(.*?)```", DOCS.read_text(), re.S)
                if "mail.send" in text)


def declared(plugin):
    """What it is, as `imh plugin inspect` has it."""
    path = next(Path(conftest.BUILD).glob(f"lib/imh/plugins/{plugin}.so"))
    done = subprocess.run([conftest.IMH, "--json", "plugin", "inspect", path], capture_output=True, check=True)
    return json.loads(done.stdout)


def write_mails(site, box):
    text = example()
    for printed, here in (("smtp://mail.example.com:587", f"{box.url}\ntls = none\nallow_private = yes"),
                          ("= 2h", f"= {WAIT_S}s"), ("= 14d", f"= {WAIT_S}s")):
        assert text.count(printed) == 1, printed
        text = text.replace(printed, here)
    with site.account.open("a") as file:
        file.write("\n" + text)


def put(path, **body):
    return {"method": "PUT", "path": path, **body}


def steps(*does):
    """As settings of a follow-up, whose `_` is a dot."""
    made = {}
    for number, does_so in enumerate(does, 1):
        tail = "" if number == 1 else f"_{number}"
        made[f"do{tail}"] = "crm.request"
        made.update({f"with{tail}_{name}": value for name, value in does_so.items()})
    return made


@pytest.fixture(scope="module")
def acme(make_site, shop, crm, box):
    site = make_site()
    site.integration("mywebshop", "magento2", url=shop.url, token=site.secret(shop.token),
                     poll="1s", abandoned_after="2s")
    site.integration("crm", "http", url=crm.url, idempotent="yes", on_unknown="retry", ladder="1s 1s")
    order = {"on": "mywebshop.order-create"}
    followup(site, "told", **order, **steps(put("told/{$trigger.number}", json=(
        '{["name" => $trigger.customer.name, "pays" => $trigger.payment.method,'
        ' "city" => $trigger.billing_address.city, "lines" => count($trigger.items)]}'))))
    followup(site, "store", **order, **steps(
        put('profiles?email={$trigger.customer_email|escape:"url"}',
            json='{["name" => $trigger.customer.name]}'),
        put("orders/{$trigger.number}",
            json='{["order" => $trigger.number, "email" => $trigger.customer_email,'
                 ' "status" => $trigger.status, "total" => $trigger.grand_total]}'),
        put("lines/{$trigger.number}", text=(
            '{foreach $trigger.items as $i}{$i.sku}|{$i.name}|{$i.qty_ordered}{"\\n"}{/foreach}'))))
    write_mails(site, box)
    checked = site.run("check")
    assert (checked.status, checked.err) == (0, "")
    with running(site):
        linked(site)
        yield site


def order_of(shop, email, *skus):
    cart = fill(shop, email=email)
    for sku in skus:
        shop.do("cart/add", cart_id=cart, sku=sku)
    return shop.do("cart/order", cart_id=cart)


def mails(box, *people):
    """What they got: subjects and texts."""
    return [(mail.message["Subject"], mail.message.get_content().strip()) for person in people
            for mail in box.mails if mail.recipients == [f"{person}@example.com"]]


def test_copernica_scenario_11_an_order_starts_what_is_bound_to_it(acme, shop, crm):
    """Once a minute is how often a shop is asked when nothing else is said."""
    number = order_of(shop, "ann@example.com", "BULK-001")["increment_id"]
    wait_until(lambda: number in crm.told)
    assert crm.told[number] == {"name": "Jan de Vries", "pays": "checkmo", "city": "Amsterdam", "lines": 2}
    every = {source["name"]: source["every_s"] for source in declared("magento2")["sources"]}
    assert every["orders"] == 60


def test_copernica_scenario_16_an_order_is_stored_once_whoever_says_it_again(acme, shop, crm):
    """That all goes into one profile is the CRM's doing: we have no tables of our own."""
    wait_until(lambda: state_of(acme, "store").keys() == {"done"})
    before, done = len(crm.puts), state_of(acme, "store")["done"]
    crm.profiles["bob@example.com"] = {"name": "Bob", "since": 2020}
    crm.lost = 3  # it is done, and nobody knows
    bob, gus = (order_of(shop, f"{name}@example.com", "BULK-001", "BULK-002")["increment_id"]
                for name in ("bob", "gus"))
    wait_until(lambda: state_of(acme, "store") == state_of(acme, "told") == {"done": done + 2})
    assert crm.profiles["bob@example.com"] == {"name": "Jan de Vries", "since": 2020}
    assert crm.profiles["gus@example.com"] == {"name": "Jan de Vries"}
    assert {number: crm.orders[number]["email"] for number in (bob, gus)} == {
        bob: "bob@example.com", gus: "gus@example.com"}
    assert {key: line for key, line in crm.lines.items() if key[0] in (bob, gus)} == {
        (number, sku): [name, "1"] for number in (bob, gus) for sku, name in
        (("24-MB01", "Joust Duffle Bag"), ("BULK-001", "Bulk product 1"), ("BULK-002", "Bulk product 2"))}
    kept = json.dumps([crm.profiles, crm.orders, sorted(crm.lines.items())])
    again = next(event for event in events(acme, "--type", "order-create")
                 if asked(acme, "show", str(event["id"]))["data"]["number"] == bob)
    told = acme.run("event", "emit", "acme", "mywebshop.order-create", "--key", again["key"])
    assert f"event {again['id']} was there already" in told.out
    assert acme.run("event", "replay", str(again["id"])).status == 0
    assert acme.run("event", "replay", "--all", "--account", "acme").status == 0
    assert state_of(acme, "store") == {"done": done + 2}
    assert json.dumps([crm.profiles, crm.orders, sorted(crm.lines.items())]) == kept
    assert len(crm.puts) == before + 2 * 4 + 3


def test_copernica_scenario_17_who_ordered_in_time_gets_no_mail_about_a_cart(acme, shop, box):
    bought = fill(shop, email="cid@example.com")
    left = fill(shop, email="dan@example.com")
    shop.do("cart/add", cart_id=left, sku="BULK-001", qty=2)
    wait_until(lambda: (state_of(acme, "left") or {}).get("waiting") == 2)
    shop.do("cart/order", cart_id=bought)
    wait_until(lambda: state_of(acme, "left") == {"done": 1, "needless": 1})
    assert mails(box, "cid", "dan") == [
        ("You left something", "1 x Joust Duffle Bag 28.93, 2 x Bulk product 1 20.66, together 75 EUR.")]


def test_copernica_scenario_17_who_sent_it_back_is_not_asked_for_a_review(acme, shop, box):
    kept, back = (order_of(shop, f"{name}@example.com") for name in ("eve", "fay"))
    for order in (kept, back):
        shop.do("order/pay", order_id=order["entity_id"])
        shop.do("order/ship", order_id=order["entity_id"])
    wait_until(lambda: (state_of(acme, "review") or {}).get("waiting") == 2)
    shop.do("order/refund", order_id=back["entity_id"])
    wait_until(lambda: {"done": 1, "needless": 1}.items() <= state_of(acme, "review").items())
    assert mails(box, "eve", "fay") == [(
        f"How is order {kept['increment_id']}?",
        f"Joust Duffle Bag: {shop.url}joust-duffle-bag.html")]


def recorded(number, kind, at, **data):
    return json.dumps({"id": number, "integration": "mywebshop", "type": kind, "key": f"{kind}/{number}",
                       "at": at, "data": data, "subject": {}, "origin": None})


def test_copernica_scenario_17_two_hours_and_fourteen_days_by_the_clock(site):
    """Its own times, where the clock is virtual; there `until` ends what `recheck` would ask for."""
    site.integration("mywebshop", "magento2", url="https://shop.example.com/", token=site.secret("x"))
    followup(site, "cart", on="mywebshop.cart-abandoned", wait="2h", do="log.write",
             until="mywebshop.order-create same cart", with_text="left")
    followup(site, "review", on="mywebshop.order-status-change", wait="14d", do="log.write",
             until="mywebshop.order-refunded same order", with_text="how is it?")
    site.write("events", "\n".join((
        recorded(1, "cart-abandoned", "2026-03-01T12:00:00Z", cart=1),
        recorded(2, "cart-abandoned", "2026-03-01T12:00:00Z", cart=2),
        recorded(3, "order-create", "2026-03-01T13:00:00Z", cart=1),
        recorded(4, "order-status-change", "2026-03-02T12:00:00Z", order=1),
        recorded(5, "order-status-change", "2026-03-02T12:00:00Z", order=2),
        recorded(6, "order-refunded", "2026-03-12T12:00:00Z", order=1))) + "\n")
    done = site.run("--json", "followup", "test", "acme", "--events", "events")
    assert done.status == 0, done.err
    assert [(item["at"], item["event"], item["state"]) for item in json.loads(done.out)["items"]] == [
        ("2026-03-01T13:00:00Z", 1, "ended"), ("2026-03-01T14:00:00Z", 2, "done"),
        ("2026-03-12T12:00:00Z", 4, "ended"), ("2026-03-16T12:00:00Z", 5, "done")]

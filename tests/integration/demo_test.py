"""The demo, as tools/demo shows it once imh is built."""

import re
import subprocess
import sys

import pytest

from conftest import BUILD, TESTS

PATIENCE_S = 300
NASTY = "Salt &amp; &quot;Pepper&quot; &lt;mill&gt;"


@pytest.fixture(scope="module")
def shown():
    """What it prints; the demo itself checks each step, and ends at the first that fails."""
    done = subprocess.run([sys.executable, "-B", TESTS.parent / "tools" / "demo_show.py", BUILD],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S,
                          encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


def test_a_rendered_mailing_with_names_prices_pictures_and_pages(shown):
    mailing = shown[shown.index("--- 000001.html"):shown.index("cost: 3 messages")]
    assert "Hello Anna, this is new" in mailing and "Hello Bert &amp; Co," in mailing
    assert re.search(r'<img src="http://[^"]+/media/catalog/product/2/4/24_mb01_1\.png"', mailing)
    assert re.search(r'<a href="http://[^"]+/joust-duffle-bag\.html">Joust Duffle Bag</a>', mailing)
    assert "<td>EUR 35,00</td>" in mailing
    assert mailing.count(f"<p>Product {NASTY} kost 35.</p>") == 3


def test_nothing_is_shown_of_a_product_that_is_not_there(shown):
    assert "no-such-product" not in shown[:shown.index("cost: 3 messages")]


def test_what_it_cost(shown):
    costs = re.findall(r"cost: (\d+) messages, (\d+) lookups, (\d+) cache hits, (\d+) remote "
                       r"calls \((\d+) product lists\)", shown)
    assert [int(cost[0]) for cost in costs] == [3, 10_000]
    assert [int(cost[4]) for cost in costs] == [1, 5]
    assert all(int(cost[1]) > int(cost[2]) > 0 for cost in costs)


def test_a_change_arrives_and_an_outage_sends_nothing(shown):
    assert re.search(r"before: 35\nafter:  29\.95\n", shown)
    assert "3 of 3 messages wait for live data: integration 'mywebshop': " in shown


def test_an_order_is_confirmed_by_mail(shown):
    part = shown[shown.index("== An order is placed"):shown.index("== The mail server is gone")]
    order = re.search(r"anna@example\.com orders 2 x 24-MB01: order (\d+)\n", part)[1]
    assert f"To: anna@example.com, Subject: Your order {order}\n" in part
    assert "Thank you for 2 x Joust Duffle Bag." in part
    assert "order-create" in part and re.search(r"^acme +confirmation .* 1 done$", part, re.M)


def test_while_the_mail_server_is_gone_the_next_one_waits_and_then_arrives(shown):
    gone, back = shown[shown.index("== The mail server is gone"):].split("== The mail server is back")
    assert "error: \"Failed to connect to 127.0.0.1" in gone and "the mail server got" not in gone
    assert "To: bert@example.com" in back and back.count("the mail server got") == 1
    assert "Thank you for 3 x Joust Duffle Bag." in back
    assert re.search(r"^acme +confirmation .* 2 done$", back, re.M)

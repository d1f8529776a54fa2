"""imh integration test and imh check --connect: what is wrong with a connection."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from magento2.client import Shop
from tls_test import BEHAVIOURS, Peers, papers  # noqa: F401


@pytest.fixture
def link(site, shop):
    def run(**options):
        wanted = {"url": shop.url, "token": site.secret(shop.token), **options}
        site.integration("shop", "magento2", **wanted)
        return site.run("integration", "test", "acme", "shop")

    return run


def test_a_good_connection_is_told_so(link):
    done = link()
    assert done.status == 0, done.err
    assert done.out.startswith("acme.shop: ok, 12 requests in ")


def test_as_json(site, link):
    link()
    done = site.run("--json", "integration", "test", "acme", "shop")
    told = json.loads(done.out)
    assert (told["account"], told["integration"], told["ok"]) == ("acme", "shop", True)


def test_a_refused_token_is_named(site, link):
    done = link(token=site.secret("wrong"))
    assert done.status == 1 and done.out == ""
    assert "the shop refuses the token" in done.err


def test_every_missing_right_is_named(site):
    rights = "Magento_Backend::store,Magento_Catalog::products,Magento_Cart::manage"
    with Shop("--limited-token", f"some={rights}") as shop:
        site.integration("shop", "magento2", url=shop.url, token=site.secret("some"))
        done = site.run("integration", "test", "acme", "shop")
    assert done.status == 1
    assert "lacks 9 rights: Stores > Attributes > Product" in done.err
    assert "Sales > Operations > Orders > Actions > View" in done.err
    assert "Stores > Inventory > Sales Stock" in done.err
    assert "Products," not in done.err and "Manage carts" not in done.err


def test_the_right_that_is_asked_for_first_is_named_too(site):
    with Shop("--limited-token", "some=Magento_Catalog::products") as shop:
        site.integration("shop", "magento2", url=shop.url, token=site.secret("some"))
        done = site.run("integration", "test", "acme", "shop")
    assert done.status == 1
    assert "the token is accepted, but lacks 11 rights: Stores > Settings > All Stores, " in done.err


# ---- what is wrong, by what it says and what it says to do ----

CORRECT, LATER = ": correct that and try again\n", ": try again later\n"
VIEWS = "'store_view' is one of default, nl, de_store (in the shop's admin: Stores > All Stores)"
PAGE = ("the shop answers with a page instead of data (status 200): is it in maintenance, or is "
        "'url' not its address?\n")


def oauth(site, shop, **wrong):
    right = {"consumer_secret": shop.consumer.secret, "token": shop.consumer.token,
             "access_token_secret": shop.consumer.token_secret}
    secrets = {name: site.secret(wrong.get(name, value)) for name, value in right.items()}
    return {"auth": "oauth1", "consumer_key": wrong.get("consumer_key", shop.consumer.key),
            **secrets}


# What the configuration says beside a right one, or makes of site and shop; what is told.
WRONG = {
    "host unknown": ({"url": "http://no-such-shop.invalid/"},
                     "Could not resolve host: no-such-shop.invalid: is the name in 'url' right?\n"),
    "nobody listens": ({"url": "http://127.0.0.1:9/"},
                       "are name and port in 'url' right, and does no firewall keep us out?\n"),
    "private": ({"allow_private": "no"}, "'allow_private = yes' lets the integration go there"
                + CORRECT),
    "https where there is none": (lambda site, shop: {"url": shop.url.replace("http", "https")},
                                  "no secure connection: wrong version number: is 'url' with "
                                  "https right?\n"),
    "below the home page": (lambda site, shop: {"url": f"{shop.url}rest/V1/"},
                            "must be the address of the shop's home page: write http://"),
    "not the home page": (lambda site, shop: {"url": f"{shop.url}de/"},
                          "the shop answers with a page instead of data (status 404): is it in "
                          "maintenance, or is 'url' not its address?\n"),
    "token": (lambda site, shop: {"token": site.secret("wrong")},
              "the shop refuses the token (The consumer isn't authorized to access "
              "Magento_Backend::store.): check the token, give the integration this right, and "
              "since Magento 2.4.4 allow access tokens as bearer tokens, or set auth = oauth1"
              + CORRECT),
    "store view unknown": ({"store_view": "nowhere"},
                           f"the shop has no store view 'nowhere': {VIEWS}" + CORRECT),
    "store view of the admin": ({"store_view": "admin"},
                                f"the shop has no store view 'admin': {VIEWS}" + CORRECT),
    "consumer key": (lambda site, shop: oauth(site, shop, consumer_key="x" * 32),
                     "(A consumer having the specified key does not exist): check consumer_key"
                     + CORRECT),
    "short key": (lambda site, shop: oauth(site, shop, consumer_key="short"),
                  "check consumer_key: it has 32 characters" + CORRECT),
    "consumer secret": (lambda site, shop: oauth(site, shop, consumer_secret="wrong"),
                        "check consumer_secret and access_token_secret; if they are right, a "
                        "proxy hides https or the port of 'url' from the shop" + CORRECT),
    "access token": (lambda site, shop: oauth(site, shop, token="x" * 32),
                     "check token: the access token of this integration" + CORRECT),
    "token secret": (lambda site, shop: oauth(site, shop, access_token_secret="wrong"),
                     "check consumer_secret and access_token_secret;"),
}


@pytest.mark.parametrize("wrong, told", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_with_what_to_do(site, shop, link, wrong, told):
    done = link(**(wrong(site, shop) if callable(wrong) else wrong))
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("imh: acme.shop: ") and told in done.err, done.err


@pytest.mark.parametrize("state, options, told", [
    ({"integration": False}, "oauth", "give the integration this right, and activate it"),
    ({"bearer": False}, "bearer", "allow access tokens as bearer tokens, or set auth = oauth1"),
])
def test_what_the_shop_does_not_allow_is_told(site, shop, link, state, options, told):
    shop.switch(**state)
    done = link(**(oauth(site, shop) if options == "oauth" else {}))
    assert done.status == 1 and told in done.err, done.err


def test_a_clock_that_is_ahead_is_told(site, shop, link):
    """Only signatures have a time; a shop takes old ones."""
    shop.clock(now="2020-01-01 00:00:00")
    done = link(**oauth(site, shop))
    assert done.status == 1
    assert "(An error occurred validating the nonce): set the clock of this machine" in done.err
    assert site.run("check").status == 0


class Elsewhere(BaseHTTPRequestHandler):
    """A server that is no shop: the first part of the path says what it does."""

    def do_GET(self):
        how = self.path.split("/")[1]
        places = {"www": (301, f"https://www.shop.example.com{self.path}"),
                  "secure": (308, f"https://{self.headers['Host']}{self.path}"),
                  "login": (302, "https://login.example.com/?back=/")}
        status, place = places.get(how, (200, None))
        body = b'{"hello": 1}' if how == "json" else b"<html>hello</html>"
        self.send_response(status)
        if place:
            self.send_header("Location", place)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        pass


@pytest.fixture(scope="module")
def elsewhere():
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("how, told", [
    ("page", PAGE),
    ("json", "what answers is no Magento shop: 'url' is the address of its home page" + CORRECT),
    ("www", "the shop sends us on to https://www.shop.example.com/www/ (status 301): write that as "
            "'url'" + CORRECT),
    ("secure", "the shop sends us on to https://ADDRESS/secure/ (status 308): write that as 'url'"
               + CORRECT),
    ("login", "the shop sends us on to https://login.example.com/?back=/ (status 302): is 'url' "
              "its address?\n"),
])
def test_an_address_that_is_not_the_shops_is_told(elsewhere, link, how, told):
    done = link(url=f"http://{elsewhere}/{how}/")
    assert done.status == 1
    assert told in done.err.replace(elsewhere, "ADDRESS"), done.err


@pytest.mark.parametrize("certificate, told", [
    ("expired", "certificate has expired: who hosts the shop has to renew it" + LATER),
    ("other-name", "target host name 'localhost': 'url' must have a name that the certificate is "
                   "for" + LATER),
    ("other-signer", "unable to get local issuer certificate: 'ca_file' names an authority of your "
                     "own to trust" + LATER),
    ("self-signed", "self-signed certificate: 'ca_file' names an authority of your own to trust"
                    + LATER),
])
def test_a_certificate_that_is_refused_is_told(papers, link, certificate, told):
    with Peers(BEHAVIOURS, wrap=papers.server(certificate)) as peers:
        done = link(url=f"https://localhost:{peers.port}/", ca_file=papers.path("ours.pem"))
        assert peers.requests() == []
    assert done.status == 1 and told in done.err, done.err


def test_a_shop_that_is_down_is_told(link, shop):
    shop.switch(fault="500")
    done = link()
    assert done.status == 1 and done.err.endswith(("later\n", "?\n")), done.err


def test_check_connects_to_all_and_tells_each(site, shop, link):
    link()
    site.integration("other", "magento2", url=shop.url, token=site.secret("wrong"),
                     allow_private="yes")
    done = site.run("check", "--connect")
    assert done.status == 1
    assert "acme.shop: ok" in done.out
    assert "acme.other: " in done.err and "refuses the token" in done.err


def test_what_is_missing_is_asked_for(site):
    assert site.run("integration", "test", "acme").status == 2
    done = site.run("integration", "test", "acme", "nothing")
    assert done.status == 78 and "no integration 'nothing'" in done.err

"""What a daemon keeps for its commands: one asks, all have it, and nobody has another's."""

import json
import shutil
import subprocess
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from conftest import BUILD, IMH, PATIENCE_S
from daemon_test import running, status, wait_until
from magento2.client import Shop
from metrics_test import metrics

UNAVAILABLE, LATER, DENIED = 69, 75, 77
MANY = 20


def install(site):
    """Puts the plugin's file where it is found, as a package manager does."""
    new = site.folder / "plugins" / "magento2.so.new"
    shutil.copy(BUILD / "lib" / "imh" / "plugins" / "magento2.so", new)
    new.chmod(0o644)
    new.rename(new.with_suffix(""))


def words(sku):
    return ["variable", "get", "acme", f"mywebshop.product.{sku}.name"]


@pytest.fixture(scope="module")
def shop():
    with Shop("--products", "300") as double:
        yield double


@pytest.fixture(scope="module")
def acme(make_site, shop):
    """A daemon that all tests share: each asks for products of its own."""
    site = make_site()
    ini = site.folder / "imh.ini"
    ini.write_text(ini.read_text().replace(
        "plugins = ", f"plugins = {site.folder}/plugins:{BUILD}/sdk/examples:"))
    (site.folder / "plugins").mkdir()
    install(site)
    site.integration("mywebshop", "magento2", url=shop.url, timeout=f"{PATIENCE_S}s")
    site.plain = site.account.read_text()
    assert site.run("vault", "set", "acme", "mywebshop", "token", stdin=shop.token).status == 0
    with running(site):
        yield site


@pytest.fixture
def people():
    """A remote that says who was asked for."""
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.requests.append(self.path)
            body = json.dumps({"path": self.path}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.requests = []
        server.url = f"http://127.0.0.1:{server.server_port}/"
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(autouse=True)
def calm(acme, shop):
    yield
    shop.calm()
    if acme.account.read_text() != acme.plain:
        acme.account.write_text(acme.plain)
        reload(acme)


def figure(site, which):
    return metrics(site)[f"imh_cache_{which}"].value()


def reload(site):
    done = site.run("reload")
    assert done.status == 0, done.err


def configure(site, **options):
    kept = [line for line in site.plain.splitlines() if line.split(" = ")[0] not in options]
    new = [f"{name} = {value}" for name, value in options.items()]
    site.account.write_text("\n".join([*kept, *new, ""]))


def asked(shop, sku):
    """How many requests named the product since the start."""
    return sum(sku in line for line in shop.counters()["requests"])


def get(site, sku, account="acme"):
    arguments = words(sku)
    arguments[2] = account
    return site.run(*arguments)


def name(site, sku, **options):
    done = get(site, sku, **options)
    assert done.status == 0, done.err
    return json.loads(done.out)


def start(site, sku):
    return subprocess.Popen([IMH, "-c", "imh.ini", *words(sku)], cwd=site.folder,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


# -------------------------------------------------------------------------------------- kept

def test_what_one_command_was_told_the_next_one_has(acme, shop):
    hits, misses = figure(acme, "hits_total"), figure(acme, "misses_total")
    assert name(acme, "P000001") == name(acme, "P000001")
    assert asked(shop, "P000001") == 1
    assert figure(acme, "misses_total") - misses == figure(acme, "hits_total") - hits >= 1
    assert figure(acme, "entries") >= 1
    assert figure(acme, "bytes") > 100
    kept = status(acme)["cache"]
    assert kept["hits"] == figure(acme, "hits_total") and kept["answers"] >= 1
    assert f"{kept['hits']} of {kept['hits'] + kept['misses']} lookups" in acme.run("status").out


def test_that_there_is_no_such_thing_is_kept_too(acme, shop):
    assert name(acme, "NO-SUCH-1") is None
    assert name(acme, "NO-SUCH-1") is None
    assert asked(shop, "NO-SUCH-1") == 1


def test_a_mailing_tells_what_it_cost_itself(acme, shop):
    """200 products, of which 50 are known: three lists of 100, then nothing at all."""
    acme.write("mail.txt", "{$mywebshop.product[$sku].name}")

    def render(first, last):
        rows = "".join(json.dumps({"sku": f"P{i:06}"}) + "\n" for i in range(first, last + 1))
        acme.write("list.ndjson", rows)
        done = acme.run("render", "acme", "mail.txt", "--recipients", "list.ndjson", "--output",
                        "out", "--stats")
        assert done.status == 0, done.err
        stats = json.loads(done.err)
        return [stats[part] for part in ("lookups", "cache_hits", "questions", "remote_calls")]

    assert render(51, 100) == [50, 0, 50, 1]
    assert render(51, 250) == [200, 50, 150, 2]
    assert render(51, 250) == [200, 200, 0, 0]


# -------------------------------------------------------------------------------- not for all

def test_another_secret_asks_again(acme, shop):
    name(acme, "P000002")
    assert acme.run("vault", "set", "acme", "mywebshop", "token", stdin="wrong").status == 0
    assert get(acme, "P000002").status == DENIED
    assert acme.run("vault", "set", "acme", "mywebshop", "token",
                    stdin=shop.token).status == 0
    wait_until(lambda: get(acme, "P000002").status == 0)
    assert asked(shop, "P000002") >= 3


def test_a_reload_keeps_what_it_does_not_concern(acme, shop):
    name(acme, "P000003")
    configure(acme, timeout="9s", on_failure="stop")
    reload(acme)
    name(acme, "P000003")
    assert asked(shop, "P000003") == 1


def test_another_remote_is_asked_itself(acme, shop):
    name(acme, "P000004")
    with Shop("--products", "60") as other:
        other.add_product("P000004", changes={"name": "Of the other"})
        acme.account.write_text(acme.plain.replace(shop.url, other.url))
        reload(acme)
        assert name(acme, "P000004") == "Of the other"
        acme.account.write_text(acme.plain)
        reload(acme)
    assert name(acme, "P000004") != "Of the other"


def test_nobody_has_what_another_account_was_told(acme, shop):
    other = acme.folder / "accounts.d" / "other.ini"
    name(acme, "P000005")
    other.write_text(acme.plain)
    try:
        assert acme.run("vault", "set", "other", "mywebshop", "token",
                        stdin=shop.token).status == 0
        reload(acme)
        name(acme, "P000005", account="other")
        assert asked(shop, "P000005") == 2
        name(acme, "P000005")
        assert asked(shop, "P000005") == 2
    finally:
        other.unlink()
        reload(acme)


def rendered(site, template, **data):
    site.write("mail.txt", template)
    done = site.run("render", "acme", "mail.txt", "--data", json.dumps(data))
    assert done.status == 0, done.err
    return done.out


def test_nobody_has_what_another_person_was_told(acme, people):
    acme.integration("crm", "hello", url=people.url, token=acme.secret("t"))
    reload(acme)

    def customer(name):
        return rendered(acme, "{$crm.customer.path}", email=f"{name}@example.com")

    for _ in range(2):
        assert customer("ann") == "/customers/ann%40example.com"
        assert customer("bob") == "/customers/bob%40example.com"
    assert len(people.requests) == 2


def test_each_part_of_a_question_has_an_answer_of_its_own(acme):
    acme.integration("shelf", "shelf")
    reload(acme)
    hits = figure(acme, "hits_total")
    for _ in range(2):
        assert rendered(acme, "{$shelf.book[3].title}") == "Book 3"
        assert rendered(acme, "{$shelf.book[4].title}") == "Book 4"
        assert rendered(acme, "{$shelf.author[3].name}") == "Author 3"
        for limit in (1, 2):
            books = f"{{foreach $shelf.books|limit:{limit} as $b}}{{$b.title}},{{/foreach}}"
            assert rendered(acme, books) == "Book 0,Book 1,"[:7 * limit]
    assert figure(acme, "hits_total") - hits == 5


def test_another_plugin_is_asked_itself(acme, shop):
    name(acme, "P000013")
    install(acme)
    reload(acme)
    name(acme, "P000013")
    assert asked(shop, "P000013") == 2


def test_without_a_cache_every_command_asks(acme, shop):
    configure(acme, cache="0s")
    reload(acme)
    name(acme, "P000006")
    shop.switch(fault="hang", times=1, path="/products")
    with start(acme, "P000006") as first:
        wait_until(lambda: shop.switch()["fault"] is None)
        name(acme, "P000006")
        shop.calm()
        assert json.loads(first.communicate(timeout=PATIENCE_S)[0])
    assert asked(shop, "P000006") == 3


# ------------------------------------------------------------------------------ a remote fails

def test_an_old_answer_stands_in_for_a_remote_that_is_down(acme, shop):
    configure(acme, cache="1s", stale="5m")
    acme.integration("brief", "magento2", url=shop.url, cache="1s", stale="0s",
                     token=acme.secret(shop.token))
    reload(acme)

    def brief():
        return acme.run("variable", "get", "acme", "brief.product.P000007.name").status

    known = name(acme, "P000007")
    assert brief() == 0
    shop.switch(fault="500", path="/products")
    before = figure(acme, "stale_total")

    def has_failed():
        assert name(acme, "P000007") == known
        return figure(acme, "stale_total") > before

    wait_until(has_failed)
    wait_until(lambda: brief() in (UNAVAILABLE, LATER))
    assert get(acme, "P000008").status in (UNAVAILABLE, LATER)


# ------------------------------------------------------------------------------ all at once

def test_many_who_ask_the_same_at_once_cost_one_call(acme, shop):
    hits = figure(acme, "hits_total")
    shop.switch(fault="hang")
    with ExitStack() as stack:
        asking = [stack.enter_context(start(acme, "P000010")) for _ in range(MANY)]
        wait_until(lambda: figure(acme, "hits_total") == hits + MANY - 1)
        shop.calm()
        told = {one.communicate(timeout=PATIENCE_S)[0] for one in asking}
    assert len(told) == 1 and json.loads(told.pop())
    assert asked(shop, "P000010") == 1


def test_who_waits_for_one_that_is_killed_has_its_answer(acme, shop):
    shop.switch(fault="hang")
    with start(acme, "P000011") as first:
        wait_until(lambda: asked(shop, "P000011"))
        hits = figure(acme, "hits_total")
        with start(acme, "P000011") as second, start(acme, "P000011") as third:
            wait_until(lambda: figure(acme, "hits_total") == hits + 2)
            first.kill()
            third.kill()
            shop.calm()
            assert json.loads(second.communicate(timeout=PATIENCE_S)[0])
    assert asked(shop, "P000011") == 1


def test_who_has_less_time_does_not_wait_longer(acme, shop):
    shop.switch(fault="hang")
    with start(acme, "P000012") as patient:
        wait_until(lambda: asked(shop, "P000012"))
        configure(acme, timeout="1s")
        hurried = get(acme, "P000012")
        assert hurried.status in (UNAVAILABLE, LATER) and "no answer in time" in hurried.err
        shop.calm()
        assert json.loads(patient.communicate(timeout=PATIENCE_S)[0])
    assert asked(shop, "P000012") == 1

"""imh integration add: checked and tried, then a section at the end of the account's file."""

import json

import pytest
from daemon_test import running
from terminal import Terminal

NO, WRONG_USE, BAD_DATA, BAD_CONFIG = 1, 2, 65, 78
ACCOUNT = "accounts.d/acme.ini"
TYPED = "typed-5a0e5a14"


@pytest.fixture
def before(site):
    """The account's file, as only a person would write it."""
    text = "; ours\r\n[account]\r\n  \ntitle=ACME ; no blank\n\n\n[integration  old ]\nplugin=good"
    site.account.write_bytes(text.encode())
    return text


@pytest.fixture
def add(site, before):
    def run(*words, plugin="magento2", **options):
        return site.run("integration", "add", "acme", *words, "--plugin", plugin, **options)

    return run


def section(site, before):
    """What was added."""
    text = site.account.read_bytes().decode()
    assert text.startswith(before)
    return text[len(before):]


def words(shop, **options):
    return [f"{name}={value}" for name, value in
            {"url": shop.url, "allow_private": "yes", **options}.items()]


def test_what_can_be_used_is_added_and_the_rest_stays_byte_for_byte(site, before, add, shop):
    token = site.secret(shop.token)
    done = add("mywebshop", *words(shop, token=token, cache="5m"))
    assert (done.status, done.err) == (0, "")
    assert done.out == (f"added: acme.mywebshop, in {ACCOUNT}:10; its remote can be used\n")
    assert section(site, before) == (
        f"\n\n[integration mywebshop]\nplugin = magento2\nurl = {shop.url}\n"
        f"allow_private = yes\ntoken = {token}\ncache = 5m\n")
    assert site.run("integration", "test", "acme", "mywebshop").status == 0
    assert [path.name for path in site.account.parent.iterdir()] == ["acme.ini"]


def test_a_secret_that_comes_later_is_told(site, before, add, shop):
    done = add("mywebshop", *words(shop))
    assert done == (0, f"added: acme.mywebshop, in {ACCOUNT}:10\n",
                    "imh: it needs a secret yet: imh vault set acme mywebshop token\n")
    assert section(site, before).endswith("\ntoken = vault:\n")
    assert site.run("vault", "set", "acme", "mywebshop", "token", stdin=shop.token).status == 0
    assert site.run("integration", "test", "acme", "mywebshop").status == 0


def test_as_json(site, add, shop):
    done = site.run("--json", "integration", "add", "acme", "mywebshop", "--plugin", "magento2",
                    *words(shop))
    assert json.loads(done.out) == {
        "account": "acme", "integration": "mywebshop", "file": ACCOUNT,
        "line": len(site.account.read_text().splitlines()) - 4, "tested": False,
        "missing": ["token"]}


def test_a_remote_that_refuses_is_not_added_but_without_the_test(site, before, add, shop):
    wanted = words(shop, token=site.secret("wrong"))
    done = add("mywebshop", *wanted)
    assert done.status == NO and done.out == ""
    assert done.err.startswith("imh: acme.mywebshop is not added: the shop refuses the token")
    assert done.err.endswith(": correct that, or add it with --no-test\n")
    assert section(site, before) == ""
    done = add("mywebshop", "--no-test", *wanted)
    assert (done.status, done.out) == (0, f"added: acme.mywebshop, in {ACCOUNT}:10\n")
    assert "[integration mywebshop]" in section(site, before)


@pytest.mark.parametrize("given, plugin, status, told", [
    (["mywebshop", "ulr=http://a.b/"], "magento2", WRONG_USE,
     "unknown option 'ulr'; did you mean 'url'?"),
    (["mywebshop", "colour=red"], "magento2", WRONG_USE,
     "unknown option 'colour'; there are: url auth store_view token consumer_key "
     "consumer_secret access_token_secret "),
    (["mywebshop", "plugin=other"], "magento2", WRONG_USE, "'plugin' is given twice"),
    (["mywebshop", "url=http://a.b/", "url=http://a.c/"], "magento2", WRONG_USE,
     "'url' is given twice"),
    (["mywebshop", "url"], "magento2", WRONG_USE, "what is 'url'? KEY=VALUE"),
    (["mywebshop", "url=http://a.b/\n[host]"], "magento2", WRONG_USE,
     "the value of 'url': has a line end or control character in it"),
    (["mywebshop", "token=abc"], "magento2", WRONG_USE,
     "'token' is a secret, and others can read arguments: leave it out to be asked for it, or "
     "say token=env:NAME or token=file:PATH"),
    (["mywebshop", "url=http://a.b/", "token=env:NOT_THERE"], "magento2", BAD_DATA,
     "'token': there is nothing at env:NOT_THERE"),
    (["mywebshop"], "magento2", BAD_CONFIG,
     f"{ACCOUNT}: integration 'mywebshop': option 'url' is missing: Address of the shop"),
    (["mywebshop", "url=ftp://a.b/"], "magento2", BAD_CONFIG, "option 'url' must start with"),
    (["mywebshop", "url=http://a.b/", "cache=soon"], "magento2", BAD_CONFIG, "'cache'"),
    (["mywebshop"], "magento", BAD_CONFIG, "did you mean 'magento2'?"),
    (["profile"], "magento2", BAD_CONFIG, "integration 'profile': "),
    (["my shop"], "magento2", BAD_CONFIG, "integration 'my shop': "),
    (["old", "url=http://a.b/"], "magento2", NO,
     f"{ACCOUNT}:7: integration 'old' is there already: change it there, or choose another name"),
])
def test_what_is_wrong_is_told_and_nothing_is_added(site, before, add, given, plugin, status,
                                                    told):
    done = add(*given, plugin=plugin)
    assert (done.status, done.out) == (status, ""), done.err
    assert told in done.err
    assert "abc" not in done.err
    assert section(site, before) == ""


def test_the_plugin_has_to_be_said(site):
    done = site.run("integration", "add", "acme", "mywebshop")
    assert done.status == WRONG_USE
    assert "which plugin? --plugin NAME, see 'imh plugin list'" in done.err


def test_an_account_that_is_wrong_already_is_mended_first(site, before, add, shop):
    site.account.write_text(f"{before}\nnonsense\n")
    done = add("mywebshop", *words(shop))
    assert done.status == BAD_CONFIG and f"{ACCOUNT}:9: " in done.err
    assert site.account.read_text().endswith("nonsense\n")


@pytest.fixture
def terminal(site, before):
    opened = []

    def run(*arguments):
        opened.append(Terminal(site, "integration", "add", "acme", "mywebshop", "--plugin",
                               "magento2", "allow_private=yes", *arguments))
        return opened[-1]

    yield run
    for one in opened:
        one.close()


def test_on_a_terminal_what_is_missing_is_asked_for(site, before, terminal, shop):
    asking = terminal()
    asking.wait_for("url (Address of the shop, as visitors know it): ")
    asking.type(f" {shop.url} \r")
    asking.wait_for("token of acme/mywebshop: ")
    asking.type(f"{shop.token}\r")
    assert asking.finish() == 0, asking.seen
    assert "added: acme.mywebshop" in asking.seen and shop.token not in asking.seen
    assert section(site, before) == (
        "\n\n[integration mywebshop]\nplugin = magento2\nallow_private = yes\n"
        f"url = {shop.url}\ntoken = vault:\n")
    assert site.run("integration", "test", "acme", "mywebshop").status == 0


def test_a_typed_secret_that_is_refused_is_not_kept(site, before, terminal, shop):
    asking = terminal(f"url={shop.url}")
    asking.wait_for("token of acme/mywebshop: ")
    asking.type(f"{TYPED}\r")
    assert asking.finish() == NO
    assert "is not added: the shop refuses the token" in asking.seen
    assert TYPED not in asking.seen and section(site, before) == ""
    assert json.loads(site.run("--json", "vault", "list").out)["items"] == []


def test_a_file_that_changes_meanwhile_is_left_alone(site, before, terminal, shop):
    asking = terminal(f"url={shop.url}")
    asking.wait_for("token of acme/mywebshop: ")
    site.account.write_text("; changed\n")
    asking.type(f"{shop.token}\r")
    assert asking.finish() == 75
    assert "acme.ini was changed meanwhile" in asking.seen
    assert site.account.read_text() == "; changed\n"
    assert json.loads(site.run("--json", "vault", "list").out)["items"] == []


def test_a_daemon_that_runs_is_to_be_reloaded(site, shop):
    words = ("integration", "add", "acme", "{}", "--plugin", "magento2", f"url={shop.url}",
             "allow_private=yes", f"token={site.secret(shop.token)}")
    with running(site):
        added = site.run(*(word.format("first") for word in words))
        assert added.status == 0 and "does not know it yet: imh reload" in added.err
        assert site.run("reload").status == 0
        assert site.run("integration", "test", "acme", "first").status == 0
    assert site.run(*(word.format("second") for word in words)).err == ""

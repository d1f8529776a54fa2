"""Where secrets may be: env:NAME and file:PATH, never in the INI file, never in a message."""

import pytest

from config_test import ACCOUNT, BAD_CONFIG, check

CANARY = "canary-5d41402abc4b2a76"
LINE = 6


def shop(site, token, **options):
    options = "".join(f"{name} = {value}\n" for name, value in options.items())
    site.account.write_text(f"[account]\n\n[integration shop]\nplugin = magento2\n"
                            f"url = https://shop.example.com/\ntoken = {token}\n{options}")


def refused(site, token):
    """The one thing that is wrong with the secret; never its value."""
    shop(site, token)
    status, problems = check(site)
    assert status == BAD_CONFIG and len(problems) == 1, problems
    assert CANARY not in problems[0]
    beginning = f"{ACCOUNT}:{LINE}: integration 'shop': option 'token': "
    assert problems[0].startswith(beginning), problems
    return problems[0].removeprefix(beginning)


@pytest.mark.parametrize("value", [
    CANARY, f"{CANARY} {CANARY}", f"ENV:{CANARY}", f"env {CANARY}", f"path:{CANARY}", "file",
    f"${CANARY}", f"'{CANARY}'"])
def test_a_secret_in_the_clear_is_refused_and_not_repeated(site, value):
    assert refused(site, value).startswith("a secret is not written here: say where it is, ")


def test_a_secret_from_the_environment(site):
    shop(site, "env:IMH_TEST_TOKEN")
    assert site.run("check", env={"IMH_TEST_TOKEN": CANARY}).status == 0


def test_an_environment_variable_that_is_not_there_or_empty(site):
    name = "IMH_TEST_TOKEN"
    assert refused(site, f"env:{name}") == f"the environment variable {name} is not set"
    done = site.run("check", env={name: ""})
    assert done.err.endswith(f"the environment variable {name} is empty\n")
    assert refused(site, "env:") == "env: needs the name of an environment variable"
    assert refused(site, f"env:{'A' * 180}").startswith("the environment variable AAA")


@pytest.mark.parametrize("content", [CANARY, f"{CANARY}\n", f"{CANARY}\r\n"])
def test_a_secret_from_a_file(site, content):
    """One newline at the end is what editors add."""
    site.write("accounts.d/token.txt", content).chmod(0o600)
    shop(site, "file:token.txt")
    assert check(site) == (0, [])


def test_the_file_is_beside_the_account_s_file_or_anywhere(site):
    site.write("token.txt", CANARY).chmod(0o600)
    shop(site, "file:../token.txt")
    assert check(site) == (0, [])
    shop(site, f"file:{site.folder}/token.txt")
    assert check(site) == (0, [])
    assert refused(site, "file:token.txt") == "accounts.d/token.txt: No such file or directory"


@pytest.mark.parametrize("content, reason", [
    ("", "the file token.txt is empty"), ("\n", "the file token.txt is empty"),
    ("\r\n", "the file token.txt is empty"),
    (CANARY * 3000, "accounts.d/token.txt: larger than 65536 bytes")])
def test_a_file_without_a_secret(site, content, reason):
    site.write("accounts.d/token.txt", content).chmod(0o600)
    assert refused(site, "file:token.txt") == reason


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o602, 0o666, 0o606, 0o777, 0o601])
def test_a_file_that_everybody_can_read_holds_no_secret(site, mode):
    site.write("accounts.d/token.txt", CANARY).chmod(mode)
    assert refused(site, "file:token.txt") == (
        "accounts.d/token.txt: can be read by everybody: chmod o-rwx accounts.d/token.txt")


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o440, 0o640, 0o660])
def test_a_file_that_its_group_can_read_may(site, mode):
    """The user imh runs as is often only in the group."""
    site.write("accounts.d/token.txt", CANARY).chmod(mode)
    shop(site, "file:token.txt")
    assert check(site) == (0, [])


def test_a_path_without_a_file_behind_it(site):
    assert refused(site, "file:") == "file: needs a path"
    assert refused(site, "file:.") == "accounts.d/.: not a regular file"
    assert refused(site, "file:/dev/zero") == "/dev/zero: not a regular file"


def test_a_missing_secret_names_the_option_and_what_it_is(site):
    shop(site, "")
    assert check(site) == (BAD_CONFIG, [
        f"{ACCOUNT}:{LINE}: integration 'shop': option 'token' is missing: Access token of an "
        "integration (System > Extensions > Integrations): imh vault set acme shop token"])


def test_a_disabled_integration_may_wait_for_its_secret_but_not_keep_it_in_the_clear(site):
    shop(site, "file:not-yet.txt", enabled="no")
    assert check(site) == (0, [])
    shop(site, "env:IMH_TEST_NOT_YET", enabled="no")
    assert check(site) == (0, [])
    shop(site, CANARY, enabled="no")
    status, problems = check(site)
    assert status == BAD_CONFIG and "a secret is not written here" in problems[0]


def test_no_message_tells_a_secret(site, shop_refusing):
    """Neither the shop's refusal, nor a debug log, nor --json tells it."""
    site.integration("shop", "magento2", url=shop_refusing.url, token="env:IMH_TEST_TOKEN")
    with (site.folder / "imh.ini").open("a") as file:
        file.write("log = debug\n")
    for words in (("variable", "get", "acme", "shop.product.24-MB01.name"), ("check",),
                  ("integration", "list"), ("check", "--json")):
        done = site.run(*words, env={"IMH_TEST_TOKEN": CANARY})
        assert CANARY not in done.out + done.err, words


@pytest.fixture
def shop_refusing(shop):
    shop.switch(bearer=False)
    yield shop

"""imh check: every error at once, file:line: what; the nearest right name; exit 78."""

import json

import pytest

from conftest import BUILD

BAD_CONFIG = 78
ACCOUNT = "accounts.d/acme.ini"


def check(site, *options):
    done = site.run("check", *options)
    return done.status, done.err.splitlines()


def account(site, *lines):
    """Writes the account's file anew: its lines are numbered as they stand here, from 1."""
    site.account.write_text("\n".join(lines) + "\n", encoding="utf-8")


def only_problem(site, *lines):
    """The one thing that is wrong with these lines, without the file's name."""
    account(site, *lines)
    status, problems = check(site)
    assert status == BAD_CONFIG and len(problems) == 1, problems
    assert problems[0].startswith(f"{ACCOUNT}:"), problems
    return problems[0].removeprefix(f"{ACCOUNT}:")


def wild(identifier, *lines):
    return [f"[integration {identifier}]", "plugin = wild", *lines]


def test_a_good_configuration_is_counted(site):
    account(site, "[account]", *wild("one"), *wild("two"))
    done = site.run("check")
    assert done == (0, "1 account, 2 integrations, no problems\n", "")


def test_a_good_configuration_is_one_json_object(site):
    account(site, "[account]", *wild("one"))
    done = site.run("check", "--json")
    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out) == {"accounts": 1, "integrations": 1, "problems": [], "warnings": []}


def test_every_error_of_every_file_is_told_at_once(site):
    """One line each, in the order of files and lines, whatever kind of error it is."""
    account(
        site,
        "[account]",
        "titel = ACME",
        "timezone = Europe/Amsterdm",
        "[integration shop]",
        "plugin = magento2",
        "url = ftp://shop.example.com/",
        "tokn = env:X",
        "cache = 60x",
        "on_failure = never",
        "[integration my-shop]",
        "plugin = magneto2",
        "[integration trigger]",
        "plugin = wild",
        "colour = red",
    )
    site.write("accounts.d/beta.ini", "[acount]\n[integration b]\nplugin = wild\nrate = 5/h\n")
    with (site.folder / "imh.ini").open("a") as file:
        file.write("lgo = debug\n[hots]\n")
    status, problems = check(site)
    assert status == BAD_CONFIG
    beginnings = [
        f"{ACCOUNT}:2: unknown setting 'titel' in [account]; did you mean 'title'?",
        f"{ACCOUNT}:3: 'timezone': time zone 'Europe/Amsterdm' is unknown",
        f"{ACCOUNT}:4: integration 'shop': option 'token' is missing: Access token",
        f"{ACCOUNT}:6: integration 'shop': option 'url' must start with http:// or https://",
        f"{ACCOUNT}:7: integration 'shop': unknown option 'tokn'; did you mean 'token'?",
        f"{ACCOUNT}:8: integration 'shop': 'cache' must be a duration such as 90s, 5m, 2h",
        f"{ACCOUNT}:9: integration 'shop': 'on_failure' must be wait, empty or stop",
        f"{ACCOUNT}:10: integration 'my-shop': an identifier is letters, digits and _",
        f"{ACCOUNT}:11: integration 'my-shop': there is no plugin 'magneto2' in ",
        f"{ACCOUNT}:12: integration 'trigger': this word means something else in templates",
        f"{ACCOUNT}:14: integration 'trigger': unknown option 'colour'",
        "accounts.d/beta.ini:1: unknown section [acount]; did you mean 'account'?",
        "accounts.d/beta.ini:4: integration 'b': 'rate' must be a rate such as 20/s or 100/m",
        "imh.ini:4: unknown setting 'lgo' in [host]; did you mean 'log'?",
        "imh.ini:5: unknown section [hots]; did you mean 'host'?",
    ]
    assert [line[: len(start)] for line, start in zip(problems, beginnings)] == beginnings
    assert len(problems) == len(beginnings)
    assert problems[8].endswith("; did you mean 'magento2'?")


def test_the_same_errors_as_json(site):
    account(site, "[account]", "titel = ACME", *wild("shop", "cache = soon"))
    site.write("accounts.d/beta.ini", "")
    (site.folder / "accounts.d" / "beta.ini").chmod(0o666)
    done = site.run("--json", "check")
    assert (done.status, done.err) == (BAD_CONFIG, "")
    found = json.loads(done.out)
    assert found["accounts"] == 2 and found["integrations"] == 1
    assert [(one["file"], one["line"]) for one in found["problems"]] == [
        (ACCOUNT, 2), (ACCOUNT, 5), ("accounts.d/beta.ini", None)]
    assert found["problems"][0]["text"] == (
        "unknown setting 'titel' in [account]; did you mean 'title'?")


@pytest.mark.parametrize("identifier", ["a", "_", "A_1", "x" * 64, "Profile", "shop_nl_2"])
def test_an_identifier_that_is_good(site, identifier):
    account(site, *wild(identifier))
    assert check(site) == (0, [])


@pytest.mark.parametrize("identifier, reason", [
    ("x" * 65, "an identifier has at most 64 characters"),
    ("1shop", "an identifier is letters, digits and _, and does not begin with a digit"),
    ("my shop", "an identifier is letters, digits and _, and does not begin with a digit"),
    ("my.shop", "an identifier is letters, digits and _, and does not begin with a digit"),
    ("café", "an identifier is letters, digits and _, and does not begin with a digit"),
])
def test_an_identifier_that_is_not(site, identifier, reason):
    assert only_problem(site, *wild(identifier)) == f"1: integration '{identifier}': {reason}"


def test_an_integration_needs_an_identifier(site):
    problem = only_problem(site, "[integration]", "plugin = wild")
    assert problem.startswith("1: integration '': an identifier is letters, digits and _")


@pytest.mark.parametrize("word", [
    "profile", "subprofile", "destination", "mailing", "template", "document", "message",
    "trigger", "event", "smarty", "unsubscribe", "account"])
def test_reserved_words_are_no_identifiers(site, word):
    assert only_problem(site, *wild(word)) == (
        f"1: integration '{word}': this word means something else in templates")


def test_an_identifier_stands_once_in_an_account(site):
    assert only_problem(site, *wild("shop"), *wild("shop")) == (
        "3: [integration shop] stands in line 1 already")


def test_a_second_name_for_the_same_identifier_is_seen_too(site):
    """The section's name differs by a blank, the identifier does not."""
    assert only_problem(site, *wild("shop"), *wild(" shop")) == (
        "3: integration 'shop' stands in line 1 already")


def test_two_accounts_may_use_the_same_identifier(site):
    account(site, *wild("shop"))
    site.write("accounts.d/beta.ini", "\n".join(wild("shop")) + "\n")
    assert check(site) == (0, [])


def test_a_key_stands_once_in_a_section(site):
    assert only_problem(site, *wild("shop", "cache = 5s", "cache = 6s")) == (
        "4: 'cache' stands in line 3 already")


def test_what_goes_on_after_a_repeated_key_is_not_told_too(site):
    assert only_problem(site, *wild("shop", "ladder = 1m", "ladder = 2m", "  5x", "  6x")) == (
        "4: 'ladder' stands in line 3 already")


def test_an_integration_says_which_plugin_it_is(site):
    for line in (), ("plugin =",):
        account(site, "[integration shop]", *line)
        status, problems = check(site)
        assert status == BAD_CONFIG
        assert problems == [
            f"{ACCOUNT}:{1 + len(line)}: integration 'shop': 'plugin' is missing: which one is it?"]


@pytest.mark.parametrize("plugin, suggestion", [
    ("magneto2", "; did you mean 'magento2'?"), ("widl", "; did you mean 'wild'?"),
    ("spotler", "")])
def test_an_unknown_plugin_and_the_nearest(site, plugin, suggestion):
    problem = only_problem(site, "[integration shop]", f"plugin = {plugin}")
    assert problem.startswith(f"2: integration 'shop': there is no plugin '{plugin}' in ")
    assert problem.partition(".so")[0].endswith(f"/plugins{suggestion}")


def test_plugins_come_from_several_folders_the_first_wins(site, tmp_path):
    """Relative to imh.ini; a folder that is not there is no error as long as others have it."""
    first = tmp_path / "mine"
    first.mkdir()
    (first / "wild.so").write_bytes(b"no plugin at all")
    (first / "wild.so").chmod(0o755)
    for folders, status in (("{b}/tests/plugins:mine", 0), ("mine:{b}/tests/plugins", BAD_CONFIG),
                            ("nowhere:{b}/tests/plugins", 0)):
        site.write("imh.ini", f"[host]\nplugins = {folders.format(b=BUILD)}\n")
        account(site, *wild("shop"))
        found, problems = check(site)
        assert found == status, problems
        assert all("wild.so: not a plugin: " in problem for problem in problems)


def test_a_plugin_that_cannot_be_used_is_told_with_its_line(site, tmp_path):
    (tmp_path / "broken.so").write_bytes(b"\x7fELF")
    (tmp_path / "broken.so").chmod(0o755)
    site.write("imh.ini", "[host]\nplugins = .\n")
    problem = only_problem(site, "[account]", "[integration shop]", "plugin = broken")
    assert problem.startswith("3: integration 'shop': ")
    assert "broken.so: " in problem


@pytest.mark.parametrize("line, reason", [
    ("enabled = maybe", "'enabled' must be yes or no"),
    ("allow_private = perhaps", "'allow_private' must be yes or no"),
    ("on_failure = ignore", "'on_failure' must be wait, empty or stop"),
    ("cache = 5 minutes", "'cache' must be a duration such as 90s, 5m, 2h or 30d"),
    ("cache = 2d", "'cache' must be from 0s to 86400s"),
    ("timeout = 0s", "'timeout' must be from 1s to 300s"),
    ("timeout = 1h", "'timeout' must be from 1s to 300s"),
    ("parallel = 0", "'parallel' must be a number from 1 to 32"),
    ("parallel = two", "'parallel' must be a number from 1 to 32"),
    ("rate = 20", "'rate' must be a rate such as 20/s or 100/m"),
    ("rate = 0/s", "'rate' must be a rate such as 20/s or 100/m"),
    ("isolation = none", "'isolation' must be plugin or account"),
    ("order = random", "'order' must be record or strict"),
    ("on_exhausted = drop", "'on_exhausted' must be continue or hold"),
    ("poll = often", "'poll' must be a duration such as 90s, 5m, 2h or 30d"),
    ("ladder = 1m soon", "'ladder' must be durations from 1s to 24h as in '1m 5m 10m 1h', not "
                         "'soon'"),
    ("ladder =", "'ladder' must be pauses such as 1m 5m 10m 1h"),
])
def test_a_setting_of_the_host_that_is_wrong(site, line, reason):
    assert only_problem(site, *wild("shop", line)) == f"3: integration 'shop': {reason}"


@pytest.mark.parametrize("line, reason", [
    ("poll.orders = often", "'poll.orders' must be a duration such as 90s, 5m, 2h or 30d"),
    ("margin.orders = -1s", "'margin.orders' must be a duration such as 90s, 5m, 2h or 30d"),
    ("poll.oders = 5m", "'poll.oders': the plugin has no source 'oders'; did you mean 'orders'?"),
    ("margin.x = 5m", "'margin.x': the plugin has no source 'x'"),
])
def test_a_setting_of_a_source_that_is_wrong(site, line, reason):
    shop = ["[integration shop]", "plugin = magento2", "enabled = no",
            "url = https://shop.example.com/", "token = env:IMH_TEST_NO_SUCH_VARIABLE"]
    assert only_problem(site, *shop, line) == f"6: integration 'shop': {reason}"


@pytest.mark.parametrize("name, suggestion", [
    ("on_failures", "on_failure"), ("timout", "timeout"), ("poll_orders", None),
    ("allow-private", "allow_private"), ("URL", None)])
def test_an_unknown_option_and_the_nearest(site, name, suggestion):
    hint = f"; did you mean '{suggestion}'?" if suggestion else ""
    assert only_problem(site, *wild("shop", f"{name} = 1")) == (
        f"3: integration 'shop': unknown option '{name}'{hint}")


@pytest.mark.parametrize("line, reason", [
    ("[retry]\nladder = 1m never", "'ladder' in [retry] must be durations from 1s to 24h as in "
                                   "'1m 5m 10m 1h', not 'never'"),
    ("[retry]\nmargin = wide", "'margin' in [retry] must be a duration such as 90s, 5m, 2h or 30d"),
    ("[render]\nsteps = many", "'steps' in [render] must be a number from 1 to 1000000000"),
    ("[render]\nmemory = 2g", "'memory' in [render] must be a size from 64k to 1024m, such as 16m"),
    ("[render]\nstep = 5", "unknown setting 'step' in [render]; did you mean 'steps'?"),
    ("log = loud", "'log' in [host] must be error, warning, notice, info or debug"),
])
def test_a_setting_of_imh_ini_that_is_wrong(site, line, reason):
    with (site.folder / "imh.ini").open("a") as file:
        file.write(f"{line}\n")
    number = len((site.folder / "imh.ini").read_text().splitlines())
    assert check(site) == (BAD_CONFIG, [f"imh.ini:{number}: {reason}"])


def test_a_disabled_integration_is_checked_but_need_not_be_complete(site):
    """Its options must make sense; a secret that is not there yet is no problem."""
    shop = ["[integration shop]", "plugin = magento2", "enabled = no",
            "url = https://shop.example.com/", "token = env:IMH_TEST_NO_SUCH_VARIABLE"]
    account(site, *shop)
    assert check(site) == (0, [])
    assert only_problem(site, *shop, "tokn = 1").startswith("6: integration 'shop': unknown")
    done = site.run("integration", "list", "--json")
    account(site, *shop)
    done = site.run("integration", "list", "--json")
    assert [one["state"] for one in json.loads(done.out)["items"]] == ["disabled"]


def test_an_integration_that_is_wrong_does_not_hide_the_others(site):
    account(site, *wild("good"), *wild("bad", "cache = x"), *wild("fine"))
    done = site.run("integration", "list", "--json")
    states = {one["integration"]: one["state"] for one in json.loads(done.out)["items"]}
    assert (done.status, states) == (
        BAD_CONFIG, {"good": "enabled", "bad": "refused", "fine": "enabled"})


@pytest.mark.parametrize("name", ["my shop", "a\nb", "-x", "é", "x" * 65])
def test_the_name_of_an_account_is_a_plain_word(site, name):
    site.write(f"accounts.d/{name}.ini", "[account]\n")
    status, problems = check(site)
    assert status == BAD_CONFIG and len(problems) == 1
    assert problems[0].endswith(
        ": the name of an account is letters, digits, '-', '_' and '.', at most 64, and begins "
        "with a letter or digit: rename the file")


def test_files_that_are_no_accounts_are_left_alone(site):
    for name in "README", ".hidden.ini", "acme.ini~", "old.ini.bak":
        site.write(f"accounts.d/{name}", "not an INI file\n")
    assert check(site) == (0, [])


def test_without_imh_ini_there_is_one_error(site):
    done = site.run("-c", "nowhere/imh.ini", "check")
    assert done == (BAD_CONFIG, "", "nowhere/imh.ini: No such file or directory: write one, or "
                    "say with -c where it is\n")


def test_without_accounts_there_is_nothing_to_do(site):
    site.account.unlink()
    assert site.run("check").out == "0 accounts, 0 integrations, no problems\n"
    site.account.parent.rmdir()
    status, problems = check(site)
    assert (status, problems) == (BAD_CONFIG, ["accounts.d: No such file or directory"])


def test_a_thousand_errors_are_kept_the_rest_counted(site):
    account(site, "[account]", *(f"x{i} = 1" for i in range(1200)))
    status, problems = check(site)
    assert status == BAD_CONFIG and len(problems) == 1001
    assert problems[-1] == "... and 200 more"

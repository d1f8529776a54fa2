"""What is there: accounts, integrations, plugins and their options, variables."""

import json

import pytest

from conftest import BUILD

NO, BAD_CONFIG = 1, 78
WHAT_KNOBS_NEED = "whole = 12\nplace = https://example.com/\nmode = test\n"


@pytest.fixture
def two(site):
    """Two accounts: acme with three integrations, beta with none."""
    site.integration("shop", "magento2", url="https://shop.example.com/",
                     token=site.secret("t"))
    site.integration("thing", "wild")
    site.integration("old", "wild", enabled="no")
    site.write("accounts.d/beta.ini", "[account]\ntitle = Bèta & zoon\n")
    return site


def items(site, *words):
    done = site.run(*words, "--json")
    assert (done.status, done.err) == (0, "")
    listed = json.loads(done.out)
    assert set(listed) == {"items", "next"} and listed["next"] is None
    return listed["items"]


# ---- accounts and integrations ----

def test_accounts(two):
    assert items(two, "account", "list") == [
        {"account": "acme", "title": "ACME", "integrations": 3},
        {"account": "beta", "title": "Bèta & zoon", "integrations": 0}]


def test_accounts_for_people_stand_in_columns(two):
    assert two.run("account", "list") == (
        0, "account  title        integrations\n"
        "acme     ACME         3\n"
        "beta     Bèta & zoon  0\n", "")


def test_an_account_without_a_title_is_called_as_its_file(site):
    site.account.write_text("")
    assert items(site, "account", "list") == [
        {"account": "acme", "title": "acme", "integrations": 0}]


def test_integrations(two):
    every = [("shop", "magento2", "enabled"), ("thing", "wild", "enabled"),
             ("old", "wild", "disabled")]
    for words in ("integration", "list"), ("integration", "list", "acme"):
        assert items(two, *words) == [
            {"account": "acme", "integration": identifier, "plugin": plugin, "state": state}
            for identifier, plugin, state in every]
    assert items(two, "integration", "list", "beta") == []
    assert two.run("integration", "list").out == (
        "account  integration  plugin    state\n"
        "acme     shop         magento2  enabled\n"
        "acme     thing        wild      enabled\n"
        "acme     old          wild      disabled\n")


def test_what_can_be_read_is_listed_although_something_is_wrong(two):
    two.write("accounts.d/beta.ini", "[account]\ntitel = x\n")
    done = two.run("account", "list")
    assert done.status == BAD_CONFIG and len(done.out.splitlines()) == 3
    assert done.err.startswith("accounts.d/beta.ini:2: unknown setting 'titel'")


# ---- plugins ----

def test_plugins(site, tmp_path):
    """Those of all folders, refused ones with the reason."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "broken.so").write_bytes(b"not ELF")
    site.write("imh.ini", f"[host]\nplugins = more:{BUILD}/tests/plugins\n")
    listed = {one["plugin"]: one for one in items(site, "plugin", "list")}
    assert listed["knobs"] == {
        "plugin": "knobs", "version": "1.2.3", "state": "well",
        "summary": "An option of every kind"}
    assert (listed["broken"]["version"], listed["broken"]["state"]) == ("", "refused")
    assert listed["broken"]["summary"].startswith("refused: broken.so: not a plugin: ")
    assert "magento2" not in listed


def test_plugins_need_no_configuration(site, tmp_path):
    """Without one, those that came with imh are meant."""
    (tmp_path / "imh.ini").unlink()
    assert "magento2" in {one["plugin"] for one in items(site, "plugin", "list")}
    assert site.run("plugin", "inspect", "magento2").status == 0


def test_a_plugin_is_inspected_by_name_or_file(site, tmp_path):
    by_name = site.run("plugin", "inspect", "knobs")
    path = BUILD / "tests" / "plugins" / "knobs.so"
    (tmp_path / "here.so").symlink_to(path)
    assert by_name.status == 0
    for file in str(path), "here.so", "./here.so":
        assert site.run("plugin", "inspect", file) == by_name


def test_inspect_gives_a_section_that_passes_when_pasted(site):
    """As it is, and with everything optional switched on; its secrets must be there."""
    for name in "password", "second", "token", "consumer_secret", "access_token_secret":
        site.write(f"accounts.d/{name}.txt", "secret").chmod(0o600)
    for plugin in "knobs", "magento2", "wild":
        section = site.run("plugin", "inspect", plugin)
        site.account.write_text(section.out)
        assert site.run("check") == (0, "1 account, 1 integration, no problems\n", "")
        lines = section.out.splitlines()
        everything = [line.removeprefix("; ") if " = " in line else line for line in lines]
        site.account.write_text("\n".join(everything) + "\n")
        assert site.run("check").err == ""


def test_inspect_says_what_everything_means(site):
    told = site.run("plugin", "inspect", "knobs").out
    assert told.startswith("; knobs 1.2.3: An option of every kind\n; built for interface 1.")
    for line in ("[integration mine]", "plugin = knobs", "; Any text at all", "; word = something",
                 "; A whole number (required)", "; from 10 to 20", "whole = 10",
                 "; one of live|test|off", "mode = live", "; pause = 60",
                 "password = file:password.txt", "; second = file:second.txt",
                 "; {$mine.all}: All values"):
        assert line in told.splitlines(), line
    assert all(len(line) <= 100 for line in told.splitlines())


def test_inspect_as_json(site):
    done = site.run("plugin", "inspect", "knobs", "--json")
    told = json.loads(done.out)
    options = {option["name"]: option for option in told["options"]}
    assert (told["name"], told["version"], told["vendor"]) == ("knobs", "1.2.3", "tests")
    assert options["whole"] == {
        "name": "whole", "help": "A whole number", "type": "integer", "required": True,
        "secret": False, "many": False, "default": None, "when": None, "min": 10, "max": 20}
    assert options["mode"]["choices"] == ["live", "test", "off"]
    assert options["truth"]["default"] == "no" and options["password"]["secret"] is True
    assert told["variables"] == [
        {"name": "all", "help": "All values", "type": "object", "keyed": False, "subject": None,
         "ttl_s": 0, "example": {"word": "x"}}]


def test_a_plugin_that_is_not_there_and_the_nearest(site):
    done = site.run("plugin", "inspect", "knob")
    assert (done.status, done.out) == (NO, "")
    assert done.err.startswith("imh: there is no plugin 'knob' in ")
    assert done.err.endswith("; did you mean 'knobs'?\n")


# ---- values reach the plugin as it reads them ----

def knobs(site, **options):
    site.write("accounts.d/password.txt", "secret").chmod(0o600)
    lines = "".join(f"{name} = {value}\n" for name, value in options.items())
    site.account.write_text(
        f"[integration knobs]\nplugin = knobs\npassword = file:password.txt\n"
        f"{WHAT_KNOBS_NEED}{lines}")


def test_a_plugin_reads_checked_values_and_no_secret(site):
    knobs(site, free="a; b", decimal="1.50", truth="yes", pause="2m", size="512k")
    done = site.run("variable", "get", "acme", "knobs.all")
    assert done.status == 0, done.err
    assert json.loads(done.out) == {
        "word": "something", "free": "a; b", "whole": "12", "decimal": "1.50", "truth": "1",
        "pause": "120", "size": "524288", "place": "https://example.com/", "mode": "test",
        "password": "", "second": ""}


@pytest.mark.parametrize("name, value, reason", [
    ("decimal", "1,5", "must be a number such as 12.5"),
    ("truth", "2", "must be yes or no"),
    ("pause", "30s", "must be from 60 to 3600"),
    ("pause", "5", "must be from 60 to 3600"),
    ("size", "8 MB", "must be a size such as 512k or 8m"),
])
def test_a_value_that_does_not_fit_the_option(site, name, value, reason):
    knobs(site, **{name: value})
    assert site.run("check") == (
        BAD_CONFIG, "",
        f"accounts.d/acme.ini:7: integration 'knobs': option '{name}' {reason}\n")


def test_a_choice_and_a_number_that_are_required(site):
    knobs(site)
    text = site.account.read_text()
    site.account.write_text(text.replace("test", "tset").replace("whole = 12", "whole = 21"))
    done = site.run("check")
    assert done.status == BAD_CONFIG
    assert [line.partition("option ")[2] for line in done.err.splitlines()] == [
        "'whole' must be from 10 to 20", "'mode' must be one of live|test|off"]


# ---- variables ----

def test_variables(two):
    listed = items(two, "variable", "list", "acme")
    assert {one["variable"] for one in listed} >= {"{$shop.product.KEY}", "{$thing.thing.KEY}"}
    only = items(two, "variable", "list", "acme", "thing")
    assert only == [{"variable": "{$thing.thing.KEY}", "type": "object", "help": "",
                     "example": ""}]


def test_variables_of_an_integration_that_is_not_there(two):
    done = two.run("variable", "list", "acme", "shopp")
    assert done == (BAD_CONFIG, "", "accounts.d/acme.ini: there is no integration 'shopp'; "
                    "did you mean 'shop'?\n")


@pytest.mark.parametrize("path, value", [
    ("thing.thing.well.name", '"well"'), ("$thing.thing.well.name", '"well"'),
    ("{$thing.thing.well.name}", '"well"'), ('thing.thing["well"].name', '"well"'),
    ("thing.thing['well']['name']", '"well"'), ("thing.thing.well", '{"name":"well"}'),
    ("thing.thing.well.nothing.at.all", "null"), ("thing.thing.miss.name", "null"),
    ('thing.thing["a.b/c d"].name', '"well"')])
def test_a_variable_is_one_json_value(two, path, value):
    assert two.run("variable", "get", "acme", path) == (0, f"{value}\n", "")


@pytest.mark.parametrize("path, status, message", [
    ("thing.thnig.well", NO, "integration 'thing' has no variable 'thnig'; did you mean 'thing'?"),
    ("thing.thing.refuse", 65, "this thing is refused: correct that and try again"),
    ("thing.thing.lie", 70, "an answer that is not JSON at byte 8: no end: tell the plugin's "
                            "maker"),
])
def test_a_variable_that_cannot_be_had(two, path, status, message):
    done = two.run("variable", "get", "acme", path)
    assert (done.status, done.out) == (status, "")
    assert done.err.startswith("imh: integration 'thing'") and done.err.endswith(f"{message}\n")


def test_a_disabled_integration_answers_nothing(two):
    done = two.run("variable", "get", "acme", "old.thing.well.name")
    assert (done.status, done.out) == (BAD_CONFIG, "")
    assert done.err.endswith(
        "integration 'old': it is disabled: say enabled = yes to use it\n")

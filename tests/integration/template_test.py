"""imh template render|check|variables: the engine alone, no account, no network."""

import json
import re

import pytest

BAD_DATA = 65


@pytest.fixture
def engine(site):
    """Runs one of the commands on a template; without any configuration."""
    (site.folder / "imh.ini").unlink()

    def run(command, template, *options, name="mail.tpl"):
        site.write(name, template)
        return site.run("template", command, name, *options)

    return run


# ---- render ----

@pytest.mark.parametrize("template, data, expected", [
    ("Hello {$name}", {"name": "Anna"}, "Hello Anna"),
    ("no newline at the end", {}, "no newline at the end"),
    ("one\n\n", {}, "one\n\n"),
    ("", {}, ""),
    ("{$a}|{$b}|{$c}|{$d}|{$e}", {"a": 19.99, "b": True, "c": False, "d": None, "e": 10 ** 20},
     "19.99|1|||1.0E+20"),
    ("é😀{$a}", {"a": "日本\n"}, "é😀日本\n"),
    ("{$a.b.0}{$a['b'][1]}", {"a": {"b": ["x", "y"]}}, "xy"),
])
def test_the_output_is_exact(engine, site, template, data, expected):
    assert engine("render", template, "--data", json.dumps(data)) == (0, expected, "")
    file = site.write("data.json", json.dumps(data))
    assert engine("render", template, "--data", file) == (0, expected, "")


def test_nothing_is_escaped_unless_asked_for(engine):
    data = ["--data", '{"a": "<b>"}']
    assert engine("render", "{$a}", *data, name="mail.html").out == "<b>"
    assert engine("render", "{$a}", *data, "--escape", "html").out == "&lt;b&gt;"
    asked = ["--data", '{"a": "<b>", "@escape_html": true}']
    assert engine("render", "{$a}", *asked).out == "&lt;b&gt;"
    assert engine("render", "{$a}", *asked, "--escape", "none").out == "<b>"


def test_the_same_template_gives_the_same_bytes_next_year(engine):
    template = "{$smarty.now|date_format:'%Y-%m-%d %H:%M:%S'}"
    assert engine("render", template).out == "2026-01-01 00:00:00"
    assert engine("render", template, "--now", "2031-12-24 18:30").out == "2031-12-24 18:30:00"


def test_limits_are_set_and_told(engine):
    template = "a\n{for $i=1 to 6}{$i}{/for}"
    assert engine("render", template, "--limit", "steps=6").out == "a\n123456"
    done = engine("render", template, "--limit", "memory=1m", "--limit=steps=5")
    assert (done.status, done.out) == (BAD_DATA, "")
    assert done.err == ("imh: mail.tpl:2: the loops of this template take too many turns: "
                        "limit 'steps' is 5: raise it with --limit\n")
    for wrong, what in [
            ("steps=0", "must be a number from 1 to 1000000000"), ("steps", "must be a number"),
            ("output=1g", "must be a size from 64k to 256m, such as 16m"),
            ("stebs=1", "must be one of steps effort regex_steps memory output depth "
                        "include_depth")]:
        done = engine("render", template, "--limit", wrong)
        assert (done.status, done.out) == (2, "")
        assert done.err.startswith(f"imh: --limit {wrong}: {what}")


def test_an_output_may_be_larger_than_usual(engine):
    template = "{$x='x'|str_repeat:1000000}{for $i=1 to 20}{$x}{/for}"
    assert "limit 'output'" in engine("render", template).err
    assert len(engine("render", template, "--limit", "output=20m").out) == 20000000


def test_an_identifier_means_nothing_here(engine):
    assert engine("render", "[{$mywebshop.product.123456.title|default:'none'}]").out == "[none]"


@pytest.mark.parametrize("template, message", [
    ("one\ntwo {$a", "2: the template ends where "),
    ("{foreach $a as $b}\n{/if}", "2: "),
    ("{$a|nonsense}", "1: unknown modifier 'nonsense'"),
    ("{nonsense}", "1: "),
])
def test_a_mistake_is_told_with_its_line(engine, template, message):
    for command in "render", "check":
        done = engine(command, template)
        assert (done.status, done.out) == (BAD_DATA, "")
        line, what = message.split(":", 1)
        assert re.match(rf"imh: mail\.tpl:{line}:(\d+:)? {re.escape(what.strip())}", done.err)
        assert done.err.count("\n") == 1


# ---- check ----

@pytest.mark.parametrize("key, shown", [
    ("24-MB01", "24-MB01"), ("24-MB01.name", "24-MB01"), ("1-x-2|upper", "1-x-2")])
def test_a_sku_that_is_no_name_is_told_with_the_way_to_write_it(engine, key, shown):
    """It would be read as a subtraction, and print nothing."""
    assert engine("check", "{$shop.product.%s}" % key) == (
        BAD_DATA, "", f"imh: mail.tpl:1:16: '{shown}' is no name behind a dot: write "
                      f'["{shown}"]\n')


@pytest.mark.parametrize("template", [
    "{$shop.product['24-MB01'].name}", '{$shop.product["24-MB01"].name}', "{$a.24-1}",
    "{$a.24-$b}", "{$a.24 - 5}", "{$a.b-5}", ""])
def test_a_good_template_says_nothing(engine, template):
    assert engine("check", template) == (0, "", "")


# ---- variables ----

PATHS = """{$a = 1}{$shop.product.123456.title|escape} {$shop.product[$sku].name}
{foreach $picks as $p}{$shop.product[$p].price.value}{/foreach}
{$shop.product["24-MB01"].name}{$profile.email}"""


def test_the_paths_a_template_can_touch(engine):
    done = engine("variables", PATHS, "--json")
    paths = {(one["path"], one["root"], one["known"], one["line"])
             for one in json.loads(done.out)["items"]}
    assert done.status == 0 and paths >= {
        ("shop.product.123456.title", "shop", "now", 1),
        ("shop.product.[$sku].name", "shop", "when rendered", 1),
        ("sku", "sku", "now", 1), ("picks", "picks", "now", 2),
        ('shop.product["24-MB01"].name', "shop", "now", 3),
        ("profile.email", "profile", "now", 3)}
    assert "a" not in {path[0] for path in paths}  # its own


def test_the_paths_for_people(engine):
    lines = engine("variables", "{$b.c}{$a}").out.splitlines()
    assert [line.split() for line in lines] == [
        ["path", "root", "known", "line"], ["b.c", "b", "now", "1"], ["a", "a", "now", "1"]]


def test_a_template_without_variables_has_no_paths(engine):
    assert json.loads(engine("variables", "Hello", "--json").out) == {"items": [], "next": None}


# ---- keys out of data ----


@pytest.mark.parametrize("written, key", [
    ("1", "1"), ("1.5", "1.5"), ("-0.5", "-0.5"), ("1.0", "1"), ("-1", "-1"), ('"1.50"', "1.50"),
    ('"007"', "007"), ('"12345678901234567890"', "12345678901234567890"), ("true", "1"),
    ("12345678901234567890", "1.2345678901235E+19"), ("false", "none"), ("null", "none"), ('""', "none"), ("[1]", "none"), ("1e3", "1000")])
def test_a_key_out_of_data_is_its_text(site, written, key):
    site.integration("thing", "wild")
    template = "{$thing.thing[$k].key|default:'none'} {$thing.thing.$k.key|default:'none'}"
    site.write("mail.txt", template)
    site.write("list.ndjson", f'{{"k":{written}}}\n')
    done = site.run("render", "acme", "mail.txt", "--data", f'{{"k":{written}}}')
    assert done == (0, f"{key} {key}", "")
    done = site.run("render", "acme", "mail.txt", "--recipients", "list.ndjson", "--output", "out")
    assert done == (0, "", "")
    assert (site.folder / "out/000001.txt").read_text() == f"{key} {key}"


def test_a_list_s_element_is_found_by_the_whole_number(site):
    site.integration("shelf", "shelf")
    site.write("mail.txt", "{$l = $shelf.books|limit:5}{$l[3.7].id} {$shelf.books[2.5].id}")
    assert site.run("render", "acme", "mail.txt") == (0, "3 2", "")


def test_check_tells_every_mistake_with_its_column(engine):
    done = engine("check", "Hello {$x|uper} a\n{if $y}\n\t{$z +} {$ok}\n{foo b=1}{/if}\n")
    assert done.status == BAD_DATA
    assert done.err.splitlines() == [
        "imh: mail.tpl:1:11: unknown modifier 'uper'; did you mean 'upper'?",
        "imh: mail.tpl:3:7: unexpected '}', expected a value",
        "imh: mail.tpl:4:2: unknown tag 'foo'; did you mean 'for'?"]


def test_check_stops_where_going_on_means_nothing(engine):
    done = engine("check", "{$a b}{if $x =}{/if}{$c d}")
    assert [line.split(": ")[1] for line in done.err.splitlines()] == [
        "mail.tpl:1:6", "mail.tpl:1:15"]


def test_check_warns_of_what_nothing_sets(engine):
    template = "{$x}{$y.z}{$own=1}{$own}{function f a=1}{$a}{$w}{/function}"
    assert engine("check", template).err == ""
    done = engine("check", template, "--warn", "--data", '{"x": 1}')
    assert (done.status, done.err.splitlines()) == (0, [
        "mail.tpl:1: warning: $y is never set, and not in the data",
        "mail.tpl:1: warning: $w is never set, and not in the data"])


def test_variables_of_functions_and_blocks_are_told(engine):
    done = engine("variables", "{block a}{$p.q}{/block}{function f}{$s.t}{/function}"
                               "{for $i=1 to $n}{$l[$i]}{/for}{include 'x' v=$o.k}")
    assert {line.split()[0] for line in done.out.splitlines()[1:]} >= {
        "p.q", "s.t", "n", "o.k"}


def test_check_and_variables_follow_what_is_included(engine, site):
    parts = site.folder / "parts"
    parts.mkdir()
    (parts / "base.tpl").write_text("{block a}{$p.q}{/block}\n{include 'row.tpl'}")
    (parts / "row.tpl").write_text("{$s.t}{include file=$any}{include 'base.tpl'}")
    (parts / "bad.tpl").write_text("\n{$a b}")
    template = "{extends 'base.tpl'}{block a}{$n}{/block}"
    assert engine("check", template, "--include", "parts").err == ""
    done = engine("variables", template, "--include", "parts")
    assert [line.split() for line in done.out.splitlines()[1:]] == [
        ["n", "n", "now", "1", "mail.tpl"], ["p.q", "p", "now", "1", "parts/base.tpl"],
        ["s.t", "s", "now", "1", "parts/row.tpl"], ["any", "any", "now", "1", "parts/row.tpl"]]
    done = engine("check", "{if $n}{include 'bad.tpl'}{/if}", "--include", "parts")
    assert (done.status, done.err.split(": ")[1]) == (BAD_DATA, "parts/bad.tpl:2:6")
    done = engine("check", "\n{include '../mail.tpl'}", "--include", "parts")
    assert done.status == BAD_DATA
    assert "mail.tpl:2: there is no template '../mail.tpl': not in the" in done.err
    assert engine("check", "{include 'bad.tpl'}").err == ""


def test_include_reads_the_folder_and_nothing_beside_it(engine, site):
    (site.folder / "parts").mkdir()
    (site.folder / "parts" / "hi.tpl").write_text("Hi {$name}")
    (site.folder / "secret.tpl").write_text("secret")
    (site.folder / "parts" / "link.tpl").symlink_to("../secret.tpl")
    ask = ("--data", '{"name": "Bo"}', "--include", "parts")
    assert engine("render", "{include 'hi.tpl'}", *ask).out == "Hi Bo"
    for name in ("link.tpl", "../secret.tpl", "none.tpl", "/etc/passwd", "file:hi.tpl"):
        done = engine("render", "{include '" + name + "'}", *ask)
        assert done.status == BAD_DATA and "mail.tpl:1: " in done.err, name
    assert engine("render", "{include 'hi.tpl'}").status == BAD_DATA

"""imh render: a mailing with live data, to stdout or a folder, and what it cost."""

import json
import os
import resource
import subprocess

import pytest

from conftest import IMH

BAD_DATA, CANNOT_WRITE, BAD_CONFIG, LATER, UNAVAILABLE = 65, 73, 78, 75, 69
SEED = ("Product {$mywebshop.product.123456.title|escape} kost "
        "{$mywebshop.product.123456.price|escape}.")
NASTY = 'Salt & "Pepper" <mill>'
STATS = {"messages", "waiting", "lookups", "cache_hits", "questions", "remote_calls", "time_ms"}


@pytest.fixture(scope="module")
def seed_shop():
    """A shop for all tests here: none changes it."""
    from magento2.client import Shop
    with Shop() as shop:
        shop.add_product("123456", copy_of="24-MB01", changes={"name": NASTY, "price": 19.95})
        yield shop


@pytest.fixture
def shop_site(site, seed_shop):
    link(site, "mywebshop", seed_shop)
    return site


def link(site, identifier, shop, **options):
    site.integration(identifier, "magento2", url=shop.url, token=site.secret(shop.token),
                     **options)


def render(site, template, *options, name="mail.html"):
    site.write(name, template)
    return site.run("render", "acme", name, *options)


# ---- the main job ----

@pytest.mark.parametrize("name", ["mail.html", "mail.tpl", "mail.txt"])
def test_the_seed_example(shop_site, name):
    """Escaped once by its own `escape`, whatever the file is called."""
    done = render(shop_site, SEED, name=name)
    assert done == (0, "Product Salt &amp; &quot;Pepper&quot; &lt;mill&gt; kost 19.95.", "")


@pytest.mark.parametrize("name, options, expected", [
    ("mail.html", [], "Salt &amp; &quot;Pepper&quot; &lt;mill&gt;"),
    ("mail.tpl", [], "Salt &amp; &quot;Pepper&quot; &lt;mill&gt;"),
    ("mail", [], "Salt &amp; &quot;Pepper&quot; &lt;mill&gt;"),
    ("mail.txt", [], NASTY),
    ("mail.html", ["--escape", "none"], NASTY),
    ("mail.txt", ["--escape", "html"], "Salt &amp; &quot;Pepper&quot; &lt;mill&gt;"),
])
def test_values_are_escaped_by_themselves_except_in_text(shop_site, name, options, expected):
    done = render(shop_site, "{$mywebshop.product.123456.title}", *options, name=name)
    assert done == (0, expected, "")


def test_nofilter_and_escape_false_mean_what_they_say(shop_site):
    done = render(shop_site, "{$mywebshop.product.123456.title nofilter}")
    assert done == (0, NASTY, "")


def test_two_shops_in_one_mail(shop_site):
    from magento2.client import Shop
    with Shop("--token", "other-token") as other:
        other.token = "other-token"
        other.add_product("24-MB01", changes={"name": "Tas", "price": 1})
        link(shop_site, "other", other)
        done = render(shop_site, "{$mywebshop.product['24-MB01'].title} / "
                                 "{$other.product['24-MB01'].title} / {$other.product.x.title}")
        assert done == (0, "Joust Duffle Bag / Tas / ", "")
        assert other.counters()["kinds"]["products list"] == 1


@pytest.mark.parametrize("expression, expected", [
    ("$mywebshop.product.nothing.title", ""),
    ("$mywebshop.product.nothing", ""),
    ("$mywebshop.product.nothing.price.value|default:'none'", "none"),
    ("$mywebshop.product.nothing.title|default:'sold out'|upper", "SOLD OUT"),
    ("$mywebshop.product.nothing.a.b.c.d|default:0", "0"),
    ("$mywebshop.nothing.at.all|default:'no such variable'", "no such variable"),
    ("$mywebshop|default:'nothing by itself'", "nothing by itself"),
    ("$mywebshop.product['24-MB01'].nothing|default:'no such field'", "no such field"),
    ("$nobody.product.x.title|default:'no such integration'", "no such integration"),
])
def test_what_is_missing_is_empty(shop_site, expression, expected):
    assert render(shop_site, "[{" + expression + "}]") == (0, f"[{expected}]", "")


def test_a_missing_product_is_false_and_not_looped_over(shop_site):
    done = render(shop_site, "{if $mywebshop.product.nothing}yes{else}no{/if}"
                             "{foreach $mywebshop.product.nothing.images as $i}x{foreachelse}"
                             "none{/foreach}{$mywebshop.product.nothing|count}")
    assert done == (0, "nonone0", "")


def test_data_and_a_key_from_it(shop_site):
    done = render(shop_site, "{foreach $skus as $s}{$mywebshop.product.$s.title nofilter},"
                             "{/foreach}", "--data", '{"skus": ["24-MB01", 123456, "123456"]}')
    assert done == (0, f"Joust Duffle Bag,{NASTY},{NASTY},", "")
    data = shop_site.write("data.json", '{"skus": ["123456"]}')
    done = render(shop_site, "{$mywebshop.product[$skus[0]].price}", "--data", data)
    assert done == (0, "19.95", "")


def test_a_template_without_live_data_needs_no_remote(site):
    link(site, "mywebshop", type("Nowhere", (), {"url": "http://127.0.0.1:1/", "token": "t"}))
    done = render(site, "Hello {$name}", "--data", '{"name": "Anna"}', "--stats")
    stats = json.loads(done.err)
    assert (done.status, done.out) == (0, "Hello Anna")
    assert set(stats) >= STATS and (stats["messages"], stats["remote_calls"]) == (1, 0)


def test_in_process_renders_the_same(shop_site):
    done = render(shop_site, SEED, "--in-process")
    assert done == render(shop_site, SEED) and done.status == 0


def test_stats_tell_what_the_shop_counted_too(shop_site, seed_shop):
    seed_shop.reset()
    done = render(shop_site, SEED, "--stats")
    stats = json.loads(done.err)
    assert set(stats) >= STATS
    assert stats["messages"] == 1 and stats["waiting"] == 0
    assert stats["remote_calls"] == seed_shop.counters()["total"]
    assert stats["lookups"] >= 2 and stats["cache_hits"] >= 1


# ---- errors: nothing is sent ----

@pytest.mark.parametrize("template, message", [
    ("line one\n{$a.}", "mail.html:2: "),
    ("one\n{if $a}\n\nnever closed", "mail.html:2: "),
    ("{$a|nonsense}", "mail.html:1: "),
    ("{nonsense}", "mail.html:1: "),
])
def test_a_template_error_names_file_and_line(shop_site, seed_shop, template, message):
    seed_shop.reset()
    done = render(shop_site, template, "--output", "out")
    assert (done.status, done.out) == (BAD_DATA, "")
    assert done.err.startswith(f"imh: {message}") and done.err.count("\n") == 1
    assert not (shop_site.folder / "out").exists()
    assert seed_shop.counters()["total"] == 0


def test_limits_of_imh_ini_hold(site):
    template = "a\n{for $i=1 to 6}{$i}{/for}"
    assert render(site, template, name="mail.txt") == (0, "a\n123456", "")
    with (site.folder / "imh.ini").open("a") as file:
        file.write("[render]\nsteps = 5\n")
    done = render(site, template, name="mail.txt")
    assert (done.status, done.out) == (BAD_DATA, "")
    assert done.err == ("imh: mail.txt:2: the loops of this template take too many turns: "
                        "limit 'steps' is 5: raise it in [render] of imh.ini\n")


def test_an_integration_that_is_wrong_is_told_before_anything_is_sent(site):
    site.integration("mywebshop", "magento2", url="ftp://x", token="env:IMH_TEST_NOTHING")
    done = render(site, SEED, "--output", "out")
    assert (done.status, done.out) == (BAD_CONFIG, "")
    assert len(done.err.splitlines()) == 2
    assert not (site.folder / "out").exists()


def test_only_integrations_that_the_template_names_must_be_right(shop_site):
    shop_site.integration("broken", "wild", colour="red")
    assert render(shop_site, SEED).status == 0
    assert render(shop_site, "{$broken.thing.well.name}").status == BAD_CONFIG


def test_a_disabled_integration_fails_as_its_policy_says(site):
    """Half a mailing must not go out because somebody switched a shop off."""
    for policy, status, out in (("wait", LATER, ""), ("stop", UNAVAILABLE, ""),
                                ("empty", 0, "none")):
        site.account.write_text("[account]\n")
        site.integration("thing", "wild", enabled="no", on_failure=policy)
        done = render(site, "{$thing.thing.well.name|default:'none'}")
        assert (done.status, done.out) == (status, out)
        if status:
            assert "integration 'thing': it is disabled: say enabled = yes to use it" in done.err


# ---- a folder of messages ----

def three(site):
    return site.write("three.csv", 'sku,name\n24-MB01,A\n../../x,"B/\n"\n123456,C\n')


def files(site, folder="out"):
    return {path.name: path.read_text() for path in (site.folder / folder).iterdir()}


@pytest.mark.parametrize("template_name, ending", [
    ("mail.html", "html"), ("mail.tpl", "html"), ("mail.txt", "txt")])
def test_messages_are_numbered_whatever_the_recipients_are_called(site, template_name, ending):
    done = render(site, "{$sku}", "--recipients", three(site), "--output", "out",
                  name=template_name)
    assert done == (0, "", "")
    assert files(site) == {f"000001.{ending}": "24-MB01", f"000002.{ending}": "../../x",
                           f"000003.{ending}": "123456"}


def test_one_message_may_go_to_a_folder_too(site):
    assert render(site, "x", "--output", "out").status == 0
    assert files(site) == {"000001.html": "x"}


def test_a_folder_that_is_there_is_used_and_others_files_are_left_alone(site):
    folder = site.folder / "out"
    folder.mkdir()
    (folder / "000002.html").write_text("of an earlier run")
    (folder / "notes.txt").write_text("mine")
    render(site, "{$sku}", "--recipients", three(site), "--output", "out/")
    assert files(site) == {"000001.html": "24-MB01", "000002.html": "../../x",
                           "000003.html": "123456", "notes.txt": "mine"}


def test_a_message_that_waits_is_not_taken_for_that_of_an_earlier_run(site):
    site.integration("thing", "wild")
    (site.folder / "out").mkdir()
    for name in "000001.html", "000002.html", "000003.html":
        (site.folder / "out" / name).write_text("earlier")
    done = render(site, "{if $name == 'C'}{$thing.thing.crash}{/if}{$sku}", "--recipients",
                  three(site), "--output", "out")
    assert done.status == LATER and "1 of 3 messages wait for live data" in done.err
    assert files(site) == {"000001.html": "24-MB01", "000002.html": "../../x"}


@pytest.mark.parametrize("make, message", [
    (lambda folder: folder.write_text("a file"), "out: not a folder"),
    (lambda folder: folder.symlink_to("nowhere"), "out: No such file or directory"),
    (lambda folder: folder.parent.joinpath("out").symlink_to("/dev/null"), "out: not a folder"),
])
def test_a_folder_that_cannot_be_made(site, make, message):
    make(site.folder / "out")
    assert render(site, "x", "--output", "out") == (CANNOT_WRITE, "", f"imh: {message}\n")
    assert render(site, "x", "--output", "a/b/c") == (
        CANNOT_WRITE, "", "imh: a/b/c: No such file or directory\n")
    assert render(site, "x", "--output", "x" * 300).err.endswith(": File name too long\n")
    assert render(site, "x", "--output", "x/" * 2500).status == CANNOT_WRITE


def test_a_link_in_the_folder_is_not_followed(site):
    """Somebody may know which name comes next."""
    victim = site.write("victim.txt", "precious")
    (site.folder / "out").mkdir()
    for name in "000001.html.part", "000001.html":
        (site.folder / "out" / name).symlink_to(victim)
    assert render(site, "x", "--output", "out").status == 0
    assert victim.read_text() == "precious" and files(site) == {"000001.html": "x"}


def test_a_message_is_whole_or_not_there(site):
    """The disk takes half of the second one: its file is gone, the first stays."""
    site.write("two.ndjson", '{"text":"small"}\n{"text":"%s"}\n' % ("x" * 20_000))
    site.write("mail.txt", "{$text}")
    limit = 8192

    def limit_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [IMH, "-c", "imh.ini", "render", "acme", "mail.txt", "--recipients", "two.ndjson",
         "--output", "out"], cwd=site.folder, capture_output=True, encoding="utf-8", timeout=60,
        preexec_fn=limit_files)
    assert done.returncode == CANNOT_WRITE
    assert done.stderr == "imh: out/000002.txt: File too large\n"
    assert files(site) == {"000001.txt": "small"}


def test_a_folder_that_may_not_be_written(site):
    (site.folder / "out").mkdir(mode=0o555)
    site.write("mail.txt", "x")
    lame = [] if os.geteuid() != 0 else ["setpriv", "--bounding-set=-dac_override",
                                         "--inh-caps=-dac_override"]
    done = subprocess.run([*lame, IMH, "-c", "imh.ini", "render", "acme", "mail.txt", "--output",
                           "out"], cwd=site.folder, capture_output=True, encoding="utf-8",
                          timeout=60)
    assert (done.returncode, done.stderr) == (
        CANNOT_WRITE, "imh: out/000001.txt: Permission denied\n")


def test_an_included_template_has_live_data_too(shop_site):
    parts = shop_site.folder / "parts"
    parts.mkdir()
    (parts / "product.tpl").write_text("{$mywebshop.product.$sku.price} {$who}")
    done = render(shop_site, "{include 'product.tpl' sku='123456' who='Bo'}", "--include",
                  "parts")
    assert done == (0, "19.95 Bo", "")
    done = render(shop_site, "\n{include '../mail.html'}", "--include", "parts")
    assert (done.status, done.out) == (BAD_DATA, "") and "mail.html:2: " in done.err

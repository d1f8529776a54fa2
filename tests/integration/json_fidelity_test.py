"""JSON from the remote's mouth to the printed mail: exact, or refused in clear words.

The way is remote, imh-net, worker, plugin, imh, template. `raw` hands the remote's answer on,
`thing` makes a value of it and puts the answer below `attributes`.
"""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fakes"))

from peers.server import Peers  # noqa: E402

BAD_DATA, OUR_BUG = 65, 70
EMOJI = "\U0001f600"


class Bodies(dict):
    """Answers every path with the body that was set for it."""

    def get(self, path, default=None):
        body = super().get(path)
        return (lambda connection: connection.answer(body)) if body is not None else default


@pytest.fixture(scope="module")
def remote():
    bodies = Bodies()
    with Peers(bodies) as peers:
        peers.bodies = bodies
        yield peers


@pytest.fixture(scope="module")
def shop(remote, make_site):
    site = make_site()
    site.integration("p", "peer", url=remote.url)
    return site


def set_body(remote, body):
    """The path that answers so."""
    name = f"b{len(remote.bodies)}"
    remote.bodies[name] = body.encode() if isinstance(body, str) else body
    return name


def get(shop, path):
    return shop.run("variable", "get", "acme", f"p.{path}")


def render(shop, text):
    return shop.run("render", "acme", shop.write("t.txt", text))


# ---------------------------------------------------------------------------- numbers

NUMBERS = (
    "0", "-0", "1", "-1", "19.99", "1.10", "0.00", "-0.0", "0.1", "0.10", "100.0",
    "0.30000000000000004", "3.141592653589793238462643383279502884197",
    "9007199254740993", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
    "-9223372036854775809", "18446744073709551616", "123456789012345678901234567890",
    "1e5", "1E5", "1e+5", "1.5e-7", "0.0000001", "1e400", "-1e400", "1e-400",
    "1" + "0" * 1000, "0." + "1234567890" * 100,
)


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:30])
def test_a_number_stays_what_it_was(remote, shop, number):
    name = set_body(remote, f'{{"title":"t","price":{number}}}')
    done = render(shop, f"{{$p.raw.{name}.price}};{{$p.thing.{name}.price}};"
                        f"{{$p.thing.{name}.attributes.price}}")
    assert done.out == ";".join([number] * 3), done
    assert get(shop, f"raw.{name}").out == f'{{"title":"t","price":{number}}}\n'
    assert get(shop, f"thing.{name}").out == (
        f'{{"title":"t","price":{{"$value":{number}}},'
        f'"attributes":{{"title":"t","price":{number}}}}}\n')


def test_numbers_compute_and_compare(remote, shop):
    name = set_body(remote, '{"a":19.99,"b":1.10,"c":0.00,"d":9223372036854775808,"e":-0}')
    done = render(shop, "{$v = $p.raw.%s}{$v.a + $v.b};{$v.b * 2};{if $v.c}y{else}n{/if};"
                        "{if $v.b == 1.1}y{/if};{if $v.d > 9223372036854770000}y{/if};"
                        "{if $v.e}y{else}n{/if};{if $v.a > $v.b}y{/if}" % name)
    assert done.out == "21.09;2.2;n;y;y;n;y"


# ------------------------------------------------------------------------------- texts

TEXTS = (
    ('"plain"', "plain"),
    (f'"{EMOJI}"', EMOJI),
    ('"\\ud83d\\ude00"', EMOJI),
    ('"\\uD83D\\uDE00"', EMOJI),
    ('"e\u0301 \u00e9"', "e\u0301 \u00e9"),
    ('"\\u00e9\\u20AC"', "\u00e9\u20ac"),
    ('"\u2028\u2029"', "\u2028\u2029"),
    ('"\\u2028\\u2029"', "\u2028\u2029"),
    ('"a\\u0000b"', "a\0b"),
    ('"\\u0001\\u001f\\u007f\x7f"', "\x01\x1f\x7f\x7f"),
    ('"\\"\\\\\\/\\b\\f\\n\\t"', '"\\/\b\f\n\t'),
    ('"\ufeff"', "\ufeff"),
    ('"\\ufeff"', "\ufeff"),
    ('"\uffff\U0010ffff"', "\uffff\U0010ffff"),
    ('"\u202eright to left"', "\u202eright to left"),
    ('"</script><b>&amp;"', "</script><b>&amp;"),
    ('"{$p.raw.x} {literal}"', "{$p.raw.x} {literal}"),
    ('"19.990"', "19.990"),
    ('""', ""),
    ('"' + "x" * 900000 + '"', "x" * 900000),
)


@pytest.mark.parametrize("text, printed", TEXTS, ids=lambda text: repr(text)[:30])
def test_a_text_stays_what_it_was(remote, shop, text, printed):
    name = set_body(remote, f'{{"title":{text},"price":1}}')
    for variable in ("raw", "thing"):
        assert render(shop, f"{{$p.{variable}.{name}.title}}").out == printed
        assert json.loads(get(shop, f"{variable}.{name}.title").out) == printed


def test_a_carriage_return_stays_one(remote, shop):
    name = set_body(remote, '{"title":"a\\r\\nb","price":1}')
    assert get(shop, f"raw.{name}.title").out == '"a\\r\\nb"\n'


NAMES = ('""', '"\\u0000"', '"a b"', f'"{EMOJI}"', '"1"', '"01"', '"-1"', '"a.b"', '"__proto__"')


@pytest.mark.parametrize("name", NAMES)
def test_a_name_stays_what_it_was(remote, shop, name):
    body = f'{{{name}:1}}'
    path = set_body(remote, body)
    assert json.loads(get(shop, f"raw.{path}").out) == json.loads(body)


@pytest.mark.parametrize("body", [
    "null", "true", "false", "[]", "{}", "[[],{}]", "[null,true,false,[1,[2,[3]]]]",
    '{"a":{"b":{"c":[{"d":null}]}}}', "[" * 60 + "]" * 60, " [ 1 ,\n\t2\r] "])
def test_a_structure_stays_what_it_was(remote, shop, body):
    path = set_body(remote, body)
    assert get(shop, f"raw.{path}").out == json.dumps(json.loads(body),
                                                      separators=(",", ":")) + "\n"


def test_a_byte_order_mark_is_skipped(remote, shop):
    path = set_body(remote, b'\xef\xbb\xbf{"title":"t","price":1.10}')
    assert get(shop, f"raw.{path}").out == '{"title":"t","price":1.10}\n'


# --------------------------------------------------------------------------- what is refused

WRONG = (
    (b"", "no end"),
    (b" ", "no end"),
    (b"<html>", "something that is no JSON value"),
    (b'{"a":1', "no end"),
    (b'{"a":"b', "a string without an end"),
    (b'{"a":1}}', "something behind the end"),
    (b'{"a":1}{"a":1}', "something behind the end"),
    (b'{"a":1}\0', "something behind the end"),
    (b'{"a":1,}', "a member without a name"),
    (b"[1,]", "something that is no JSON value"),
    (b"[1 2]", "an array without an end"),
    (b"{a:1}", "a member without a name"),
    (b"{'a':1}", "a member without a name"),
    (b'{"a" 1}', "a member without a colon"),
    (b"// no\n{}", "something that is no JSON value"),
    (b"NaN", "something that is no JSON value"),
    (b"[Infinity]", "something that is no JSON value"),
    (b"[-Infinity]", "a number that is none"),
    (b"[01]", "a number that is none"),
    (b"[1.]", "a number that is none"),
    (b"[.5]", "something that is no JSON value"),
    (b"[+1]", "something that is no JSON value"),
    (b"[1e]", "a number that is none"),
    (b"[0x10]", "an array without an end"),
    (b"[True]", "something that is no JSON value"),
    (b'["a\nb"]', "a control character in a string"),
    (b'["a\0b"]', "a control character in a string"),
    (b'["\\x41"]', "an escape that means nothing in a string"),
    (b'["\\u12"]', "an escape that means nothing in a string"),
    (b'["\\ud800"]', "an escape that means nothing in a string"),
    (b'["\\ud800\\u0041"]', "an escape that means nothing in a string"),
    (b'["\\udc00"]', "an escape that means nothing in a string"),
    (b'["\\ude00\\ud83d"]', "an escape that means nothing in a string"),
    (b'["\xff"]', "bytes that are no UTF-8"),
    (b'["\xc0\xaf"]', "bytes that are no UTF-8"),
    (b'["\xed\xa0\x80"]', "bytes that are no UTF-8"),
    (b'["\xf4\x90\x80\x80"]', "bytes that are no UTF-8"),
    (b'["\xf0\x9f\x98"]', "bytes that are no UTF-8"),
    ('{"a":1}'.encode("utf-16"), "something that is no JSON value"),
    (b"\xef\xbb\xbf\xef\xbb\xbf{}", "something that is no JSON value"),
    (b'{"a":1,"a":1}', "a second member of this name"),
    (b'{"a":{"k":1,"\\u006b":2}}', "a second member of this name"),
    (b"[" * 65 + b"]" * 65, "more than 64 levels"),
    (b'{"a":' * 100000 + b"1" + b"}" * 100000, "more than 64 levels"),
    (b"[" + b"0," * 500000 + b"0]", "too many values"),
)


@pytest.mark.parametrize("body, why", WRONG, ids=lambda part: repr(part)[:40])
def test_what_is_no_json_is_refused_with_the_reason(remote, shop, body, why):
    path = set_body(remote, body)
    done = get(shop, f"raw.{path}")
    assert done.status == BAD_DATA and done.out == ""
    assert done.err.startswith("imh: integration 'p': the remote's answer is not JSON at byte ")
    assert f": {why}: " in done.err and done.err.count("\n") == 1


def test_a_plugin_that_hands_on_no_json_has_a_bug(remote, shop):
    path = set_body(remote, "<html>")
    done = get(shop, f"thing.{path}")
    assert done.status == OUR_BUG and "tell the plugin's maker" in done.err


# ----------------------------------------------------------------------- what is planted

PLANTED = (
    '{"$ref":["raw","good"]}',
    '{"$value":"planted","other":1}',
    '{"$raw":{"a":1}}',
    '{"$items":[1,2],"$next":"x","$total":99}',
    '{"$done":["limit"]}',
    '{"\\u0024value":"planted"}',
    '{"attributes":{"$value":"planted"}}',
    '[{"$ref":["raw","good"]},{"$value":1}]',
)


@pytest.mark.parametrize("planted", PLANTED)
def test_what_a_remote_plants_stays_data(remote, shop, planted):
    body = f'{{"title":"t","price":1,"x":{planted}}}'
    path = set_body(remote, body)
    set_body(remote, "{}")
    before = len(remote.requests())
    whole = json.loads(body)
    assert json.loads(get(shop, f"raw.{path}").out) == whole
    assert json.loads(get(shop, f"thing.{path}").out)["attributes"] == whole
    template = "{$p.raw.%s.x};{$p.thing.%s.attributes.x};{foreach $p.raw.%s.x as $k => $v}" \
               "{$k},{/foreach}" % ((path,) * 3)
    names = list(whole["x"]) if isinstance(whole["x"], dict) else range(len(whole["x"]))
    done = render(shop, template)
    assert done.out == "Array;Array;" + "".join(f"{name}," for name in names), done
    assert len(remote.requests()) == before + 4  # nothing else was followed
    assert "planted" not in done.out


@pytest.mark.parametrize("body", [
    '1,"title":"planted"', '{}},{"price":2', '1},"x":{"$ref":["raw","x"]',
    '{"a":1},"$value":"planted"'])
def test_an_answer_cannot_break_out_of_its_place(remote, shop, body):
    path = set_body(remote, body)
    done = get(shop, f"raw.{path}")
    assert done.status == BAD_DATA and "planted" not in done.out + done.err

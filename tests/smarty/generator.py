"""Random templates of the language that imh knows, and random data for them.

A template is a tree: lists of lists and texts. Joined it is the source; its inner lists are
what can be left out when a failing template is made smaller.

Not made, because imh differs on purpose (section 6.4 of the language's reference), because
only Smarty 5 defines it, or because real Smarty ends in an accident there:

  - a name behind a string ("abc".member): PHP throws, here it is nothing;
  - an array where a text modifier wants text: PHP throws for some, here it is "Array". It
    is made when a variable of text was assigned an array: ACCIDENTS has what PHP says then;
  - |cat beside an operator: Smarty writes out a bare PHP concatenation, which binds looser
    than what stands beside it;
  - |join, |raw, |isset, |empty, `?:`, `??`, a trailing comma in an array: Smarty 5;
  - an operator, without parentheses, in a tag that is escaped automatically: Smarty 4 casts
    only the first operand to text;
  - count() of null: PHP throws, here it is 0, as |count is;
  - a tag with a modifier in a quoted string, or a tag as a value, with automatic escaping:
    Smarty escapes it there, and the whole again;
  - {break} and {continue} in the {foreachelse} of an inner loop: Smarty takes what the inner
    loop put aside for what the outer one did;
  - an inner loop over the same item as the outer one, and over nothing: Smarty then takes the
    {foreachelse} of the outer one, too;
  - |escape with automatic escaping on: Smarty 4 escapes twice, 5 and imh once;
  - ++ and -- of a variable that does not exist: PHP throws, here it counts from null;
  - a sum before `is div by` and the like, and xor in the condition of a ternary, without
    parentheses: Smarty writes them out as PHP that means something else;
  - an item assigned to in its loop, or {continue} behind an inner loop over the same item,
    and then asked for its properties: Smarty mixes up the two variables;
  - null, true and false as the value of {assign x null}: text in Smarty, values here;
  - the item of a loop with the name of its list: an error only in Smarty 4;
  - a newline at the start of a template that uses a modifier from Smarty's plugins folder:
    the code that loads the plugin stands between, and Smarty keeps the newline;
  - |capitalize of letters whose other case has another length in bytes, beside a word with
    a digit: Smarty looks for that word in the original text and puts it where it was there.
"""

import json
import random
import re

from generator_tags import MoreTags

# What real Smarty says where it alone fails.
ACCIDENTS = re.compile(r"must be of type (string, array|Countable\|array, null) given|"
                       r"Cannot access offset of type (string|array) on string|"
                       r"Cannot use a scalar value as an array")

OTHER_LENGTH = str.maketrans({"İ": "I", "ŉ": "n", "ﬁ": "fi"})  # in upper or lower case

TEXTS = [
    "a", "Hello ", "word word", " ", "  ", "\n", "\n\n", "\r\n", "\t", "é", "日本", "😀",
    "<p>", "</p>", "&amp;", "&", "'", '"', "`", "$", "$a", "}", "{ x }", "{}", "{\n}", ";",
    "\\", "\\n", "/", "=", "|", "#", "%", "{ldelim}", "{rdelim}", "{* note *}", "{**}",
    "{literal}{$a}{/literal}", "{literal} { {literal}{/literal}\n{/literal}", "<?php echo 1 ?>",
]
AFTER_TAG = ["", "", "", "\n", "\n", "\n\n", " ", " \n", "\r\n", "x"]
STRINGS = [
    "", "0", "1", "abc", "ABC", "red", "0.0", "00", " ", "5 apples", " 12", "12 ", "1e3",
    "1.5", "-3", "+7", ".5", "1.", "0x1A", "true", "null", "héllo wörld", "ÉCOLE", "ß",
    "日本語 テキスト", "😀 ok", "<b>bold</b> & \"q\" 'x'", "O'Neil said \"hi\"", "a,b,,c",
    "line one\nline two\r\nline three", "foo-bar 3rd x2y", "it's a test. really? yes!",
    "The quick brown fox jumps over the lazy dog", "a.b@example.com", "&lt;already&gt; &amp;",
    "<a href=\"x>y\">link</a> <br/> 1 < 2", "tab\there", "9223372036854775808", "back\\slash",
    "$dollar {brace}", "100%", "İstanbul ŞİŞLİ", "ΣΊΣΥΦΟΣ", "<script>x</script>", "`tick`",
    "2024-02-29 13:05:09", "20240229130509", "  two  spaces  ", "e\u0301", "ǆ ŉ ﬁ",
]
NUMBERS = [
    0, 1, 2, 3, 7, 10, -1, -7, 42, 100, 255, 1000, 12345, -12345, 1000000, 1234567890,
    9223372036854775807, -9223372036854775808, 0.5, 1.5, -2.5, 0.1, 0.2, 19.99, 1234.5678,
    1e-5, 1e20, 1e100, 0.30000000000000004, 99.995, 1.005, 2.675, 123456789012345678,
    1.0, 100.0, 3.14159265358979, -0.5, 0.0001, 1e15, 123456789.12345678,
]
NUMERIC_STRINGS = ["0", "1", "2", "10", "1.5", "-3", " 4", "5 ", "1e2", "007", ".5", "19.99"]
WORDS = ["red", "blue", "abc", "x", "Red", "size", "on", "a1"]
KEYS = ["name", "qty", "price", "0", "1", "2", "city", "zz", "5", "size"]


def scalar(rng):
    return rng.choice([None, True, False, rng.choice(NUMBERS), rng.choice(NUMBERS),
                       rng.choice(STRINGS), rng.choice(STRINGS), rng.choice(STRINGS)])


def record(rng):
    return {"name": rng.choice(STRINGS), "qty": rng.choice([0, 1, 2, 3, 10, "2", 1.5]),
            "price": rng.choice(NUMBERS), "size": scalar(rng),
            "address": {"city": rng.choice(STRINGS), "zip": rng.choice(NUMERIC_STRINGS)}}


def make_data(rng):
    """Variables by kind: n m numbers, s t text, a b anything without members, l j lists,
    k a map, o an object, r a list of objects, x y undefined."""
    small = rng.choice([0, 1, 2, 3, 5])
    return {
        "n": rng.choice(NUMBERS), "m": rng.choice([1, 2, 3, 10, 0.5, "2", "1.5", 7]),
        "i": rng.choice([0, 1, 2, -1]),
        "s": rng.choice(STRINGS), "t": rng.choice(STRINGS),
        "a": scalar(rng), "b": scalar(rng),
        "l": [scalar(rng) for _ in range(small)],
        "j": [rng.choice(NUMBERS + NUMERIC_STRINGS) for _ in range(rng.choice([1, 3, 4]))],
        "k": {rng.choice(KEYS): scalar(rng) for _ in range(rng.choice([0, 1, 3]))},
        "o": record(rng),
        "r": [record(rng) for _ in range(rng.choice([0, 1, 2, 3]))],
        "e": [],
        "z": None,
        "key": rng.choice(KEYS),
    }


class Generator(MoreTags):
    """One template; `depth` limits how deep expressions and blocks go."""

    def __init__(self, rng, escape_html):
        self.rng = rng
        self.escape_html = escape_html
        self.loops = []  # items of the loops around, those outside a capture left out
        self.items = []  # of all of them

    def one_of(self, *makers):
        return self.rng.choice(makers)()

    def chance(self, percent):
        return self.rng.randrange(100) < percent

    # ---- white space ----

    def blank(self):
        """Between the parts of a tag, where there must be some."""
        return self.rng.choice([" "] * 8 + ["  ", "\n", "\t"])

    def maybe_blank(self):
        return self.rng.choice(["", "", "", " ", " ", "  ", "\n"])

    # ---- numbers ----

    def number_literal(self):
        value = self.rng.choice(["0", "1", "2", "3", "5", "7", "10", "100", "255", "1.5", "0.1",
                                 "2.50", ".5", "5.", "010", "9223372036854775807", "0.0",
                                 "9223372036854775808", "19.99", "1234567.891", "00", "007"])
        return [value]

    def number_variable(self):
        makers = [lambda: ["$n"], lambda: ["$m"], lambda: ["$i"], lambda: ["$j.0"],
                  lambda: ["$o.qty"], lambda: ["$o.price"], lambda: ["$o['price']"],
                  lambda: ["$o[\"qty\"]"], lambda: ["$j[0]"], lambda: ["$j[$e|count]"],
                  lambda: ["$o.address.zip"], lambda: ["$undefined"], lambda: ["$z"]]
        if self.loops:
            item = self.rng.choice(self.loops)
            makers += [lambda: [f"${item}@index"], lambda: [f"${item}@iteration"],
                       lambda: [f"${item}@total"]] * 2
        return self.one_of(*makers)

    def number(self, depth):
        if depth <= 0 or self.chance(30):
            return self.one_of(self.number_literal, self.number_variable)
        return self.one_of(
            lambda: self.arithmetic(depth), lambda: self.arithmetic(depth),
            lambda: ["(", self.maybe_blank(), self.number(depth - 1), self.maybe_blank(), ")"],
            lambda: ["(", self.rng.choice(["-", "+", "- "]), self.number_variable(), ")"],
            lambda: [self.rng.choice(["(int)", "(float)", "(integer)", "(int) "]),
                     self.scalar_operand(depth - 1)],
            lambda: [self.array_operand(depth - 1), "|", self.rng.choice(["count", "@count"])],
            lambda: ["count(", self.array_operand(depth - 1), ")"],
            lambda: ["strlen(", self.text_operand(depth - 1), ")"],
            lambda: [self.text_operand(depth - 1), "|strlen"],
            lambda: ["(", self.ternary(depth, self.number), ")"],
        )

    def ternary(self, depth, branch):
        """Nested ones stand in parentheses; and `xor` does, which the reference lets loose."""
        return ["(", self.condition_without_xor(depth - 1), ") ? ", branch(depth - 1), " : ",
                branch(depth - 1)]

    def condition_without_xor(self, depth):
        condition = self.condition(depth)
        return ["(", condition, ")"] if "xor" in source_of(condition) else condition

    def arithmetic(self, depth):
        sign = self.rng.choice(["+", "-", "*", "/", "%", "+", "-", "*", " mod ", "+", "*",
                                "**", "&", "^"])
        right = self.number(depth - 1)
        if sign == " mod ":  # Smarty reads it as a comparison: what stands beside it matters
            return ["(", self.number(0), sign, self.number(0), ")"]
        space = self.maybe_blank()
        return [self.number(depth - 1), space, sign, space or " ", right]

    # ---- text ----

    def single_quoted(self):
        text = self.rng.choice(STRINGS).replace("\\", "\\\\").replace("'", "\\'")
        return ["'", text, "'"]

    def double_quoted(self, depth):
        parts = [self.quoted_part(depth) for _ in range(self.rng.choice([0, 1, 1, 2, 3]))]
        return ['"', parts, '"']

    def quoted_part(self, depth):
        return self.one_of(
            lambda: [self.rng.choice(["abc", " ", "é", "a b", "\\n", "\\t", "\\\"", "\\\\",
                                      "\\$", "\\x41", "\\101", "\\xff", "\\xe9x", "\\xf0\\x9f", "\\q", "'", "$", "}", "{ ",
                                      "%s", "$5", "\n", ".", "[0]", "|upper", "->", ":"])],
            lambda: [self.rng.choice(["$s", "$n", "$undefined", "$t", "$a"])],
            lambda: ["`", self.rng.choice(["$o.name", "$n", "$n+1", "$s|upper", "$l.0",
                                           "$o.address.city", "$j[0]"]), "`"],
            lambda: ["{", self.variable() if self.escape_html else self.printable(depth - 1),
                     "}"],
            lambda: ["{if ", self.condition(depth - 1), "}", self.rng.choice(["y", "$s", "\n"]),
                     "{else}", self.rng.choice(["n", ""]), "{/if}"] if depth > 0 else ["x"],
            lambda: ["{foreach $j as $g}{$g},{/foreach}"] if depth > 0 else [","],
        )

    def text_variable(self):
        return self.rng.choice([["$s"], ["$t"], ["$o.name"], ["$o.address.city"], ["$n"], ["$z"],
                                ["$undefined"], ["$o.$undefined"], ["$s"], ["$t"]])

    def text_operand(self, depth):
        """Anything that is no array, without operators around it."""
        makers = [self.single_quoted, self.text_variable, self.text_variable,
                  lambda: self.double_quoted(depth - 1),
                  lambda: [self.rng.choice(WORDS)]]
        if depth > 0:
            makers += [lambda: self.modified(depth)] * 3
        if not self.escape_html:
            makers += [lambda: ["{", self.text_variable(), self.safe_modifier(), "}"]]
        return self.one_of(*makers)

    def modified(self, depth):
        """Text with a modifier behind it, in parentheses where it would mix with others."""
        text = self.text_operand(depth - 1)
        return ["(", text, self.modifier(depth), ")"] if self.chance(50) else [
            text, self.safe_modifier()]

    def modifiers(self, depth):
        return [self.modifier(depth) for _ in range(self.rng.choice([0, 0, 1, 1, 2]))]

    def argument_text(self):
        return self.one_of(self.single_quoted, self.text_variable,
                           lambda: [self.rng.choice(WORDS)], lambda: self.double_quoted(0))

    def argument_number(self):
        return self.rng.choice([["0"], ["1"], ["2"], ["3"], ["5"], ["10"], ["20"], ["-1"], ["-3"],
                                ["$m"], ["$i"], ["'4'"], ["$o.qty"], ["1.5"], ["100"]])

    def argument_truth(self):
        return self.rng.choice([["true"], ["false"], ["1"], ["0"], ["$a"], ["''"], ["null"]])

    def safe_modifier(self):
        return [self.rng.choice(["|upper", "|lower", "|escape", "|strip_tags", "|nl2br",
                                 "|capitalize", "|escape:'url'", "|escape:url", "|@lower",
                                 "|noprint", "|default:'-'", "|default:$s"])]

    def modifier(self, depth):
        return self.one_of(
            self.safe_modifier, self.safe_modifier,
            lambda: ["|cat:", self.argument_text()],
            lambda: ["|cat:", self.argument_text(), ":", self.argument_text()],
            lambda: ["|default:", self.argument_text()],
            lambda: ["|truncate"],
            lambda: ["|truncate:", self.argument_number()],
            lambda: ["|truncate:", self.argument_number(), ":", self.argument_text()],
            lambda: ["|truncate:", self.argument_number(), ":", self.argument_text(), ":",
                     self.argument_truth(), ":", self.argument_truth()],
            lambda: ["|replace:", self.argument_text(), ":", self.argument_text()],
            lambda: ["|capitalize:", self.argument_truth()],
            lambda: ["|capitalize:", self.argument_truth(), ":", self.argument_truth()],
            lambda: ["|strip_tags:", self.rng.choice(["true", "false", "''", "0", "$z"])],
            lambda: ["|escape:", self.rng.choice([
                "html", "htmlall", "url", "urlpathinfo", "quotes", "javascript", "mail", "hex",
                "hexentity", "decentity", "nonstd", "'html'", "\"htmlall\"", "nonsense",
                "'html':'UTF-8':false", "'htmlall':'UTF-8':false"])],
            lambda: ["|string_format:", self.rng.choice([
                "'%s'", "'%d'", "'%05d'", "'%5.1f'", "'%-8s|'", "'%x'", "'%X'", "'%o'", "'%b'",
                "'%e'", "'%.3e'", "'%g'", "'%G'", "'%u'", "'%c'", "'%%'", "'%+d'", "\"%.2f\"",
                "'%\\'*10s'", "'%10.4s'", "'%1$s %1$s'", "'%08.3f'", "'%-08d'", "'%F'",
                "'%5.2e'", "'%.0f'", "'%+.1f'", "'%s%%'", "'%'", "'%2$s'", "'%z'"])],
            lambda: ["|nl2br"], lambda: ["|strlen"],
        )

    # ---- arrays ----

    def array_operand(self, depth):
        makers = [lambda: ["$l"], lambda: ["$j"], lambda: ["$k"], lambda: ["$e"], lambda: ["$o"],
                  lambda: ["$o.address"]]
        if depth > 0:
            makers += [
                lambda: self.array_literal(depth), lambda: self.array_literal(depth),
                lambda: ["range(", self.rng.choice(["1,3", "0, 2", "3,1", "2,2,9", "1,10,4", "5,5", "a,e", "'f','a',2", "0,1,0.3", "'1','3'", "9,1,-4"]), ")"],
                lambda: ["explode(',',", self.text_operand(depth - 1), ")"],
                lambda: ["explode(", self.rng.choice(["' '", "'a'", "\"\\n\"", "'xx'"]), ", ",
                         self.text_operand(depth - 1), ",", self.rng.choice(
                             ["0", "1", "2", "-1", "-2", "$i", "9"]), ")"],
                lambda: ["range(", self.rng.choice(["0", "7", "2.5", "'4'", "$i", ".5", "null"]), ",",
                         self.rng.choice(["3", "-2", "0", "1.5"]),
                         self.rng.choice(["", "", ",2", ",-1", ",1"]), ")"],
                lambda: ["array_reverse(", self.array_operand(depth - 1), ",", self.argument_truth(),
                         ")"],
                lambda: ["array_reverse(", self.array_operand(depth - 1), ")"],
                lambda: [self.array_operand(depth - 1), "|array_reverse"],
                lambda: ["array_slice(", self.array_operand(depth - 1), ",",
                         self.argument_number(), ")"],
                lambda: ["array_slice(", self.array_operand(depth - 1), ",",
                         self.argument_number(), ",", self.argument_number(), ")"],
                lambda: [self.array_operand(depth - 1), "|array_slice:", self.argument_number(),
                         ":", self.rng.choice(["null", "1", "-1", "2"]), ":",
                         self.argument_truth()],
            ]
        return self.one_of(*makers)

    def array_literal(self, depth):
        opening, closing = self.rng.choice([("[", "]"), ("[", "]"), ("array(", ")"), ("[ ", " ]")])
        elements = []
        for index in range(self.rng.choice([0, 1, 2, 3])):
            comma = self.rng.choice([",", ", ", " , "]) if index else ""
            key = self.one_of(
                lambda: [], lambda: [],
                lambda: [self.rng.choice(["a", "'b'", "\"c\"", "5", "$key", "'7'", "$n|strlen"]),
                         self.rng.choice(["=>", " => ", "=> "])])
            elements.append([comma, key, self.anything(depth - 1)])
        return [opening, elements, closing]

    # ---- conditions ----

    def condition(self, depth):
        if depth <= 0 or self.chance(15):
            return self.one_of(self.plain_operand, self.plain_operand,
                               lambda: [self.rng.choice(["true", "false", "null", "TRUE"])])
        return self.one_of(
            *[lambda: self.comparison(depth)] * 4,
            lambda: [self.condition(depth - 1), self.joiner(), self.condition(depth - 1)],
            lambda: [self.condition(depth - 1), self.joiner(), self.condition(depth - 1)],
            lambda: [self.rng.choice(["!", "not ", "! "]), self.plain_operand()],
            lambda: ["!(", self.condition(depth - 1), ")"],
            lambda: ["(", self.condition(depth - 1), ")"],
            lambda: [self.tested(depth - 1), self.rng.choice([
                " is even", " is odd", " is not even", " is not odd"])],
            lambda: [self.number(0), self.rng.choice([
                " is div by ", " is not div by ", " is even by ", " is odd by ",
                " is not even by ", " is not odd by "]), self.number(0)],
            lambda: [self.plain_operand(), " is in ", self.array_operand(depth - 1)],
            lambda: ["isset(", self.variable(), ")"],
            lambda: ["empty(", self.variable(), ")"],
            lambda: ["in_array(", self.plain_operand(), ",", self.array_operand(depth - 1), ")"],
            lambda: ["in_array(", self.plain_operand(), ",", self.array_operand(depth - 1), ",",
                     self.argument_truth(), ")"],
            lambda: ["is_int(", self.plain_operand(), ")"],
            lambda: [self.variable(), self.rng.choice(["===", "!==", "==", "<", ">="]),
                     self.variable()],
            lambda: [self.number_variable(), self.rng.choice(["==", "===", "<", "<="]),
                     self.number(depth - 1)],
            lambda: ["is_array(", self.anything(0), ")"],
            lambda: [self.plain_operand(), "|in_array:", self.rng.choice(["$l", "$j", "$e"])],
            lambda: [self.text_operand(depth - 1)],
        )

    def tested(self, depth):
        """What `is even` asks about: Smarty writes it behind a bare `1 &`."""
        number = self.number(depth)
        source = source_of(number)
        return ["(", number, ")"] if "&" in source or "^" in source else number

    def joiner(self):
        return self.rng.choice([" and ", " or ", "&&", " && ", "||", " || ", " AND ", " Or ",
                                " xor "])

    def comparison(self, depth):
        sign = self.rng.choice(["==", "!=", "===", "!==", "<", ">", "<=", ">=", "<>", " eq ",
                                " ne ", " neq ", " lt ", " le ", " lte ", " gt ", " ge ", " gte ",
                                " EQ "])
        space = self.maybe_blank() if sign.strip() == sign else ""
        return [self.anything(depth - 1), space, sign, space, self.anything(depth - 1)]

    # ---- anything ----

    def variable(self):
        return [self.rng.choice([
            "$n", "$s", "$a", "$b", "$l", "$k", "$o", "$e", "$z", "$undefined", "$o.name",
            "$o.nothing", "$o.nothing.deeper", "$l.0", "$k.name", "$k[$key]", "$k.$key", "$r.0",
            "$r.0.name", "$l[5]", "$undefined.a.b", "$z.a", "$r[0]['address'].city", "$o.$undefined",
            "$r.1.address.zip", "$z.x", "$smarty.foreach.none.total", "$l[$i]", "$l.$i",
            "$l.{$i+1}", "$l[$i+1]", "$o.{'na'|cat:'me'}", "$o[\"na`$empty`me\"]", "$l[word]",
            "$k[word.index]", "$l[ 0 ]", "$r[$i].name", "$r.$i.address['city']", "$k[true]",
            "$l[1.7]", "$k['5']", "$k[null]", "$k[-1]", "$s[0]", "$s.1", "$s[-1]", "$t[$i]",
            "$s['1x']", "$s[' 1']", "$s[$a]", "$s[null]", "$t[true]", "${'s'}", "$s_{$i}", "${$key}", "$n.1.2", "$smarty.capture.one", "$smarty.now",
        ])]

    def plain_operand(self):
        return self.one_of(self.variable, lambda: ["$a"], lambda: ["$b"], self.single_quoted,
                           self.number_literal, lambda: [self.rng.choice(WORDS)],
                           lambda: [self.rng.choice(["true", "false", "null"])],
                           lambda: ["$s"], lambda: ["$n"])

    def scalar_operand(self, depth):
        return self.one_of(lambda: ["$a"], lambda: ["$s"], lambda: ["$n"], self.single_quoted,
                           lambda: ["$z"], lambda: ["true"], lambda: ["$e"], lambda: ["$l"])

    def anything(self, depth):
        return self.one_of(
            self.plain_operand, self.plain_operand, self.variable,
            lambda: self.number(depth), lambda: self.text_operand(depth),
            lambda: self.array_operand(depth), lambda: ["(", self.condition(depth), ")"])

    def printable(self, depth):
        """What a tag prints, without its braces."""
        makers = [
            self.variable, self.variable, lambda: self.number(depth), lambda: self.number(depth),
            lambda: [self.text_start(depth), self.modifiers(depth)],
            lambda: [self.text_start(depth), self.modifiers(depth)],
            lambda: ["(", self.anything(depth - 1), ")"],
            lambda: self.ternary(depth, self.anything),
            lambda: [self.number_variable(), "|number_format", self.number_format()],
            lambda: [self.number_variable(), self.modifier(depth)],
            lambda: [self.date(), "|date_format", self.date_format()],
            lambda: [self.array_operand(depth), "|", self.rng.choice(["count", "count:1", "is_array"])],
            lambda: [self.rng.choice(["$smarty.now", "$smarty.ldelim", "$smarty.rdelim",
                                      "$smarty.capture.one", "$smarty.capture.none",
                                      "$smarty.capture.default"])],
        ]
        if self.loops:
            item = self.rng.choice(self.loops)
            makers += [lambda: [f"${item}"], lambda: [f"${item}@", self.rng.choice(
                ["index", "iteration", "first", "last", "total", "key", "show"])]] * 2
        return self.one_of(*makers)

    def text_start(self, depth):
        """Text that can begin a tag: no bare word, which would be the tag's name."""
        return self.one_of(self.single_quoted, self.text_variable, self.text_variable,
                           lambda: self.double_quoted(depth - 1))

    def number_format(self):
        return self.rng.choice([[], [":2"], [":2:',':'.'"], [":1:'.':''"], [":$m"], [":0:'':' '"],
                                [":-1"], [":3:'x'"], [":2:null:'_'"]])

    def date(self):
        return self.rng.choice([
            "$n", "86400", "'2024-02-29 13:05:09'", "1700000000", "'20240229130509'", "$z", "''",
            "'7 March 2025'", "0", "'0000-00-00'", "-1", "$s", "$smarty.now", "'tomorrow'",
            "'monday next week'", "'last day of february 2024'", "'+1 month'", "'2025-02-30'",
            "'2025-03-07T09:05:03.123Z'", "'07.03.2025 noon'", "'@86400'", "'20249929130509'",
            "'Fri, 07 Mar 2025 09:05:03 +0200'", "'12 Dec 2020 3pm'", "'yesterday 14:00'"])

    def date_format(self):
        return self.rng.choice([[], [":'%Y-%m-%d'"], [":'d.m.Y H:i'"], [":'%H:%M:%S %j %U'"],
                                [":'l jS F Y'"], [":''"], [":'%D %e %b %p %I'"], [":'c'"],
                                [":'%Y':'2020-01-01'"], [":'U'"], [":'Y-m-d\\TH:i':$z:'auto'"],
                                [":null"], [":'%d %h %y':'':'strftime'"], [":'%d':'':'date'"]])

    # ---- statements ----

    def body(self, depth, most=3):
        return [self.piece(depth) for _ in range(self.rng.randint(0, most))]

    def piece(self, depth):
        makers = [self.text, self.text, lambda: self.print_tag(depth),
                  lambda: self.print_tag(depth), lambda: self.assign(depth)]
        if depth > 0:
            makers += [lambda: self.if_block(depth), lambda: self.foreach_block(depth),
                       lambda: self.capture_block(depth)]
        if self.loops:
            makers += [lambda: [self.rng.choice(["{break}", "{continue}", "{break 1}"]), self.after()]]
        makers += [lambda: self.more_piece(depth)] * 4
        return self.one_of(*makers)

    def text(self):
        return [self.rng.choice(TEXTS)]

    def after(self):
        return self.rng.choice(AFTER_TAG)

    def print_tag(self, depth):
        flags = self.rng.choice([""] * 12 + [" nofilter", " nocache", " assign=q", " assign='u'"])
        value = self.more_printable(depth) if self.chance(40) else self.printable(depth)
        if self.escape_html:
            value = ["(", value, ")"]
        elif self.chance(10):
            value = [self.rng.choice(["-", "- ", "+"]), self.number_variable()]
        return ["{", value, flags, self.rng.choice(["", "", " "]), "}", self.after()]

    def short_value(self):
        return self.one_of(self.variable, self.single_quoted, self.number_literal,
                           lambda: [self.rng.choice(WORDS)])

    def target(self):
        return [self.rng.choice(["u", "s", "n", "l", "new"])]

    def assign(self, depth):
        value = self.anything(depth)
        name = self.target()
        return [self.one_of(
            lambda: ["{$", name, self.rng.choice(["=", " = ", "= "]), value, "}"],
            lambda: ["{assign var=", name, self.blank(), "value=", value, "}"],
            lambda: ["{assign ", name, " ", self.short_value(), "}"],
            lambda: ["{assign '", name, "' ", self.short_value(), "}"],
            lambda: ["{assign var=", name, " ", self.short_value(), "}"],
            lambda: ["{assign var=\"", name, "\" value=", value, " scope=local}"],
            lambda: ["{$new", self.rng.choice([".a", ".b.c", "['k']", "[]", "[5]", ".$key", "[$i]"]),
                     "=", value, "}"],
            lambda: ["{append var=", self.rng.choice(["new", "l", "k", "q"]), " value=", value, "}"],
            lambda: ["{append var=new value=", value, " index=", self.rng.choice([["$key"], ["5"], ["'x'"], ["$i"], ["true"]]), "}"],
            lambda: ["{append q ", self.short_value(), "}"],
            lambda: ["{$", self.rng.choice(["i++", "i--", "m++", "n--", "t++", "t--"]), "}"],
            lambda: ["{if $i++ < ", self.number_literal(), "}{$i}{/if}"],
            lambda: ["{$u=$i++ + ", self.number_literal(), "}"],
            lambda: ["{$u=[1,'a'=>", self.short_value(), "]}{$u.0++}{$u.",
                     self.rng.choice(["a--", "a++", "new++", "b.c++"]), "}{$u|json_encode}"],
            lambda: ["{$u=[1,2]}{$x2=$u}{$x2[]=3}{$u|count}{$x2|count}"],
            lambda: ["{$u=$o}{$u.", self.rng.choice(["name", "address.city", "new"]), "=", value,
                     "}{$o.name}{$o.address.city}{$u|count}"],
        ), self.after()]

    def if_block(self, depth):
        out = [self.rng.choice(["{if ", "{if  ", "{IF ", "{if\n"]), self.condition(depth),
               self.rng.choice(["", " "]), "}", self.after(), self.body(depth - 1)]
        for _ in range(self.rng.choice([0, 0, 1, 2])):
            out.append([self.rng.choice(["{elseif ", "{else if "]), self.condition(depth - 1),
                        "}", self.after(), self.body(depth - 1)])
        if self.chance(50):
            out.append([self.rng.choice(["{else}", "{else }"]), self.after(), self.body(depth - 1)])
        return [*out, self.rng.choice(["{/if}", "{/if }"]), self.after()]

    def foreach_block(self, depth):
        item = self.rng.choice([name for name in ["v", "w", "p", "h"] if name not in self.items])
        key = self.rng.choice(["c", "d", "kk"])
        source = self.one_of(lambda: self.array_operand(depth - 1),
                             lambda: self.array_operand(depth - 1), lambda: ["$r"],
                             lambda: self.scalar_operand(0), lambda: ["$undefined"])
        source = ["$l"] if source_of(source) == f"${item}" else source
        head = self.one_of(
            lambda: ["{foreach ", source, self.blank(), "as", self.blank(), "$", item, "}"],
            lambda: ["{foreach ", source, " as $", key, "=>", "$", item, "}"],
            lambda: ["{foreach ", source, " as $", key, " => ", "$", item, " name=nm}"],
            lambda: ["{foreach from=", source, " item=", item, "}"],
            lambda: ["{foreach from=", source, " item='", item, "' key=", key, " name=\"nm\"}"],
            lambda: ["{foreach item=", item, " from=", source, "}"])
        self.loops.append(item)
        self.items.append(item)
        inner = self.body(depth - 1, 4)
        inner.append(self.rng.choice([
            ["{$", item, "@index}"], ["{$smarty.foreach.nm.iteration}"], ["{if $", item, "@last}.{/if}"],
            ["{if $", item, "@first}^{/if}"], [","], ["{$", key, "}"], ["{$smarty.foreach.nm.last}"],
            ["{$", item, ".name}"] if source == ["$r"] else ["-"]]))
        self.loops.pop()
        self.items.pop()
        loops, self.loops = self.loops, []
        other = ["{foreachelse}", self.after(), self.body(depth - 1, 1)] if self.chance(30) else []
        self.loops = loops
        tail = self.rng.choice([[], [], ["{$", item, "@total}"], ["{$smarty.foreach.nm.total}"],
                                ["{$", item, "@show}"], ["{if isset($", item, ")}!{/if}"]])
        return [head, self.after(), inner, other, "{/foreach}", self.after(), tail]

    def capture_block(self, depth):
        head = self.rng.choice(["{capture name=one}", "{capture 'one'}", "{capture}",
                                "{capture assign=q}", "{capture append=new}",
                                "{capture name=one assign=u}", "{capture name='two'}"])
        loops, self.loops = self.loops, []  # {break} out of a capture loses PHP's buffers
        inner = self.body(depth - 1)
        self.loops = loops
        return [head, self.after(), inner, "{/capture}", self.after(),
                self.rng.choice([[], ["{$smarty.capture.one}"], ["{$q}"], ["{$smarty.capture.two}"],
                                 ["{$new|count}"]])]

    def child(self):
        """A template that extends one of includes/."""
        blocks = [["{block ", self.rng.choice(["", "name="]), self.rng.choice("abcd"),
                   self.rng.choice(["", "", " append", " prepend", " hide"]), "}", self.after(),
                   self.rng.choice(["x", "{$s}", "{$smarty.block.parent}!", "{$u=1}{$u}",
                                    "[{$smarty.block.child}]"]), "{/block}", self.after()]
                  for _ in range(self.rng.choice([0, 1, 2, 3]))]
        return ["{extends ", self.rng.choice(["file=", ""]),
                self.rng.choice(["'base.tpl'", '"middle.tpl"']), "}", self.after(), blocks]

    def template(self):
        if self.chance(6):
            return self.child()
        return ["^"] * self.chance(80) + [self.piece(self.rng.choice([1, 2, 2, 3])) for _ in range(self.rng.randint(1, 4))]


def source_of(tree):
    return tree if isinstance(tree, str) else "".join(source_of(part) for part in tree)


def translated(tree, table):
    return tree.translate(table) if isinstance(tree, str) else [
        translated(part, table) for part in tree]


def make(seed):
    """A template's tree, its data as JSON, and whether output is escaped."""
    rng = random.Random(seed)
    data = json.dumps(make_data(rng), ensure_ascii=False)
    escape_html = rng.randrange(10) == 0
    tree = Generator(rng, escape_html).template()
    if "capitalize" in source_of(tree):
        tree, data = translated(tree, OTHER_LENGTH), data.translate(OTHER_LENGTH)
    first = re.sub(r"\A(\{\*.*?\*\})+", "", source_of(tree), flags=re.S)
    if first.startswith(("\n", "\r", "{setfilter", "{nocache", "{strip", "{function")):
        tree = ["^", tree]
    return tree, data, escape_html and "escape" not in source_of(tree)

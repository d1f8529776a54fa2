"""The part of the generator that knows loops that count, parts, tools and PHP's functions.

Not made, beside what generator.py says:

  - {counter} and {cycle} without a name of their own: real Smarty keeps them in the process;
  - blanks beside {setfilter} and {nocache} in {strip}: Smarty strips what is left without
    the tags as one text;
  - {break} in a {for}, {while} or {section} out of a {function}: refused by both;
  - text that is no UTF-8 for functions that count characters, beyond what the texts have.
"""

MODIFIERS = [
    "count_characters", "count_characters:true", "count_words", "count_sentences",
    "count_paragraphs", "indent", "indent:2", "indent:1:'-'", "spacify", "spacify:'-'", "strip",
    "strip:'-'", "strip:'[$0]'", "wordwrap:10", "wordwrap:5:'<br>':true", "wordwrap", "trim", "ltrim", "rtrim",
    "ucfirst", "ucwords", "lcfirst", "strtoupper", "strtolower", "strrev", "substr:1",
    "substr:0:3", "substr:-3", "substr:-3:-1", "substr:2:-1", "substr:$i:2", "str_repeat:2",
    "str_pad:20", "str_pad:20:'-'", "str_pad:21:'ab':2", "str_pad:20:' ':0", "md5", "sha1",
    "crc32", "base64_encode", "base64_decode", "bin2hex", "urlencode", "rawurlencode",
    "urldecode", "rawurldecode", "htmlspecialchars", "htmlentities", "html_entity_decode",
    "unescape", "unescape:'htmlall'", "unescape:'url'", "json_encode", "addslashes",
    "stripslashes", "strpos:'a'", "stripos:'A'", "strrpos:'a'", "strstr:'a'", "stristr:'A'",
    "strrchr:'o'", "substr_count:'a'", "str_word_count", "mb_strlen", "mb_substr:1:3",
    "mb_substr:-2", "mb_strtoupper", "mb_strtolower", "mb_strpos:'a'", "intval", "floatval",
    "is_numeric", "is_string", "soundex", "metaphone", "metaphone:2", "strval", "boolval", "ctype_digit", "ctype_alpha",
    "ctype_upper", "ctype_lower", "ord", "regex_replace:'/[aeiou]/':'_'",
    "regex_replace:'/\\s+/':' '", "regex_replace:'/(\\w)(\\w)/u':'$2$1'",
    "regex_replace:'/^|$/m':'|'", "regex_replace:'/x*/':'-'", "regex_replace:'/l/':'L':1",
    "regex_replace:'/(/':'x'", "regex_replace:'#<b>(.*?)</b>#i':'*\\1*'", "preg_quote",
    "str_contains:'a'", "str_starts_with:'a'", "str_ends_with:'x'", "strcmp:'abc'",
    "strcasecmp:'ABC'", "strncmp:'abc':2", "similar_text:'Hello World'", "levenshtein:'hello'",
    "strtr:'ab':'xy'", "str_split:3|@count", "nl2br", "sprintf:1", "hexdec", "str_ireplace:'b':'c'",
    "to_charset|bin2hex", "from_charset", "htmlspecialchars:2", "htmlspecialchars:0",
    "htmlentities:3:'UTF-8':false", "html_entity_decode:0", "html_entity_decode:2",
    "nl2br:false", "upper:1:2", "@@lower", "wordwrap:0:'-':true", "wordwrap:7:'':true",
    "truncate:5.7", "truncate:'6':'..'", "indent:0", "spacify:''", "strip:'&nbsp;'",
    "count_words:1", "unescape:'x'", "escape:'javascript'|escape", "substr:$i",
    "regex_replace:['/a/','/b/']:['1']", "regex_replace:'/(?<x>o)/':'[$1]'",
    "replace:['a','o']:['0','1']", "replace:['a','o']:'-'", "str_pad:8:'é'", "ucwords:'-'",
    "strpos:'o':1", "mb_substr:$i:2", "trim:'a..m'", "sprintf:$n:'x'", "implode:['a','b']",
    "explode:'a b'|@count", "similar_text:$t", "levenshtein:$t", "str_word_count:1|@count",
]
NUMBER_MODIFIERS = [
    "round", "round:1", "round:2", "round:-1", "floor", "ceil", "abs", "sqrt", "intval",
    "round:3", "round:$i", "number_format:$i", "number_format:1:',':''", "abs|round:1",
    "string_format:'%08.3f'", "string_format:'%x'", "date_format:'%j'", "intdiv:$m",
    "floatval", "dechex", "max:3", "min:3", "pow:2", "fmod:3", "intdiv:3", "is_numeric",
    "json_encode", "number_format:2", "chr|ord", "strval", "is_float", "boolval", "string_format:'%.2f'",
]
ARRAY_MODIFIERS = [
    "array_keys", "array_values", "array_unique", "array_reverse", "array_merge:[1,'a'=>2]",
    "array_flip", "array_chunk:2", "array_pad:5:'x'", "array_pad:-5:0", "array_diff:[1,'two']",
    "array_reverse:true", "array_slice:-2", "array_slice:0:-1",
    "array_intersect:[1,2,3]", "array_slice:1", "array_column:'name'", "array_column:'price':'name'",
]
ARRAY_ENDS = ["count", "json_encode", "implode:','", "array_sum", "array_product", "max", "min",
              "array_key_first", "array_key_last", "http_build_query", "array_search:1"]


class MoreTags:
    """Mixed into the Generator."""

    def more_modifier(self):
        return ["|", self.rng.choice(MODIFIERS)]

    def more_number(self):
        return [self.number_variable(), "|", self.rng.choice(NUMBER_MODIFIERS)]

    def more_array(self, depth):
        middle = [["|", self.rng.choice(ARRAY_MODIFIERS)]
                  for _ in range(self.rng.choice([0, 1, 1, 2]))]
        end = self.rng.choice(ARRAY_ENDS)
        if end == "implode:','":
            return ["implode(',',", self.array_operand(depth), middle, ")"]
        return [self.array_operand(depth), middle, "|", end]

    def more_call(self):
        text, number = self.text_variable, self.number_variable
        return self.one_of(
            lambda: ["str_replace('a','b',", text(), ")"],
            lambda: ["str_replace(['a','e'],['1','2'],", text(), ")"],
            lambda: ["wordwrap(", text(), ",8,'|',", self.argument_truth(), ")"],
            lambda: ["sprintf('%s-%05.1f',", text(), ",", number(), ")"],
            lambda: ["vsprintf('%s/%s',[", text(), ",", number(), "])"],
            lambda: ["max(", number(), ",", number(), ",", text(), ")"],
            lambda: ["min(", number(), ",", self.plain_operand(), ")"],
            lambda: ["round(", number(), ",", self.argument_number(), ")"],
            lambda: ["strtr(", text(), ",['a'=>'1','ab'=>'2'])"],
            lambda: ["ucwords(", text(), ",'-')"],
            lambda: ["trim(", text(), ",'a..f')"],
            lambda: ["date('Y-m-d H:i',", self.rng.choice(["0", "86400", "-1", "1700000000"]), ")"],
            lambda: ["checkdate(2,29,2023)"],
            lambda: ["hash('sha256',", text(), ")"],
            lambda: ["json_decode('{\"a\":[1,2.50,null],\"b\":\"\\u00e9\"}',true)|json_encode"],
            lambda: ["array_combine(['x','y'],[1,", number(), "])|json_encode"],
            lambda: ["array_fill(5,2,", text(), ")|json_encode"],
            lambda: ["intval(", text(), ",16)"],
            lambda: ["is_null(", self.variable(), ")"],
            lambda: ["array_key_exists($key,$o)"])

    def more_printable(self, depth):
        return self.one_of(
            lambda: [self.text_start(depth), self.more_modifier()],
            lambda: [self.text_start(depth), self.more_modifier(), self.more_modifier()],
            self.more_number, lambda: self.more_array(depth), self.more_call)

    # ---- loops ----

    def inside(self, depth, item=None):
        if item:
            self.items.append(item)
        self.loops.append(item or "l")
        inner = self.body(depth - 1)
        self.loops.pop()
        if item:
            self.items.pop()
        return inner

    def for_block(self, depth):
        item = self.rng.choice([name for name in ["fa", "fb"] if name not in self.items] or ["fc"])
        ends = self.rng.choice([("1", "3"), ("3", "1"), ("0", "0"), ("$i", "2"), ("1", "$l|count"),
                                ("-1", "1"), ("0.5", "2"), ("5", "2")])
        step = self.rng.choice(["", "", " step 2", " step -1", " step 0.5", " step $i"])
        most = self.rng.choice(["", "", "", " max=2", " max=0"])
        if self.chance(30):
            head = ["{for $", item, "=", ends[0], ";$", item, "<=3;$", item,
                    self.rng.choice(["++", f"=${item}+1"]), "}"]
        else:
            head = ["{for $", item, self.rng.choice(["=", " = "]), ends[0], " to ", ends[1], step,
                    most, "}"]
        inner = [self.inside_plain(depth), "{$", item, "}", self.rng.choice(
            [[], ["{$", item, "@iteration}"], ["{if $", item, "@first}^{/if}"],
             ["{if $", item, "@last}.{/if}"], ["{$", item, "@total}"]]), self.jump()]
        other = ["{forelse}", self.after(), self.text()] if self.chance(30) else []
        return [head, self.after(), inner, other, "{/for}", self.after(),
                self.rng.choice([[], ["{$", item, "}"], ["{$", item, "@total}"]])]

    def jump(self):
        return self.rng.choice([[], [], [], ["{break}"], ["{continue}"], ["{if $n > 2}{break}{/if}"]])

    def inside_plain(self, depth):
        """A body without loops of its own that jump to others by their items."""
        loops, self.loops = self.loops, []
        inner = self.body(depth - 1, 2)
        self.loops = loops
        return inner

    def while_block(self, depth):
        name = self.rng.choice(["wa", "wb"])
        return ["{$", name, "=0}{while $", name, "++ < ", self.rng.choice("0123"), "}",
                self.after(), self.inside_plain(depth - 1), "{$", name, "}", self.jump(),
                "{/while}", self.after()]

    def section_block(self, depth):
        name = self.rng.choice(["sa", "sb"])
        loop = self.rng.choice(["$l", "$j", "$r", "3", "0", "$n|intval|min:4", "$e", "$undefined"])
        options = [self.rng.choice(["", "", " start=1", " start=-2", " start=9", " start=$i"]),
                   self.rng.choice(["", "", " step=2", " step=-1", " step=-2", " step=0"]),
                   self.rng.choice(["", "", " max=2", " max=-1", " max=0"]),
                   self.rng.choice(["", "", " show=false", " show=$n"])]
        prints = [["{$smarty.section.", name, ".", self.rng.choice([
            "index", "index_prev", "index_next", "iteration", "rownum", "first", "last", "total",
            "loop"]), "},"] for _ in range(self.rng.choice([0, 1, 2]))]
        inner = [self.rng.choice([["{$j[", name, "]}"], ["{$r[", name, "].name}"], ["-"],
                                  ["{$l[", name, "]|@count}"]]), prints, self.jump()]
        other = ["{sectionelse}", self.after(), self.text()] if self.chance(30) else []
        return ["{section name=", name, " loop=", loop, options, "}", self.after(), inner,
                other, "{/section}", self.after(),
                self.rng.choice([[], ["{$smarty.section.", name, ".total}"],
                                 ["{$smarty.section.", name, ".index}"]])]

    # ---- text ----

    def strip_block(self, depth):
        return ["{strip}", self.after(), self.text(), self.print_tag(depth), self.text(),
                self.rng.choice(["<td>\n  x </td>", "  \n y", "<b> </b> <i>", " <a href='x'\n title>",
                                 "<pre>\n a </pre>"]), "{/strip}", self.after()]

    def filter_block(self, depth):
        head = self.rng.choice(["upper", "lower|escape", "truncate:5", "replace:'a':'b'|upper"])
        return ["{setfilter ", head, "}", self.rng.choice("-x^"), self.inside_plain(depth), "{$s}",
                "{$t nofilter}-", "{/setfilter}", self.after()]

    def nocache_block(self, depth):
        return ["{nocache}", self.after(), self.inside_plain(depth), "{/nocache}", self.after()]

    # ---- parts ----

    def function_block(self, depth):
        name = self.rng.choice(["fone", "ftwo"])
        defaults = self.rng.choice(["", " p1=1", " p1=$n p2='x'", " p1=[1,2]", " p2=$s|upper"])
        call = self.rng.choice([
            ["{", name, "}"], ["{", name, " p1=$n}"], ["{call ", name, " p2=$s}"],
            ["{call name=", name, " p1='y' assign=q}[{$q}]"], ["{", name, " p1=2 p2=$o.name assign=q}"],
            ["{call name='", name, "'}"]])
        body = [self.rng.choice(AFTER), self.inside_plain(depth), "{$p1|@json_encode}{$p2}{$s}",
                self.rng.choice([[], ["{$s='in'}"], ["{assign var=new value=5 scope=parent}"]])]
        return ["{function ", self.rng.choice(["", "name="]), name, defaults, "}", body,
                "{/function}", self.after(), call, self.after(), call, "{$s}"]

    def include(self):
        return [self.rng.choice([
            "{include 'part.tpl'}", "{include file=\"part.tpl\" p1=$n}",
            "{include file='part.tpl' p1='x' assign=q}{$q}", "{include 'sets.tpl'}{$set}",
            "{include 'sets.tpl' scope=parent}{$set}{$up}", "{include 'list.tpl' items=$l}",
            "{include 'list.tpl' items=$j p1=1}", "{include 'none.tpl'}",
            "{include file=\"pa{'rt'}.tpl\" s='inner'}{$s}",
            "{foreach $j as $v}{include 'row.tpl'}{/foreach}",
        ]), self.after()]

    def evaluated(self):
        return [self.rng.choice([
            "{eval var='[{$s}]'}", "{eval var=$t}", "{eval var='{($n+1)}' assign=q}{$q}",
            "{eval var='{if $n}y{/if}\n'}", "{eval var='{$u=5}{$u}'}{$u}"]), self.after()]

    # ---- tools ----

    def tool(self):
        name = self.rng.randrange(1 << 40)
        text = self.text_variable()
        return [self.one_of(
            lambda: [["{counter name=c", str(name), self.rng.choice(
                ["", " start=5", " skip=2", " direction=down", " print=false", " assign=q",
                 " start=0 skip=3"]), "}"] for _ in range(2)],
            lambda: [["{cycle name=y", str(name), " values=", self.rng.choice(
                ["'a,b,c'", "$j", "'x|y' delimiter='|'", "$s", "'1,2' advance=false",
                 "'a,b' reset=true", "'a,b' print=false", "'a,b' assign=q"]), "}"]
                for _ in range(self.rng.choice([1, 3]))],
            lambda: ["{math equation='", self.rng.choice(
                ["x+y", "x * y - 2", "(x+y)/2", "max(x,y)", "round(x/3,2)", "x % 3", "x^y",
                 "abs(x)", "sqrt(9)+x", "z+1", "x+", "pi()*2", "5", "0x1F+x"]), "' x=",
                     self.number_variable(), " y=", self.rng.choice("123"),
                     self.rng.choice(["", " format='%.2f'", " assign=q"]), "}"],
            lambda: ["{mailto address=", self.rng.choice(["'a@b.nl'", "$s", "''"]),
                     self.rng.choice(["", " text=$s", " subject='a b&c'", " cc='c@d.nl,e@f.nl'",
                                      " extra='class=\"x\"'", " bcc='' newsgroups='x y'"]),
                     self.rng.choice(["", " encode='hex'", " encode='javascript'",
                                      " encode='javascript_charcode'", " encode='none'"]), "}"],
            lambda: ["{html_options ", self.rng.choice(["options=$k", "values=$j output=$l",
                     "options=['a'=>'A','g'=>['x'=>'X','y'=>'Y']]", "values=$j"]),
                     self.rng.choice(["", " selected='a'", " selected=$j", " selected='x'"]),
                     self.rng.choice(["", " name=nm", " name='n' id=i class='c' data-x=$s"]), "}"],
            lambda: ["{html_", self.rng.choice(["radios", "checkboxes"]), self.rng.choice(
                [" options=$k", " values=$j output=$l", " name='nm' options=['a'=>'<A>','b c'=>'B']"]),
                     self.rng.choice(["", " selected='a'", " separator='<br>'"]),
                     self.rng.choice(["", " labels=false", " label_ids=true", " escape=false"]),
                     self.rng.choice(["", " assign=q", " class='x'"]), "}"],
            lambda: ["{html_table loop=", self.rng.choice(["$j", "$l", "range(1,7)"]),
                     self.rng.choice(["", " cols=2", " cols='a,b'", " rows=2", " cols=2 rows=2"]),
                     self.rng.choice(["", " hdir='left'", " vdir='up'", " inner='rows'"]),
                     self.rng.choice(["", " td_attr='x'", " tr_attr=['a','b'] caption='C'"]), "}"],
            lambda: ["{html_select_date time=", self.rng.choice(
                ["'2024-02-29'", "86400", "'--'", "null", "'20240229130509'"]),
                     " start_year=2020 end_year=2026", self.rng.choice(
                ["", " prefix='P'", " display_days=false", " field_order='YMD'", " year_as_text=true",
                 " field_array='d' all_id='i'", " month_format='%b' reverse_years=true",
                 " day_empty='-' all_extra='x'"]), "}"],
            lambda: ["{html_select_time time=", self.rng.choice(["'2024-02-29 13:05:09'", "86400"]),
                     self.rng.choice(["", " use_24_hours=false", " minute_interval=15",
                                      " display_seconds=false prefix='x'", " second_interval=20"]), "}"],
            lambda: ["{textformat", self.rng.choice(["", " wrap=20", " style='email'", " indent=4",
                     " indent_first=3 wrap=15", " wrap_char='<br>' wrap=10 wrap_cut=true",
                     " assign=q"]), "}", self.after(), "{", text, "}", self.text(),
                     "{'The quick brown fox\n\njumps over the lazy dog'}{/textformat}"],
        ), self.after()]

    # ---- rare forms ----

    def rare(self, depth):
        value = self.plain_operand()
        return [self.one_of(
            lambda: ["{$u=", value, " scope=", self.rng.choice(["parent", "root", "local"]), "}{$u}"],
            lambda: ["{if $u = ", value, "}y{else}n{/if}{$u|@json_encode}"],
            lambda: ["{if ($w.x = ", value, ")}y{elseif $u=$n}{$u}{/if}{$w|@json_encode}"],
            lambda: ["{$i=3}{while $u = $i--}{$u},{/while}"],
            lambda: ["{foreach $j item=other}{$other},{/foreach}{foreach $k other key=c}{$c}{/foreach}"],
            lambda: ["{for $fd=1 to 5 step=2 max=2}{$fd}{for $fd=$i to 1}{$fd}{/for};{/for}"],
            lambda: ["{capture name=c1}", self.text(), "{/capture}{$smarty.capture|@count}",
                     "{foreach $smarty.capture as $c=>$v}{$c}{/foreach}"],
            lambda: ["{$new.a.b.", self.rng.choice(["c", "$key", "{$i}", "5"]), "=", value,
                     "}{$new.a[]=1}{$new.a.b[]=2}{$new|@json_encode}"],
            lambda: ["{function fdeep lv=0}{$lv}{if $lv<2}{fdeep lv=$lv+1}{/if}{$u=$lv}{/function}",
                     "{fdeep}{call fdeep lv=1}{$u}"],
            lambda: ["{$new=[1]}{function fcap}{capture append=new}", self.text(),
                     "{/capture}{append var=q value=1}{$q|@count}{/function}{fcap}{fcap}",
                     "{$new|@count}{$q|@count}"],
            lambda: ["{section name=sc loop=$r}{section name=sd loop=$r[sc]}{$smarty.section.sd.index}",
                     "{/section}{$r[sc].address.city}{/section}"],
            lambda: ["{$smarty['capture']['c1']}{$smarty.section.sc.total}{not ", value, "}"],
            lambda: ["{block name=b1}", self.text(), "{block name=b2}{$s}{/block}{/block}"],
            lambda: ["{setfilter cat:\"{$n}\"}{$s}{'x'}{/setfilter}"],
            lambda: ["{$r|@json_encode}{$o.address|@json_encode}{($r.0.address.zip + 1)}"],
        ), self.after()]

    def more_piece(self, depth):
        makers = [self.tool, self.include, self.evaluated, lambda: self.rare(depth)]
        if depth > 0:
            makers += [lambda: self.for_block(depth), lambda: self.while_block(depth),
                       lambda: self.section_block(depth), lambda: self.strip_block(depth),
                       lambda: self.filter_block(depth), lambda: self.nocache_block(depth),
                       lambda: self.function_block(depth)]
        return self.one_of(*makers)


AFTER = ["", "", "\n", " ", "x"]

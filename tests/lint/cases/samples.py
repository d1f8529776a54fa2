"""Examples for tests/lint/samples."""
from case import Case

SDK = ["sdk/include"]


def document(about, text, *finds, **files):
    return Case(about, {"README.md": text, "tools/test": "", "docs/a.md": "", **files},
                list(finds), copy=SDK)


def fenced(kind, *lines):
    return "\n".join(["# A", "", f"```{kind}", *lines, "```", ""])


CASES = [
    document("C that compiles", fenced("c", "#include <imh/imh.h>", "int a;")
             + fenced("c fragment", "static imh_str empty;")
             + fenced("c statements", 'imh_log(call, IMH_INFO, "%d", 1);')
             + fenced("c host", '#include "base/x.h"', "int a = X;"),
             **{"host/base/x.h": "#define X 1\n"}),
    document("C that does not compile", fenced("c", "int a = 1;", "int b = a b;"),
             "README.md:5: the sample does not compile"),
    document("a warning", fenced("c", "#include <imh/imh.h>", "int a = NULL;"),
             "README.md:5: the sample does not compile"),
    document("the SDK does not see the host", fenced("c", '#include "base/x.h"'),
             "README.md:4: the sample does not compile", **{"host/base/x.h": "#define X 1\n"}),
    document("a fragment that does not compile", fenced("c fragment", "", "imh_strr empty;"),
             "README.md:5: the sample does not compile"),
    document("statements that do not compile", fenced("c statements", "imh_log(calls, 1);"),
             "README.md:4: the sample does not compile"),
    document("a wrong field, by its name", fenced(
        "c fragment", "const imh_plugin imh_plugin_entry = {", "    .nane = 1,", "};"),
             "README.md:5: the sample does not compile"),
    document("an indented sample", "1. A\n\n   ```c\n   int a = b;\n   ```\n",
             "README.md:4: the sample does not compile"),
    document("an unknown kind", fenced("c sketch", "int a;"), "README.md:3: unknown kind"),
    document("other languages", fenced("python", "int a b") + fenced("", "int a b")),
    document("a command that is not there", fenced("sh", "cmake .", "tools/tset --all"),
             "README.md:5: 'tools/tset' does not exist"),
    document("a command that is there", fenced("sh", "./tools/test docs/a.md >build/log")),
    document("files in the text", "See `tools/test`, `docs/b.md` and `docs/*.md`.\n",
             "README.md:1: 'docs/b.md' does not exist"),
    document("links", "[a](docs/a.md#one) [b](docs/b.md) [c](https://example.org/c)\n",
             "README.md:1: the link to 'docs/b.md' leads nowhere"),
    document("a link from a folder below", "", "docs/c.md:1: the link to 'tools/test'",
             **{"docs/c.md": "[a](a.md) [b](../tools/test) [c](tools/test)\n"}),
    Case("no gcc", {"README.md": ""}, ["tests/lint/samples:1: gcc is missing"], tools=False),
]

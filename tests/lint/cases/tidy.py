"""Examples for tests/lint/tidy."""
import json

from case import Case

ARGS = ["--database", "@ROOT@/build/commands.json", "--cache", "@ROOT@/build/tidy.json"]
GOOD = "int f(int a);\n\nint f(int a)\n{\n    return a;\n}\n"
NO_BRACES = "int f(int a);\n\nint f(int a)\n{\n    if (a)\n        return 1;\n    return 0;\n}\n"
NAMES = '#include "base/x.h"\n\nint f(int b)\n{\n    return b;\n}\n'
SAME_BRANCHES = """int f(int a);

int f(int a)
{
    if (a == 1) {
        return 2;
    } else {
        return 2;
    }
}
"""
COMPLEX = ("int f(int a);\n\nint f(int a)\n{\n    int sum = 0;\n"
           + "    for (int i = 0; i < a; i++) {\n        if (i == sum && a > 1) {\n"
             "            sum += i;\n        }\n    }\n" * 4 + "    return sum;\n}\n")
HEADER = "#ifndef HOST_BASE_X_H\n#define HOST_BASE_X_H\nint f(int a);\n#endif\n"
BAD_HEADER = HEADER.replace("int f(int a);\n",
                            "static inline int g(int a)\n{\n    if (a)\n        return 1;\n"
                            "    return 0;\n}\nint f(int b);\n")


def database(*paths):
    """compile_commands.json that compiles these, with flags that clang 14 does not know."""
    return json.dumps([{"directory": "@ROOT@/build", "file": f"../{path}", "command":
                        "cc -Werror -Wall -Wextra -I@ROOT@/host -std=c11 -O2 -fstrict-flex-arrays"
                        f" -c ../{path}"} for path in paths])


def code(about, text, *finds, **files):
    return Case(about, {"host/base/x.c": text, "build/commands.json": database("host/base/x.c"),
                        **files}, list(finds), args=ARGS, copy=[".clang-tidy"])


def after(about, text, command, *finds, **files):
    """A first run that finds nothing or something, a change, and the run that is checked."""
    case = code(about, text, *finds, **files)
    case.build = ["@CHECK@ >/dev/null || true", command]
    return case


CASES = [
    code("nothing wrong", GOOD),
    code("no braces", NO_BRACES, "host/base/x.c:5: [readability-braces-around-statements]"),
    code("both branches do the same", SAME_BRANCHES, "host/base/x.c:5: [bugprone-branch-clone]",
         "host/base/x.c:7: [readability-else-after-return]"),
    code("too complex", COMPLEX,
         "host/base/x.c:3: [readability-function-cognitive-complexity]"),
    code("the header calls it otherwise", NAMES, "host/base/x.h:3: [readability-inconsistent-",
         **{"host/base/x.h": HEADER}),
    code("wrong in a header", NAMES, "host/base/x.h:5: [readability-braces-around-statements]",
         **{"host/base/x.h": BAD_HEADER}),
    code("an upper-case function", GOOD.replace("f(", "doIt("),
         "host/base/x.c:1: [readability-identifier-naming]"),
    code("a warning of clang", GOOD.replace("{\n", "{\n    int b;\n"),
         "host/base/x.c:5: [clang-diagnostic-unused-variable]"),
    code("does not compile", GOOD.replace("return a", "return a + b"),
         "host/base/x.c:5: [clang-diagnostic-error]"),
    code("a header that is not there", '#include "base/none.h"\n',
         "host/base/x.c:1: [clang-diagnostic-error]"),
    code("a waiver", NO_BRACES.replace(
        "    if", "    /* NOLINTNEXTLINE(readability-braces-around-statements): an example */"
        "\n    if")),
    code("a source that nothing compiles", GOOD, "host/net/y.c:1: is not compiled",
         **{"host/net/y.c": GOOD}),
    Case("no clang-tidy", {"host/base/x.c": GOOD},
         ["tests/lint/tidy:1: clang-tidy is missing"], args=ARGS, tools=False),
    Case("no database", {"host/base/x.c": GOOD},
         ["tests/lint/tidy:1: commands.json cannot be read"], args=ARGS),
    Case("nothing compiled", {"build/commands.json": "[]"},
         ["tests/lint/tidy:1: found no sources"], args=ARGS, copy=[".clang-tidy"]),
    after("the second run remembers", NO_BRACES, "true",
          "host/base/x.c:5: [readability-braces-around-statements]"),
    after("the second run sees a mended source", NO_BRACES,
          "sed -i 's/if (a)/a += 2;/; s/return 1;/a++;/' host/base/x.c"),
    after("the second run sees a changed header", NAMES,
          "sed -i 's/int b/int c/' host/base/x.h",
          "host/base/x.h:3: [readability-inconsistent-declaration-parameter-name]",
          **{"host/base/x.h": HEADER.replace("int a", "int b")}),
    after("the second run sees a changed .clang-tidy", NO_BRACES,
          "sed -i 's/^  -bugprone-easily/  -readability-braces-around-statements,\\n&/' "
          ".clang-tidy"),
]

"""Examples for tests/lint/cppcheck."""
import json

from case import Case

SUPPRESSIONS = "tests/lint/cppcheck.suppressions"
ARGS = ["--database", "@ROOT@/build/commands.json", "--cache", "@ROOT@/build/cppcheck"]
GOOD = "int f(int a)\n{\n    return a;\n}\n"
LEAK = ("#include <stdlib.h>\n\nint f(int a)\n{\n    char *b = malloc(10);\n    if (!b) {\n"
        "        return 0;\n    }\n    b[0] = (char)a;\n    return b[0];\n}\n")
BEYOND = "int f(void)\n{\n    int a[3] = {0};\n    return a[3];\n}\n"
FORMAT = '#include <stdio.h>\nvoid f(int a)\n{\n    printf("%s", a);\n}\n'
WAIVED = BEYOND.replace("    return", "    /* cppcheck-suppress arrayIndexOutOfBounds ; an "
                        "example */\n    return")


def code(about, text, *finds, build=(), **files):
    commands = json.dumps([{"directory": "@ROOT@/build", "file": "@ROOT@/host/base/x.c",
                            "command": "cc -std=c11 -c @ROOT@/host/base/x.c"}])
    return Case(about, {"host/base/x.c": text, "build/commands.json": commands, **files},
                list(finds), args=ARGS, build=list(build))


CASES = [
    code("nothing wrong", GOOD),
    code("a leak", LEAK, "host/base/x.c:10: [memleak]"),
    code("beyond the array", BEYOND, "host/base/x.c:4: [arrayIndexOutOfBounds]"),
    code("a wrong format", FORMAT, "host/base/x.c:4: [invalidPrintfArgType_s]"),
    code("a waiver", WAIVED),
    code("a waiver, by memory", WAIVED, build=["@CHECK@ >/dev/null"]),
    code("the second run remembers", BEYOND, "host/base/x.c:4: [arrayIndexOutOfBounds]",
         build=["@CHECK@ >/dev/null || true"]),
    code("the second run sees a change", BEYOND,
         build=["@CHECK@ >/dev/null || true", "sed -i 's/a.3.;/a[2];/' host/base/x.c"]),
    code("a suppression with its reason", BEYOND,
         **{SUPPRESSIONS: "// an example\narrayIndexOutOfBounds\n"}),
    code("a suppression without a reason", BEYOND,
         f"{SUPPRESSIONS}:4: 'arrayIndexOutOfBounds' has no reason",
         **{SUPPRESSIONS: "// an example\nmemleak\n\narrayIndexOutOfBounds\n"}),
    code("a broken database", GOOD, "tests/lint/cppcheck:1: commands.json cannot be read",
         build=["echo '{' > build/commands.json"]),
    Case("no cppcheck", {"host/base/x.c": GOOD},
         ["tests/lint/cppcheck:1: cppcheck is missing"], args=ARGS, tools=False),
    Case("nothing compiled", {"build/commands.json": "[]"},
         ["tests/lint/cppcheck:1: cppcheck failed", "tests/lint/cppcheck:1: found no sources"],
         args=ARGS),
]

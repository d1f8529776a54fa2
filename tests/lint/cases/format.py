"""Examples for tests/lint/format."""
from case import Case

STYLE = [".clang-format"]
GOOD = "int f(void)\n{\n    return 0;\n}\n"

CASES = [
    Case("as it should be", {"host/a.c": GOOD, "host/a.h": "int f(void);\n"}, copy=STYLE),
    Case("two blanks, and a brace in the wrong place",
         {"host/a.c": "int f(void) {\n  return 0;\n}\n", "host/b.c": GOOD},
         ["host/a.c:1: not in our format"], copy=STYLE),
    Case("a second place", {"host/a.c": GOOD + "int  a;\n"},
         ["host/a.c:5: not in our format: clang-format -i host/a.c"], copy=STYLE),
    Case("a header", {"host/a.h": "int  f(void);\n"}, ["host/a.h:1: not in our format"],
         copy=STYLE),
    Case("a broken .clang-format", {"host/a.c": GOOD, ".clang-format": "Nonsense: yes\n"},
         [".clang-format:1: clang-format failed"]),
    Case("no clang-format", {"host/a.c": GOOD},
         ["tests/lint/format:1: clang-format is missing"], tools=False),
    Case("nothing to check", {}, ["tests/lint/format:1: found no C files"], copy=STYLE),
]

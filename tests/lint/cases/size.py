"""Examples for tests/lint/size."""
from case import Case


def body(lines, head="int f(void)"):
    """A function of that many lines behind the line of its name."""
    return f"{head}\n{{\n" + "    a();\n" * (lines - 3) + "}\n"


def code(about, text, *finds, path="host/base/x.c"):
    return Case(about, {path: text}, [find.replace("@", f"{path}:") for find in finds])


def nested(*blocks):
    """Blocks inside each other, in a function."""
    lines = ["int f(void)", "{"]
    lines += [f"{block} {{" for block in blocks] + ["a();"] + ["}"] * len(blocks)
    return "\n".join(lines + ["}", ""])


PYTHON = "def f():\n" + "    a()\n" * 60
THREE_AND_ELSE = """int f(void)
{
    for (int i = 0; i < 3; i++) {
        if (a) {
            x = (struct point){1, 2};
        } else if (b) {
            while (c) {
                call((struct point){1, 2}, (int[]){3});
            }
        } else {
            do {
                a();
            } while (b);
        }
    }
}
"""

CASES = [
    code("60 lines", body(60)),
    code("61 lines", body(61), "@1: f has 61 lines"),
    code("61 lines, the name on its second line", "static int\n" + body(61, "long_name(void)"),
         "@2: long_name has 61 lines"),
    code("a long second function", body(9) + "\n" + body(70, "bool g(struct a *a)"),
         "@11: g has 70 lines"),
    code("a long inline function in a header", body(61, "static inline int f(int a)"),
         "@1: f has 61 lines", path="host/base/x.h"),
    code("a long function behind extern C", 'extern "C" {\n' + body(61) + "}\n",
         "@2: f has 61 lines", path="sdk/include/imh/x.h"),
    code("attributes in front of a long function",
         body(61, "PRINTF_LIKE(2, 3) __attribute__((unused)) static int f(int a)"),
         "@1: f has 61 lines"),
    code("a long table is no function",
         "static const int a[] = {\n" + "    1,\n" * 99 + "};\n" + body(4)),
    code("a long struct is no function", "struct a {\n" + "    int b;\n" * 99 + "};\n" + body(4)),
    code("6 parameters, and a variable rest",
         "int f(int a, int b, int c, void (*d)(int, int), int e, const char *g, ...)\n{\n}\n"),
    code("7 parameters", "int f(int a, int b, int c, void (*d)(int, int), int e, int g, int h)"
         "\n{\n}\n", "@1: f has 7 parameters"),
    code("3 levels, else and compound literals", THREE_AND_ELSE),
    code("4 levels", nested("if (a)", "for (;;)", "while (b)", "switch (c)"),
         "@6: f nests 4 levels"),
    code("4 levels with do, else and case",
         nested("do", "if (a) {\n} else", "switch (b)", "case A:\nif (c)"),
         "@8: f nests 4 levels"),
    code("4 levels with the loop of a macro",
         nested("LIST_EACH(a, b)", "if (a)", "if (b)", "if (c)"), "@6: f nests 4 levels"),
    code("levels start anew in the next function",
         nested("if (a)", "if (b)", "if (c)") + nested("if (a)", "if (b)", "if (c)")),
    code("braces in strings, characters and comments",
         "int f(void)\n{\n    a(\"{{\", '{'); /* { */ // {\n}\n" + body(61, "int g(void)"),
         "@5: g has 61 lines"),
    code("braces of one branch of #if", "int f(void)\n{\n#ifdef A\n    if (a) {\n#endif\n}\n",
         "@1: braces do not balance"),
    code("601 lines", body(4) + "\n" * 597, "@601: 601 lines"),
    code("601 lines of shell", "#!/bin/sh\n" + "true\n" * 600, "@601: 601 lines",
         "tests/lint/size:1: found no functions", path="tools/x"),
    code("60 lines of Python", PYTHON.replace("    a()\n", "", 1), path="tests/x.py"),
    code("61 lines of Python", PYTHON, "@1: f has 61 lines", path="tests/x.py"),
    code("no Python", "def f(:\n", "@1: not Python", "tests/lint/size:1: found no functions",
         path="tests/x.py"),
    code("nothing to check", "", "tests/lint/size:1: found no functions", path="a.txt"),
]

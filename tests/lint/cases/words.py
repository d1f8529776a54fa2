"""Examples for tests/lint/words."""
from case import Case


def code(about, text, *finds, path="host/base/x.c"):
    return Case(about, {path: text}, [find.replace("@", f"{path}:") for find in finds])


BANNED = """strcpy strcat strncpy sprintf strtok atoi gets localtime gmtime system popen rand
    alloca""".split()

CASES = [
    code("nothing wrong", "/* gets */\nconst char *text = \"strcpy(a, b)\"; // system\n"
         "int f(void) { my_gets(); gmtime_r(); strcpy_s(); goto fail; fail: return '\\'';\n}\n"),
    code("every banned function", "".join(f"{word}();\n" for word in BANNED),
         *(f"@{number}: {word} is banned" for number, word in enumerate(BANNED, 1))),
    code("banned, though a string before it ends in a backslash",
         'char *a = "\\\\"; gets(a);\n', "@1: gets is banned"),
    code("banned, behind a comment sign in a string", 'f("/*"); gets(a); f("*/");\n',
         "@1: gets is banned"),
    code("unfinished", "/* TODO: more */\nint a; /* XXX */\nint fixme; /* FIXME */\n// HACK\n",
         "@1: 'TODO' is left", "@2: 'XXX' is left", "@3: 'FIXME' is left", "@4: 'HACK'"),
    code("a name of six X is a template", 'char name[] = "imh-XXXXXX";\n'),
    code("a tab", "int f(void)\n{\n\treturn 0;\n}\n", "@3: a tab"),
    code("blanks at the end", "int a; \nint b;\n", "@1: blanks at the end"),
    code("93 columns", "int a; /* " + "x" * 80 + " */\n", "@1: 93 columns"),
    code("92 characters of more bytes", "int a; /* " + "\u00e9" * 79 + " */\n"),
    code("a long line in Python is fine here", "a = 1  # " + "x" * 99 + "\n", path="tools/x.py"),
    code("typedef struct", "typedef struct a {\n    int b;\n} a;\n", "@1: typedef of a struct"),
    code("typedef struct in a plugin", "typedef struct a a;\n", "@1: typedef of a struct",
         path="plugins/erp/x.c"),
    code("typedef struct in the SDK", "typedef struct a a;\n", path="sdk/examples/x/x.c"),
    code("a path of one machine", 'open("/work/x");\nopen("/root/x");\nopen("/tmp/x");\n',
         "@1: /work/ is a path", "@2: /root/ is a path", "@3: /tmp/ is a path"),
    code("a test may use the temporary folder", 'open("/tmp/x");\nopen("/work/x");\n',
         "@2: /work/ is a path", path="tests/unit/base/x_test.c"),
    code("other paths", 'open("a/work/x");\nopen("${dir}/tmp/x");\n'),
    code("a path in a document", "See /work/main/x.\n", "@1: /work/ is a path",
         "tests/lint/words:1: found no files", path="docs/a.md"),
    code("goto elsewhere", "goto done;\ngoto *table[i];\ngoto fail;\n", "@1: goto", "@2: goto"),
    code("goto failure", "goto failure;\n", "@1: goto"),
    code("a waiver without a reason", "a(); /* NOLINT */\n/* NOLINTNEXTLINE(cert-err33-c) */\n"
         "/* cppcheck-suppress nullPointer */\n",
         "@1: NOLINT without", "@2: NOLINTNEXTLINE without", "@3: cppcheck-suppress without"),
    code("a waiver with a reason", "/* NOLINTNEXTLINE(cert-err33-c): nothing is left to do */\n"
         "/* cppcheck-suppress nullPointer ; checked above */\n"),
    code("the guard says the path",
         "/* x */\n#ifndef HOST_BASE_X_H\n#define HOST_BASE_X_H\nint a;\n#endif\n",
         path="host/base/x.h"),
    code("the guard of the SDK", "#ifndef IMH_IMH_H\n#define IMH_IMH_H\n#endif /* x */\n",
         path="sdk/include/imh/imh.h"),
    code("a guard that says another path", "#ifndef BASE_X_H\n#define BASE_X_H\n#endif\n",
         "@1: include guard missing", path="host/base/x.h"),
    code("a guard that defines another name",
         "#ifndef HOST_BASE_X_H\n#define HOST_BASE_Y_H\n#endif\n",
         "@1: include guard missing", path="host/base/x.h"),
    code("no guard", "int a;\n", "@1: include guard missing", path="host/base/x.h"),
    code("pragma once", "#pragma once\n", "@1: #pragma once", "@1: include guard missing",
         path="host/base/x.h"),
    code("a guard that ends too early",
         "#ifndef HOST_BASE_X_H\n#define HOST_BASE_X_H\n#endif\nint a;\n",
         "@4: the include guard does not end", path="host/base/x.h"),
    code("Python, shell and CMake", "# TODO\n", "@1: 'TODO' is left", path="tools/x.py"),
    code("a script without an ending", "#!/bin/sh\n\ttrue \n", "@2: a tab", "@2: blanks",
         path="tools/x"),
    code("CMake", "set(a /root/x)\n", "@1: /root/ is a path", path="host/CMakeLists.txt"),
    code("nothing to check", "", "tests/lint/words:1: found no files", path="a.txt"),
]

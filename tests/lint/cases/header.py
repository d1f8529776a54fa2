"""Examples for tests/abi/header."""
from case import Case

PATH = "sdk/include/imh/imh.h"
GUARD = "#ifndef IMH_IMH_H\n#define IMH_IMH_H\n{}\n#endif\n"
MINIMAL = ("#ifdef __cplusplus\nextern \"C\" {\n#endif\n{}\n"
           "extern const int imh_plugin_entry;\n#ifdef __cplusplus\n}\n#endif")


def header(about, text, *finds, guard=GUARD):
    whole = guard.replace("{}", MINIMAL.replace("{}", text))
    return Case(about, {PATH: whole}, list(finds))


def every(languages, line, part, places=("alone.c", "first.c", "second.c", "itself")):
    compilers = {"c": ("gcc", "clang"), "c++": ("g++", "clang++")}
    standards = {"c": ("c11", "c17"), "c++": ("c++17", "c++20")}
    return [f"{PATH}:{line}: with {compiler} -std={standard}, {place}: {part}"
            for language in languages for compiler in compilers[language]
            for standard in standards[language] for place in places]


CASES = [
    Case("the header of this tree", {}, copy=["sdk/include"]),
    header("a small one", "typedef int imh_status;"),
    header("a type of a header that it does not include", "typedef struct a { FILE *b; } a;",
           *every(("c", "c++"), 6, "")),
    header("a word of C++", "typedef struct a { int class; } a;", *every(("c++",), 6, "")),
    header("a conversion in an inline function",
           "static inline char imh_cut(int a)\n{\n    return a;\n}",
           *every(("c", "c++"), 8, "")),
    header("no guard", "typedef struct a { int b; } a;",
           *every(("c", "c++"), 4, "", ["first.c"]), guard="{}\n"),
    Case("no compilers", {PATH: ""},
         [f"tests/abi/header:1: {tool} is missing"
          for tool in ("gcc", "clang", "g++", "clang++")], tools=False),
]

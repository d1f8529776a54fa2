"""Examples for tests/lint/symbols."""
from case import Case

PLUGIN = ("#define SHOW __attribute__((visibility(\"default\")))\n"
          "extern SHOW const int imh_plugin_entry;\nconst int imh_plugin_entry = 1;\n"
          "int helper(void);\nint helper(void)\n{\n    return 1;\n}\n")
PROGRAM = ('#include <stdio.h>\nint helper(void);\nint helper(void)\n{\n    return 1;\n}\n'
           'int main(void)\n{\n    return fputs("", stdout) + helper();\n}\n')
HIDDEN = "gcc -fPIC -fvisibility=hidden"


def plugin(about, command, *finds, text=PLUGIN):
    return Case(about, {"x.c": text}, list(finds), args=["--plugins", "@ROOT@/x.so"],
                build=[command])


def program(about, command, *finds):
    return Case(about, {"x.c": PROGRAM}, list(finds), args=["--programs", "@ROOT@/x"],
                build=[command])


ARCHIVE = "int printf_it(void);\nint printf_it(void)\n{\n    return 1;\n}\n"


def archive(about, text, *finds):
    """A library of ours beside a program that links the C library."""
    return Case(about, {"x.c": PROGRAM, "ours.c": text}, list(finds),
                args=["--programs", "@ROOT@/x", "--archives", "@ROOT@/ours.a"],
                build=["gcc -O2 x.c -o x", "gcc -fno-builtin -w -c ours.c && ar rc ours.a ours.o"])


CASES = [
    plugin("only the entry", f"{HIDDEN} -shared x.c -o x.so"),
    plugin("one symbol more", "gcc -fPIC -shared x.c -o x.so", "x.so:1: exports helper"),
    plugin("no entry", f"{HIDDEN} -Dimh_plugin_entry=other -shared x.c -o x.so",
           "x.so:1: does not export imh_plugin_entry", "x.so:1: exports other"),
    plugin("a hidden entry", f"{HIDDEN} -DSHOW= -shared x.c -o x.so",
           "x.so:1: does not export imh_plugin_entry",
           text=PLUGIN.replace("#define SHOW", "#define UNUSED")),
    plugin("no plugin at all", "echo text >x.so", "x.so:1: not a built file"),
    plugin("not built", "true", "x.so:1: not a built file"),
    program("a program that exports nothing", "gcc -O2 x.c -o x"),
    program("a program with the C library's own objects", "gcc -no-pie x.c -o x"),
    program("a program that exports a function of ours",
            "echo '{ helper; };' >list && gcc x.c -Wl,--dynamic-list=list -o x",
            "x:1: exports helper"),
    archive("a library with names of its own", ARCHIVE),
    archive("a library with a function that the C library has",
            ARCHIVE.replace("printf_it", "fputs"),
            "ours.a:1: defines fputs, as libc.so.6 does"),
    archive("a function of that name for one file only",
            ARCHIVE.replace("printf_it", "fputs").replace("int fputs", "static int fputs")),
    Case("nothing given", {}, ["tests/lint/symbols:1: found no built files"]),
    Case("no nm, no ldd", {}, ["tests/lint/symbols:1: nm is missing",
                               "tests/lint/symbols:1: ldd is missing"], tools=False),
]

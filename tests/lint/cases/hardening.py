"""Examples for tests/lint/hardening."""
import json

from case import Case

PROGRAM = """#include <stdio.h>

int main(int count, char **words)
{
    char text[99];
    snprintf(text, sizeof text, "%d %s", count, words[0]);
    return printf("%s %d\\n", text, count);
}
"""
PLUGIN = "const int imh_plugin_entry = 1;\n"

COMPILE = ("-O2 -fPIC -fvisibility=hidden -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 "
           "-fstack-protector-strong -fstack-clash-protection")
LINK = "-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,defs"
ARGS = ["--database", "@ROOT@/build/commands.json"]


def commands(flags):
    return json.dumps([{"directory": "@ROOT@", "file": "host/x.c",
                        "command": f"cc {flags} -c host/x.c"},
                       {"directory": "@ROOT@", "file": "tests/x.c", "command": "cc tests/x.c"}])


def make(about, command, text, finds, kind):
    return Case(about, {"host/x.c": text, "tests/x.c": "", "build/commands.json":
                        commands(COMPILE)},
                list(finds), args=[*ARGS, f"--{kind}", "@ROOT@/out"],
                build=[f"{command} host/x.c -o out"])


def program(about, flags, *finds, compiled=COMPILE):
    return make(about, f"gcc {compiled} {LINK} -pie {flags}", PROGRAM, finds, "programs")


def plugin(about, flags, *finds):
    return make(about, f"gcc {COMPILE} {LINK} -shared {flags}", PLUGIN, finds, "plugins")


def compiled(about, flags, *finds):
    return Case(about, {"host/x.c": PROGRAM, "tests/x.c": "",
                        "build/commands.json": commands(flags)}, list(finds), args=ARGS)


def without(flag):
    return COMPILE.replace(flag, "")


CASES = [
    program("a hardened program", ""),
    program("no position", "-no-pie", "out:1: not position independent"),
    program("no RELRO", "-Wl,-z,norelro", "out:1: no RELRO"),
    program("bound late", "-Wl,-z,lazy", "out:1: not bound at start"),
    program("executable stack", "-Wl,-z,execstack", "out:1: executable stack"),
    program("a search path", "-Wl,-rpath,lib", "out:1: has RUNPATH"),
    program("an old search path", "-Wl,-rpath,lib -Wl,--disable-new-dtags",
            "out:1: has RPATH"),
    program("no stack protector", "-fno-stack-protector", "out:1: no stack protector"),
    program("no fortify", "-U_FORTIFY_SOURCE", "out:1: no fortified call"),
    plugin("a hardened plugin, too small to need protection", ""),
    plugin("a plugin bound late", "-Wl,-z,lazy", "out:1: not bound at start"),
    plugin("a plugin that cannot be loaded", "-Wl,-z,nodlopen", "out:1: cannot be loaded"),
    make("a plugin that changes its code", f"gcc {COMPILE} {LINK} -shared -fno-PIC "
         "-mcmodel=large -Wl,-z,notext", PROGRAM, ["out:1: has TEXTREL"], "plugins"),
    compiled("compiled with all", COMPILE),
    compiled("without optimisation there is no fortify",
             without("-D_FORTIFY_SOURCE=3").replace("-O2", "-O0")),
    compiled("compiled without protector", without("-fstack-protector-strong"),
             "host/x.c:1: compiled without -fstack-protector-strong"),
    compiled("compiled without clash protection", without("-fstack-clash-protection"),
             "host/x.c:1: compiled without -fstack-clash-protection"),
    compiled("compiled without hidden symbols", without("-fvisibility=hidden"),
             "host/x.c:1: compiled without -fvisibility=hidden"),
    compiled("compiled without position", without("-fPIC"), "host/x.c:1: compiled without -fPIC"),
    compiled("compiled without fortify", without("-D_FORTIFY_SOURCE=3"),
             "host/x.c:1: compiled without -D_FORTIFY_SOURCE=3"),
    Case("not built", {"build/commands.json": "[]"}, ["out:1: not a built file"],
         args=[*ARGS, "--programs", "@ROOT@/out"]),
    Case("nothing given", {"build/commands.json": "[]"},
         ["tests/lint/hardening:1: found no sources and built files"], args=ARGS),
    Case("no database", {}, ["tests/lint/hardening:1: commands.json cannot be read"], args=ARGS),
    Case("no tools", {}, ["tests/lint/hardening:1: nm is missing",
                          "tests/lint/hardening:1: readelf is missing"], args=ARGS, tools=False),
]

"""Examples for tests/abi/layout."""
from case import Case

PATH = "sdk/include/imh/imh.h"
NEXT = "tests/abi/next.layout"
HEADER = """#ifndef IMH_IMH_H
#define IMH_IMH_H
#include <stddef.h>
#include <stdint.h>
#define IMH_MAJOR 1 /* a comment */
#define IMH_MINOR 0
#define IMH_LIST_OF(type) struct { const type *items; uint32_t count; uint32_t stride; }
typedef struct imh_str {
    const char *ptr; /* struct imh_hidden { int a; }; */
    size_t len;
} imh_str;
enum { IMH_OK = 0, IMH_RETRY /* , IMH_NOT */ };
typedef struct imh_host imh_host;
struct imh_host {
    uint32_t size;
    uint16_t major, minor;
    int32_t (*log)(imh_host *host, uint32_t level,
                   imh_str text);
    IMH_LIST_OF(imh_str) words;
    uint8_t name[8];
};
#endif
"""
LAYOUT = """imh_host 40
imh_host.size 0 4 uint32_t
imh_host.major 4 2 uint16_t
imh_host.minor 6 2 uint16_t
imh_host.log 8 8 int32_t (imh_host *host, uint32_t level, imh_str text)
imh_host.words 16 16 IMH_LIST_OF(imh_str)
imh_host.words.items 16 8 of the list
imh_host.words.count 24 4 of the list
imh_host.words.stride 28 4 of the list
imh_host.name 32 8 uint8_t [8]
imh_str 16
imh_str.ptr 0 8 const char *
imh_str.len 8 8 size_t
IMH_MAJOR 1
IMH_MINOR 0
IMH_OK 0
IMH_RETRY 1
"""


def change(about, old, new, *finds, **frozen):
    """The header with one change, compared with LAYOUT and with what was released."""
    assert old in HEADER
    files = {PATH: HEADER.replace(old, new), NEXT: LAYOUT}
    files |= {f"tests/abi/{name}.layout": text for name, text in frozen.items()}
    return Case(about, files, list(finds))


def released(about, old, new, name, layout, *finds):
    """A change that was renewed, against a release."""
    case = change(about, old, new, *finds, **{name: layout})
    case.build = ["@CHECK@ --renew >/dev/null || true"]
    return case


CASES = [
    change("as committed", "IMH_OK", "IMH_OK"),
    Case("the header of this tree", {}, copy=["sdk/include", NEXT]),
    change("a value that changed", "IMH_OK = 0", "IMH_OK = 1",
           f"{NEXT}:16: IMH_OK was 0, is 1", f"{NEXT}:17: IMH_RETRY was 1, is 2"),
    change("a value that is new", "IMH_RETRY", "IMH_RETRY, IMH_WAIT",
           f"{NEXT}:17: IMH_WAIT is new"),
    change("a value that is gone", ", IMH_RETRY", "", f"{NEXT}:17: IMH_RETRY is gone"),
    change("a field of another size, in the room between", "uint16_t major", "uint8_t major",
           f"{NEXT}:3: imh_host.major was 4 2 uint16_t, is 4 1 uint8_t",
           f"{NEXT}:4: imh_host.minor was 6 2 uint16_t, is 5 1 uint8_t"),
    change("fields that changed places", "uint16_t major, minor", "uint16_t minor, major",
           f"{NEXT}:3: imh_host.major was 4 2 uint16_t, is 6 2",
           f"{NEXT}:4: imh_host.minor was 6 2 uint16_t, is 4 2"),
    change("another argument", "uint32_t level", "int32_t level",
           f"{NEXT}:5: imh_host.log was 8 8 int32_t (imh_host *host, uint32_t level"),
    change("another order in IMH_LIST_OF", "uint32_t count; uint32_t stride;",
           "uint32_t stride; uint32_t count;",
           f"{NEXT}:8: imh_host.words.count was 24 4", f"{NEXT}:9: imh_host.words.stride was 28 4"),
    change("a new struct", "enum { IMH_OK", "typedef struct imh_new {\n    imh_str a;\n} imh_new;\n"
           "enum { IMH_OK", f"{NEXT}:17: imh_new is new", f"{NEXT}:17: imh_new.a is new"),
    change("types without a fixed size", "size_t len;",
           "size_t len;\n    int a;\n    enum imh_e *b;\n",
           f"{PATH}:8: 'int' in imh_str.a has no fixed size",
           f"{PATH}:8: layout cannot read 'enum", f"{NEXT}:11: imh_str was 16, is 32",
           f"{NEXT}:17: imh_str.a is new",
           f"{PATH}:1: something at the end of imh_str was not read"),
    change("an argument without a fixed size, and a variable rest", "imh_str text)",
           "unsigned long text, ...)",
           f"{PATH}:14: 'unsigned long text' in imh_host.log has no fixed size",
           f"{PATH}:14: '...' in imh_host.log has no fixed size", f"{NEXT}:5: imh_host.log was"),
    change("a bit field", "uint32_t size;", "uint32_t size : 32;",
           f"{PATH}:14: layout cannot read 'uint32_t size : 32' of imh_host",
           f"{NEXT}:2: imh_host.size is gone"),
    change("a typedef of an enum", "enum { IMH_OK = 0", "typedef enum { IMH_OK = 0",
           f"{PATH}:12: typedef of an enum"),
    change("a struct without a name", "typedef struct imh_str {", "typedef struct {",
           f"{PATH}:8: a struct that layout cannot read", f"{NEXT}:11: imh_str is gone",
           f"{NEXT}:12: imh_str.ptr is gone", f"{NEXT}:13: imh_str.len is gone"),
    change("does not compile", "size_t len", "sizet_t len", f"{PATH}:1: does not compile",
           f"{PATH}:8: 'sizet_t' in imh_str.len has no fixed size",
           "tests/lint/layout:1: found no sizes"),
    Case("nothing committed", {PATH: HEADER}, [f"{NEXT}:1: " for _ in LAYOUT.splitlines()]),
    Case("renewed", {PATH: HEADER, NEXT: "imh_gone 8\n"}, args=["--renew"]),
    released("grown since a release", "uint8_t name[8];", "uint8_t name[8];\n    uint64_t more;",
             "1.0", LAYOUT),
    released("a minor more since a release", "MINOR 0", "MINOR 1", "1.0", LAYOUT),
    released("a major more since a release", "MAJOR 1", "MAJOR 2", "1.0",
             LAYOUT.replace("IMH_OK 0", "IMH_OK 7")),
    released("a struct that never grows has grown",
             "size_t len;", "size_t len;\n    size_t more;",
             "1.0", LAYOUT, "tests/abi/1.0.layout:11: imh_str was released as 16, is 24"),
    released("a field inserted since a release", "uint16_t major", "uint32_t x;\n    uint16_t major",
             "1.0", LAYOUT.split("imh_host.words ")[0],
             "tests/abi/1.0.layout:3: imh_host.major was released as 4 2",
             "tests/abi/1.0.layout:4: imh_host.minor was released as 6 2",
             "tests/abi/1.0.layout:5: imh_host.log was released as 8 8"),
    released("a constant gone since a release", ", IMH_RETRY", "", "1.0", LAYOUT,
             "tests/abi/1.0.layout:17: IMH_RETRY was released as 1, is gone"),
    Case("no gcc", {PATH: HEADER}, ["tests/abi/layout:1: gcc is missing"], tools=False),
]

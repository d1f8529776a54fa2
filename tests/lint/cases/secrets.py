"""Examples for tests/lint/secrets."""
import pathlib

from case import Case

HERE = pathlib.Path(__file__).resolve().parents[3]
BASE = ["host/base", "sdk/include"]


def changed(path, before, after):
    """A file of the real tree with one thing changed."""
    text = (HERE / path).read_text(encoding="utf-8")
    assert before in text
    return {path: text.replace(before, after)}


CASES = [
    Case("the real headers", {}, copy=BASE),
    Case("who may look, and who may not",
         {"host/net/gate.c": "x = secret_reveal(s);\n",
          "host/engine/crew.c": "/* secret_reveal */\nint a;\nx = secret_reveal(s);\n",
          "plugins/erp/orders.c": "secret_reveal(s);\n",
          "tests/unit/x_test.c": "secret_reveal(s);\n"},
         ["host/engine/crew.c:3: looks into a secret", "plugins/erp/orders.c:1: looks into"],
         copy=BASE),
    Case("a secret that is text", changed(
        "host/base/secret.h", "struct secret;\n",
        "struct secret {\n    const char *value;\n};\n"),
         ["host/base/secret.h:1: this compiles: struct secret copy = *secret;",
          "host/base/secret.h:1: this compiles: char first = secret->value[0];",
          "host/base/secret.h:1: this compiles: size_t bytes = sizeof *secret;"],
         copy=["host/base/error.h", "host/base/own.h", "host/base/str.h", "host/base/text.h",
               "host/base/log.h", "host/base/clock.h", "sdk/include"]),
    Case("a log that takes anything", changed(
        "host/base/log.h", """#define log_write(log, level, ...) \\
    log_line((log), (level), (const char *const[]){__VA_ARGS__, NULL, NULL})
""", "void log_write(const struct log *log, uint32_t level, const char *event, ...);\n"),
         ["host/base/secret.h:1: this compiles: log_info(log, \"got\", \"token\", secret",
          "host/base/secret.h:1: this compiles: log_write(log, 1, \"got\", secret"],
         copy=["host/base/error.h", "host/base/own.h", "host/base/str.h", "host/base/text.h",
               "host/base/secret.h", "host/base/clock.h", "sdk/include"]),
    Case("headers that do not compile", {"host/base/secret.h": "struct secret;\n"},
         ["host/base/secret.h:1: this does not compile: if (secret_length(secret) > 0)",
          "host/base/secret.h:1: this does not compile: text_add(text, secret_reveal",
          "host/base/secret.h:1: this does not compile: log_info(log, \"got\", \"token\", \"s",
          "host/base/secret.h:1: this does not compile: error_set(error, IMH_DENIED, \"%zu"],
         copy=["host/base/text.h", "host/base/log.h", "sdk/include"]),
    Case("no secrets at all", {"host/base/x.c": "int x;\n"}, ["host/base/secret.h:1: is not"]),
]

"""Reads C approximately, and our style of it exactly: Linux braces, always braces.

Nothing here knows types. Comments and strings are blanked out in place, so that every
position and line number stays what it was.
"""
import re
from dataclasses import dataclass, field

TOKEN = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*([<\"])([^>\"\n]+)[>\"]", re.M)
CONTROL = re.compile(r"^(?:if|for|while|switch|do|else)\b")
LABEL = re.compile(r"^(?:(?:case\b[^:?]*|default|\w+)\s*:\s*)+")
MACRO_LOOP = re.compile(r"^[A-Z_][A-Z0-9_]*\s*\(.*\)$", re.S)
HEAD = re.compile(r"(\w+)\s*\(([^()]*(?:\((?:[^()]|\([^()]*\))*\)[^()]*)*)\)\s*$", re.S)


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def mask(text, strings=True):
    """The text with comments blanked, and with what strings and characters contain."""
    def replace(match):
        token = match.group()
        if token[0] == "/":
            return blank(token)
        return token[0] + blank(token[1:-1]) + token[-1] if strings else token
    return TOKEN.sub(replace, text)


def without_directives(masked):
    return DIRECTIVE.sub(lambda match: blank(match.group()), masked)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def includes(text):
    """(line, quote, name) of each #include."""
    code = mask(text, strings=False)
    return [(line_of(code, match.start(1)), match.group(1), match.group(2))
            for match in INCLUDE.finditer(code)]


def split_top(text):
    """Splits at commas outside of parentheses."""
    parts, depth = [""], 0
    for char in text:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(char, 0)
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts if part.strip()]


@dataclass
class Function:
    name: str
    line: int  # of the name
    last: int = 0  # of the closing brace
    parameters: list = field(default_factory=list)
    deep: list = field(default_factory=list)  # (line, level) of each control block


class Scanner:
    """Walks over the braces of one file; `functions` is the result."""

    def __init__(self, text):
        self.code = without_directives(mask(text))
        self.functions = []
        self.balanced = True
        self.blocks = []  # what each open brace is: 'function', 'control', 'other', 'extern'
        self.parens = 0
        self.start = 0  # of the statement or declaration at hand
        self.line = 1
        for position, char in enumerate(self.code):
            self.step(position, char)
        self.balanced = self.balanced and not self.blocks

    def step(self, position, char):
        if char == "\n":
            self.line += 1
        elif char in "([":
            self.parens += 1
        elif char in ")]":
            self.parens -= 1
        elif char == "{":
            self.open(position)
        elif char == "}":
            self.close(position)
        elif char == ";" and self.parens == 0:
            self.start = position + 1

    def open(self, position):
        before = self.code[self.start:position].strip()
        kind = "other"
        if all(block == "extern" for block in self.blocks):
            kind = self.outside(before, position)
        elif self.parens == 0 and self.is_control(before):
            kind = "control"
        self.blocks.append(kind)
        if kind == "control" and self.functions:
            level = self.blocks.count("control")
            self.functions[-1].deep.append((self.line, level))
        if self.parens == 0:
            self.start = position + 1

    def outside(self, before, position):
        """A brace outside of all functions: opens one, or a type or a table."""
        if re.match(r'extern\s*"\s*"$', before):
            return "extern"
        head = HEAD.search(before)
        if not head or "=" in before[:head.start()]:
            return "other"
        offset = self.code.index(before, self.start) + head.start(1)
        parameters = [part for part in split_top(head.group(2))
                      if part not in ("void", "...")]
        self.functions.append(Function(head.group(1), line_of(self.code, offset),
                                       parameters=parameters))
        return "function"

    @staticmethod
    def is_control(before):
        statement = LABEL.sub("", before) if not CONTROL.match(before) else before
        return bool(CONTROL.match(statement) or MACRO_LOOP.match(statement))

    def close(self, position):
        if not self.blocks:
            self.balanced = False
            return
        if self.blocks.pop() == "function":
            self.functions[-1].last = self.line
        if self.parens == 0:
            self.start = position + 1


def functions(text):
    """All function definitions, and whether the braces balance."""
    scanner = Scanner(text)
    return scanner.functions, scanner.balanced

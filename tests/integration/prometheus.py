"""The text format of Prometheus, version 0.0.4, read strictly: whatever is not as it should be
raises ValueError.

    families = parse(text)
    families["imh_jobs"].kind, families["imh_jobs"].value(state="waiting")
"""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
HELP = re.compile(rf"# HELP ({NAME}) (\S[^\n]*)")
TYPE = re.compile(rf"# TYPE ({NAME}) (counter|gauge|histogram)")
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? ([0-9]+(?:\.[0-9]+)?)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')
PARTS = ("_bucket", "_sum", "_count")


def unescape(value):
    return re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), value)


def read_labels(text):
    labels, at = {}, 0
    while at < len(text):
        found = LABEL.match(text, at)
        if not found or found[1] in labels or found[1].startswith("__"):
            raise ValueError(f"labels: {text}")
        labels[found[1]] = unescape(found[2])
        at = found.end()
        if found[3] == "," and at == len(text):
            raise ValueError(f"a comma too many: {text}")
    return labels


class Family:
    """One metric, and its samples."""

    def __init__(self, name, help_text):
        self.name, self.help, self.kind = name, help_text, None
        self.samples = {}

    def add(self, name, labels, number):
        key = (name, tuple(sorted(labels.items())))
        if key in self.samples:
            raise ValueError(f"twice: {key}")
        names = {self.name + part for part in PARTS} if self.kind == "histogram" else {self.name}
        if name not in names:
            raise ValueError(f"{name} is not of {self.name}")
        self.samples[key] = number

    def value(self, part="", **labels):
        return self.samples[(self.name + part, tuple(sorted(labels.items())))]

    def sum(self, part=""):
        return sum(number for (name, _), number in self.samples.items()
                   if name == self.name + part)

    def check(self):
        if self.kind is None:
            raise ValueError(f"{self.name} has no type")
        if (self.kind == "counter") != self.name.endswith("_total"):
            raise ValueError(f"{self.name} is no name of a {self.kind}")
        if self.kind == "histogram":
            self.check_buckets()

    def check_buckets(self):
        series = {}
        for (name, labels), number in self.samples.items():
            rest = tuple(label for label in labels if label[0] != "le")
            bounds = [value for label, value in labels if label == "le"]
            if (len(bounds) == 1) != (name == self.name + "_bucket"):
                raise ValueError(f"{name}: le belongs to buckets, and to all of them")
            one = series.setdefault(rest, {"buckets": []})
            if bounds:
                one["buckets"].append((float(bounds[0]), number))
            else:
                one[name.removeprefix(self.name)] = number
        for labels, one in series.items():
            bounds = [bound for bound, _ in one["buckets"]]
            counts = [count for _, count in one["buckets"]]
            if (bounds != sorted(set(bounds)) or bounds[-1] != float("inf")
                    or counts != sorted(counts) or counts[-1] != one["_count"]
                    or one["_sum"] < 0):
                raise ValueError(f"{self.name}{labels}: {one}")


def parse(text):
    """All families by their names, each begun once and its samples together."""
    families, family = {}, None
    if not text.endswith("\n"):
        raise ValueError("the last line has no end")
    for line in text[:-1].split("\n"):
        if found := HELP.fullmatch(line):
            if found[1] in families:
                raise ValueError(f"a second time: {line}")
            family = families[found[1]] = Family(found[1], found[2])
        elif found := TYPE.fullmatch(line):
            if not family or found[1] != family.name or family.kind or family.samples:
                raise ValueError(f"a type out of place: {line}")
            family.kind = found[2]
        elif (found := SAMPLE.fullmatch(line)) and family and family.kind:
            if found[2] == "":
                raise ValueError(f"empty braces: {line}")
            family.add(found[1], read_labels(found[2] or ""), float(found[3]))
        else:
            raise ValueError(f"no line of this format: {line}")
    for family in families.values():
        family.check()
    return families

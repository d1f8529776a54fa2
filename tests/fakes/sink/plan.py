"""What the sink does with a call: the first rule that fits, until it has been used up."""

import random

ANSWERS = ("status", "cut", "hang", "reset")


class Rule:
    """One line of the plan, as the control route takes it:

    {"times": 3, "stream": "s1", "path": "/hook", "chance": 0.3, "delay_ms": 50,
     "status": 503, "headers": {"Retry-After": "2"}, "body": "down"}
    {"then": "cut"}    takes the call, sends half an answer and ends the connection
    {"then": "hang"}   takes the call and never answers
    {"then": "reset"}  takes the call and drops the connection

    `times` is how often it fits, 0 for ever; without `status` and `then` it is 200.
    """

    def __init__(self, wanted):
        known = {"times", "stream", "path", "chance", "delay_ms", "status", "headers", "body",
                 "then"}
        if not isinstance(wanted, dict) or set(wanted) - known:
            raise ValueError(f"a rule knows {', '.join(sorted(known))}")
        self.times = int(wanted.get("times", 0))
        self.left = self.times
        self.stream = wanted.get("stream")
        self.path = wanted.get("path")
        self.chance = float(wanted.get("chance", 1))
        self.delay_s = int(wanted.get("delay_ms", 0)) / 1000
        self.status = int(wanted.get("status", 200))
        self.headers = dict(wanted.get("headers", {}))
        self.body = str(wanted.get("body", ""))
        self.then = wanted.get("then", "status")
        if self.then not in ANSWERS or not 200 <= self.status <= 599:
            raise ValueError(f"`then` is one of {', '.join(ANSWERS)}; `status` 200 to 599")

    def fits(self, path, stream, dice):
        return (
            (self.times == 0 or self.left > 0)
            and self.stream in (None, stream)
            and self.path in (None, path)
            and dice.random() < self.chance
        )


WELL = Rule({})


class Plan:
    """Rules in order. The dice are loaded: the same seed and calls, the same end."""

    def __init__(self):
        self.put([], 0)

    def put(self, rules, seed):
        rules = [Rule(rule) for rule in rules]
        self._dice = random.Random(seed)
        self._rules = rules

    def choose(self, path, stream):
        for rule in self._rules:
            if rule.fits(path, stream, self._dice):
                rule.left -= 1
                return rule
        return WELL

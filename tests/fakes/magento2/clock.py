"""The shop's clock: the machine's own until it is set; then it stands and moves when told.

Everything the shop dates follows it: `created_at` and `updated_at` of what is changed, the
Date header, the days of special prices, and how far ahead an OAuth timestamp may be.
"""

from datetime import datetime, timedelta, timezone

FORM = "%Y-%m-%d %H:%M:%S"  # of every time in the API, and always UTC


class Clock:
    def __init__(self):
        self._stands_at = None  # None: it runs

    def now(self):
        return self._stands_at or datetime.now(timezone.utc)

    def text(self):
        return self.now().strftime(FORM)

    def turn(self, now=None, advance_s=0):
        """Stands at `now`, or where it is, and so many seconds later. `run` ends that."""
        moment = self.now()
        if now is not None:
            moment = datetime.strptime(now, FORM).replace(tzinfo=timezone.utc)
        self._stands_at = moment + timedelta(seconds=advance_s)

    def run(self):
        self._stands_at = None

    def read(self):
        return {"now": self.text(), "stands": self._stands_at is not None}

"""What a person sees while scripts/bench runs: a line that stays at the foot of a terminal, plain lines elsewhere."""

import contextlib
import os
import signal
import time

begin = time.monotonic()
spent = {}  # what: seconds


class Foot:
    """The line at the foot. Without a terminal its parts are said one by one."""

    def __init__(self):
        self.is_live = os.isatty(2)
        self.lines = []
        self.at = 0
        self.since = begin  # when the line began
        self.costs = []
        self.what = ""

    def start(self, names, costs):
        """costs: about how many seconds each line takes; what has run corrects it."""
        self.lines, self.costs = names, costs
        if self.is_live:
            signal.signal(signal.SIGALRM, lambda *_: self.draw())
            signal.setitimer(signal.ITIMER_REAL, 1, 1)

    def line(self, i):
        self.at = i
        self.since = time.monotonic()
        self.what = ""
        if not self.is_live:
            say(f"{self.head()}{self.left()}")

    def step(self, what):
        self.what = what
        if self.is_live:
            self.draw()
        else:
            say(f"{self.lines[self.at]}: {what}")

    def head(self):
        return f"{self.lines[self.at]} ({self.at + 1} of {len(self.lines)})"

    def left(self):
        done, now, after = sum(self.costs[:self.at]), self.costs[self.at], sum(self.costs[self.at + 1:])
        rate = (self.since - begin) / done if done > 0.05 * (done + now + after) else 1
        in_line = time.monotonic() - self.since
        return f", {clock(time.monotonic() - begin)} elapsed, about {clock(max(0, now * rate - in_line) + after * rate)} left"

    def draw(self):
        if self.lines:
            text = f"{self.head()}{': ' if self.what else ''}{self.what}{self.left()}"
            os.write(2, f"\r\033[K{text[:os.get_terminal_size(2).columns - 1]}".encode())

    def end(self):
        if self.is_live:
            signal.setitimer(signal.ITIMER_REAL, 0)
            os.write(2, b"\r\033[K")
        self.lines = []


foot = Foot()


def clock(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def say(text):
    # in one write, which the drawing of the foot cannot cut in two
    os.write(2, f"{chr(13) + chr(27) + '[K' if foot.is_live and foot.lines else ''}scripts/bench: {text}\n".encode())


class Failure(Exception):
    """A line cannot be measured; the others can."""


def fail(text):
    raise Failure(text)


inner = [0.0]  # seconds in what runs inside of what runs


@contextlib.contextmanager
def time_of(what):
    """Adds up where the time goes; a part of a part is not counted twice."""
    start = time.monotonic()
    inner.append(0.0)
    try:
        yield
    finally:
        took = time.monotonic() - start
        spent[what] = spent.get(what, 0) + took - inner.pop()
        inner[-1] += took

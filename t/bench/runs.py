"""One run of what scripts/bench measures: commands tied together by pipes, and what they took."""

import os
import re
import signal
import statistics
import subprocess
import time

import settings
from progress import fail, foot, time_of

memory = {}  # program: {line: KiB}
background = []  # programs that run while something else is measured


def start(command, **how):
    p = subprocess.Popen(command, **how)
    background.append(p)
    return p


def end_background():
    """What a line that failed has left."""
    for p in background:
        if p.poll() is None:
            p.kill()
            p.wait()
    background.clear()


class Run:
    """Wall time, CPU time of the programs and of the servers, the largest program's memory, CPU time by stage."""

    def __init__(self):
        self.wall = self.user = self.sys = self.server = 0.0
        self.rss = 0
        self.stages = {}


class Perf:
    """perf record around one stage: a program of the run, or a server."""

    def __init__(self, stage):
        self.stage = stage
        self.data = f"{settings.dir}/perf.data"
        self.record = ["perf", "record", "-q", "-F", "999", "-o", self.data]
        self.child = None

    def attach(self, server):
        if os.path.exists(self.data):
            os.remove(self.data)
        self.child = start([*self.record, "-p", server.pid], stdin=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while not (os.path.exists(self.data) and os.path.getsize(self.data)):  # it writes the head when all threads are opened
            if time.monotonic() > end or self.child.poll() is not None:
                fail("perf record did not start")
            time.sleep(0.05)

    def detach(self):
        if self.child:
            self.child.send_signal(signal.SIGINT)
            self.child.wait()


def run(commands, line, ours, stdin=None, stdout=None, servers=None, perf=None):
    """servers: {stage: Server}."""
    servers = servers or {}
    r = Run()
    before = {stage: s.cpu() for stage, s in servers.items()}
    if perf and perf.stage in servers:
        perf.attach(servers[perf.stage])
    children = []
    begin = time.monotonic()
    upstream = open(stdin, "rb") if stdin else subprocess.DEVNULL
    for i, c in enumerate(commands):
        last = i == len(commands) - 1
        out = subprocess.PIPE if not last else (open(stdout, "wb") if stdout else subprocess.DEVNULL)
        around = [*perf.record, "--"] if perf and perf.stage == os.path.basename(c[0]) else []
        # time(1) says how much memory; what wait4() says is at least this program's own, from before the exec
        p = subprocess.Popen([*around, "/usr/bin/time", "-q", "-f", "%M", "-o", f"{settings.dir}/rss.{i}", *c], stdin=upstream, stdout=out,
                             stderr=subprocess.PIPE if ours else None)
        if upstream != subprocess.DEVNULL:
            upstream.close()
        upstream = p.stdout
        children.append(p)
    wrong = None
    for i, (p, c) in enumerate(zip(children, commands)):
        err = p.stderr.read().decode(errors="replace") if p.stderr else ""
        _, status, use = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        if p.returncode:  # the last one that failed is the cause: those before it had nobody to write to
            wrong = f"{c[0]} ended with {p.returncode}: {err.strip()[-300:]}"
        r.user += use.ru_utime
        r.sys += use.ru_stime
        program = os.path.basename(c[0])
        r.stages[program] = use.ru_utime + use.ru_stime
        with open(f"{settings.dir}/rss.{i}") as f:
            rss = int(f.read() or 0)  # nothing when it failed
        r.rss = max(r.rss, rss)
        if ours and not perf and os.path.exists(f"{settings.TOP}/src/{program}"):
            known = memory.setdefault(program, {})
            known[line] = max(known.get(line, 0), rss)
    r.wall = time.monotonic() - begin
    if wrong:
        fail(f"{line}: {wrong}")
    for stage, s in servers.items():
        r.stages[stage] = s.cpu() - before[stage]
        r.server += r.stages[stage]
    if perf:
        perf.detach()
    return r


def in_turn(*whats):
    """Runs of each, one after the other, round by round."""
    got = [[] for _ in whats]
    for n in range(settings.rounds):
        for i, what in enumerate(whats):
            foot.step(f"round {n + 1} of {settings.rounds}, {'ours' if i == 0 else 'the peer'}")
            with time_of("what is measured"):
                got[i].append(what(n))
    return got


def median(runs, what):
    return statistics.median(what(r) for r in runs)


def spread(runs, what):
    """Median and, when there is more than one, the range."""
    v = sorted(what(r) for r in runs)
    form = "{:.3f}" if v[-1] < 1 else "{:.2f}" if v[-1] < 100 else "{:.0f}"
    return form.format(statistics.median(v)) + (f" ({form.format(v[0])}-{form.format(v[-1])})" if len(v) > 1 else "")


def wall(r):
    return r.wall


def cpu(r):
    return r.user + r.sys


def server(r):
    return r.server


def symbols(data):
    """What perf report says: [(percent, object, is it the kernel, symbol)], names without addresses."""
    out = subprocess.run(["perf", "report", "-i", data, "--stdio", "--no-children", "-F", "overhead,dso,sym", "-t", "|"],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace").stdout
    found = []
    for percent, dso, kind, symbol in re.findall(r"^\s*([0-9.]+)%\s*\|(.*?)\s*\|\[(.)\] (.*?)\s*$", out, re.M):
        found.append((float(percent), os.path.basename(dso), kind == "k", symbol))
    return found

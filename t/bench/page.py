"""What scripts/bench writes: tables in Markdown, one for each kind of line."""

import os
import re
import subprocess
import time

import progress
import settings
from runs import memory
from servers import versions


class Wanted:
    """At least or at most so much, and what is aimed at."""

    def __init__(self, op, least, aim=None, words=""):
        self.op, self.least, self.aim, self.words = op, least, aim, words

    def text(self):
        if self.least is None:
            return "memory only"
        aim = f", aim {self.aim:g}" if self.aim is not None else ""
        return f"{self.op} {self.least:g}{aim}{' ' if self.words else ''}{self.words}"

    def met(self, value, also=True):
        """also: whether the rest of the aim is met."""
        if self.least is None:
            return ""

        def reaches(x):
            return value >= x if self.op == ">=" else value <= x

        return "aim met" if self.aim is not None and also and reaches(self.aim) else "yes" if reaches(self.least) else "**no**"


# kind: title, what is said above the table, columns (a colon in front: figures, to the right)
TABLES = {
    "tap": ("The tap", "Seconds; CPU is user and system time of the program. `drain` only reads the server's log and decodes nothing.",
            ["line", ":rows", ":log MB", "ours: wall", "CPU", ":M rows per CPU s", ":MiB", "peer", "its wall", "CPU", ":MiB"]),
    "bytes": ("The size of the stream", "", ["line", ":rows", ":log MB", ":stream MB"]),
    "filters": ("The filters", "From a saved stream to nowhere.",
                ["line", ":rows", ":stream MB", "ours: wall", "CPU", ":MB a second", ":MiB", "peer", "its wall", "CPU"]),
    "pipe": ("The pipeline", "`binlog-tap | mysql-sink` from one server to another of its kind that is fully durable, beside the target's own replication. "
             "The MySQL target has local_infile=ON, the MariaDB target its defaults. Seconds; servers is the CPU time of source and target. Source and target are compared after each of our runs and the peer's first.",
             ["line", ":rows", ":log MB", "ours: wall", ":k rows/s", "CPU", "servers", "peer", "its wall", ":k rows/s", "servers"]),
    "copy": ("Copying", "All tables of a server onto an empty, fully durable one of its kind, with the position behind them: `rowcopy | mysql-sink` beside "
             "what is used for that. Seconds; servers is the CPU time of source and target. Source and target are compared after each run.",
             ["line", ":MB of rows", "ours: wall", "CPU", "servers", ":MiB", "peer", "its wall", "CPU", "servers"]),
    "latency": ("Latency", "Milliseconds from the moment that a COMMIT on the source returned until the row is seen on the target; "
                "-idle is 50 commits a second, -1000 is 1,000. Source and target are fully durable.",
                ["line", ":commits", "ours: p50", "p99", "peer", "its p50", "p99", "a commit", "a question to the target"]),
    "start": ("Start", "Seconds from the start of the pipeline to the first row on the target.", ["line", ":tables", "seconds"]),
}

rows = {kind: [] for kind in TABLES}
notes = {kind: [] for kind in TABLES}
failures = []  # (line, why)


def add(kind, line, cells, result, wanted, value, also=True):
    met = wanted.met(value, also)
    rows[kind].append([line, *cells, result, wanted.text(), met])
    progress.say(f"{line}: {result} (wanted {wanted.text()}{'; ' if met else ''}{met.strip('*')})")


def note(kind, text):
    notes[kind].append(text)


def is_empty():
    return not any(rows.values()) and not failures


def load():
    with open("/proc/loadavg") as f:
        return f.read().split()[0]


def print_heading(load_before):
    with open("/proc/cpuinfo") as f:
        model = re.search(r"^model name\s*:\s*(.*)$", f.read(), re.M)
    with open("/proc/meminfo") as f:
        ram = int(re.search(r"^MemTotal:\s*(\d+)", f.read(), re.M).group(1)) / (1 << 20)
    git = subprocess.run(["git", "-C", settings.TOP, "describe", "--always", "--dirty"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.strip()
    names = {"mariadb": "MariaDB", "mysql-9.7": "MySQL"}
    servers = ", ".join(f"{names.get(kind, kind)} {v}" for kind, v in versions.items())
    how = "quick" if settings.quick else "full"
    if settings.sink_options:
        how += f", mysql-sink {' '.join(settings.sink_options)}"
    print(f"""# rowferry beside what one would use instead

| | |
| --- | --- |
| rowferry | {git or '?'} |
| machine | {os.cpu_count()} processors {model.group(1) if model else '?'}, {ram:.0f} GiB |
| kernel | {os.uname().sysname} {os.uname().release} |
| servers | {servers or '-'} |
| date | {time.strftime('%Y-%m-%d')} |
| load | {load_before} at the start, {load()} at the end |
| run | {how}; {progress.clock(time.monotonic() - progress.begin)} minutes |""")


def print_table(title, above, columns, body):
    print(f"\n## {title}\n")
    if above:
        print(f"{above}\n")
    print("| " + " | ".join(c.lstrip(":") for c in columns) + " |")
    print("| " + " | ".join("--:" if c.startswith(":") else "---" for c in columns) + " |")
    for r in body:
        print("| " + " | ".join(r) + " |")


def print_all(load_before):
    print_heading(load_before)
    print(f"\nEach figure is the median, with the least and the most in brackets, of {settings.rounds} runs; ours and the peer ran in turn. "
          "MiB is the most that one program took." if settings.rounds > 1 else "\nEach figure is of one run.")
    for kind, (title, above, columns) in TABLES.items():
        if rows[kind]:
            print_table(title, above, [*columns, "ours/peer" if kind not in ("bytes", "start") else "result", "wanted", "met"], rows[kind])
        if notes[kind]:
            print("\n" + "\n".join(f"- {text}" for text in notes[kind]))
    print_memory()
    if failures:
        print("\n## What failed\n\n" + "\n".join(f"- {line}: {why}" for line, why in failures))


def print_memory():
    limit = Wanted("<=", 64, 16)
    body = []
    for program, by_line in sorted(memory.items()):
        most = max(by_line, key=by_line.get)
        huge = max((v for line, v in by_line.items() if line.startswith("pipe-") and line.endswith("-huge")), default=0)
        value = by_line[most] / 1024
        body.append([program, f"{value:.1f}", most, f"{huge / 1024:.1f}" if huge else "", limit.text(), limit.met(value)])
    if body:
        print_table("Memory", "The most that a program took in any of these lines, MiB; huge is one transaction of the whole log.",
                    ["program", ":MiB", "in", ":on pipe-*-huge", "wanted", "met"], body)


def print_profile(line, stage, program, seconds, total, symbols):
    """symbols: as runs.symbols() has them."""
    whole = sum(s[0] for s in symbols) or 1
    parts, named = {}, {}
    for percent, dso, is_kernel, symbol in symbols:
        part = "kernel" if is_kernel else "libc" if re.match(r"libc([-.]|$)", dso) else program if dso == program else "other libraries"
        parts[part] = parts.get(part, 0) + percent
        # without debug symbols an address says nothing
        name = f"{dso}, unnamed" if symbol.startswith("0x") or dso == "[unknown]" else re.sub(r"\(.*", "", symbol)
        where = "kernel" if is_kernel else dso
        named[(name, where)] = named.get((name, where), 0) + percent
    print(f"\n## {line}: {stage}{f' ({program})' if program != stage else ''}, {seconds:.2f} of {total:.2f} CPU s\n")
    print(", ".join(f"{p} {100 * v / whole:.0f} %" for p, v in sorted(parts.items(), key=lambda x: -x[1])) + "\n")
    print("| % | symbol | in |\n| --: | --- | --- |")
    for (name, where), v in sorted(named.items(), key=lambda x: -x[1])[:12]:
        print(f"| {100 * v / whole:.1f} | `{name[:70]}` | {where} |")

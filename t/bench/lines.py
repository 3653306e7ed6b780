"""The lines of scripts/bench: what each runs, beside what, and what is wanted of it."""

import concurrent.futures
import json
import os
import re
import shutil
import statistics
import subprocess
import time

import page
import runs
import settings
import workloads
from page import Wanted
from progress import fail, foot, say, time_of
from runs import Run, cpu, in_turn, median, run, server, spread, wall
from servers import Server, differences, first_position, source, target

MARIA, MYSQL = "mariadb", "mysql-9.7"


def tap(s, *more, start="earliest"):
    return ["binlog-tap", *s.login(), "--start-at", start, "--stop-at", "now", *more]


def sink(t):
    return ["mysql-sink", *t.login(), "--pipeline", "bench", *settings.sink_options]


def stream_of(kind, workload):
    """A saved stream."""
    s = source(kind, workload)
    path = f"{s.dir}/stream"
    if not os.path.exists(path):
        foot.step("saving the stream")
        run([tap(s)], "saving the stream", False, stdout=f"{path}.new")
        os.rename(f"{path}.new", path)
    return path


def rows_in(kind, workload):
    """How many row changes are in a source's log, counted in our stream of it."""
    s = source(kind, workload)
    if s.row_count is None:
        with subprocess.Popen(["rowdump", stream_of(kind, workload)], stdout=subprocess.PIPE) as p:
            s.row_count = sum(json.loads(text)["commit"].get("rows", 0) for text in p.stdout if text.startswith(b'{"commit"'))
        if p.returncode:
            fail(f"rowdump ended with {p.returncode}")
    return s.row_count


class Line:
    """ours() and peer() are one run each; measure() does all of the line and puts it on the page."""

    can_be_profiled = True
    is_applied = False  # what is applied has fewer rows than what is only read
    cost = 10

    def __init__(self, name, kind, workload):
        self.name, self.kind, self.workload = name, kind, workload
        self.rows = workloads.rows(workload, settings.quick, self.is_applied) if workload else 0

    def source(self):
        return source(self.kind, self.workload, self.is_applied)

    def seconds(self):
        """About what it takes; cost is that of a full run."""
        return self.cost * (0.1 if settings.quick else 1)


class Tap(Line):
    """The tap reads from a server."""

    cost = 8

    def ours(self, _=0, perf=None):
        s = self.source()
        return run([tap(s)], self.name, True, servers={"source server": s}, perf=perf)

    def add(self, a, b, peer, value, unit, wanted, also=True):
        page.add("tap", self.name, [f"{self.rows:,}", f"{self.source().log_size() / 1e6:.0f}", *side(a), f"{self.rows / median(a, cpu) / 1e6:.2f}",
                                    mib(a), peer, *side(b), mib(b)], f"{value} {unit}", wanted, value, also)


def side(runs):
    return [spread(runs, wall), spread(runs, cpu)]


def mib(runs):
    return f"{max(r.rss for r in runs) / 1024:.1f}"


def factor(x):
    return round(x, 2 if x < 10 else 1)


class TapLive(Tap):
    def peer(self, _):
        s = self.source()
        return run([[f"{settings.TOP}/build/bench/drain", s.sock, "root", s.log()]], self.name, False, servers={"source server": s})

    def measure(self):
        a, b = in_turn(self.ours, self.peer)
        self.add(a, b, "drain", factor(median(a, wall) / median(b, wall)), "x its wall time", Wanted("<=", 1.25, 1.05))


class TapCpu(Tap):
    """Beside the readers that npm has."""

    cost = 40
    # name, version, and what it is where node is older than that wants
    PACKAGES = (("@powersync/mysql-zongji", "0.6.2", 24, "0.1.0"), ("@vlasky/zongji", "0.9.0", 0, ""))
    installed = None

    @classmethod
    def install(cls):
        """[(name, version)], or why there are none."""
        if cls.installed is not None:
            return cls.installed
        cls.installed = "node or npm is missing"
        if not shutil.which("node") or not shutil.which("npm"):
            return cls.installed
        major = int(subprocess.run(["node", "--version"], stdout=subprocess.PIPE, text=True).stdout.lstrip("v").split(".")[0])
        wanted = [(name, newest if major >= least else older) for name, newest, least, older in cls.PACKAGES]
        if not all(version == cls.version_there(name) for name, version in wanted):
            foot.step("npm installs the peers")
            try:
                os.makedirs(cls.folder(), exist_ok=True)
                done = subprocess.run(["npm", "install", "--prefix", cls.folder(), "--no-audit", "--no-fund", "--ignore-scripts",
                                       *(f"{name}@{version}" for name, version in wanted)],
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=120)
                why = done.stderr.strip().split("\n")[0] if done.returncode else ""
            except OSError as e:
                why = e.strerror
            except subprocess.TimeoutExpired:
                why = "it did not end in two minutes"
            if why:
                cls.installed = f"npm could not install its peers: {why}"
                return cls.installed
        cls.installed = wanted
        return wanted

    @staticmethod
    def folder():
        return f"{os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')}/rowferry/npm"

    @classmethod
    def version_there(cls, name):
        try:
            with open(f"{cls.folder()}/node_modules/{name}/package.json") as f:
                return json.load(f)["version"]
        except (OSError, ValueError, KeyError):
            return None

    def read(self, name):
        s = self.source()
        count = f"{settings.dir}/count"
        r = run([["node", f"{settings.TOP}/t/bench/zongji.mjs", self.folder(), name, s.sock, "root", s.log(), str(s.log_size())]], self.name, False,
                stdout=count, servers={"source server": s})
        with open(count) as f:
            text = f.read().strip()
        if text != str(rows_in(self.kind, self.workload)):
            fail(f"{self.name}: {name} counts {text} rows, the tap {rows_in(self.kind, self.workload)}")
        return r

    def measure(self):
        peers = self.install()
        if isinstance(peers, str):
            say(f"{self.name}: left out, {peers}")
            return
        a, *bs = in_turn(self.ours, *(lambda _, name=name: self.read(name) for name, _ in peers))
        best = min(range(len(peers)), key=lambda i: median(bs[i], cpu))
        for i, (name, version) in enumerate(peers):
            if i != best:
                page.note("tap", f"{self.name}: {name} {version} takes {spread(bs[i], wall)} s wall, {spread(bs[i], cpu)} s CPU, {mib(bs[i])} MiB.")
        name, version = peers[best]
        self.add(a, bs[best], f"{name} {version}", factor(median(bs[best], cpu) / median(a, cpu)), "x its rows per CPU s", Wanted(">=", 10, 20))


class TapFile(Tap):
    """The tap reads the file itself."""

    cost = 30

    def ours(self, _=0, perf=None):
        return run([["binlog-tap", "--file", self.source().log_path()]], self.name, True, perf=perf)

    def peer(self, _):
        return run([["mariadb-binlog", "--no-defaults", "-v", "--base64-output=decode-rows", self.source().log_path()]], self.name, False)

    def measure(self):
        self.source().ask("FLUSH BINARY LOGS")
        a, b = in_turn(self.ours, self.peer)
        self.add(a, b, "mariadb-binlog -v", factor(median(b, cpu) / median(a, cpu)), "x its rows per CPU s", Wanted(">=", 4, 8, "and 3 M"),
                 self.rows / median(a, cpu) >= 3e6)


class Filter(Line):
    """A filter that reads a saved stream."""

    cost = 5

    def __init__(self, name, kind, workload, command):
        super().__init__(name, kind, workload)
        self.command = command

    def ours(self, _=0, perf=None):
        return run([self.command()], self.name, True, stdin=stream_of(self.kind, self.workload), perf=perf)

    def add(self, a, b, peer, unit, wanted):
        value = factor(median(b, wall) / median(a, wall))
        size = os.path.getsize(stream_of(self.kind, self.workload)) / 1e6
        page.add("filters", self.name, [f"{self.rows:,}", f"{size:.0f}", *side(a), f"{size / median(a, wall):,.0f}", mib(a), peer, *side(b)],
                 f"{value} {unit}", wanted, value)


class FilterPass(Filter):
    """One that does not look in, between cat and nothing, beside another cat."""

    def ours(self, _=0, perf=None):
        return run([["cat", stream_of(self.kind, self.workload)], self.command()], self.name, True, perf=perf)

    def peer(self, _):
        return run([["cat", stream_of(self.kind, self.workload)], ["cat"]], self.name, False)

    def measure(self):
        stream_of(self.kind, self.workload)
        a, b = in_turn(self.ours, self.peer)
        self.add(a, b, "cat", "of its bytes a second", Wanted(">=", 0.5, 0.8))


class FilterRows(Filter):
    """One that looks into every row, beside the tap that makes the stream."""

    def peer(self, _):
        s = self.source()
        return run([tap(s)], self.name, True, servers={"source server": s})

    def measure(self):
        stream_of(self.kind, self.workload)
        a, b = in_turn(self.ours, self.peer)
        self.add(a, b, "binlog-tap", "of the tap's rows a second", Wanted(">=", 1, None, "(not the slowest)"))


def where():
    return ["rowfilter", "--where", "k % 2 = 0"]


def columns():
    path = f"{settings.dir}/rules"
    with open(path, "w") as f:
        f.write("table bench.t* -> bench.t*\n\trename c -> d, pad -> filling\ndatabase bench -> bench\n")
    return ["rowmap", "--ddl", "pass", "--rules", path]


class StreamBytes(Line):
    can_be_profiled = False
    cost = 2

    def measure(self):
        stream, log = os.path.getsize(stream_of(self.kind, self.workload)), self.source().log_size()
        value = round(stream / log, 3)
        page.add("bytes", self.name, [f"{self.rows:,}", f"{log / 1e6:.1f}", f"{stream / 1e6:.1f}"], str(value), Wanted("<=", 1.3, 1.0), value)


class Pipe(Line):
    """From one server to another, beside the servers' own replication at its best number of threads."""

    is_applied = True
    cost = 80

    def same(self, s, t, who):
        wrong = differences(s, t)
        if wrong:
            fail(f"{self.name}: after {who} source and target differ: {', '.join(wrong[:5])}{' ...' if len(wrong) > 5 else ''}")

    def ours(self, _=0, perf=None):
        s, t = self.source(), target(self.kind, self.workload)
        position = first_position(s, self.workload)
        r = run([tap(s, start=f"gtid:{position}" if position else "earliest"), sink(t)], self.name, True,
                servers={"source server": s, "target server": t}, perf=perf)
        self.same(s, t, "our run")
        t.end(wipe=True)
        return r

    def replica(self, threads, is_first):
        s, t = self.source(), target(self.kind, self.workload)
        start = t.follow(s, first_position(s, self.workload), threads)
        r = Run()
        end = s.gtid()
        before = s.cpu() + t.cpu()
        begin = time.monotonic()
        t.ask(start)
        if not t.wait_for(end):
            fail(f"{self.name}: the replica did not come to the end of the log")
        r.wall = time.monotonic() - begin
        r.server = s.cpu() + t.cpu() - before
        if is_first:
            self.same(s, t, "the replica's run")
        t.end(wipe=True)
        return r

    def alone(self, _):
        """What the target takes for the like of this workload on rows that it has: no client, no text and no other's log are in the way."""
        s, t = self.source(), target(self.kind, self.workload)
        run([tap(s), sink(t)], self.name, False)
        low, high = t.ask("CREATE DATABASE alone; CREATE TABLE alone.t0 LIKE bench.t0; SELECT MIN(id), MAX(id) FROM bench.t0")[0]
        chunks = range(low, high + 1, 10000)

        def change(mine):
            rows = 0
            with t.session() as con, con.cursor() as cur:
                cur.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
                for i, at in enumerate(mine):
                    here = f"WHERE id >= {at} AND id < {at + 10000}"
                    rows += cur.execute(f"INSERT INTO alone.t0 SELECT * FROM bench.t0 {here}")
                    if i % 7 in (1, 3):
                        rows += cur.execute(f"UPDATE alone.t0 SET k = k + 1, pad = REVERSE(pad) {here}")
                    if i % 7 == 5:
                        rows += cur.execute(f"DELETE FROM alone.t0 {here}")
            return rows

        r = Run()
        before = t.cpu()
        begin = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            r.rows = sum(pool.map(change, (chunks[0::2], chunks[1::2])))
        r.wall = time.monotonic() - begin
        r.server = t.cpu() - before
        t.end(wipe=True)
        return r

    def candidates(self):
        one = 1 if self.kind == MYSQL else 0
        if settings.quick:
            return [4]
        return [one, 2, 4, 8] if self.workload in ("bulk", "hundred", "one") else [one, 4]

    def measure(self):
        s = self.source()
        tried = {}
        candidates = self.candidates()
        for n in candidates if len(candidates) > 1 else []:
            foot.step(f"the replica with {n} threads")
            with time_of("looking for the replica's best"):
                tried[n] = self.replica(n, False).wall
        best = min(tried, key=tried.get) if tried else candidates[0]
        a, b = in_turn(self.ours, lambda n: self.replica(best, n == 0))
        value = factor(median(b, wall) / median(a, wall))
        if tried:
            page.note("pipe", f"{self.name}: the replica's wall time by threads: {', '.join(f'{n}: {w:.1f} s' for n, w in tried.items())}.")

        if self.workload == "bulk":
            foot.step("the target alone")
            c = [self.alone(n) for n in range(settings.rounds)]
            page.note("pipe", f"{self.name}: the target alone, {c[0].rows:,} rows of the like by INSERT ... SELECT, UPDATE and DELETE of ranges in two sessions: "
                              f"{spread(c, wall)} s, {c[0].rows / median(c, wall) / 1000:.1f} k rows/s, {spread(c, server)} s of its CPU.")

        def k(runs):
            return f"{self.rows / median(runs, wall) / 1000:.1f}"

        wanted = Wanted("", None) if self.workload == "huge" else Wanted(">=", 3, 10) if self.workload == "one" else Wanted(">=", 1.5, 3)
        page.add("pipe", self.name, [f"{self.rows:,}", f"{s.log_size() / 1e6:.0f}", spread(a, wall), k(a), spread(a, cpu), spread(a, server),
                                     f"replica, {best} threads", spread(b, wall), k(b), spread(b, server)],
                 f"{value} x its rows a second", wanted, value)


class Copy(Line):
    """The tables of a server onto an empty one, to where the pipeline goes on."""

    is_applied = True
    cost = 60

    def __init__(self, name, kind, workload, peer):
        super().__init__(name, kind, workload)
        self.how = peer

    def same(self, s, t, who):
        wrong = differences(s, t)
        if wrong:
            fail(f"{self.name}: after {who} source and target differ: {', '.join(wrong[:5])}{' ...' if len(wrong) > 5 else ''}")

    def run(self, who, commands, ours, perf=None):
        s, t = self.source(), target(self.kind)
        r = Run()
        for c in commands(s, t):
            one = run(c, self.name, ours, servers={"source server": s, "target server": t}, perf=perf)
            for what in ("wall", "user", "sys", "server"):
                setattr(r, what, getattr(r, what) + getattr(one, what))
            r.rss = max(r.rss, one.rss)
            r.stages |= one.stages
        self.same(s, t, who)
        t.end(wipe=True)
        return r

    def ours(self, _=0, perf=None):
        return self.run("our run", lambda s, t: [[["rowcopy", *s.login(), "--include", "bench"], sink(t)]], True, perf)

    def peer(self, _):
        folder = f"{settings.dir}/dump"
        shutil.rmtree(folder, ignore_errors=True)

        def by_dump(s, t):
            if not s.is_mysql:
                dump, client = ["mariadb-dump", "--master-data=2"], "mariadb"
            else:
                home = subprocess.run([f"{settings.TOP}/scripts/getserver", MYSQL], stdout=subprocess.PIPE, text=True).stdout.strip()
                dump, client = [f"{home}/cmd/mysqldump", "--source-data=2"], f"{home}/cmd/mysql"
            return [[[dump[0], *s.login(), dump[1], "--single-transaction", "--databases", "bench"], [client, *t.login()]]]

        def by_mydumper(s, t):
            return [[["mydumper", "--socket", s.sock, "--user", "root", "--database", "bench", "--outputdir", folder]],
                    [["myloader", "--socket", t.sock, "--user", "root", "--directory", folder]]]

        return self.run(self.how, by_mydumper if self.how.startswith("mydumper") else by_dump, False)

    def measure(self):
        a, b = in_turn(self.ours, self.peer)
        s = self.source()
        for (table,) in s.ask("SHOW TABLES FROM bench"):
            s.ask(f"ANALYZE NO_WRITE_TO_BINLOG TABLE bench.{table}")
        mb = s.ask("SELECT SUM(data_length) DIV 1000000 FROM information_schema.tables WHERE table_schema = 'bench'")[0][0]
        value = factor(median(b, wall) / median(a, wall))
        page.add("copy", self.name, [str(mb), spread(a, wall), spread(a, cpu), spread(a, server), mib(a), self.how, spread(b, wall), spread(b, cpu), spread(b, server)],
                 f"{value} x its speed", Wanted(">=", 1), value)


class Latency(Line):
    """From a commit on the source to its being visible on the target."""

    can_be_profiled = False

    def __init__(self, name, kind, rate):
        super().__init__(name, kind, None)
        self.rate = rate
        self.commits = (200 if rate < 1000 else 1000) if settings.quick else (500 if rate < 1000 else 5000)

    def seconds(self):
        return 2 * settings.rounds * (self.commits / self.rate + 2)

    def one(self, follow):
        """follow(target, position) starts it and returns what ends it."""
        s, t = self.here, target(self.kind)
        s.ask("CREATE DATABASE IF NOT EXISTS bench_latency; DROP DATABASE bench_latency")
        end = follow(t, s.gtid())
        out = subprocess.run([f"{settings.TOP}/build/bench/latency", s.sock, t.sock, "root", str(self.commits), str(self.rate)], stdout=subprocess.PIPE, text=True)
        if out.returncode:
            fail(f"{self.name}: latency ended with {out.returncode}")
        end()
        t.end(wipe=True)
        return [int(x) / 1000 for x in re.findall(r"-?\d+", out.stdout)]

    def by_pipe(self, t, position):
        tapped = runs.start(["binlog-tap", *self.here.login(), "--start-at", f"gtid:{position}"], stdout=subprocess.PIPE)
        sinking = runs.start(sink(t), stdin=tapped.stdout)
        tapped.stdout.close()

        def end():
            tapped.terminate()
            if tapped.wait() or sinking.wait():
                fail(f"{self.name}: the pipeline ended with {tapped.returncode} {sinking.returncode}")
        return end

    def by_replica(self, t, position):
        t.ask(t.follow(self.here, position, 4 if t.is_mysql else 0))
        return lambda: None

    def measure(self):
        self.here = Server("lat", self.kind, "--sync-binlog=1", "--innodb-flush-log-at-trx-commit=1")
        self.here.add_user()
        a, b = in_turn(lambda _: self.one(self.by_pipe), lambda _: self.one(self.by_replica))
        self.here.end(wipe=True)
        p50, p99 = (factor(statistics.median(r[i] for r in a) / max(0.001, statistics.median(r[i] for r in b))) for i in (0, 1))
        page.add("latency", self.name, [str(self.commits), *(spread(a, lambda r, i=i: r[i]) for i in (0, 1)), "replica",
                                        *(spread(b, lambda r, i=i: r[i]) for i in (0, 1)), *(spread(a, lambda r, i=i: r[i]) for i in (2, 4))],
                 f"p50 {p50}, p99 {p99} x its delay", Wanted("<=", 1.5, 1), max(p50, p99))


class Start(Line):
    """From the start of the chain to the first row on the target, with 2,000 tables on both sides."""

    can_be_profiled = False
    cost = 10

    def measure(self):
        s, t = source(self.kind, "many", True), target(self.kind, "many")
        s.sums = None
        for n in range(settings.rounds):  # of an earlier time
            s.ask(f"DELETE FROM bench.t{n + 7} WHERE id < 0")
        run([tap(s, start=f"gtid:{first_position(s, 'many')}"), sink(t)], self.name, True)
        took = []
        for n in range(settings.rounds):
            foot.step(f"round {n + 1} of {settings.rounds}")
            s.ask(f"INSERT INTO bench.t{n + 7} VALUES ({-1 - n}, 1, 'first', 'row')")
            begin = time.monotonic()
            position = subprocess.run(["mysql-sink", *t.login(), "--pipeline", "bench", "--print-position"], stdout=subprocess.PIPE, text=True).stdout.strip()
            tapped = runs.start(["binlog-tap", *s.login(), "--start-at", position], stdout=subprocess.PIPE)
            sinking = runs.start(sink(t), stdin=tapped.stdout)
            tapped.stdout.close()
            while not t.ask(f"SELECT 1 FROM bench.t{n + 7} WHERE id = {-1 - n}"):
                if time.monotonic() - begin > 60:
                    fail(f"{self.name}: the row did not arrive")
            took.append(time.monotonic() - begin)
            tapped.terminate()
            if tapped.wait() or sinking.wait():
                fail(f"{self.name}: the pipeline ended with {tapped.returncode} {sinking.returncode}")
        t.end(wipe=True)
        value = round(statistics.median(took), 3)
        page.add("start", self.name, [str(workloads.many_tables(s.rows)), spread(took, lambda x: x)], f"{value} s", Wanted("<=", 1, 0.2, "s"), value)


def lines():
    """All, those of one source together, so that it is made once and held no longer than that."""
    table = {}

    def add(line):
        table[line.name] = line

    for kind, short in ((MARIA, "mariadb"), (MYSQL, "mysql")):
        for w in workloads.WORKLOADS:
            add(TapLive(f"tap-live-{short}-{w}", kind, w))
            if w in ("bulk", "one"):
                add(TapCpu(f"tap-cpu-{short}-{w}", kind, w))
                if kind == MARIA:
                    add(TapFile(f"tap-file-{short}-{w}", kind, w))
                    add(FilterPass(f"filter-pass-{w}", kind, w, lambda: ["rowfilter", "--exclude", "no.such"]))
                    add(FilterRows(f"filter-where-{w}", kind, w, where))
                    add(FilterRows(f"map-columns-{w}", kind, w, columns))
            add(StreamBytes(f"stream-bytes-{short}-{w}", kind, w))
            add(Pipe(f"pipe-{short}-{w}", kind, w))
        dump = "mysqldump, mysql" if kind == MYSQL else "mariadb-dump, mariadb"
        for w in ("bulk", "wide"):
            add(Copy(f"copy-{short}-{w}-dump", kind, w, dump))
            if kind == MARIA:
                add(Copy(f"copy-{short}-{w}-mydumper", kind, w, "mydumper, myloader"))
        add(Start(f"start-many-{short}", kind, None))
        add(Latency(f"latency-{short}-idle", kind, 50))
        add(Latency(f"latency-{short}-1000", kind, 1000))
    return table

"""The servers of scripts/bench: sources, each with a workload in its log, and targets, which begin empty."""

import os
import re
import shutil
import subprocess

import pymysql

import settings
import workloads
from progress import fail, foot, time_of

TICK = os.sysconf("SC_CLK_TCK")
versions = {}  # kind: what a server of it says of itself


class Server:
    running = []

    def __init__(self, name, kind, *more, redo_mb=1024):
        self.dir = f"{settings.dir}/{name}"
        self.kind = kind
        self.is_mysql = kind.startswith("mysql")
        redo = f"--innodb-redo-log-capacity={2 * redo_mb}M" if self.is_mysql else f"--innodb-log-file-size={redo_mb}M"
        with time_of("starting servers"):
            out = subprocess.run([f"{settings.TOP}/scripts/server", "start", self.dir, "--server", kind, "--innodb-buffer-pool-size=1G", redo,
                                  "--max-binlog-size=1G", "--binlog-expire-logs-seconds=0", "--binlog-row-metadata=FULL",
                                  "--max-allowed-packet=64M", *more], stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
        if out.returncode:
            fail(f"could not start {name}")
        for key, value in re.findall(r"^(SOCK|PORT|PID)=(.*)$", out.stdout, re.M):
            setattr(self, key.lower(), value.strip("'"))
        Server.running.append(self)
        self.con = None
        self.sums = None
        self.row_count = None
        if kind not in versions:
            versions[kind] = self.ask("SELECT VERSION()")[0][0]

    def session(self):
        return pymysql.connect(unix_socket=self.sock, user="root", autocommit=True, charset="utf8mb4")

    def ask(self, sql):
        """All rows of the last statement of a list that is separated by "; "."""
        if not self.con:
            self.con = self.session()
        with self.con.cursor() as cur:
            for s in sql.split("; "):
                cur.execute(s)
            return cur.fetchall()

    def cpu(self):
        with open(f"/proc/{self.pid}/stat") as f:
            fields = f.read().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def program(self):
        return "mysqld" if self.is_mysql else "mariadbd"

    def end(self, wipe=False, clean=False):
        """A clean stop takes long, so only what will be started again has one."""
        Server.running.remove(self)
        how = "stop" if clean or settings.keep and not wipe else "wipe"
        with time_of("stopping servers"):
            if how == "stop" and self.is_mysql:
                self.end_dumps()
            if self.con:
                self.con.close()
            return not subprocess.run([f"{settings.TOP}/scripts/server", how, self.dir], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL).returncode

    def end_dumps(self):
        """Its threads that sent the log to somebody who is gone: it would wait ten seconds for them."""
        for (n,) in self.ask("SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'"):
            try:
                self.ask(f"KILL {n}")
            except pymysql.err.OperationalError:
                pass  # it saw it itself

    def login(self):
        return ["--no-defaults", "--socket", self.sock, "--user", "root"]

    def log(self):
        """The log that has the workload: there is one, others are of later starts."""
        return self.ask("SHOW BINARY LOGS")[0][0]

    def log_path(self):
        return f"{self.dir}/data/{self.log()}"

    def log_size(self):
        return os.path.getsize(self.log_path())

    def gtid(self):
        return self.ask("SELECT @@gtid_executed" if self.is_mysql else "SELECT @@gtid_binlog_pos")[0][0].replace("\n", "")

    def gtid_of(self, n):
        """The position behind the first n transactions of its log."""
        return f"{self.ask('SELECT @@server_uuid')[0][0]}:1-{n}" if self.is_mysql else f"0-{self.ask('SELECT @@server_id')[0][0]}-{n}"

    def add_user(self):
        """For replicas; not in the log."""
        how = " IDENTIFIED WITH caching_sha2_password BY ''" if self.is_mysql else ""
        self.ask(f"SET sql_log_bin = 0; CREATE USER bench@'%'{how}; GRANT ALL ON *.* TO bench@'%'; SET sql_log_bin = 1")

    def follow(self, s, position, threads):
        """Makes it a replica of s, from a position on ("" is the beginning). Returns what starts it."""
        if self.is_mysql:
            if position:
                self.ask(f"SET GLOBAL gtid_purged = '{position}'")
            self.ask(f"SET GLOBAL replica_parallel_workers = {threads}; SET GLOBAL replica_preserve_commit_order = ON; "
                     f"CHANGE REPLICATION SOURCE TO source_host = '127.0.0.1', source_port = {s.port}, source_user = 'bench', "
                     "source_auto_position = 1, get_source_public_key = 1")
            return "START REPLICA"
        self.ask(f"SET GLOBAL gtid_slave_pos = '{position}'; SET GLOBAL slave_parallel_threads = {threads}; "
                 f"SET GLOBAL slave_parallel_mode = 'optimistic'; CHANGE MASTER TO master_host = '127.0.0.1', master_port = {s.port}, "
                 "master_user = 'bench', master_use_gtid = slave_pos")
        return "START SLAVE"

    def wait_for(self, position):
        """True when a replica came to a position."""
        how = "WAIT_FOR_EXECUTED_GTID_SET" if self.is_mysql else "MASTER_GTID_WAIT"
        return self.ask(f"SELECT {how}('{position}', 3000)")[0][0] == 0

    def checksums(self):
        """Of all tables of database bench."""
        tables = [r[0] for r in self.ask("SHOW TABLES FROM bench")]
        return dict(self.ask("CHECKSUM TABLE " + ", ".join(f"bench.`{t}`" for t in tables))) if tables else {}

    def content(self, table):
        """Count and sum over the rows of one, by values alone and not by how the server stores them."""
        schema, name = table.split(".")
        columns = [r[0] for r in self.ask(f"SELECT column_name FROM information_schema.columns WHERE table_schema = '{schema}' "
                                          f"AND table_name = '{name}' ORDER BY ordinal_position")]
        quoted = ", ".join(f"QUOTE(`{c}`)" for c in columns)
        return self.ask(f"SELECT COUNT(*), SUM(CRC32(CONCAT_WS(',', {quoted}))) FROM {table}")[0]


def differences(s, t):
    """The tables of database bench that are not the same on both."""
    with time_of("comparing source and target"):
        if s.sums is None:
            s.sums = s.checksums()
        theirs = t.checksums()
        names = sorted(set(s.sums) | set(theirs))
        return [n for n in names if n not in s.sums or n not in theirs or (s.sums[n] != theirs[n] and s.content(n) != t.content(n))]


sources = {}


def source(kind, workload, applied=False):
    """A server whose log holds a workload and nothing else. applied: in the size for what applies it."""
    n = workloads.rows(workload, settings.quick, applied)
    name = f"src-{kind}-{workload}-{n}"
    if name in sources:
        return sources[name]
    while len(sources) > 1:  # memory
        sources.pop(next(iter(sources))).end()
    is_new = not os.path.exists(f"{settings.dir}/{name}/filled")
    if is_new:
        shutil.rmtree(f"{settings.dir}/{name}", ignore_errors=True)
    s = Server(name, kind)
    s.rows = n
    if is_new:
        foot.step(f"making {workload}, {n:,} rows")
        with time_of("making sources"):
            s.add_user()
            s.ask("RESET BINARY LOGS AND GTIDS" if s.is_mysql else "RESET MASTER")
            client = subprocess.Popen(["mariadb", *s.login(), "--max-allowed-packet=64M", "--default-character-set=utf8mb4", "--binary-mode"],
                                      stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
            for piece in workloads.sql(workload, n):
                client.stdin.write(piece.encode())
            client.stdin.close()
            if client.wait():
                fail(f"could not make workload {workload}")
        open(f"{s.dir}/filled", "w").close()
    sources[name] = s
    return s


def with_tables(kind, workload):
    """The data of a server that has the tables of a workload, for a target to begin with: making them is not what is measured."""
    n = workloads.rows(workload, settings.quick, True)
    name = f"tables-{kind}-{n}"
    data = f"{settings.dir}/{name}/data"
    if not os.path.exists(f"{settings.dir}/{name}/filled"):
        shutil.rmtree(f"{settings.dir}/{name}", ignore_errors=True)
        foot.step("making a target with its tables")
        s = Server(name, kind, redo_mb=32)
        client = subprocess.run(["mariadb", *s.login(), "--init-command=SET sql_log_bin = 0"], input=workloads.sql_of_tables(workload, n)[0], text=True)
        if client.returncode or not s.end(clean=True):
            fail("could not make a target with tables")
        if s.is_mysql:
            os.remove(f"{data}/auto.cnf")
        open(f"{s.dir}/filled", "w").close()
    return data


def target(kind, workload=None):
    """A server with everything durable. It is empty, or has the tables of a workload of many."""
    shutil.rmtree(f"{settings.dir}/target", ignore_errors=True)
    own = ["--local-infile=ON"] if kind.startswith("mysql") else ["--log-slave-updates=ON"]
    if workload == "many":
        data = with_tables(kind, workload)
        os.makedirs(f"{settings.dir}/target")
        with time_of("starting servers"):
            subprocess.run(["cp", "-a", "--reflink=auto", "--sparse=always", data, f"{settings.dir}/target/data"], check=True)
        with open(f"{settings.dir}/target/kind", "w") as f:
            f.write(f"{kind}\n")
        own.append("--table-open-cache=4000")
    return Server("target", kind, "--sync-binlog=1", "--innodb-flush-log-at-trx-commit=1", *own)


def first_position(s, workload):
    """Where a target of target(kind, workload) begins: "" is the beginning."""
    return s.gtid_of(workloads.sql_of_tables(workload, s.rows)[1]) if workload == "many" else ""

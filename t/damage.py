#!/usr/bin/python3
"""Runs a program on a stream with every prefix cut or every byte changed, and looks at what it does.

    damage.py cuts  FILE [STEP] -- PROGRAM ARG...
    damage.py flips FILE [STEP] -- PROGRAM ARG...
    damage.py bits FILE [STEP] -- PROGRAM ARG...     one bit of each byte, not always the same

For each cut: exit 111; for each changed byte: exit 102, or 111 where the change is seen as a cut. One line with
"error: ", no signal, no hang, and on stdout exactly what comes of the whole frames before the damage.
STEP looks at every STEPth byte only. Prints one line a kind of failure, and how many cases there were.
"""
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rowstream  # noqa: E402

LIMIT_S = 20
CHANGES = (0xff, 0x01, 0x80)


class Runner:
    def __init__(self, argv):
        self.argv = argv
        self.fds = [os.memfd_create(n) for n in ("in", "out", "err")]
        self.actions = [(os.POSIX_SPAWN_DUP2, fd, i) for i, fd in enumerate(self.fds)]
        signal.signal(signal.SIGALRM, lambda *_: None)

    def run(self, data):
        """(exit code, stdout, stderr); -9 if it did not end."""
        for fd in self.fds:
            os.ftruncate(fd, 0)
            os.lseek(fd, 0, os.SEEK_SET)
        os.pwrite(self.fds[0], data, 0)
        pid = os.posix_spawnp(self.argv[0], self.argv, os.environ, file_actions=self.actions)
        signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
        signal.alarm(LIMIT_S)
        _, status = os.waitpid(pid, 0)
        signal.alarm(0)
        out, err = (os.pread(fd, os.fstat(fd).st_size, 0) for fd in self.fds[1:])
        return os.waitstatus_to_exitcode(status), out, err


def main(args):
    split = args.index("--")
    what, name = args[0], args[1]
    step = int(args[2]) if split > 2 else 1
    runner = Runner(args[split + 1:])
    good = rowstream.read(name)
    starts = [at for at, _, _ in rowstream.frames(good)]
    code, whole, err = runner.run(good)
    failures = {}

    def fail(why, case, err=b""):
        failures.setdefault(why, []).append("%s (stderr: %r)" % (case, err[:200]))

    if code != 0 or err:
        fail("the whole stream is not taken with exit 0 and silence: exit %d" % code, "", err)
    before = []  # the output of the frames before each frame
    for start in starts:
        out = runner.run(good[:start])[1]
        if not whole.startswith(out) or (before and len(out) < len(before[-1])):
            fail("the output of a cut stream is not the beginning of the whole one's", "cut at %d" % start)
        before.append(out)
    cases = 0

    def judge(data, at, codes, case):
        nonlocal cases
        cases += 1
        frame = max(i for i, start in enumerate(starts) if start <= at)
        code, out, err = runner.run(data)
        if code not in codes:
            fail("exit %d" % code, case, err)
        if err.count(b"error: ") != 1 or err.count(b"\n") != 1 or not err.endswith(b"\n"):
            fail("not one error line", case, err)
        if out != before[frame]:
            fail("the output is not that of the frames before", case, err)

    for at in range(0, len(good), step):
        if what == "cuts":
            judge(good[:at], at, (111,), "cut at %d" % at)
            continue
        for change in CHANGES if what == "flips" else (1 << at % 8,):
            data = bytearray(good)
            data[at] ^= change
            judge(bytes(data), at, (102, 111), "byte %d xor %02x" % (at, change))
    for why, where in failures.items():
        print("%s: %d times, first %s" % (why, len(where), where[0]))
    print("%d cases, %d kinds of failure" % (cases, len(failures)))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

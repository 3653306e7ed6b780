# terminal.py FILE COLUMNS COMMAND...: runs COMMAND with a terminal of that width as its standard error and controlling
# terminal; standard input and output stay. What it writes there goes to FILE as it comes, FILE.keys is a pipe whose
# bytes are typed in. The exit code is COMMAND's.
import fcntl, os, pty, select, struct, sys, termios

name, columns, argv = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
os.mkfifo(name + ".keys")
keys = os.open(name + ".keys", os.O_RDWR)
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    os.dup2(slave, 2)
    os.environ["TERM"] = os.environ.get("TEST_TERM", "xterm")
    os.closerange(3, 100)
    os.execvp(argv[0], argv)
os.close(slave)
with open(name, "wb", buffering=0) as out:
    while True:
        ready, _, _ = select.select([master, keys], [], [])
        if keys in ready:
            os.write(master, os.read(keys, 1))
        if master in ready:
            try:
                data = os.read(master, 65536)
            except OSError:  # nobody has it open any more
                break
            if not data:
                break
            out.write(data)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)

#!/bin/bash
# Both ends of a pipe work at a time: a pipe as it is made holds less than what a program writes at once, so they took turns.
. t/lib.sh

cat >"$T/sizes.py" <<'EOT'
import fcntl, os, subprocess, sys

(r, w), (r2, w2), (probe, _) = os.pipe(), os.pipe(), os.pipe()
try:
    fcntl.fcntl(probe, fcntl.F_SETPIPE_SZ, 1 << 19)
except OSError:
    sys.exit("refused")
if len(sys.argv) > 1:
    fcntl.fcntl(r, fcntl.F_SETPIPE_SZ, 1 << 20)
p = subprocess.Popen(["rowfilter"], stdin=r, stdout=w2)
os.write(w, b"not a stream")
os.close(w)
p.wait()
print(fcntl.fcntl(r, fcntl.F_GETPIPE_SZ), fcntl.fcntl(r2, fcntl.F_GETPIPE_SZ))
EOT
sizes=$(/usr/bin/python3 "$T/sizes.py" 2>"$T/err")
grep -q refused "$T/err" && skip_all 'the kernel does not let this user widen pipes'
is "$sizes" '524288 524288' 'its input and its output are widened'
is "$(/usr/bin/python3 "$T/sizes.py" wide 2>/dev/null)" '1048576 524288' 'one that is wider stays so'
done_testing

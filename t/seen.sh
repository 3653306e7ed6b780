# For the tests of what programs show of themselves (sourced after t/lib.sh): asks them over HTTP, reads their status files.
# shellcheck shell=bash

cat >"$T/get.py" <<'EOT'
# get.py ADDR PATH [METHOD]: prints the body, or the status if that is not 200
import socket, sys

addr, path, method = sys.argv[1], sys.argv[2], (sys.argv[3:] or ["GET"])[0]
if addr.startswith("unix:"):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect(addr[5:])
else:
    host, port = addr.rsplit(":", 1)
    s = socket.create_connection((host.strip("[]"), int(port)), 20)
s.sendall(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
data = b""
while d := s.recv(65536):
    data += d
head, _, body = data.partition(b"\r\n\r\n")
status = head.split(None, 2)[1].decode()
if status == "200":
    sys.stdout.buffer.write(body)
else:
    print(status)
EOT

get() # ADDR PATH [METHOD]
{
	/usr/bin/python3 "$T/get.py" "$@"
}

metric() # ADDR NAME: its value; NAME without rowferry_, with its labels
{
	get "$1" /metrics 2>/dev/null | awk -v name="rowferry_$2" '$1 == name { print $2 }'
}

metric_is() # ADDR NAME VALUE
{
	[ "$(metric "$1" "$2")" = "$3" ]
}

metric_over() # ADDR NAME VALUE: it is there, and greater
{
	metric "$1" "$2" | awk -v want="$3" '$1 > want { found = 1 } END { exit !found }'
}

shown() # ADDR FILTER: of the JSON object, by jq
{
	get "$1" /status 2>/dev/null | jq -r "$2"
}

shown_is() # ADDR FILTER VALUE
{
	[ "$(shown "$1" "$2")" = "$3" ]
}

# big_stream: a transaction of more than fits into a pipe
big_stream()
{
	{
		hello off=4
		orders
		begin 4
		awk 'BEGIN { for (i = 1; i <= 40000; i++)
			printf "{\"insert\":\"shop.orders\",\"t\":1,\"f\":%d,\"off\":%d,\"new\":{\"id\":%d,\"name\":\"%020d\",\"price\":\"1.00\"}}\n", i / 500, 1000 + i / 500, i, i }'
		commit 900 40000
		end 900
	} | rowundump
}

# metrics_at PIPELINE N: where the Nth program of a pipeline, which was given port 0, said that it answers
metrics_at()
{
	wait_for 20 grep -q 'info: metrics are at ' "$T/$1.$2.err" && sed -n 's/.*info: metrics are at //p' "$T/$1.$2.err"
}

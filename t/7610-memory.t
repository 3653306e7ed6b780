#!/bin/bash
# No memory: with a limit on its address space, anywhere between too little to load and enough, each program does all of its
# work or ends with 111 and one line, and nothing is lost or there twice. (ROWFERRY_LONG=1 looks at more limits.)
. t/lib.sh
. t/sink.sh
! grep -q __asan_init "$BIN/rowdump" 2>/dev/null || skip_all 'a sanitized program needs terabytes of addresses'
step=${ROWFERRY_LONG:+50}
step=${step:-500}

rows=8000
{
	hello off=4 gtid=0-1-1
	orders
	for trx in 1 2; do
		begin $((trx * 100)) 0-1-$((trx + 1))
		awk -v from=$((trx * rows)) -v n=$rows 'BEGIN { for (i = from + 1; i <= from + n; i++)
			printf "{\"insert\":\"shop.orders\",\"t\":1,\"f\":%d,\"off\":%d,\"new\":{\"id\":%d,\"name\":\"%020d\",\"price\":\"1.00\"}}\n", i / 500, 1000 + i / 500, i, i }'
		commit $((trx * 100 + 50)) $rows
	done
	end 300
} >"$T/in.json"
rowundump "$T/in.json" >"$T/in.rs"
printf 'exclude a.b\nwhere name > "1"\n' >"$T/filter.rules"
printf 'table shop.orders -> shop.moved\n' >"$T/map.rules"

# what is the same each time: HELLO has the time of day, of which nothing is left in a line
same()
{
	if [[ ${name:-} == binlog-tap* ]]; then
		rowdump "$1" 2>&1 | sed 's/"time":[0-9]*//'
	else
		cat "$1"
	fi
}

# sweep NAME FROM TO STEP (KB) IN COMMAND...: what it prints is compared with what it prints without a limit
sweep()
{
	local name=$1 from=$2 to=$3 by=$4 in=$5 kb good=0 said=0 odd=''
	shift 5
	"$@" <"$in" >"$T/out" 2>/dev/null
	same "$T/out" >"$T/want"
	for ((kb = from; kb <= to; kb += by)); do
		timeout -k 5 60 prlimit --as=$((kb * 1024)) "$@" <"$in" >"$T/out" 2>"$T/err"
		judge $? "$T/want" || odd+="$kb KB: $VERDICT"$'\n'
	done
	is "$odd" '' "$name: does its work or says that it could not"
	ok "$name: both were seen ($good and $said times)" test $good -gt 0 -a $said -gt 0
}
# judge CODE [WANT]: sets VERDICT if it is wrong
judge()
{
	VERDICT=
	case $1 in
	0)
		good=$((good + 1))
		[ -z "${2:-}" ] || cmp -s "$2" <(same "$T/out") || VERDICT='exit 0, and not all is there'
		[ ! -s "$T/err" ] || VERDICT="exit 0, and it said $(head -c 300 "$T/err")"
		;;
	111)
		said=$((said + 1))
		[ "$(grep -c '^[a-z-]*: error: ' "$T/err")" = 1 ] && [ "$(grep -vc '^[a-z-]*: \(hint\|info\): ' "$T/err")" = 1 ] ||
			VERDICT="exit 111, and it said $(head -c 500 "$T/err")"
		;;
	*) # the loader of programs has no memory itself
		[ "$1" = 127 ] && grep -qE 'error while loading shared libraries|cannot allocate TLS data' "$T/err" ||
			VERDICT="exit $1, $(head -c 500 "$T/err")"
		;;
	esac
	[ -z "$VERDICT" ]
}
sweep rowundump 2500 7000 $step "$T/in.json" rowundump
sweep rowdump 2500 7000 $step "$T/in.rs" rowdump
sweep 'rowdump --pretty' 2500 7000 $step "$T/in.rs" rowdump --pretty
sweep 'rowdump --sql' 2500 7000 $step "$T/in.rs" rowdump --sql
sweep rowfilter 2500 7000 $step "$T/in.rs" rowfilter --rules "$T/filter.rules"
sweep rowmap 2500 7000 $step "$T/in.rs" rowmap --rules "$T/map.rules"
sweep 'rowfilter with a watcher' 2500 26000 $((step * 3)) "$T/in.rs" rowfilter --metrics "unix:$T/m.sock" --status-file "$T/status"

if grep -q libmysqlclient.so "$BIN/mysql-sink"; then
	skip 'those with a server' "Oracle's client library itself ends a process that is short of memory"
	done_testing
fi

# ---- those with a server: after all that, what is on the target is what the stream has
server_start dst --max-connections=500
server_start src
for s in src dst; do
	q $s 'CREATE DATABASE shop; CREATE TABLE shop.orders (id INT, name VARCHAR(20), price DECIMAL(8,2)) CHARACTER SET utf8mb4'
done
counted() { q dst 'SELECT COUNT(*), COUNT(DISTINCT id) FROM shop.orders' | tr '\t' ' '; }
sweep_sink() # NAME FROM TO STEP [option...]
{
	local name=$1 from=$2 to=$3 by=$4 kb good=0 said=0 odd='' was now
	shift 4
	was='0 0'
	q dst 'DROP DATABASE IF EXISTS rowferry; TRUNCATE shop.orders'
	for ((kb = from; kb <= to; kb += by)); do
		timeout -k 5 60 prlimit --as=$((kb * 1024)) mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline one "$@" <"$T/in.rs" >"$T/out" 2>"$T/err"
		judge $? || odd+="$kb KB: $VERDICT"$'\n'
		now=$(counted)
		# whole transactions, each row once
		case $now in
		'0 0' | "$rows $rows" | "$((2 * rows)) $((2 * rows))") ;;
		*) odd+="$kb KB: there are now $now rows"$'\n' ;;
		esac
		# all of it: once more from the beginning
		[ "$now" = "$was" ] || [ "${now%% *}" -gt "${was%% *}" ] || odd+="$kb KB: $was rows became $now"$'\n'
		was=$now
		[ "$now" != "$((2 * rows)) $((2 * rows))" ] || {
			q dst 'DELETE FROM rowferry.checkpoint; TRUNCATE shop.orders'
			was='0 0'
		}
	done
	is "$odd" '' "$name: does its work or says that it could not"
	ok "$name: both were seen ($good and $said times)" test $good -gt 0 -a $said -gt 0
	exits 0 "$name: and without a limit it does" sink "$@" <"$T/in.rs"
	is "$(counted)" "$((2 * rows)) $((2 * rows))" 'each row once'
}
sweep_sink mysql-sink 8000 36000 $((step * 2)) --workers 2
sweep_sink 'mysql-sink, one connection' 8000 16000 $step --workers 1
sweep_sink 'mysql-sink, large transactions' 8000 16000 $step --memory 64K --workers 1

q src 'USE shop; INSERT INTO orders SELECT seq, REPEAT("x", 20), 1 FROM seq_1_to_8000; INSERT INTO orders SELECT seq, REPEAT("y", 20), 1 FROM seq_1_to_8000'
sweep binlog-tap 6000 18000 $step /dev/null binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at earliest --stop-at now
cp "$T/src/data/bin.000001" "$T/bin.000001"
sweep 'binlog-tap --file' 6000 18000 $step /dev/null binlog-tap --no-defaults --socket "$SOCK_src" --user root --file "$T/bin.000001" --stop-at "bin.000001:$(stat -c %s "$T/bin.000001")"
done_testing

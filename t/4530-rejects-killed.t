#!/bin/bash
# mysql-sink is killed with -9 while it writes rejects, again and again: each row that was left out is in the file once,
# and the target has all others; also with workers, of which it writes the batches that have rejects by itself.
# ROWFERRY_KILLS=N: so many times at most (default 8); ROWFERRY_SEED repeats a run.
. t/lib.sh
. t/sink.sh

kills=${ROWFERRY_KILLS:-${ROWFERRY_LONG:+60}}
kills=${kills:-8}
RANDOM=${ROWFERRY_SEED:-$RANDOM$RANDOM}
n=$((kills < 7 ? 400 : kills * 60))
F=$T/rejects
server_start dst

# of each transaction one row has its place, one has not; they are of one table or of two
fresh()
{
	rm -f "$F"
	q dst 'DROP DATABASE IF EXISTS rowferry; DROP DATABASE IF EXISTS shop; CREATE DATABASE shop; USE shop;
		CREATE TABLE orders (id INT PRIMARY KEY, name VARCHAR(20), price DECIMAL(8,2)) CHARACTER SET utf8mb4;
		CREATE TABLE others LIKE orders; INSERT INTO '"$1"' SELECT 2 * seq, "old", 1 FROM seq_1_to_'"$n"
}
make() # TABLE
{
	local name=$1
	hello gtid=0-1-1; orders; orders others | sed 's/"id":1,/"id":2,/'
	t_table=shop.orders
	for ((i = 1; i <= n; i++)); do
		begin $((i * 10)) 0-1-$((i + 1)); insert $((2 * i - 1)) new 1.00; insert $((2 * i)) new 1.00; commit $((i * 10 + 10)) 2
	done | if [ "$name" = orders ]; then cat; else sed -E 's/"shop.orders","t":1(.*"id":[0-9]*[02468],)/"shop.others","t":2\1/'; fi
	end $((n * 10 + 10))
}
right() # TABLE
{
	local table=$1
	is "$(q dst 'SELECT COUNT(*), SUM(name = "new") FROM (SELECT name FROM shop.orders UNION ALL SELECT name FROM shop.others) t')" \
		"$((2 * n))"$'\t'"$n" 'the target has all other rows'
	rowdump "$F" >"$T/lines" 2>"$T/err"
	is "$?" 0 'the file is whole' || diag "$(err)"
	is "$(grep reason "$T/lines" | grep -o '"new":{"id":[0-9]*' | cut -d : -f 3 | xargs)" "$(seq -s ' ' 2 2 $((2 * n)))" 'and has each of the others once, in their order'
	is "$(grep -c '"begin"' "$T/lines")" "$n" 'in their transactions'
	q dst "DELETE FROM shop.$table WHERE name = 'old'"
	exits 0 'when there is room for them' sink2 one-rejects <"$F"
	is "$(q dst "SELECT COUNT(*), SUM(name = 'new') FROM shop.$table")" "$(q dst "SELECT $n * IF('$table' = 'orders', 2, 1), $n * IF('$table' = 'orders', 2, 1)")" 'they are applied'
}

killing() # NAME TABLE [option...]
{
	local name=$1 table=$2 killed=0 cut=0 k pid code
	shift 2
	make "$table" | rowundump >"$T/s.rs"
	fresh "$table"
	for ((k = 0; ; k++)); do
		mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline one --rejects "$F" -v "$@" <"$T/s.rs" >"$T/out" 2>"$T/err.$k" &
		pid=$!
		t_own $pid
		if [ "$killed" -lt "$kills" ]; then
			# not before it has come to its work
			wait_for 10 sh -c "grep -q skipped '$T/err.$k' || ! kill -0 $pid 2>/dev/null"
			sleep "0.$(printf %03d $((RANDOM % 150)))"
			kill -9 $pid 2>/dev/null && killed=$((killed + 1))
		fi
		wait $pid 2>/dev/null
		code=$?
		grep -q 'at the end of .* come again' "$T/err.$k" && cut=$((cut + 1))
		[ $code = 137 ] && [ $k -lt 200 ] || break
	done
	is "$code" 0 "$name: in the end it comes to the end" || diag "$(tail -n 5 "$T/err.$k")"
	diag "killed $killed times, the file had an end to cut off $cut times"
	right "$table"
}

killing 'one batch a transaction' orders --on-conflict skip --batch-bytes 1
killing 'larger ones' orders --on-conflict skip --batch-bytes 1K
killing 'workers' others --on-conflict shop.others=skip --workers 3 --batch-bytes 1K
killing 'workers, in any order' others --on-conflict shop.others=skip --workers 3 --batch-bytes 1K --commit-order any

# ---- the answer to a COMMIT is lost
q dst "CREATE OR REPLACE USER ferry@'%' IDENTIFIED BY 'ferry'; GRANT ALL ON *.* TO ferry@'%'"
port=$((PORT_dst + 1))
losing() # COUNT
{
	/usr/bin/python3 t/dropper.py "$port" "$PORT_dst" COMMIT "$1" >"$T/dropper" 2>&1 &
	dropper=$!
	t_own $dropper
	wait_for 10 grep -q ready "$T/dropper" && return
	skip 'answers to COMMIT that are lost' 'the proxy does not start'
	return 1
}
far()
{
	mysql-sink --no-defaults -h 127.0.0.1 -P "$port" -uferry -pferry --skip-ssl --pipeline one --on-conflict skip --rejects "$F" --batch-bytes 1K "$@" <"$T/s.rs"
}
make orders | rowundump >"$T/s.rs"
fresh orders
if losing 3; then
	exits 0 'answers to COMMIT that are lost' far
	is "$(grep -c dropped "$T/dropper")" 3 'three were lost'
	right orders
	kill $dropper
	wait $dropper 2>/dev/null
fi
fresh orders
if losing 1; then
	exits 111 'one that is lost, and no time to ask for it' far --retry-timeout 0
	kill $dropper
	exits 0 'the next start asks' sink --on-conflict skip --rejects "$F" <"$T/s.rs"
	right orders
fi
done_testing

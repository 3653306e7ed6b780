#!/bin/bash
# Of two holders of a pipeline at most one can commit: while one runs, or is stopped with SIGSTOP at a random instant, the next
# one starts with a higher epoch. It gets on without waiting for the old one; that ends with 99 when it is continued, and every
# source transaction is on the target once.
# ROWFERRY_TAKEOVERS=N: so often (default 100 on MariaDB and 10 on MySQL). ROWFERRY_SEED repeats a run.
. t/lib.sh

seed=${ROWFERRY_SEED:-$RANDOM}
diag "seed $seed"

writer() # W: transactions for ever; each is one row of a table without a key, and moves something between two totals
{
	awk -v dir="$T" -v w="$1" -v seed="$((seed + $1))" 'BEGIN {
		srand(seed)
		for (n = 1; n % 50 || system("test -e " dir "/go") == 0; n++) {
			a = int(rand() * 50) + 1
			print "BEGIN; UPDATE total SET n = n - 1 WHERE id = " a "; UPDATE total SET n = n + 1 WHERE id = " a % 50 + 1 ";"
			if (n % 40 == 0) print "INSERT INTO journal SELECT " w ", -" n ", REPEAT(\"x\", 200) FROM total, total AS t LIMIT 400;"
			print "INSERT INTO journal VALUES (" w "," n ",\"once\"); COMMIT; DO SLEEP(0.004);"
			fflush()
		}
	}' </dev/null 2>/dev/null | mariadb --no-defaults --socket "$SOCK_src" --user root f >"$T/writer.$1" 2>&1
}

chain() # NAME EPOCH
{
	export ROWFERRY_EPOCH=$2
	pos=$(mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline f --print-position 2>"$T/position.err") || pos=$start
	pipeline_start "$1" -- \
		"binlog-tap --no-defaults --socket $SOCK_src --user root --start-at '$pos'" \
		"mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline f --memory 64K --batch-bytes 2K -v $options"
	unset ROWFERRY_EPOCH
}

# shellcheck disable=SC2317 # called by wait_for
moved_on()
{
	[ "$(position dst f)" != "$last" ]
}

# shellcheck disable=SC2317 # called by wait_for
writers_gone()
{
	[ "$(q src "SELECT COUNT(*) FROM information_schema.processlist WHERE db = 'f'")" = 0 ]
}

takeovers() # KIND N
{
	local kind=$1 n=$2 epoch old=a new=b bad=0 stuck=0 lines=0 torn=0 i ms code
	for ((epoch = 101; epoch <= 100 + n; epoch++)); do
		options="--workers $((RANDOM % 2 * 3 + 1)) --commit-order $([ $((RANDOM % 2)) = 0 ] && echo any || echo source)"
		ms=$((RANDOM % 40))
		sleep "0.0$(printf %02d $ms)"
		# a third goes on all the while, as one that does not know yet
		how=$((epoch % 3))
		[ $how = 0 ] || pipeline_kill $old mysql-sink STOP
		chain $new $epoch
		last=$(position dst f)
		wait_for 15 moved_on || { stuck=$((stuck + 1)); pipeline_diag $new; }
		[ $how = 0 ] || pipeline_kill $old mysql-sink CONT
		pipeline_wait $old 15 || bad=$((bad + 1))
		code=${CODES##* }
		[ "$code" = 99 ] || { bad=$((bad + 1)); diag "epoch $((epoch - 1)) ended with $CODES"; pipeline_diag $old; }
		[ "$(grep -c "error: pipeline \"f\" has a new holder: its epoch is $epoch, ours was $((epoch - 1))" "$T/$old.2.err")" = 1 ] || { lines=$((lines + 1)); diag "$(grep -v "info:" "$T/$old.2.err")"; }
		i=$(q dst 'SELECT SUM(n) FROM f.total')
		[ "$i" = 500 ] || torn=$((torn + 1))
		i=$old old=$new new=$i
	done
	running=$old
	is $bad 0 "$kind: $n times the holder before ended with 99"
	is $lines 0 "$kind: and said so in one line"
	is $stuck 0 "$kind: and the next one did not wait for it"
	is $torn 0 "$kind: no transaction was there in part"
}

kinds_with_mysql
RANDOM=$seed
for kind in ${ROWFERRY_KIND:-"${kinds[@]}"}; do
	servers_start "src @$kind --binlog-row-metadata=FULL" "dst @$kind"
	start=$(end_of_log src | head -n 2 | paste -sd :)
	q src 'CREATE DATABASE f; USE f; CREATE TABLE journal (w INT, n INT, what VARCHAR(200)); CREATE TABLE total (id INT PRIMARY KEY, n INT NOT NULL)'
	q src "INSERT INTO f.total VALUES $(for i in $(seq 50); do printf '%s(%s,10)' "${comma:-}" "$i"; comma=,; done)"
	comma=
	: >"$T/go"
	writers=()
	for w in 1 2; do
		writer $w &
		t_own $!
		writers+=($!)
	done
	options='' last=''
	chain a 100
	ok "$kind: the first holder gets on" wait_for 15 moved_on
	n=100
	[ "$kind" = mariadb ] || n=10
	takeovers "$kind" "${ROWFERRY_TAKEOVERS:-$n}"

	# one that comes too late does nothing
	run mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline f --epoch 99 </dev/null
	is "$CODE" 99 "$kind: a lower epoch ends at once"
	like "$(cat "$T/err")" 'pipeline "f" has a new holder: its epoch is [0-9]*, ours was 99' "$kind: and says why"
	run mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline f --epoch 99 --print-position
	is "$CODE $(cat "$T/out")" '99 ' "$kind: nor does it get a position"

	rm "$T/go"
	ok "$kind: the writers end" wait_for 20 writers_gone
	pipeline_stop $running 20
	pos=$(position dst f)
	pipeline_start p -- \
		"binlog-tap --no-defaults --socket $SOCK_src --user root --start-at '$pos' --stop-at now" \
		"mysql-sink --no-defaults --socket $SOCK_dst --user root --pipeline f"
	pipeline_wait p 60
	is "$CODES" '0 0' "$kind: a last run without an epoch takes the one that is there" || pipeline_diag p
	is "$(q dst 'SELECT epoch FROM rowferry.checkpoint')" $((100 + ${ROWFERRY_TAKEOVERS:-$n})) "$kind: the epoch is the last holder's"
	same_data src dst "$kind: source and target are equal" f
	counts='SELECT w, n, COUNT(*) FROM f.journal GROUP BY w, n ORDER BY w, n'
	is "$(q dst "$counts" | md5sum)" "$(q src "$counts" | md5sum)" "$kind: each row without a key is there once"
	diag "$kind: $(q src 'SELECT COUNT(*) FROM f.journal') rows"
	server_stop src
	server_stop dst
	rm -rf "$T/src" "$T/dst"
done
for value in 0 -1 x 9223372036854775808 ''; do
	run mysql-sink --no-defaults --pipeline f --epoch="$value" --print-position
	is "$CODE" 100 "--epoch=$value is refused"
done
run env ROWFERRY_EPOCH=x mysql-sink --no-defaults --pipeline f --print-position
is "$CODE" 100 'so is ROWFERRY_EPOCH=x'
like "$(cat "$T/err")" 'ROWFERRY_EPOCH' 'by its name'
done_testing

#!/bin/bash
# Other servers than the machine's own: what cannot be had is said in a line and skips a test, what can be had runs
# side by side with the rest, keeps its data, and is compared with them.
. t/lib.sh

exits 1 'a server that is not wanted is not had' env ROWFERRY_SERVERS=none scripts/getserver mysql-9.7
is "$(err)" 'scripts/getserver: error: ROWFERRY_SERVERS=none: no other server is wanted' 'and it is said why'
exits 100 'a server that nobody knows' scripts/getserver mysql-3.23
like "$(err)" 'no server is called "mysql-3.23"' 'is named'
exits 100 'nor does scripts/server know it' scripts/server start "$T/x" --server mysql-3.23

printf '. t/lib.sh\nneed_server mysql-9.7\nfail "not skipped"\ndone_testing\n' >"$T/inner.t"
exits 0 'a test that needs it is skipped' env ROWFERRY_SERVERS=none bash "$T/inner.t"
is "$(out)" '1..0 # SKIP ROWFERRY_SERVERS=none: no other server is wanted' 'with the reason'

# a mirror that does not answer: the failure is remembered, so the next test does not wait for it
mkdir "$T/bin" "$T/servers"
printf '#!/bin/bash\n[[ " $* " == *" indextargets "* ]] && { echo "http://127.0.0.1:9/ $(. /etc/os-release && echo "${VERSION_CODENAME:-}") main"; exit; }\necho asked >>%q\nexec /usr/bin/apt-get "$@"\n' "$T/asked" >"$T/bin/apt-get"
chmod +x "$T/bin/apt-get"
away() { env PATH="$T/bin:$PATH" ROWFERRY_SERVERS="$T/servers" scripts/getserver mariadb-11.8; }
exits 1 'a mirror that does not answer' away
like "$(tail -n 1 "$T/err")" '^scripts/getserver: error: mariadb-11\.8 cannot be had: ' 'is said in a line'
asked=$(wc -l <"$T/asked")
exits 1 'asked again' away
is "$(wc -l <"$T/asked")" "$asked" 'nobody waits for it a second time'

if ! scripts/getserver mysql-9.7 mariadb-11.8 >"$T/out" 2>"$T/err"; then
	skip 'the servers themselves' "$(tail -n 1 "$T/err")"
	done_testing
fi
server_start my @mysql-9.7 --gtid-mode=OFF --enforce-gtid-consistency=OFF
server_start ma @mariadb-11.8
server_start own
like "$(q my 'SELECT VERSION()')" '^9\.7\.' 'MySQL runs'
like "$(q ma 'SELECT VERSION()')" '^11\.8\..*MariaDB' 'MariaDB runs'
is "$(q my 'SELECT @@gtid_mode, @@log_bin')" $'OFF\t1' 'options reach it'
is "$("$CLIENT_my" --no-defaults --socket="$SOCK_my" --user=root -NBe 'SELECT 1')" 1 'its own client talks to it'
is "$("$CLIENT_ma" --no-defaults --socket="$SOCK_ma" --user=root -NBe 'SELECT 1')" 1 'and the other'
for s in my ma own; do
	q $s "CREATE DATABASE d; USE d; CREATE TABLE t (id INT PRIMARY KEY, f FLOAT, e ENUM('a','b'), p POINT, b BIT(9), d DECIMAL(20,3), t TIME(3), v VARBINARY(9));
		INSERT INTO t VALUES (1, 0.1, 2, POINT(1, 2), 257, 1.5, '-10:00:00.5', X'00FF'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"
done
same_data my ma 'equal tables of two kinds of servers are equal' d
same_data own my 'and of the machine'\''s own' d
q my "UPDATE d.t SET f = 0.10000001 WHERE id = 1"
t_quiet same_data own my 'x' d
is $? 1 'a difference is seen'
exits 1 'scripts/compare sees it too' scripts/compare --source-socket "$SOCK_my" --target-socket "$SOCK_ma" d
q my "UPDATE d.t SET f = 0.1 WHERE id = 1"
exits 0 'and that they are equal again' scripts/compare --source-socket "$SOCK_my" --target-socket "$SOCK_ma" d
mapfile -t before < <(end_of_log my)
is "${#before[@]} ${before[2]}" '3 ' 'the end of a log without GTIDs'
server_kill my
server_start my
is "$(q my 'SELECT COUNT(*), @@gtid_mode FROM d.t')" $'2\tOFF' 'it comes back with its data and its options'
exits 111 'its data is not started by another kind' scripts/server start "$T/own" --server mariadb-11.8
server_stop own
exits 111 'nor when it is down' scripts/server start "$T/own" --server mariadb-11.8
like "$(err)" 'the data in .* is of mariadb$' 'and it is said why'
done_testing

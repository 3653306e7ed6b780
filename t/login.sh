# For the tests of log-ins (sourced after t/lib.sh): both programs that log in, and what stands between them and a server.
# shellcheck shell=bash disable=SC2034 # LIBRARY is for the tests

unset MYSQL_PWD MYSQL_HOST MYSQL_TCP_PORT MYSQL_UNIX_PORT MYSQL_GROUP_SUFFIX MARIADB_GROUP_SUFFIX MYSQL_HOME

# which client library the programs have: mariadb or oracle
LIBRARY=mariadb
[[ $(LD_TRACE_LOADED_OBJECTS=1 "$BIN/mysql-sink" 2>&1) != *libmysqlclient* ]] || LIBRARY=oracle

# login WANT NAME OPTION...: WANT is in, or the exit code of both programs. What mysql-sink said is in $T/err, as one
# line and hints (Oracle's library has a line of its own for keys that it cannot use).
login()
{
	local want=$1 name=$2
	shift 2
	if [ "$want" = in ]; then
		exits 0 "$name: binlog-tap logs in" binlog-tap --no-defaults --start-at now --stop-at now "$@"
		exits 1 "$name: mysql-sink logs in" mysql-sink --no-defaults --pipeline none --print-position "$@"
	else
		exits "$want" "$name: binlog-tap ends with $want" binlog-tap --no-defaults --start-at now --stop-at now "$@"
		cp "$T/err" "$T/tap.err"
		exits "$want" "$name: mysql-sink ends with $want" mysql-sink --no-defaults --pipeline none --print-position "$@"
		is "$(cat "$T/tap.err" "$T/err" | grep -Evc ': hint: |^\[ERROR\] SSL')" 2 "$name: each says one line" || diag "$(cat "$T/tap.err" "$T/err")"
		is "$(grep -m 1 '^mysql-sink: ' "$T/err" | sed -E 's/.*(could not|cannot) .*/\1/')" "$([ "$want" = 111 ] && echo could not || echo cannot)" \
			"$name: whether a retry may help is in the words"
	fi
}

# middle NAME HOW PORT: starts t/middle.py; its port is in PORT_NAME, what clients send in $T/NAME.sent
middle()
{
	/usr/bin/python3 t/middle.py "$2" "$3" "$T/$1.port" "$T/$1.sent" &
	t_own $!
	wait_for 20 test -s "$T/$1.port" || bail "t/middle.py did not start"
	printf -v "PORT_$1" %s "$(<"$T/$1.port")"
}

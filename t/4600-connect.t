#!/bin/bash
# The connection options are the mysql clients': option files, environment, passwords, TLS.
. t/lib.sh

server_start dst
q dst "CREATE USER ferry@'%' IDENTIFIED BY 'se cret#1'; GRANT ALL ON *.* TO ferry@'%'"
unset MYSQL_PWD MYSQL_HOST MYSQL_TCP_PORT MYSQL_UNIX_PORT MYSQL_GROUP_SUFFIX MARIADB_GROUP_SUFFIX MYSQL_HOME
export HOME=$T/home
mkdir "$HOME"
# says "no position": it has logged in
in_() { exits 1 "$1" mysql-sink --pipeline none --print-position "${@:2}"; }
denied() { exits 100 "$1" mysql-sink --pipeline none --print-position "${@:2}"; like "$(err)" 'Access denied' 'access is denied'; }
over_tcp="-h 127.0.0.1 -P $PORT_dst"

in_ 'letters' -S "$SOCK_dst" -u ferry '-pse cret#1'
in_ 'letters with their values glued on' -S"$SOCK_dst" -uferry '-pse cret#1'
in_ 'words' --socket="$SOCK_dst" --user=ferry '--password=se cret#1'
in_ 'words and values apart' --socket "$SOCK_dst" --user ferry '--password=se cret#1'
# shellcheck disable=SC2086 # words
{
	in_ 'TCP' $over_tcp -u ferry '-pse cret#1'
	denied 'a wrong password' $over_tcp -u ferry -pwrong
	unlike "$(err)" wrong 'which is not printed'
}
if getent hosts localhost >"$T/hosts"; then
	in_ 'localhost and a port is TCP' -P "$PORT_dst" -uferry '-pse cret#1'
	like "$(err)" "on localhost:$PORT_dst yet" 'and is named so'
	in_ '--protocol=tcp' --protocol=tcp -P "$PORT_dst" -uferry '-pse cret#1'
else
	skip 'localhost and a port is TCP' 'nothing here says where localhost is'
fi
exits 111 'localhost and a port where nobody is: the socket of the usual place is not tried' mysql-sink --pipeline x --print-position -P 1 -uferry -px
like "$(err)" 'localhost:1: ' 'it is TCP'
in_ '--protocol=tcp, an address' --protocol=tcp $over_tcp -uferry '-pse cret#1'
exits 100 'a protocol that there is not' mysql-sink --pipeline x --print-position --protocol=pigeon
like "$(err)" '"pigeon" is not tcp or socket' 'is named'

# ---- environment, files, command line: the later wins
MYSQL_PWD='se cret#1' in_ 'MYSQL_PWD' -S "$SOCK_dst" -u ferry
MYSQL_PWD='se cret#1' MYSQL_HOST=127.0.0.1 MYSQL_TCP_PORT=$PORT_dst in_ 'MYSQL_HOST, MYSQL_TCP_PORT' -u ferry
MYSQL_PWD='se cret#1' MYSQL_UNIX_PORT=$SOCK_dst in_ 'MYSQL_UNIX_PORT' --no-defaults -u ferry
cat >"$T/a.cnf" <<-EOF
	# a comment
	[mysqld]
	user=nobody
	socket=/nowhere
	[client]
	default-character-set=utf8mb4
	user = ferry   # the account
	password="se cret#1"
	loose_socket = '$SOCK_dst'
	[client_other]
	user=other
EOF
in_ 'an option file' --defaults-file="$T/a.cnf"
in_ 'which may be named after other options' --connect-timeout=5 --defaults-file "$T/a.cnf"
MYSQL_PWD=wrong in_ 'a file wins over the environment' --defaults-file="$T/a.cnf"
denied 'the command line wins over a file' --defaults-file="$T/a.cnf" -pwrong
denied 'a group suffix adds groups' --defaults-file="$T/a.cnf" --defaults-group-suffix=_other
cp "$T/a.cnf" "$HOME/.my.cnf"
in_ "the user's own file"
exits 111 '--no-defaults' mysql-sink --pipeline none --print-position --no-defaults --socket "$T/none"
printf '[mysql-sink]\npassword=wrong\n' >"$T/b.cnf"
in_ "the user's own file comes after --defaults-extra-file in order" --defaults-extra-file="$T/b.cnf"
printf '!include %s\n[mysql-sink]\nuser=ferry\n' "$T/a.cnf" >"$T/c.cnf"
in_ 'included files' --defaults-file="$T/c.cnf"
mkdir "$T/dir"
mv "$T/a.cnf" "$T/dir/x.cnf"
printf '!includedir %s\n' "$T/dir" >"$T/d.cnf"
in_ 'included folders' --defaults-file="$T/d.cnf"
exits 100 'a file that is not there' mysql-sink --pipeline x --print-position --defaults-file="$T/nothing.cnf"
like "$(err)" "cannot read option file $T/nothing.cnf" 'is named'
printf '[mysql-sink]\npipelin=x\n' >"$T/e.cnf"
exits 100 'an option of our own group that is not of the connection' mysql-sink --pipeline x --print-position --defaults-file="$T/e.cnf"
like "$(err)" "$T/e.cnf:2: \"pipelin\" is not an option of the connection" 'is named with its line'
chmod o+w "$T/dir/x.cnf"
exits 100 'a file that everybody can write' mysql-sink --pipeline x --print-position --defaults-file="$T/dir/x.cnf"
like "$(err)" 'can be written by everybody and is not read' 'is not believed'
rm "$HOME/.my.cnf"

# ---- passwords
mkfifo "$T/pipe"
mysql-sink --no-defaults --socket "$SOCK_dst" --user ferry '--password=se cret#1' --pipeline pw <"$T/pipe" 2>"$T/sink.err" &
pid=$!
t_own $pid
exec {pipe}>"$T/pipe"
connected() { [ -n "$(q dst 'SELECT id FROM information_schema.processlist WHERE id = IS_USED_LOCK("rowferry/pw")')" ]; }
ok 'it is connected' wait_for 10 connected
unlike "$(tr '\0' ' ' <"/proc/$pid/cmdline")" 'cret' 'a password in the arguments is overwritten'
exec {pipe}>&-
wait $pid
exits 100 'a password to be asked for, without a terminal' setsid mysql-sink --no-defaults --socket "$SOCK_dst" -u ferry -p --pipeline x --print-position
is "$(err)" 'mysql-sink: error: cannot ask for the password: no terminal' 'is said'

# ---- TLS
# shellcheck disable=SC2086 # words
{
	exits 100 'a server without TLS where TLS is required' mysql-sink --no-defaults $over_tcp -uferry '-pse cret#1' --ssl --pipeline x --print-position
	like "$(err)" 'TLS is required, but the server does not offer it' 'is refused'
	in_ 'PREFERRED takes it' --no-defaults $over_tcp -uferry '-pse cret#1' --ssl-mode=preferred
}
exits 100 'VERIFY_CA without authorities' mysql-sink --no-defaults --ssl-mode=VERIFY_CA --pipeline x --print-position
exits 100 'a mode that there is not' mysql-sink --no-defaults --ssl-mode=SURE --pipeline x --print-position
if openssl version >/dev/null 2>&1; then
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
		-keyout "$T/key.pem" -out "$T/cert.pem" 2>/dev/null
	server_start tls --ssl-cert="$T/cert.pem" --ssl-key="$T/key.pem"
	q tls "CREATE USER ferry@'%' IDENTIFIED BY 'x' REQUIRE SSL; GRANT ALL ON *.* TO ferry@'%'"
	tls="--no-defaults -h 127.0.0.1 -P $PORT_tls -uferry -px"
	# shellcheck disable=SC2086 # words
	{
		in_ 'TLS is used where it is offered' $tls
		denied 'unless it is turned off' $tls --skip-ssl
		in_ '--ssl' $tls --ssl
		in_ 'VERIFY_CA' $tls --ssl-mode=VERIFY_CA --ssl-ca="$T/cert.pem"
		in_ 'VERIFY_IDENTITY' $tls --ssl-mode=VERIFY_IDENTITY --ssl-ca="$T/cert.pem"
		openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout "$T/k2.pem" -out "$T/other.pem" 2>/dev/null
		exits 100 'another authority' mysql-sink $tls --ssl-ca="$T/other.pem" --pipeline x --print-position
		like "$(err)" '[Cc]ertificate|SSL|TLS' 'is not believed'
	}
else
	skip 'TLS' 'openssl is not there'
fi
done_testing

#!/bin/bash
# Logging in to MariaDB: ed25519, parsec, the old and the new mysql_native_password, unix_socket, PAM; what a client library does
# not have it says.
. t/lib.sh
. t/login.sh

# plugin NAME SONAME: has the server this plug-in? Debian's mariadb-server-core has none of the log-ins'.
plugin()
{
	q_may "$1" "INSTALL SONAME '$2'" >/dev/null 2>&1
}

kinds=mariadb
! scripts/getserver mariadb-11.8 >/dev/null 2>&1 || kinds+=' mariadb-11.8'
for kind in $kinds; do
	server_start s "@$kind"
	tcp="--host 127.0.0.1 --port $PORT_s"
	q s "CREATE USER native@'%' IDENTIFIED BY 'geheim'; GRANT ALL ON *.* TO native@'%'"
	# shellcheck disable=SC2086 # $tcp is words
	{
		login in "$kind: mysql_native_password" $tcp --user native -pgeheim
		login in "$kind: over a socket" --socket "$SOCK_s" --user native -pgeheim
		login 100 "$kind: a wrong password" $tcp --user native -pfalsch
		like "$(err)" "Access denied for user 'native'" 'it says so'
		unlike "$(cat "$T/err" "$T/tap.err")" falsch 'without the word'
		if plugin s auth_ed25519; then
			q s "CREATE USER ed@'%' IDENTIFIED VIA ed25519 USING PASSWORD('geheim'); GRANT ALL ON *.* TO ed@'%'"
			if [ $LIBRARY = mariadb ]; then
				login in "$kind: ed25519" $tcp --user ed -pgeheim
				login 100 "$kind: ed25519, a wrong password" $tcp --user ed -pfalsch
				login 100 "$kind: ed25519, without the library's plug-in" $tcp --user ed -pgeheim --plugin-dir "$T"
			else
				login 100 "$kind: ed25519, which Oracle's library does not have" $tcp --user ed -pgeheim
			fi
			like "$(err)" 'client_ed25519' 'it says what is missing' || diag "$(err)"
			like "$(err)" 'hint: --plugin-dir names the folder' 'and what to do'
		else
			skip "$kind: ed25519" 'the server does not have the plug-in (package mariadb-server)'
		fi
		if plugin s auth_parsec; then
			q s "CREATE USER parsec@'%' IDENTIFIED VIA parsec USING PASSWORD('geheim'); GRANT ALL ON *.* TO parsec@'%'"
			login 100 "$kind: parsec, without the library's plug-in" $tcp --user parsec -pgeheim --plugin-dir "$T"
			like "$(err)" 'parsec' 'it says what is missing'
			like "$(err)" 'hint: --plugin-dir names the folder' 'and what to do'
			theirs=$(echo "$(scripts/getserver "$kind")"/libs/libmariadb3/plugin)
			if [ $LIBRARY = mariadb ] && [ -e "$theirs/parsec.so" ]; then
				login in "$kind: parsec, with the plug-in of a younger library" $tcp --user parsec -pgeheim --plugin-dir "$theirs"
			fi
		fi
		# what asks for the password as it is
		if plugin s auth_pam; then
			q s "CREATE USER pam@'%' IDENTIFIED VIA pam USING 'rowferry-test-none'; GRANT ALL ON *.* TO pam@'%'"
			login 100 "$kind: PAM over TCP without TLS" $tcp --user pam -pgeheim --ssl-mode=DISABLED
			if [ $LIBRARY = mariadb ]; then
				like "$(err)" 'would give the password away without TLS' 'it says why'
				like "$(err)" 'hint: use --ssl-mode=REQUIRED' 'and what to do'
			fi
		fi
		me=$(id -un)
		q s "GRANT ALL ON *.* TO native@'%'; CREATE USER nobody@localhost IDENTIFIED VIA unix_socket; ALTER USER '$me'@localhost IDENTIFIED VIA unix_socket"
		login in "$kind: unix_socket" --socket "$SOCK_s" --user "$me"
		login 100 "$kind: unix_socket, somebody else" --socket "$SOCK_s" --user nobody
		like "$(err)" "Access denied for user 'nobody'" 'it says so'
	}
	server_stop s
	rm -rf "$T/s"
done

# passwords of before 4.1, which servers refuse
server_start old
q old "SET old_passwords = 1; CREATE USER old@'%'; SET PASSWORD FOR old@'%' = OLD_PASSWORD('geheim')"
login 100 'a password of before MySQL 4.1' --host 127.0.0.1 --port "$PORT_old" --user old -pgeheim
unlike "$(cat "$T/err" "$T/tap.err")" geheim 'it is not printed'
done_testing

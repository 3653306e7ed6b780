#!/bin/bash
# Logging in to MySQL: caching_sha2_password with an empty cache over TLS, a socket and plain TCP; a password is given to
# nobody in between.
. t/lib.sh
. t/login.sh

need_server mysql-9.7
server_start my @mysql-9.7
# longer than the scramble, so that none of it could be missed
password=Gehe1m-und-l@ng-genug-fuer-alles
q my "CREATE USER ferry@'%' IDENTIFIED BY '$password'; GRANT ALL ON *.* TO ferry@'%'"
tcp="--host 127.0.0.1 --port $PORT_my --user ferry"
key=$T/my/data/public_key.pem

# the cache of passwords is empty before each log-in of its own
empty()
{
	local name=$1
	shift
	q my 'FLUSH PRIVILEGES'
	login in "$name" "$@"
	q my 'FLUSH PRIVILEGES'
	exits 1 "$name: mysql-sink, empty again" mysql-sink --no-defaults --pipeline none --print-position "$@"
}
# shellcheck disable=SC2086 # $tcp is words
{
	empty 'TCP, TLS where it is offered' $tcp -p"$password"
	empty 'TLS required' $tcp -p"$password" --ssl-mode=REQUIRED
	empty "TLS, the server's own authority" $tcp -p"$password" --ssl-mode=VERIFY_CA --ssl-ca="$T/my/data/ca.pem"
	empty 'a socket' --socket "$SOCK_my" --user ferry -p"$password"
	empty 'without TLS, the RSA key asked for' $tcp -p"$password" --ssl-mode=DISABLED --get-server-public-key
	q my 'FLUSH PRIVILEGES'
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 run mysql-sink --no-defaults --pipeline none --print-position $tcp -p"$password" --ssl-mode=DISABLED --server-public-key-path="$key"
	if [[ $(err) == *'does not use the RSA key'* ]]; then # 3.3.19 reads it, and asks the server all the same
		is "$CODE" 100 'a connector that does not use the RSA key in a file is not let to ask for one'
	else
		# the connector does not free what it read
		ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 empty 'without TLS, the RSA key in a file' $tcp -p"$password" --ssl-mode=DISABLED --server-public-key-path="$key"
	fi
	empty 'compressed' $tcp -p"$password" --compress
	q my 'FLUSH PRIVILEGES'
	login 100 'without TLS and key' $tcp -p"$password" --ssl-mode=DISABLED
	like "$(err)" 'the server wants the password encrypted with its RSA key, which is not known here' 'it says why'
	like "$(err)" 'hint: use TLS \(--ssl-mode=REQUIRED\), or give the key: --server-public-key-path, or --get-server-public-key' 'and what to do'
	is "$(cat "$T/err" "$T/tap.err" | grep -c "$password")" 0 'the password is in no message'
	login in 'with it the cache is filled' $tcp -p"$password"
	login in 'and then the key is not needed' $tcp -p"$password" --ssl-mode=DISABLED

	for how in --ssl-mode=DISABLED --ssl-mode=REQUIRED --get-server-public-key; do
		login 100 "a wrong password, $how" $tcp -pVerk3hrt-und-falsch $how --get-server-public-key
		like "$(err)" "Access denied for user 'ferry'" 'it says so'
		like "$(err)" 'hint: check --user and --password' 'and what to do'
		unlike "$(cat "$T/err" "$T/tap.err")" 'Verk3hrt' 'without the word'
	done
	login 100 'no password' $tcp --ssl-mode=REQUIRED
	q my "CREATE USER nobody_knows@'%' IDENTIFIED BY ''; GRANT ALL ON *.* TO nobody_knows@'%'"
	login in 'an empty one where it is empty' $tcp --user nobody_knows --ssl-mode=DISABLED
	login in '--default-auth' $tcp -p"$password" --default-auth=caching_sha2_password

	# ---- files of keys
	openssl genrsa 2048 2>/dev/null | openssl rsa -pubout -out "$T/other.pem" 2>/dev/null
	q my 'FLUSH PRIVILEGES'
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 login 100 "another server's key" $tcp -p"$password" --ssl-mode=DISABLED --server-public-key-path="$T/other.pem"
	for file in "$T/none" /etc/passwd; do
		exits 100 "$file is no key" mysql-sink --no-defaults $tcp -p"$password" --server-public-key-path="$file" --pipeline none --print-position
		like "$(err)" "--server-public-key-path \"$file\"" 'it is named'
	done

	# ---- in the middle
	middle strip strip "$PORT_my"
	through="--host 127.0.0.1 --port $PORT_strip --user ferry"
	for mode in REQUIRED "VERIFY_CA --ssl-ca=$T/my/data/ca.pem" "VERIFY_IDENTITY --ssl-ca=$T/my/data/ca.pem"; do
		login 100 "TLS that was taken out of the greeting, ${mode%% *}" $through -p"$password" --ssl-mode=$mode
		like "$(err)" 'TLS is required, but the server does not offer it' 'it says so'
	done
	is "$(stat -c %s "$T/strip.sent")" 0 'and not one byte was sent'
	q my 'FLUSH PRIVILEGES'
	login 100 'PREFERRED goes on' $through -p"$password"
	like "$(err)" 'which is not known here' 'but does not take a key from there'
	isnt "$(stat -c %s "$T/strip.sent")" 0 'what was sent is seen'
	is "$(grep -ac "$password" "$T/strip.sent")" 0 'and the password is not in it'
	middle cut cut "$PORT_my"
	login 111 'cut off when TLS begins' --host 127.0.0.1 --port "$PORT_cut" --user ferry -p"$password"
	login 111 'nobody there' --host 127.0.0.1 --port 1 --user ferry
	login 111 'no socket' --socket "$T/none" --user ferry
}
done_testing

#!/bin/bash
# TLS: what each --ssl-mode accepts of a certificate and what it refuses, with certificates of an authority of our own.
. t/lib.sh
. t/login.sh

c=$T/certs
mkdir "$c"
authority() # NAME
{
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" -keyout "$c/$1.key" -out "$c/$1.pem" 2>/dev/null
}
certificate() # NAME AUTHORITY DAYS SUBJECT [SUBJECT_ALT_NAME]
{
	openssl req -newkey rsa:2048 -nodes -subj "$4" -keyout "$c/$1.key" -out "$c/$1.csr" 2>/dev/null &&
		openssl x509 -req -in "$c/$1.csr" -CA "$c/$2.pem" -CAkey "$c/$2.key" -CAcreateserial -days "$3" -out "$c/$1.pem" \
			-extfile <(echo "${5:+subjectAltName=$5}") 2>/dev/null
}
authority ours
authority other
authority third
cat "$c/ours.pem" "$c/other.pem" >"$c/known.pem" # what servers know: MySQL does not take a certificate that it does not believe
certificate right ours 2 /CN=db.example 'DNS:localhost,IP:127.0.0.1'
certificate name ours 2 /CN=db.example 'DNS:db.example,IP:127.0.0.9'
certificate expired ours -1 /CN=db.example 'DNS:localhost,IP:127.0.0.1'
certificate stranger other 2 /CN=db.example 'DNS:localhost,IP:127.0.0.1'
certificate client ours 2 /CN=ferry
certificate thief third 2 /CN=ferry
if [ ! -s "$c/thief.pem" ] || [ ! -s "$c/expired.pem" ]; then
	skip_all 'openssl makes no certificates here'
fi

# wear NAME SERVER: the server has another certificate from now on
wear()
{
	cp "$c/$1.pem" "$c/server.pem"
	cp "$c/$1.key" "$c/server.key"
	if is_mysql "$2"; then
		q "$2" 'ALTER INSTANCE RELOAD TLS'
	else
		q "$2" 'FLUSH SSL'
	fi
}

kinds=mariadb
! scripts/getserver mysql-9.7 >/dev/null 2>&1 || kinds+=' mysql-9.7'
for kind in $kinds; do
	cp "$c/right.pem" "$c/server.pem"
	cp "$c/right.key" "$c/server.key"
	chmod 600 "$c"/*.key
	server_start s "@$kind" --ssl-ca="$c/known.pem" --ssl-cert="$c/server.pem" --ssl-key="$c/server.key"
	# PASSWORD is what shows whether a connection is encrypted: the account must have TLS
	q s "CREATE USER ferry@'%' IDENTIFIED BY 'geheim' REQUIRE SSL; GRANT ALL ON *.* TO ferry@'%'
		; CREATE USER x@'%' IDENTIFIED BY 'geheim' REQUIRE X509; GRANT ALL ON *.* TO x@'%'
		; CREATE USER plain@'%' IDENTIFIED BY 'geheim'; GRANT ALL ON *.* TO plain@'%'"
	tcp="--host 127.0.0.1 --port $PORT_s -pgeheim --user"
	ca=--ssl-ca=$c/ours.pem
	# shellcheck disable=SC2086 # words
	{
		login in "$kind: PREFERRED has TLS" $tcp ferry
		login in "$kind: REQUIRED" $tcp ferry --ssl-mode=REQUIRED
		login in "$kind: --ssl" $tcp ferry --ssl
		login 100 "$kind: DISABLED has none" $tcp ferry --ssl-mode=DISABLED
		login 100 "$kind: --skip-ssl has none" $tcp ferry --skip-ssl
		login in "$kind: TLS 1.3 alone" $tcp ferry --tls-version=TLSv1.3
		login in "$kind: TLS 1.2 alone, a cipher" $tcp ferry --tls-version=TLSv1.2 --ssl-cipher=ECDHE-RSA-AES256-GCM-SHA384
		login in "$kind: VERIFY_CA" $tcp ferry --ssl-mode=VERIFY_CA $ca
		login in "$kind: VERIFY_IDENTITY, by address" $tcp ferry --ssl-mode=VERIFY_IDENTITY $ca
		if getent hosts localhost >/dev/null; then
			login in "$kind: VERIFY_IDENTITY, by name" --protocol=tcp $tcp ferry --host localhost --ssl-mode=VERIFY_IDENTITY $ca
		fi
		mkdir -p "$c/path"
		cp "$c/ours.pem" "$c/path/$(openssl x509 -in "$c/ours.pem" -noout -hash).0"
		login in "$kind: a folder of authorities" $tcp ferry --ssl-mode=VERIFY_CA --ssl-capath="$c/path"
		login 100 "$kind: the host's own authorities do not know ours" $tcp ferry --ssl-mode=VERIFY_IDENTITY
		for mode in '' --ssl --ssl-mode=REQUIRED --ssl-mode=VERIFY_CA --ssl-mode=VERIFY_IDENTITY; do
			login 100 "$kind: another authority, $mode" $tcp plain $mode --ssl-ca="$c/other.pem"
		done
		exits 100 "$kind: a file of authorities that is not there" mysql-sink --no-defaults $tcp ferry --ssl-ca="$c/none.pem" --pipeline x --print-position
		is "$(err)" "mysql-sink: error: cannot read --ssl-ca \"$c/none.pem\": No such file or directory" 'is named'

		# who the client is
		login 100 "$kind: a client's certificate is wanted" $tcp x $ca
		login in "$kind: a client's certificate" $tcp x $ca --ssl-cert="$c/client.pem" --ssl-key="$c/client.key"
		# in TLS 1.3 the server cuts the connection, and its reason may come too late: then it is as any lost connection
		run binlog-tap --no-defaults --start-at now --stop-at now $tcp x --ssl-cert="$c/thief.pem" --ssl-key="$c/thief.key"
		like "$CODE" '^(100|111)$' "$kind: one of another authority" || diag "$(err)"
		login 100 "$kind: a key that does not fit" $tcp x $ca --ssl-cert="$c/client.pem" --ssl-key="$c/thief.key"

		# who the server is
		wear name s
		login in "$kind: a certificate of another name, VERIFY_CA" $tcp ferry --ssl-mode=VERIFY_CA $ca
		login 100 "$kind: a certificate of another name, VERIFY_IDENTITY" $tcp plain --ssl-mode=VERIFY_IDENTITY $ca
		login 100 "$kind: a certificate of another name, --ssl-verify-server-cert" $tcp plain --ssl-verify-server-cert $ca
		wear stranger s
		login in "$kind: a certificate of another authority, REQUIRED" $tcp ferry --ssl-mode=REQUIRED
		login 100 "$kind: a certificate of another authority, VERIFY_CA" $tcp plain --ssl-mode=VERIFY_CA $ca
		login 100 "$kind: a certificate of another authority, VERIFY_IDENTITY" $tcp plain --ssl-mode=VERIFY_IDENTITY $ca
		if ! is_mysql s; then # which does not take one
			wear expired s
			login 100 "$kind: an expired certificate, VERIFY_CA" $tcp plain --ssl-mode=VERIFY_CA $ca
			like "$(err)" 'expired|verif' 'it says so'
			login 100 "$kind: an expired certificate, VERIFY_IDENTITY" $tcp plain --ssl-mode=VERIFY_IDENTITY $ca
		fi
	}
	server_stop s
	rm -rf "$T/s"
done

# ---- the connector of MariaDB 11.8 with the same programs, where it is there and the programs are built with its elder
if [ $LIBRARY = mariadb ] && home=$(scripts/getserver mariadb-11.8 2>/dev/null) && "$home/run" "$BIN/mysql-sink" --version >/dev/null 2>&1; then
	new() { exits "$1" "connector of 11.8: $2" "$home/run" "$BIN/mysql-sink" --no-defaults --pipeline none --print-position "${@:3}"; }
	cp "$c/right.pem" "$c/server.pem"
	cp "$c/right.key" "$c/server.key"
	server_start s --ssl-cert="$c/server.pem" --ssl-key="$c/server.key"
	q s "CREATE USER plain@'%' IDENTIFIED BY 'geheim'; GRANT ALL ON *.* TO plain@'%'"
	# shellcheck disable=SC2086 # words
	{
		tcp="--host 127.0.0.1 --port $PORT_s -pgeheim --user plain"
		new 1 'DISABLED' $tcp --ssl-mode=DISABLED
		new 1 'PREFERRED' $tcp
		new 1 'REQUIRED' $tcp --ssl-mode=REQUIRED
		new 1 'VERIFY_CA' $tcp --ssl-mode=VERIFY_CA $ca
		new 1 'VERIFY_IDENTITY' $tcp --ssl-mode=VERIFY_IDENTITY $ca
		new 100 'another authority, VERIFY_CA' $tcp --ssl-mode=VERIFY_CA --ssl-ca="$c/other.pem"
		new 100 'another authority, VERIFY_IDENTITY' $tcp --ssl-mode=VERIFY_IDENTITY --ssl-ca="$c/other.pem"
		middle strip strip "$PORT_s"
		new 100 'TLS that was taken out of the greeting' --host 127.0.0.1 --port "$PORT_strip" -pgeheim --user plain --ssl-mode=REQUIRED
		is "$(stat -c %s "$T/strip.sent")" 0 'and not one byte was sent'

		# since 11.4 a server without a certificate makes one, and the password shows that it is his
		server_start auto @mariadb-11.8
		q auto "CREATE USER plain@'%' IDENTIFIED BY 'geheim'; GRANT ALL ON *.* TO plain@'%'"
		tcp="--host 127.0.0.1 --port $PORT_auto --user plain"
		login in 'a certificate that the server made, PREFERRED' $tcp -pgeheim
		login in 'a certificate that the server made, REQUIRED' $tcp -pgeheim --ssl-mode=REQUIRED
		login 100 'an elder connector cannot verify it' $tcp -pgeheim --ssl-mode=VERIFY_IDENTITY
		new 1 'it is verified by the password' $tcp -pgeheim --ssl-mode=VERIFY_IDENTITY
	}
fi
done_testing

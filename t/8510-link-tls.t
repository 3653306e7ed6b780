#!/bin/bash
# rowlink over TLS: a stream is only for who has a certificate of the right authority, valid now, for a name that was allowed;
# and only from one who has such a certificate for the host. Who has not is told why, on both sides.
# (one client library will do)
. t/lib.sh
. t/link.sh

make_ca our
make_ca other
make_cert our src localhost
make_cert our dst dst.example
make_cert our dst2 dst2.example
make_cert our stranger stranger.example
make_cert our wild '*.example'
make_cert our expired dst.example -1
make_cert our ip 127.0.0.1
make_cert other false dst.example
make_cert other falsesrc localhost
head -c 20000000 /dev/urandom >"$T/random"

link_listen src tls:localhost:0 "$(tls src) --allow dst.example --allow=dst2.example" -- "cat $T/random"
port=${LINK_src##*:}
at=tls:localhost:$port

gets() # NAME OPTION...
{
	local name=$1
	shift
	exits 0 "$name" rowlink --connect "$at" "$@"
	ok 'every byte' cmp "$T/out" "$T/random"
}

refused() # CODE NEAR-REGEX FAR-REGEX NAME OPTION...
{
	local code=$1 near=$2 far=$3 name=$4 before
	shift 4
	before=$(wc -l <"$T/src.1.err")
	exits "$code" "$name" rowlink --connect "$at" "$@"
	like "$(err)" "$near" 'who connects is told'
	is "$(out)" '' 'and gets nothing'
	[ -z "$far" ] || like "$(listener_says "$before")" "$far" 'the listener tells it too'
}

# listener_says LINES: what it has said since; of those without a stream it tells once in some seconds: SIGUSR1 counts all
listener_says()
{
	kill -USR1 "$(pipeline_pid src 1)"
	wait_for 5 more_lines "$1"
	tail -n "+$(($1 + 1))" "$T/src.1.err"
}

more_lines()
{
	[ "$(wc -l <"$T/src.1.err")" -gt "$1" ]
}

# shellcheck disable=SC2046 # options without spaces
{
	gets 'a certificate whose name is allowed' $(tls dst)
	gets 'another one, and zstd' $(tls dst2) --compress
	refused 100 'gives no stream: no --allow of the listener is for this certificate \(stranger.example\)' 'no stream for 127.0.0.1:[0-9]+ \(stranger.example\)' \
		'a name that is not allowed' $(tls stranger)
	refused 100 'no --allow of the listener' '2 got none' 'a wildcard in a certificate is no name' $(tls wild)
	refused 100 'does not accept our certificate.*(unknown ca|alert)' '3 got none' 'one of another authority' $(tls false)
	refused 100 'does not accept our certificate.*expired' '4 got none' 'one that has expired' $(tls expired)
	refused 100 'certificate of the listener is not accepted: .*(self.signed|unable to get|issuer)' '5 got none' 'a listener of an authority that is not ours' $(tls dst other)
	refused 100 'certificate of the listener is not accepted: .*ostname mismatch' '6 got none' 'a listener with another name' $(tls dst) --server-name src.example
	gets 'a name that is not the one connected to' $(tls dst) --server-name localhost
	at=tls:127.0.0.1:$port
	refused 100 'certificate of the listener is not accepted: .*IP address mismatch' '7 got none' 'a listener known by name, asked for by address' $(tls dst)
	gets 'unless the name is given' $(tls dst) --server-name localhost
	at=tcp:localhost:$port
	refused 111 'closed it without an end' '8 got none' 'no TLS at all'
	at=tls:localhost:$port
}
run openssl s_client -connect "localhost:$port" -CAfile "$T/our.ca" -brief
ok 'no certificate: OpenSSL itself gets nothing' t_not "grep -q rowlink '$T/out'"
like "$(listener_says "$(wc -l <"$T/src.1.err")")" '9 got none' 'and is counted'
run openssl s_client -connect "localhost:$port" -CAfile "$T/our.ca" -cert "$T/dst.crt" -key "$T/dst.key" -tls1_1 -cipher ALL:@SECLEVEL=0
isnt "$CODE" 0 'TLS 1.1 is not spoken'
run openssl s_client -connect "localhost:$port" -CAfile "$T/our.ca" -cert "$T/dst.crt" -key "$T/dst.key" -tls1_2 -brief
like "$(err)" 'Protocol version: TLSv1.2' 'TLS 1.2 is'
run openssl s_client -connect "localhost:$port" -CAfile "$T/our.ca" -cert "$T/dst.crt" -key "$T/dst.key" -brief
like "$(err)" 'Protocol version: TLSv1.3' 'TLS 1.3 is what is agreed on'

# ---- a certificate that is renewed
cp "$T/src.crt" "$T/kept.crt"
cp "$T/src.key" "$T/kept.key"
make_cert our src src2.example
# shellcheck disable=SC2046
{
	exits 100 'a renewed certificate counts from the next connection on' rowlink --connect "$at" $(tls dst)
	like "$(err)" 'ostname mismatch' 'it has another name'
	gets 'which is asked for' $(tls dst) --server-name src2.example
}
pipeline_stop src
is "$CODES" 0 'the listener ends cleanly'

# ---- a false listener
# shellcheck disable=SC2046
{
	link_listen false tls:localhost:0 "$(tls falsesrc other) --allow dst.example" -- 'echo false rows'
	exits 100 'one who has only the address of the listener' rowlink --connect "$LINK_false" $(tls dst)
	is "$(out)" '' 'gets no row to us'
	pipeline_stop false
	link_listen ip tls:127.0.0.1:0 "$(tls ip) --allow dst.example" -- 'echo rows'
	exits 0 'a certificate for an address' rowlink --connect "$LINK_ip" $(tls dst)
	is "$(out)" rows 'is for that address'
	pipeline_stop ip
	# a client's certificate is none for a listener, if its authority says so
	exits 100 'without --allow nobody is let in' rowlink --listen tls:localhost:0 $(tls src) -- true
	like "$(err)" 'allow is missing' 'so it does not start'
	exits 100 'a key that is not the certificate'\''s' rowlink --connect tls:localhost:1 --cert="$T/dst.crt" --key="$T/src.key" --ca="$T/our.ca"
	like "$(err)" 'error: --key: ' 'is seen at once'
	exits 100 'a file that is not there' rowlink --connect tls:localhost:1 --cert="$T/nothing" --key="$T/src.key" --ca="$T/our.ca"
	like "$(err)" "--cert: cannot read a certificate from \"$T/nothing\": No such file" 'is named'
	openssl rsa -aes256 -passout pass:secret -in <(openssl genrsa 2048 2>/dev/null) -out "$T/locked.key" 2>/dev/null
	exits 100 'a key with a password' timeout 5 "$BIN/rowlink" --connect tls:localhost:1 --cert="$T/dst.crt" --key="$T/locked.key" --ca="$T/our.ca"
	like "$(err)" 'a key without a password' 'is not asked for'
	chmod 644 "$T/dst.key"
	exits 111 'a key that all can read' rowlink --connect tls:localhost:1 $(tls dst)
	like "$(err)" 'warning: --key: others than its owner' 'is warned of'
}
done_testing

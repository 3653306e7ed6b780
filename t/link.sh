# For the tests of rowlink (sourced after t/lib.sh): listeners, certificates, connections that behave badly.
# shellcheck shell=bash

# link_listen NAME ADDR [option...] -- COMMAND [ARG...]: starts a listener as the pipeline NAME, waits until it listens and
# sets LINK_NAME to where that is, as --connect takes it. The words must be quoted for the shell.
link_listen()
{
	local name=$1 addr=$2 where
	shift 2
	pipeline_start "$name" -- "rowlink --listen $addr -v $*"
	if ! wait_for 10 grep -q 'info: listening on' "$T/$name.1.err"; then
		pipeline_diag "$name"
		bail "the listener $name does not listen"
	fi
	where=$(sed -n 's/.*info: listening on //p' "$T/$name.1.err")
	printf -v "LINK_$name" %s "${addr%%:*}:$where"
}

# link_said NAME TEXT: the listener has said it
link_said()
{
	grep -qF -- "$2" "$T/$1.1.err"
}

# link_serving NAME N: it has N processes beside itself, those that serve and their commands
link_processes()
{
	local pid
	pid=$(pipeline_pid "$1" 1)
	pgrep -P "$pid" | wc -l
}

link_serves() # NAME N
{
	[ "$(link_processes "$1")" = "$2" ]
}

# make_ca NAME: an authority, $T/NAME.ca
make_ca()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/$1.ca.key" -out "$T/$1.ca" -days 2 -subj "/CN=$1" \
		>"$T/openssl" 2>&1 || bail "openssl: $(cat "$T/openssl")"
}

# make_cert CA FILE NAME [DAYS]: $T/FILE.crt and $T/FILE.key, for a host name or an address, of that authority. DAYS under 0
# is one that has expired.
make_cert()
{
	local ca=$1 file=$2 name=$3 days=${4:-2} kind=DNS from until
	[[ $name != *[!0-9.]* ]] && kind=IP
	from=$(date -u -d '-10 days' +%y%m%d%H%M%SZ)
	until=$(date -u -d "$days days" +%y%m%d%H%M%SZ)
	{
		mkdir -p "$T/ca.$ca"
		: >"$T/ca.$ca/index"
		printf '[ca]\ndefault_ca=c\n[c]\ndatabase=%s\nnew_certs_dir=%s\nserial=%s\ndefault_md=sha256\npolicy=p\nx509_extensions=x\n[p]\ncommonName=supplied\n[x]\nsubjectAltName=%s:%s\n' \
			"$T/ca.$ca/index" "$T/ca.$ca" "$T/ca.$ca/serial" "$kind" "$name" >"$T/ca.$ca/conf"
		echo "0$((RANDOM % 9))$((RANDOM % 90 + 10))" >"$T/ca.$ca/serial"
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/$file.key" -out "$T/$file.csr" -subj "/CN=$name" &&
			openssl ca -batch -notext -config "$T/ca.$ca/conf" -cert "$T/$ca.ca" -keyfile "$T/$ca.ca.key" -in "$T/$file.csr" \
				-out "$T/$file.crt" -startdate "$from" -enddate "$until"
	} >"$T/openssl" 2>&1 || bail "openssl: $(cat "$T/openssl")"
	chmod 600 "$T/$file.key"
}

# tls FILE [CA]: the options of who has that certificate
tls()
{
	echo "--cert=$T/$1.crt --key=$T/$1.key --ca=$T/${2:-our}.ca"
}

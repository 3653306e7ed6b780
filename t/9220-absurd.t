#!/bin/bash
# Every option of every program that takes a value is given absurd ones, and every program is started with standard
# descriptors closed: it works or says in plain lines why not, with an exit code that it knows, at once.
. t/lib.sh
. t/sink.sh

{ hello off=4; orders; begin 4; insert 1 a 1; commit 50 1; end 50; } | rowundump >"$T/in.rs"
rowdump "$T/in.rs" >"$T/in.json"
printf '[client]\nsocket=%s\n' "$T/none" >"$T/none.cnf"

base() # PROGRAM: what it needs besides, as an array
{
	INPUT=$T/in.rs
	case $1 in
	binlog-tap) BASE=(--no-defaults --socket "$T/none" --start-at now) ;;
	mysql-sink) BASE=(--no-defaults --socket "$T/none" --pipeline p) ;;
	rowcopy) BASE=(--no-defaults --socket "$T/none") ;;
	rowdiff) BASE=(--source-defaults-file="$T/none.cnf" --target-defaults-file="$T/none.cnf" --include x) ;;
	rowspool) BASE=(write "$T/spool") ;;
	zk-lease) BASE=(--zk 127.0.0.1:1 --path /p --wait 0.05) ;;
	rowlink) BASE=(--connect "unix:$T/none") ;;
	rowundump) BASE=() INPUT=$T/in.json ;;
	*) BASE=() ;;
	esac
}
# odd CODE: what is wrong with how it ended, if anything
odd()
{
	case $1 in
	0 | 1 | 100 | 111) ;;
	102) [ "$2" = rowdump ] || echo "exit 102" ;;
	*) echo "exit $1" ;;
	esac
	LC_ALL=C grep -avE "^$2: (error|hint|warning|info|debug): " "$T/err" | head -n 1 | cat -v | cut -c 1-200
	! LC_ALL=C grep -aq $'[\x01-\x09\x0b-\x1f\x7f]' "$T/err" || echo 'control characters'
	[ "$1" = 0 ] || [ -s "$T/err" ] || echo 'not a word'
	[ "$(wc -L <"$T/err")" -lt 5000 ] || echo 'a line that is too long'
}

mkdir "$T/here" && cd "$T/here" || exit # files are made of some values
long=$(head -c 100000 /dev/zero | tr '\0' x)
values=('' -1 99999999999999999999999 nan '%s%n%s' $'a\nb\x1b[2J\x7f' "$long" /dev/null/x ',' : '*' "[::" $'\xff\xfe')
[ -n "${ROWFERRY_LONG:-}" ] || values=('' -1 99999999999999999999999 $'a%n\nb\x1b[2J\xff' "$long")
for program in "$TOP"/src/*/; do
	program=$(basename "$program")
	base "$program"
	# a name to look up takes as long as the name server; a command line is not looked at by us
	mapfile -t options < <("$program" --help | sed -nE 's/^ .*(--[a-z0-9-]+)(=|\[=).*/\1/p' | grep -vxE -- '--(host|defaults-[a-z-]*|zk)')
	# those of the connection are one table in both
	if [ "$program" = binlog-tap ] && [ -z "${ROWFERRY_LONG:-}" ]; then
		mapfile -t options < <(printf '%s\n' "${options[@]}" | grep -vxFf <(mysql-sink --help | grep -oE -- '--[a-z0-9-]+'))
	fi
	ok "$program: there are options with values" test ${#options[@]} -gt 0 -o "$program" = rowundump
	wrong=
	for option in "${options[@]}"; do
		rm -rf ./* 2>/dev/null
		for value in "${values[@]}"; do
			timeout 20 "$program" "${BASE[@]}" "$option=$value" <"$INPUT" >"$T/out" 2>"$T/err"
			what=$(odd $? "$program")
			[ -z "$what" ] || wrong+="$option=$(printf %q "${value:0:40}"): $what"$'\n'
		done
	done
	is "$wrong" '' "$program: absurd values of ${#options[@]} options"
done
for value in '' -1 "$long" $'a\nb' /dev/null/x /dev/zero; do
	for option in defaults-file defaults-extra-file defaults-group-suffix; do
		timeout 20 mysql-sink "--$option=$value" --socket "$T/none" --pipeline p <"$T/in.rs" >"$T/out" 2>"$T/err"
		is "$(odd $? mysql-sink)" '' "mysql-sink: --$option=$(printf %q "${value:0:20}")"
	done
done

# ---- closed descriptors: nothing that is opened takes their place
for program in "$TOP"/src/*/; do
	program=$(basename "$program")
	base "$program"
	[ "$program" != zk-lease ] || BASE+=(-- true)
	case $program in rowlink | rowcopy | rowdiff) usual=111 closed_in=111 closed_out=111 ;; rowspool) usual=0 closed_in=111 closed_out=0 ;; row*) usual=0 closed_in=111 closed_out=111 ;; zk-lease) usual=1 closed_in=1 closed_out=1 ;; *) usual=111 closed_in=111 closed_out=111 ;; esac
	for fds in 0 1 2 '0 1' '0 2' '1 2' '0 1 2'; do
		closed=
		for fd in $fds; do closed+=" $fd>&-"; done
		eval 'timeout 20 "$program" "${BASE[@]}" <"$INPUT" >"$T/out" 2>"$T/err" '"$closed"
		code=$?
		want=$usual
		[[ $fds != *1* ]] || want=$closed_out
		[[ $fds != *0* ]] || want=$closed_in
		if [ "$code" = "$want" ]; then
			[[ $fds == *2* ]] && what='' || what=$(odd $code "$program")
			is "$what" '' "$program: without descriptors $fds"
		else
			is "$code" "$want" "$program: without descriptors $fds" || diag "$(head -c 300 "$T/err")"
		fi
	done
done
done_testing

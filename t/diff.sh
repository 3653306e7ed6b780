# For the tests of rowdiff (sourced after t/lib.sh): its call on the servers src and dst.
# shellcheck shell=bash

diff_cnf() # NAME: the option file of a server
{
	local sock=SOCK_$1
	printf '[client]\nsocket=%s\nuser=root\n' "${!sock}" >"$T/$1.cnf"
}

diff_run() # [option...]
{
	[ -e "$T/src.cnf" ] || diff_cnf src
	[ -e "$T/dst.cnf" ] || diff_cnf dst
	rowdiff --source-defaults-file="$T/src.cnf" --target-defaults-file="$T/dst.cnf" --window 0.2 "$@"
}

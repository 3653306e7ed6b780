#!/bin/bash
# --help and the manual page of every program name the same options, and every program keeps the
# conventions: --help, --version, -v, one line and exit 100 for wrong use.
. t/lib.sh

for p in src/*/; do
	p=$(basename "$p")
	page=man/$p.1
	exits 0 "$p --help" "$p" --help
	is "$(head -c 7 "$T/out")" 'usage: ' "$p --help begins with the usage"
	is "$(err)" '' "$p --help says nothing on stderr"
	sed -nE 's/^  (-.), (--[a-z0-9-]+).*/\1\n\2/p; s/^      (--[a-z0-9-]+).*/\1/p' "$T/out" | sort -u >"$T/help"
	if [ -f "$page" ]; then
		grep -E '^\.It Fl' "$page" | grep -oE 'Fl (Fl [a-z0-9-]+|[a-zA-Z])( |$)' | sed -E 's/Fl Fl /--/; s/Fl /-/; s/ $//' | sort -u >"$T/page"
		is "$(<"$T/page")" "$(<"$T/help")" "$page and --help name the same options"
		run mandoc -T lint -W warning "$page"
		is "$(out)" '' "$page has nothing that mandoc warns of"
	else
		fail "$page is there"
	fi
	exits 0 "$p --version" "$p" --version
	exits 100 "$p with an option that is not there is wrong use" "$p" --no-such-option
	like "$(err)" "^$p: error: " 'and says so'
	is "$(out)" '' 'on stderr alone'
done
for m in man/*.[157]; do
	# every page that is named is there
	while read -r name section; do
		ok "$m refers to $name($section)" test -f "man/$name.$section" -o "$section" -gt 7 -o "$name" != "${name#mysql-|row|binlog-}"
	done < <(sed -nE 's/^\.Xr ([a-z0-9-]+) ([0-9]).*/\1 \2/p' "$m" | grep -E '^(binlog-tap|mysql-sink|row[a-z]+|zk-lease) ' | sort -u)
done
# and so is every test that the page of known differences names
while read -r test; do
	ok "man/rowservers.7 names $test" test -n "$(compgen -G "$test-*.t")"
done < <(grep -oE 't/[0-9]{4}' man/rowservers.7 | sort -u)
done_testing

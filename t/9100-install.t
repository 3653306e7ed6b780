#!/bin/bash
# make install puts programs, pages and examples where it should, and make uninstall takes away just those.
. t/lib.sh

D=$T/root
run make -s -o all BIN="$BIN" install DESTDIR="$D" PREFIX=/opt/ferry
is "$CODE" 0 'make install DESTDIR= PREFIX=' || diag "$(cat "$T/err")"
for p in src/*/; do
	p=$(basename "$p")
	ok "$p is installed" test -x "$D/opt/ferry/bin/$p"
	ok "$p has a manual page" test -f "$D/opt/ferry/share/man/man1/$p.1"
	is "$("$D/opt/ferry/bin/$p" --version)" "$p (rowferry) $(sed -n 's/^#define ROWFERRY_VERSION "\(.*\)"/\1/p' lib/opt.h)" "$p runs from there"
done
for m in man/*.5 man/*.7; do
	ok "$m is installed" test -f "$D/opt/ferry/share/man/man${m##*.}/$(basename "$m")"
done
ok 'examples are installed' test -x "$D/opt/ferry/share/doc/rowferry/examples/pipeline.sh"
ok 'the README too' test -f "$D/opt/ferry/share/doc/rowferry/README.md"
is "$(find "$D" -type f | grep -v "^$D/opt/ferry/")" '' 'nothing is installed outside of PREFIX'

touch "$D/opt/ferry/bin/another"
run make -s BIN="$BIN" uninstall DESTDIR="$D" PREFIX=/opt/ferry
is "$CODE" 0 'make uninstall' || diag "$(cat "$T/err")"
is "$(find "$D" -type f)" "$D/opt/ferry/bin/another" 'takes away all that it installed and nothing else'
done_testing

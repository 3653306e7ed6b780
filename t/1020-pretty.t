#!/bin/bash
# rowdump --pretty: transactions, aligned rows, colours only where they are wanted, nothing that steers a terminal.
. t/lib.sh

lines()
{
	printf '%s\n' '{"hello":{"version":1,"flavor":"mariadb","server":"10.11.19","server_id":7,"file":"bin.000001","off":4,"gtid":"0-1-9"}}' \
		'{"table":{"id":1,"db":"shop","name":"orders","cols":[{"name":"id","type":"int","unsigned":true},{"name":"item","type":"varchar","len":20,"cs":"utf8mb4"},{"name":"price","type":"decimal","len":8,"dec":2},{"name":"photo","type":"blob"}],"keys":[{"primary":true,"cols":[0]}]}}' \
		'{"begin":{"gtid":"0-1-10","file":"bin.000001","off":256,"ts":1795500000250000,"server_id":7}}' "$@" \
		'{"commit":{"file":"bin.000001","off":400}}' '{"end":{"why":"stop-at","file":"bin.000001","off":400}}' >"$T/in.json"
	rowundump "$T/in.json" >"$T/in.rs" || fail 'the lines are a stream'
}
lines '{"note":{"sql":"insert into orders\nvalues (1)"}}' \
	'{"insert":"shop.orders","new":{"id":1,"item":"apple","price":"10.00","photo":{"b64":"AP8="}}}' \
	'{"insert":"shop.orders","new":{"id":4294967295,"item":"日本","price":"-1.50","photo":null}}' \
	'{"insert":"shop.orders","new":{"id":3,"item":" ","price":"0.00"}}' \
	'{"update":"shop.orders","fl":1,"old":{"id":1,"item":"apple"},"new":{"id":1,"item":"pear"}}' \
	'{"savepoint":{"name":"s1"}}' '{"delete":"shop.orders","old":{"id":3}}' '{"rollback":{"to":"s1"}}' \
	'{"ddl":{"sql":"create table t\n(a int)","db":"shop","verb":"create table","names":[["shop","t"]]}}' '{"frame":64,"body":"AAAA"}'
exits 0 'a small stream' rowdump --pretty "$T/in.rs"
is "$(out)" 'stream of mariadb 10.11.19  server 7  from  bin.000001:4  after 0-1-9
  table shop.orders (id int unsigned, item varchar(20), price decimal(8,2), photo blob; primary key id)

transaction 0-1-10  bin.000001:256  2026-11-24 06:00:00.25 UTC  server 7
  -- insert into orders
  -- values (1)
  insert shop.orders  3 rows
              id  item   price  photo
   +           1  apple  10.00  0x00FF
   +  4294967295  日本   -1.50  NULL
   +           3  '"' '"'     0.00  ·
  update shop.orders  foreign keys not checked
      id  item   price  photo
   -   1  apple      ·  ·
   +   1  pear       ·  ·
  savepoint s1
  delete shop.orders
      id  item  price  photo
   -   3  ·         ·  ·
  rollback to s1
  ddl in shop
      create table t
      (a int)
  frame of kind 64, 3 bytes
commit  bin.000001:400  5 rows

end (stop-at)  bin.000001:400' 'is shown transaction by transaction, rows in columns'
mv "$T/out" "$T/plain"

exits 0 'with colours' rowdump --pretty --color=always "$T/in.rs"
like "$(out)" $'\033\\[32minsert\033\\[0m' 'an insert is green'
is "$(sed 's/\x1b\[[0-9]*m//g' "$T/out")" "$(cat "$T/plain")" 'and the text the same'
exits 0 'colours are only for terminals' rowdump --pretty --color=auto "$T/in.rs"
unlike "$(out)" $'\033' 'a file gets none'
if command -v script >/dev/null; then
	tty() # runs a program on a terminal
	{
		script -qec "$1" /dev/null </dev/null | tr -d '\r'
	}
	like "$(TERM=xterm tty "rowdump --pretty $T/in.rs")" $'\033\\[32m' 'a terminal gets them'
	unlike "$(TERM=xterm NO_COLOR=1 tty "rowdump --pretty $T/in.rs")" $'\033' 'not with NO_COLOR'
	like "$(tty "rowundump $T/in.json; echo code \$?")" 'standard output is a terminal.*code 100' 'rowundump does not write to a terminal'
else
	skip 'terminals' 'no script(1)'
fi

# what is wider than the terminal: one value a line
COLUMNS=30 rowdump --pretty "$T/in.rs" >"$T/out"
like "$(out)" $'update shop.orders  foreign keys not checked\n   \\+  id     1\n      item   apple -> pear\n' 'one value a line, a change as old -> new'

# what is shown cannot steer the terminal
lines '{"insert":"shop.orders","new":{"item":"\u001b[31mred\u0000\u009b\u202e\u200b\u0007\n"}}' '{"note":{"sql":"\u001b]0;title\u0007"}}'
exits 0 'a row with control characters' rowdump --pretty "$T/in.rs"
is "$(tr -d '\n' <"$T/out" | LC_ALL=C.UTF-8 grep -cP '[\x00-\x1f\x7f-\x9f\x{200b}-\x{200f}\x{202a}-\x{202e}]')" 0 'no control character comes through'
like "$(out)" 'x1b\[31mred.x00.u\{9b\}.u\{202e\}.u\{200b\}' 'they are shown as what they are'

# lag: the input is a pipe
now=$(date +%s)
sed "s/1795500000250000/$((now - 90))000000/" "$T/in.json" | rowundump | rowdump --pretty >"$T/out"
like "$(out)" 'UTC  lag (9[0-9]|1[01][0-9])\.[0-9] s  server' 'the lag of what comes through a pipe'
done_testing

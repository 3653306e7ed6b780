#!/bin/bash
# rowfilter by names and operations: what goes out, byte for byte where it can, with the counts that belong to it.
# shellcheck disable=SC2016 # backquotes are names
. t/lib.sh

# Two tables in two databases, a statement's text, a frame of a kind nobody knows, fields nobody knows.
cat >"$T/shop.json" <<'EOF'
{"hello":{"version":1,"flavor":"mariadb","file":"bin.1","off":4,"extra":"p3hfaGVsbG+SAYGhYcA="}}
{"table":{"id":1,"db":"shop","name":"orders","cols":[{"name":"id","type":"int"},{"name":"who","type":"varchar","len":20,"cs":"utf8mb4"}],"keys":[{"primary":true,"cols":[0]}],"extra":"p3hfdGFibGUH"}}
{"frame":99,"body":"gaF4AQ=="}
{"begin":{"file":"bin.1","off":100,"gtid":"0-1-1","ts":1772284455250000,"extra":"p3hfYmVnaW7D"}}
{"note":{"sql":"insert into orders"}}
{"frame":64,"body":"AAECAw=="}
{"insert":"shop.orders","t":1,"f":1,"off":150,"fl":1,"extra":"pnhfcm93c6F5","new":{"id":1,"who":"ann"}}
{"insert":"shop.orders","t":1,"f":1,"off":150,"fl":1,"extra":"pnhfcm93c6F5","new":{"id":2,"who":null}}
{"table":{"id":2,"db":"shop","name":"tmp_7","cols":[{"name":"id","type":"int"}]}}
{"note":{"sql":"insert into tmp_7 values (8)"}}
{"insert":"shop.tmp_7","t":2,"f":2,"new":{"id":8}}
{"savepoint":{"name":"s"}}
{"update":"shop.orders","t":1,"f":3,"old":{"id":2,"who":null},"new":{"id":2,"who":"bob"}}
{"rollback":{"to":"s"}}
{"delete":"shop.orders","t":1,"f":4,"old":{"id":1,"who":"ann"}}
{"commit":{"file":"bin.1","off":200,"rows":5,"extra":"qHhfY29tbWl0yz/4AAAAAAAA"}}
{"mark":{"file":"bin.1","off":200,"time":1772284455250000}}
{"begin":{"file":"bin.1","off":200}}
{"table":{"id":3,"db":"crm","name":"t","cols":[{"name":"id","type":"int"}]}}
{"note":{"sql":"a statement without rows"}}
{"insert":"crm.t","t":3,"f":5,"new":{"id":3}}
{"commit":{"file":"bin.1","off":300,"rows":1}}
{"begin":{"file":"bin.1","off":300}}
{"note":{"sql":"nothing came of it"}}
{"rollback":{"file":"bin.1","off":400}}
{"end":{"file":"bin.1","off":400,"why":"eof"}}
EOF
exits 0 'the input is made' rowundump "$T/shop.json"
cp "$T/out" "$T/shop"

# what came out, without the lines that every stream has
rows()
{
	rowdump "$T/out" >"$T/rows" 2>&1 || diag 'rowdump refuses the output'
	grep -Ev '^\{"(hello|begin|mark|end|frame)"' "$T/rows" | sed -E 's/,"(t|f|off|fl)":[0-9]+//g; s/,"extra":"[^"]*"//'
}

same()
{
	exits 0 "$1" rowfilter "${@:2}" <"$T/shop"
	ok '... byte for byte' cmp "$T/shop" "$T/out"
	is "$(err)" '' '... in silence'
}

same 'a filter without options passes everything'
same 'an include that all match passes everything' --include '*'
same 'an exclude that none matches passes everything' --exclude shop.nothing
same 'a condition that all rows meet passes everything' --where 'id > 0 or id is null'
same 'all operations pass everything' --op insert,update,delete
printf '\n  # only words\n\n' >"$T/empty.rules"
same 'rules that say nothing pass everything' --rules "$T/empty.rules"

exits 0 'one table is excluded' rowfilter --exclude 'shop.tmp_*' --include 'shop.*' <"$T/shop"
is "$(rows)" '{"table":{"id":1,"db":"shop","name":"orders","cols":[{"name":"id","type":"int"},{"name":"who","type":"varchar","len":20,"cs":"utf8mb4"}],"keys":[{"primary":true,"cols":[0]}]}}
{"note":{"sql":"insert into orders"}}
{"insert":"shop.orders","new":{"id":1,"who":"ann"}}
{"insert":"shop.orders","new":{"id":2,"who":null}}
{"savepoint":{"name":"s"}}
{"update":"shop.orders","old":{"id":2,"who":null},"new":{"id":2,"who":"bob"}}
{"rollback":{"to":"s"}}
{"delete":"shop.orders","old":{"id":1,"who":"ann"}}
{"commit":{"file":"bin.1","rows":4}}
{"commit":{"file":"bin.1","rows":0}}
{"note":{"sql":"nothing came of it"}}
{"rollback":{"file":"bin.1"}}' 'it is gone with its definition and its text, and the counts are right'
is "$(grep -c '"extra":\|"frame":64\|"frame":99' "$T/rows")" 8 'what is not known is kept, in frames that were changed too'
is "$(grep -cE '^\{"(begin|mark|end)"' "$T/rows")" 5 'BEGIN, MARK and END pass'

for names in '--include SHOP.Orders' '--include shop.order?' '--include /shop\.o.*/' '--include shop./o.*/' '--include shop --exclude shop.tmp_[0-9]' \
	'--include shop.* --include crm.nothing --exclude /.*tmp.*/' '--exclude crm --exclude shop.tmp_[7-8]' '--include `shop`.`orders`'; do
	set -f
	# shellcheck disable=SC2086 # several words
	exits 0 "$names" rowfilter $names <"$T/shop"
	set +f
	is "$(rows | grep -oE '"(insert|update|delete)":"[^"]*"' | sort | uniq -c | sed 's/^ *//' | paste -sd' ')" \
		'1 "delete":"shop.orders" 2 "insert":"shop.orders" 1 "update":"shop.orders"' '... keeps the one table'
done

exits 0 'inserts only' rowfilter --op insert <"$T/shop"
is "$(rows | grep -oE '^."(insert|update|delete)' | sort | uniq -c | tr -s ' ')" ' 4 {"insert' 'no other operation goes out'
is "$(rows | grep commit)" '{"commit":{"file":"bin.1","rows":3}}
{"commit":{"file":"bin.1","rows":1}}' 'and the counts say so'
exits 0 'operations of a table' rowfilter --rules <(printf 'table shop.orders\n\top delete, update\n') --op insert,delete <"$T/shop"
is "$(rows | grep -E '^."(insert|update|delete)')" '{"insert":"shop.tmp_7","new":{"id":8}}
{"delete":"shop.orders","old":{"id":1,"who":"ann"}}
{"insert":"crm.t","new":{"id":3}}' 'what the options say and what the rules say must both hold'

exits 0 'rules and options together' rowfilter --rules <(printf 'include shop.*, crm.*\nexclude crm.*\n') --exclude shop.tmp_7 <"$T/shop"
is "$(rows | grep -oE '"(insert|update|delete)":"[^"]*"' | sort -u | paste -sd' ')" '"delete":"shop.orders" "insert":"shop.orders" "update":"shop.orders"' 'the names are one list'
exits 0 'case counts where the rules say so' rowfilter --rules <(printf 'case\ninclude SHOP.*\n') <"$T/shop"
is "$(rows | grep -cE '^."(insert|update|delete)')" 0 'SHOP is not shop then'

# two sections, one after the other
cat "$T/shop" "$T/shop" >"$T/twice"
exits 0 'two streams, one after the other' rowfilter --include shop.tmp_7 <"$T/twice"
is "$(rows | grep -c '"insert":"shop.tmp_7"')" 2 'are filtered both'

# an id that is defined anew
cat >"$T/again.json" <<'EOF'
{"hello":{"version":1,"flavor":"mariadb"}}
{"table":{"id":1,"db":"a","name":"in","cols":[{"name":"id","type":"int"}]}}
{"begin":{"file":"bin.1","off":100}}
{"insert":"a.in","new":{"id":1}}
{"table":{"id":1,"db":"a","name":"out","cols":[{"name":"id","type":"int"}]}}
{"insert":"a.out","new":{"id":2}}
{"table":{"id":1,"db":"a","name":"in","cols":[{"name":"no","type":"int"}]}}
{"insert":"a.in","new":{"no":3}}
{"commit":{"file":"bin.1","off":200}}
{"end":{}}
EOF
run rowundump "$T/again.json"
cp "$T/out" "$T/again"
exits 0 'an id that changes its table' rowfilter --include a.in <"$T/again"
is "$(rows | grep -v table)" '{"insert":"a.in","new":{"id":1}}
{"insert":"a.in","new":{"no":3}}
{"commit":{"file":"bin.1","rows":2}}' 'is followed'

exits 100 'a pattern with a mistake' rowfilter --include 'shop.(' <"$T/shop"
like "$(err)" '^rowfilter: error: --include: ' 'is refused before anything is read'
exits 100 'an operation that is none' rowfilter --op insert,upsert <"$T/shop"
is "$(err)" 'rowfilter: error: --op: an operation is insert, update or delete, at character 8 of "insert,upsert"' 'is named'
exits 100 'rules that cannot be read' rowfilter --rules "$T/no such file" <"$T/shop"
like "$(err)" 'no such file.: No such file' 'are named'
exits 100 'an argument' rowfilter shop <"$T/shop"
exits 111 'an empty input is cut' rowfilter </dev/null
for args in '' '--where id>0 --exclude shop.tmp_7'; do
	set -f
	# shellcheck disable=SC2086 # several words
	exits 0 "every third prefix of the stream (rowfilter $args)" /usr/bin/python3 t/damage.py cuts "$T/shop" 3 -- rowfilter $args
	# shellcheck disable=SC2086
	exits 0 "every seventh byte changed (rowfilter $args)" /usr/bin/python3 t/damage.py flips "$T/shop" 7 -- rowfilter $args
	set +f
	diag "$(out)"
done
done_testing

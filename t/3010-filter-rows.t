#!/bin/bash
# rowfilter --where: rows judged by their columns, updates that cross the filter's border, images that do not hold
# all columns, and what is said of mistakes.
. t/lib.sh

# rows_of: the rows of $T/out, one a line, and each COMMIT's count
rows_of()
{
	rowdump "$T/out" >"$T/rows" 2>&1 || diag "rowdump refuses the output: $(<"$T/rows")"
	grep -E '^\{"(insert|update|delete|commit)"' "$T/rows" | sed -E 's/,"(t|f|off|fl)":[0-9]+//g; s/\{"commit".*"rows":([0-9]+).*/\1 rows/'
}

# make FILE: the JSON lines of a transaction's inside, with what belongs around it
make()
{
	{
		echo '{"hello":{"version":1,"flavor":"mariadb"}}'
		cat
		echo '{"commit":{"file":"bin.1","off":200}}'
		echo '{"end":{}}'
	} >"$T/json"
	run rowundump "$T/json"
	[ "$CODE" = 0 ] || diag "rowundump: $(err)"
	cp "$T/out" "$1"
}

# ---- the border

make "$T/border" <<'EOF'
{"table":{"id":1,"db":"shop","name":"orders","cols":[{"name":"id","type":"int"},{"name":"status","type":"varchar","len":20,"cs":"utf8mb4"},{"name":"n","type":"int"}],"keys":[{"primary":true,"cols":[0]}]}}
{"begin":{"file":"bin.1","off":100,"ts":1772284455250000}}
{"insert":"shop.orders","new":{"id":1,"status":"draft","n":1}}
{"insert":"shop.orders","new":{"id":2,"status":"open","n":2}}
{"insert":"shop.orders","new":{"id":3,"status":null,"n":3}}
{"update":"shop.orders","old":{"id":1,"status":"draft","n":1},"new":{"id":1,"status":"open","n":1}}
{"update":"shop.orders","old":{"id":2,"status":"open","n":2},"new":{"id":2,"status":"open","n":9}}
{"update":"shop.orders","old":{"id":2,"status":"open","n":9},"new":{"id":2,"status":"draft","n":8}}
{"update":"shop.orders","old":{"id":2,"status":"draft","n":8},"new":{"id":2,"status":"draft","n":7}}
{"update":"shop.orders","old":{"id":1,"status":"open","n":1},"new":{"id":1,"status":null,"n":1}}
{"update":"shop.orders","old":{"id":3,"status":null,"n":3},"new":{"id":3,"status":"open","n":4}}
{"delete":"shop.orders","old":{"id":3,"status":"open","n":4}}
{"delete":"shop.orders","old":{"id":2,"status":"draft","n":7}}
EOF
for where in "status <> 'draft'" "new.status <> 'draft'"; do
	exits 0 "rows that meet: $where" rowfilter --where "$where" <"$T/border"
	is "$(rows_of)" '{"insert":"shop.orders","new":{"id":2,"status":"open","n":2}}
{"insert":"shop.orders","new":{"id":1,"status":"open","n":1}}
{"update":"shop.orders","old":{"id":2,"status":"open","n":2},"new":{"id":2,"status":"open","n":9}}
{"delete":"shop.orders","old":{"id":2,"status":"open","n":9}}
{"delete":"shop.orders","old":{"id":1,"status":"open","n":1}}
{"insert":"shop.orders","new":{"id":3,"status":"open","n":4}}
{"delete":"shop.orders","old":{"id":3,"status":"open","n":4}}
7 rows' 'a row that enters is an insert, one that leaves a delete, NULL is not true'
done
exits 0 'what is said of the change is asked of the change' rowfilter --where "old.n < new.n or op <> 'update'" <"$T/border"
is "$(rows_of | grep update)" '{"update":"shop.orders","old":{"id":2,"status":"open","n":2},"new":{"id":2,"status":"open","n":9}}
{"update":"shop.orders","old":{"id":3,"status":null,"n":3},"new":{"id":3,"status":"open","n":4}}' 'no update becomes anything else'
is "$(rows_of | tail -n 1)" '7 rows' 'and inserts and deletes stay'
exits 0 'changed()' rowfilter --where 'changed(n)' <"$T/border"
is "$(rows_of | grep -o '"n":[0-9]*' | paste -sd' ')" '"n":2 "n":9 "n":9 "n":8 "n":8 "n":7 "n":3 "n":4' 'is about updates that changed the column'
exits 0 'two conditions' rowfilter --where "status = 'open'" --where 'changed(n)' <"$T/border"
is "$(rows_of)" '{"update":"shop.orders","old":{"id":2,"status":"open","n":2},"new":{"id":2,"status":"open","n":9}}
{"delete":"shop.orders","old":{"id":2,"status":"open","n":9}}
{"insert":"shop.orders","new":{"id":3,"status":"open","n":4}}
3 rows' 'must both hold, each in its own way'
printf 'where id < 3   # of all tables\n\ntable shop.*\n\twhere n > 1 and \\\n\t      status is not null\ntable shop.orders\n\twhere false\n' >"$T/r.rules"
exits 0 'conditions of all tables and of one' rowfilter --rules "$T/r.rules" <"$T/border"
is "$(rows_of)" '{"insert":"shop.orders","new":{"id":2,"status":"open","n":2}}
{"update":"shop.orders","old":{"id":2,"status":"open","n":2},"new":{"id":2,"status":"open","n":9}}
{"update":"shop.orders","old":{"id":2,"status":"open","n":9},"new":{"id":2,"status":"draft","n":8}}
{"update":"shop.orders","old":{"id":2,"status":"draft","n":8},"new":{"id":2,"status":"draft","n":7}}
{"delete":"shop.orders","old":{"id":2,"status":"draft","n":7}}
5 rows' 'must both hold, and the first rule that matches a table decides'

# ---- exact numbers, in the stream's own forms

make "$T/exact" <<'EOF'
{"table":{"id":1,"db":"n","name":"t","cols":[{"name":"b","type":"bigint"},{"name":"u","type":"bigint","unsigned":true},{"name":"d","type":"decimal","len":65,"dec":30},{"name":"f","type":"double"},{"name":"l","type":"varchar","len":9,"cs":"latin1"},{"name":"e","type":"enum","cs":"latin1","labels":["rot","gr\u00fcn"]}]}}
{"begin":{"file":"bin.1","off":100}}
{"insert":"n.t","new":{"b":"9007199254740993","u":"18446744073709551615","d":"12345678901234567890123456789012345.123456789012345678901234567890","f":0.1,"l":"gr\u00fcn","e":"gr\u00fcn"}}
{"insert":"n.t","new":{"b":"-9223372036854775808","u":0,"d":"-0.000000000000000000000000000001","f":-0.0,"l":"","e":0}}
EOF
while IFS='|' read -r want where; do
	exits 0 "$where" rowfilter --where "$where" <"$T/exact"
	is "$(rows_of | grep -c insert)" "$want" "... is true of $want"
done <<'EOF'
1|b = 9007199254740993
0|b = 9007199254740992
0|b = 9007199254740994
1|b + u = 18455751272964292608
1|u >= 18446744073709551615
1|b = -9223372036854775808
2|-b <> b
1|d = 12345678901234567890123456789012345.12345678901234567890123456789
1|d > 12345678901234567890123456789012345.123456789012345678901234567889
1|d = -1e-30 * 1 or d = -0.000000000000000000000000000001
1|d * d > 152415787532388367504942236884722755800955129
2|0.1 + 0.2 = 0.3
1|f = 0.1
0|u / 0 > 1
2|u / 0 is null
1|l = 'grün'
1|e = 'grün'
1|e = 2
1|l = e and l <> ''
1|char_length(l) = 4 and length(l) = 4
EOF

# ---- images that do not hold all columns

make "$T/minimal" <<'EOF'
{"table":{"id":1,"db":"m","name":"t","cols":[{"name":"id","type":"int"},{"name":"a","type":"int"},{"name":"b","type":"int"},{"name":"g","type":"int","gen":true}],"keys":[{"primary":true,"cols":[0]}]}}
{"begin":{"file":"bin.1","off":100}}
{"update":"m.t","old":{"id":1},"new":{"a":5},"off":120}
{"delete":"m.t","old":{"id":1}}
EOF
exits 0 'a key is in every image' rowfilter --where 'id = 1' <"$T/minimal"
ok 'so all goes out as it is' cmp "$T/minimal" "$T/out"
exits 0 'a condition that is false whatever the column holds' rowfilter --where 'a = 5 and id = 2' <"$T/minimal"
is "$(rows_of)" '0 rows' 'needs no column that is not there'
exits 100 'a column that is not in the image' rowfilter --where 'id = 1 and b = 2' <"$T/minimal"
is "$(err)" 'rowfilter: error: cannot judge an update of table "m.t" at bin.1:120: the row image does not hold column "b" (--where)
rowfilter: hint: the source logs it with binlog_row_image=FULL' 'stops with its name and place'
exits 100 'nor is it there before the update' rowfilter --where 'a = 5' <"$T/minimal"
like "$(err)" 'does not hold column "a"' 'which is needed for the border'
exits 0 'changed() knows from the image' rowfilter --where 'changed(a) and not changed(b)' <"$T/minimal"
is "$(rows_of)" '{"update":"m.t","old":{"id":1},"new":{"a":5}}
1 rows' 'which columns an update did not touch'
make "$T/enter" <<'EOF'
{"table":{"id":1,"db":"m","name":"t","cols":[{"name":"id","type":"int"},{"name":"a","type":"int"},{"name":"b","type":"int"},{"name":"g","type":"int","gen":true}],"keys":[{"primary":true,"cols":[0]}]}}
{"begin":{"file":"bin.1","off":100}}
{"update":"m.t","old":{"id":1,"a":1,"b":3},"new":{"a":5}}
{"update":"m.t","old":{"id":2,"a":1},"new":{"a":5}}
EOF
exits 100 'an update that brings a row in' rowfilter --where 'a = 5' <"$T/enter"
is "$(err)" 'rowfilter: error: an update of table "m.t" at bin.1:100 brings a row into the filter, but its image does not hold column "b"
rowfilter: hint: the source logs it with binlog_row_image=FULL' 'needs the whole row'
exits 0 'what the new image lacks is taken from the old' rowfilter --where 'a = 5 and id = 1' <"$T/enter"
is "$(rows_of)" '{"insert":"m.t","new":{"id":1,"a":5,"b":3}}
1 rows' 'and a generated column may be missing'

# ---- mistakes

exits 100 'a mistake in --where' rowfilter --where 'id = ' <"$T/border"
is "$(err)" 'rowfilter: error: --where:1:6: a value is expected, but the expression ends' 'has its place'
is "$(wc -c <"$T/out")" 0 'and nothing was written'
exits 100 'a column that is not there' rowfilter --where 'id = 1 and colour = 2' <"$T/border"
is "$(err)" 'rowfilter: error: --where:1:12: table shop.orders has no column "colour"
rowfilter: hint: the condition is used for table "shop.orders"' 'is named, with its table'
exits 0 'of a table that is not in the filter' rowfilter --exclude shop.orders --where 'colour = 2' <"$T/border"
printf 'include *\ntable shop.orders\n  where id = 1\n    and colour = 2\n' >"$T/bad.rules"
exits 100 'a line too many' rowfilter --rules "$T/bad.rules" <"$T/border"
is "$(err)" "rowfilter: error: $T/bad.rules:4:5: \"and\" is not a statement" 'has file, line and column'
printf 'include *\ntable shop.orders\n  where id = 1 \\\n    and colour = 2\n' >"$T/bad.rules"
exits 100 'a mistake in a line that goes on' rowfilter --rules "$T/bad.rules" <"$T/border"
like "$(err)" "bad.rules:4:9: table shop.orders has no column \"colour\"" 'is found in the line where it is'
exits 100 'a type that does not fit' rowfilter --where "n = 'many'" <"$T/border"
like "$(err)" "^rowfilter: error: --where:1:5: 'many' is not a number" 'is a mistake, not false'
done_testing

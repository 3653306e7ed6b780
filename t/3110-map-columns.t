#!/bin/bash
# rowmap and columns: renamed, dropped, kept, added, computed; keys; updates of what does not go out; small images.
. t/lib.sh

cat >"$T/json" <<'EOF'
{"hello":{"version":1,"flavor":"mariadb"}}
{"table":{"id":1,"db":"shop","name":"orders","cols":[{"name":"id","type":"int"},{"name":"who","type":"varchar","len":20,"cs":"latin1","coll":8},{"name":"price","type":"decimal","len":10,"dec":2},{"name":"secret","type":"varchar","len":9,"cs":"utf8mb4"},{"name":"state","type":"enum","cs":"latin1","coll":8,"labels":["neu","gr\u00fcn"]}],"keys":[{"name":"PRIMARY","primary":true,"cols":[0]},{"name":"u","cols":[1,3],"parts":[5,0]},{"name":"v","cols":[2,1]}],"extra":"oXgB"}}
{"begin":{"file":"bin.1","off":100,"ts":1772284455250000,"gtid":"0-1-7"}}
{"note":{"sql":"insert into orders values (1, ..., 'top secret')"}}
{"insert":"shop.orders","t":1,"f":1,"off":140,"new":{"id":1,"who":"j\u00f6rg","price":"10.50","secret":"a","state":"gr\u00fcn"}}
{"insert":"shop.orders","t":1,"f":1,"off":140,"new":{"id":2,"who":null,"price":null,"secret":null,"state":null}}
{"update":"shop.orders","t":1,"f":2,"off":150,"old":{"id":1,"who":"j\u00f6rg","price":"10.50","secret":"a","state":"neu"},"new":{"id":1,"who":"j\u00f6rg","price":"10.50","secret":"b","state":"neu"}}
{"update":"shop.orders","t":1,"f":2,"off":150,"old":{"id":1,"who":"j\u00f6rg","price":"10.50","secret":"b","state":"neu"},"new":{"id":1,"who":"j\u00f6rg","price":"11.00","secret":"c","state":"neu"}}
{"delete":"shop.orders","t":1,"f":3,"off":160,"old":{"id":2,"who":null,"price":null,"secret":null,"state":null}}
{"commit":{"file":"bin.1","off":200}}
{"end":{}}
EOF
run rowundump "$T/json"
cp "$T/out" "$T/in"

# map RULES: what comes out of $T/in, as lines
map()
{
	printf '%b\n' "$1" >"$T/rules"
	run rowmap --rules "$T/rules" <"$T/in"
	cp "$T/out" "$T/mapped"
	[ "$CODE" = 0 ] || echo "exit $CODE: $(sed "s|$T/||" "$T/err")"
	[ "$CODE" != 0 ] || rowdump "$T/mapped" | grep -E '^\{"(table|insert|update|delete|note|commit)"' | sed -E 's/,"(f|off)":[0-9]+//g; s/"t":1,//; s/\{"commit".*"rows":([0-9]+).*/\1 rows/'
}

is "$(map 'table shop.orders\n rename who -> name, price -> cost')" '{"table":{"id":1,"db":"shop","name":"orders","cols":[{"name":"id","type":"int"},{"name":"name","type":"varchar","len":20,"coll":8,"cs":"latin1"},{"name":"cost","type":"decimal","len":10,"dec":2},{"name":"secret","type":"varchar","len":9,"cs":"utf8mb4"},{"name":"state","type":"enum","coll":8,"cs":"latin1","labels":["neu","grün"]}],"keys":[{"name":"PRIMARY","primary":true,"cols":[0]},{"name":"u","cols":[1,3],"parts":[5,0]},{"name":"v","cols":[2,1]}],"extra":"oXgB"}}
{"note":{"sql":"insert into orders values (1, ..., '"'"'top secret'"'"')"}}
{"insert":"shop.orders","new":{"id":1,"name":"jörg","cost":"10.50","secret":"a","state":"grün"}}
{"insert":"shop.orders","new":{"id":2,"name":null,"cost":null,"secret":null,"state":null}}
{"update":"shop.orders","old":{"id":1,"name":"jörg","cost":"10.50","secret":"a","state":"neu"},"new":{"id":1,"name":"jörg","cost":"10.50","secret":"b","state":"neu"}}
{"update":"shop.orders","old":{"id":1,"name":"jörg","cost":"10.50","secret":"b","state":"neu"},"new":{"id":1,"name":"jörg","cost":"11.00","secret":"c","state":"neu"}}
{"delete":"shop.orders","old":{"id":2,"name":null,"cost":null,"secret":null,"state":null}}
5 rows' 'columns are renamed, in keys too'

dropped='{"table":{"id":1,"db":"shop","name":"orders","cols":[{"name":"id","type":"int"},{"name":"who","type":"varchar","len":20,"coll":8,"cs":"latin1"},{"name":"price","type":"decimal","len":10,"dec":2},{"name":"state","type":"enum","coll":8,"cs":"latin1","labels":["neu","grün"]}],"keys":[{"name":"PRIMARY","primary":true,"cols":[0]},{"name":"v","cols":[2,1]}],"extra":"oXgB"}}
{"insert":"shop.orders","new":{"id":1,"who":"jörg","price":"10.50","state":"grün"}}
{"insert":"shop.orders","new":{"id":2,"who":null,"price":null,"state":null}}
{"update":"shop.orders","old":{"id":1,"who":"jörg","price":"10.50","state":"neu"},"new":{"id":1,"who":"jörg","price":"11.00","state":"neu"}}
{"delete":"shop.orders","old":{"id":2,"who":null,"price":null,"state":null}}
4 rows'
is "$(map 'table shop.orders\n drop secret')" "$dropped" 'a dropped column is gone, with its key, with updates of it alone, and with the text of statements'
is "$(map 'table shop.orders\n keep id, who, price\n keep state')" "$dropped" 'kept columns are the others of dropped ones'
is "$(map 'table shop.orders\n keep state -> st, id -> nr' | sed 1d)" '{"insert":"shop.orders","new":{"nr":1,"st":"grün"}}
{"insert":"shop.orders","new":{"nr":2,"st":null}}
{"delete":"shop.orders","old":{"nr":2,"st":null}}
3 rows' 'kept and renamed at once'

is "$(map "table shop.* -> crm.*\n keep id\n add src varchar(130) = concat(db, '.', table)\n add shard tinyint unsigned = 5\n add loaded_at timestamp(6) = ts\n add pos varchar(80) = position\n add gtid varchar(60) = gtid\n add op char(6) = op\n add nothing int = null")" \
'{"table":{"id":1,"db":"crm","name":"orders","cols":[{"name":"id","type":"int"},{"name":"src","type":"varchar","len":130,"coll":45,"cs":"utf8mb4"},{"name":"shard","type":"tinyint","unsigned":true},{"name":"loaded_at","type":"timestamp","dec":6},{"name":"pos","type":"varchar","len":80,"coll":45,"cs":"utf8mb4"},{"name":"gtid","type":"varchar","len":60,"coll":45,"cs":"utf8mb4"},{"name":"op","type":"char","len":6,"coll":45,"cs":"utf8mb4"},{"name":"nothing","type":"int"}],"keys":[{"name":"PRIMARY","primary":true,"cols":[0]}],"extra":"oXgB"}}
{"insert":"crm.orders","new":{"id":1,"src":"shop.orders","shard":5,"loaded_at":"2026-02-28 13:14:15.250000","pos":"bin.1:140","gtid":"0-1-7","op":"insert","nothing":null}}
{"insert":"crm.orders","new":{"id":2,"src":"shop.orders","shard":5,"loaded_at":"2026-02-28 13:14:15.250000","pos":"bin.1:140","gtid":"0-1-7","op":"insert","nothing":null}}
{"delete":"crm.orders","old":{"id":2,"src":"shop.orders","shard":5,"nothing":null}}
3 rows' 'columns are added; an old image has those that hold for the row, not those of the moment'

is "$(map "table shop.orders\n set price decimal(12,3) = price * 1.2\n set who = upper(who)\n set state = if(state = 'neu', 'grün', state)\n drop secret" | sed 1d)" \
'{"insert":"shop.orders","new":{"id":1,"who":"JÖRG","price":"12.600","state":"grün"}}
{"insert":"shop.orders","new":{"id":2,"who":null,"price":null,"state":null}}
{"update":"shop.orders","old":{"id":1,"who":"JÖRG","price":"12.600","state":"grün"},"new":{"id":1,"who":"JÖRG","price":"13.200","state":"grün"}}
{"delete":"shop.orders","old":{"id":2,"who":null,"price":null,"state":null}}
4 rows' 'columns are computed, before and after'
is "$(map "table shop.orders\n keep id\n add len int = length(secret)" | grep update)" '{"update":"shop.orders","old":{"id":1,"len":1},"new":{"id":1,"len":1}}
{"update":"shop.orders","old":{"id":1,"len":1},"new":{"id":1,"len":1}}' 'an update of what a value is made of stays'
is "$(map "table shop.orders\n add was varchar(9) = old.secret\n drop secret\n drop who\n drop state" | grep update)" '{"update":"shop.orders","old":{"id":1,"price":"10.50"},"new":{"id":1,"price":"10.50","was":"a"}}
{"update":"shop.orders","old":{"id":1,"price":"10.50"},"new":{"id":1,"price":"11.00","was":"b"}}' 'a value of the change is in new images only'

# ---- keys

is "$(map 'table shop.orders\n add shard int = 3\n key shard, id' | jq -c '.table.keys // empty' 2>/dev/null)" '[{"name":"PRIMARY","primary":true,"cols":[5,0]}]' 'a key that is given is the only one'
is "$(map 'table shop.orders\n drop id')" 'exit 100: rowmap: error: rules:1:1: table shop.orders loses column "id" of its primary key
rowmap: hint: keep it, or say with "key" what the primary key is then' 'the primary key is not dropped'
is "$(map 'table shop.orders\n drop id\n key who' | head -n 1 | jq -c .table.keys)" '[{"name":"PRIMARY","primary":true,"cols":[0]}]' 'but for another'
is "$(map 'table shop.orders\n add t timestamp = ts\n key t')" 'exit 100: rowmap: error: rules:3:6: table shop.orders cannot have as a key, since it is not the same for the same row each time, the column "t"' 'what changes with the moment is no key'

# ---- what does not go together shows with the first table

is "$(map 'table shop.orders\n drop nope')" 'exit 100: rowmap: error: rules:2:7: table shop.orders has no column "nope"' 'a column that is not there'
is "$(map 'table shop.orders\n rename who -> price')" 'exit 100: rowmap: error: rules:1:1: table shop.orders would have two columns "price"' 'two columns of one name'
is "$(map 'table shop.orders\n rename who -> x\n drop who')" 'exit 100: rowmap: error: rules:2:9: table shop.orders does not keep the column "who"' 'renamed and dropped'
is "$(map 'table shop.orders\n add id int = 1')" 'exit 100: rowmap: error: rules:1:1: table shop.orders would have two columns "id"' 'added, but there'
is "$(map 'table shop.orders\n add x int = who')" 'exit 100: rowmap: error: rules:2:14: a number is expected here, not text: number(x) reads text as a number
rowmap: hint: the value is for table "shop.orders"' 'a value of another type'
is "$(map 'table shop.orders\n add x varchar(3) = who')" 'exit 100: rowmap: error: rules:2:6: cannot compute column "x" of table "shop.orders" at bin.1:140: a value does not fit column "x": too long' 'a value that does not fit is not cut'
is "$(map 'table shop.orders\n add x tinyint = price * 1000')" 'exit 100: rowmap: error: rules:2:6: cannot compute column "x" of table "shop.orders" at bin.1:140: a value does not fit column "x": out of range' 'nor is a number'

# ---- images that do not hold all columns

cat >"$T/json" <<'EOF'
{"hello":{"version":1,"flavor":"mariadb"}}
{"table":{"id":1,"db":"m","name":"t","cols":[{"name":"id","type":"int"},{"name":"a","type":"int"},{"name":"b","type":"int"},{"name":"c","type":"int"}],"keys":[{"primary":true,"cols":[0]}]}}
{"begin":{"file":"bin.1","off":100}}
{"update":"m.t","old":{"id":1},"new":{"a":5}}
{"update":"m.t","old":{"id":1},"new":{"b":6}}
{"update":"m.t","old":{"id":1},"new":{"c":7}}
{"delete":"m.t","old":{"id":1}}
{"commit":{"file":"bin.1","off":200}}
{"end":{}}
EOF
run rowundump "$T/json"
cp "$T/out" "$T/in"
is "$(map 'table m.t\n drop b\n rename a -> x' | sed 1d)" '{"update":"m.t","old":{"id":1},"new":{"x":5}}
{"update":"m.t","old":{"id":1},"new":{"c":7}}
{"delete":"m.t","old":{"id":1}}
3 rows' 'what is absent stays absent, and is no change'
is "$(map 'table m.t\n add x int = a + 1\n add y int = 1\n drop b' | sed 1d)" '{"update":"m.t","old":{"id":1,"y":1},"new":{"a":5,"x":6,"y":1}}
{"update":"m.t","old":{"id":1,"y":1},"new":{"c":7,"y":1}}
{"delete":"m.t","old":{"id":1,"y":1}}
3 rows' 'a value of absent columns is absent'
is "$(map 'table m.t\n add x int = a + b')" 'exit 100: rowmap: error: rules:2:6: cannot compute column "x" of table "m.t" at bin.1:100: the row image does not hold column "b"
rowmap: hint: the source logs it with binlog_row_image=FULL' 'a value that is half known stops'

# ---- frames stay under their size when rows grow

{
	echo '{"hello":{"version":1,"flavor":"mariadb"}}'
	echo '{"table":{"id":1,"db":"m","name":"t","cols":[{"name":"id","type":"int"}]}}'
	echo '{"begin":{"file":"bin.1","off":100}}'
	for ((i = 0; i < 5000; i++)); do
		echo '{"insert":"m.t","f":1,"new":{"id":'$i'}}'
	done
	echo '{"commit":{"file":"bin.1","off":200}}'
	echo '{"end":{}}'
} >"$T/json"
run rowundump "$T/json"
cp "$T/out" "$T/in"
is "$(map "table m.t\n add x char(90) = '0123456789012345678901234567890123456789012345678901234567890123456789'" | tail -n 1)" '5000 rows' 'rows that grow'
run /usr/bin/python3 t/rowstream.py frames "$T/mapped"
is "$(awk '$2 == "ROWS" && $3 > 66000' "$T/out")" '' 'fill more frames, not larger ones'
like "$(grep -c ROWS "$T/out")" '^[6-9]$' 'as many as are needed'
done_testing

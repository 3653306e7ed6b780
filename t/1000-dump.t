#!/bin/bash
# A stream becomes JSON lines and a stream again, byte for byte: every kind of frame and every type, frames in other
# forms than rowferry's, fields and kinds that nobody knows yet; also after jq and Python have read and written the lines.
. t/lib.sh

rowstream()
{
	/usr/bin/python3 "$TOP/t/rowstream.py" "$@"
}
/usr/bin/python3 -c 'import msgpack, xxhash' 2>/dev/null || skip_all 'python3-msgpack or python3-xxhash is missing'

rowstream rich >"$T/rich.rs"
exits 0 'rowdump takes the rich stream' rowdump "$T/rich.rs"
is "$(err)" '' 'in silence'
mv "$T/out" "$T/rich.json"
is "$(rowstream same "$T/rich.rs" "$T/rich.json" 2>&1)" '8041 rows are the same' 'an independent reader finds the same rows in both'
is "$(tail -n 1 "$T/rich.json")" '{"end":{}}' 'the last line is END'
exits 0 'rowundump takes the lines' rowundump "$T/rich.json"
ok 'rowdump | rowundump is the identity' cmp "$T/out" "$T/rich.rs"
is "$(err)" '' 'in silence'

same_after()
{
	exits 0 "$1: rowundump takes it" rowundump "$T/changed.json"
	ok "$1: the same bytes" cmp "$T/out" "$T/rich.rs"
}
jq -c . "$T/rich.json" >"$T/changed.json"
same_after 'jq -c .'
jq -cS . "$T/rich.json" >"$T/changed.json"
same_after 'jq -cS ., every key in another place'
jq . "$T/rich.json" >"$T/changed.json"
same_after 'jq ., objects over many lines'
jq -ca . "$T/rich.json" >"$T/changed.json"
same_after 'jq -ca ., every character as an escape'
/usr/bin/python3 -c 'import json, sys
for line in open(sys.argv[1], encoding="utf8", newline="\n"):
    print(json.dumps(json.loads(line), sort_keys=True))' "$T/rich.json" >"$T/changed.json"
same_after 'Python'
sed 's/$/\r/' "$T/rich.json" >"$T/changed.json"
same_after 'lines that end as on Windows'
tr -d '\n' <"$T/rich.json" >"$T/changed.json"
same_after 'no line ends at all'

# a raw frame is taken only as long as the line says the same
lines()
{
	printf '%s\n' '{"hello":{"version":1,"flavor":"mariadb"}}' "$@" '{"end":{}}' >"$T/in.json"
	rowundump "$T/in.json" >"$T/in.rs" 2>"$T/err" || cat "$T/err"
	rowdump "$T/in.rs" 2>&1 | sed '1d;$d'
}
grep '"mark".*"raw"' "$T/rich.json" | sed -n 2p >"$T/mark"
is "$(lines "$(cat "$T/mark")")" "$(cat "$T/mark")" 'raw is kept when nothing was changed'
is "$(lines "$(jq -c '.mark.off = 77' "$T/mark")")" '{"mark":{"file":"f","off":77,"time":6}}' 'a change wins over raw'
is "$(lines "$(jq -c 'del(.raw)' "$T/mark")")" '{"mark":{"file":"f","off":2,"time":6}}' 'raw may be taken away'
grep -e '^{"table":{"id":4' -e '"x.forms"' "$T/rich.json" | head -n 4 | sed 's/"f":25/"f":1/; s/"f":26/"f":2/' >"$T/forms"
begin='{"begin":{"file":"f","off":2}}'
commit='{"commit":{"file":"f","off":3,"rows":3}}'
is "$(lines "$begin" "$(cat "$T/forms")" "$commit")" "$begin
$(cat "$T/forms")
$commit" 'raw of a definition and of rows is kept'
changed=$(jq -c 'if .new.b? == "str" then .new.b = "new" else . end' "$T/forms")
is "$(lines "$begin" "$changed" "$commit" | jq -c 'select(.insert) | [.new, has("raw")]')" \
	'[{"a":1,"b":"new"},false]
[{"a":1,"b":"bin where str is usual"},false]' 'a changed row makes its frame anew'
is "$(lines "$begin" "$(sed 2d "$T/forms")" "$commit" | jq -c 'select(.insert or .commit) | del(.raw)')" \
	'{"insert":"x.forms","t":4,"f":1,"new":{"a":1,"b":"bin where str is usual"}}
{"commit":{"file":"f","off":3,"rows":2}}' 'so does a row that was dropped, and COMMIT counts what there is'

# rows that people and programs write
t='{"table":{"id":1,"db":"d","name":"t","cols":[{"name":"i","type":"bigint","unsigned":true},{"name":"d","type":"decimal","len":10,"dec":2},
	{"name":"f","type":"float"},{"name":"e","type":"enum","cs":"latin1","labels":["é","b"]},{"name":"s","type":"set","cs":"utf8mb4","labels":["x","y"]},
	{"name":"v","type":"varchar","cs":"gbk"},{"name":"u","type":"uuid"},{"name":"b","type":"blob"},{"name":"n","type":"decimal","len":5}]}}'
row()
{
	lines "$t" "$begin" "{\"insert\":\"d.t\",\"new\":$1}" "$commit" | jq -c 'select(.insert) | .new'
}
is "$(row '{"i":18446744073709551615}' 2>/dev/null; cat "$T/err")" \
	'rowundump: error: line 6: column "i" (bigint): a number beyond 2^53 must be a string to be exact' 'a number that is not exact is refused'
is "$(row '{"i":"18446744073709551615"}')" '{"i":"18446744073709551615"}' 'and taken as a string'
is "$(row '{"i":9007199254740993}')" '{"i":"9007199254740993"}' 'an exact one is taken as a number too'
is "$(row '{"i":5.0,"d":1.5,"n":7,"f":"1.5"}')" '{"i":5,"d":"1.50","f":1.5,"n":"7"}' 'numbers in other forms'
is "$(row '{"d":-12345}')" '{"d":"-12345.00"}' 'a whole number for a decimal'
is "$(row '{"e":"é","s":"y,x"}')" '{"e":"é","s":"x,y"}' 'members'
is "$(row '{"e":2,"s":3}')" '{"e":"b","s":"x,y"}' 'numbers of members'
is "$(row '{"v":"你好","u":"123E4567E89B12D3A456426655440000","b":{"b64":""}}')" \
	'{"v":"你好","u":"123e4567-e89b-12d3-a456-426655440000","b":{"b64":""}}' 'text in another character set, a UUID without dashes'
is "$(row '{"v":{"b64":"/w=="},"i":null}')" '{"i":null,"v":{"b64":"/w=="}}' 'bytes that are no text'
is "$(row '["1","2.00",{"absent":true},null,"","",null,null,null]')" \
	'{"i":1,"d":"2.00","e":null,"s":"","v":"","u":null,"b":null,"n":null}' 'a row as an array'

# what belongs to one frame
frames()
{
	lines "$t" "$begin" "$@" "$commit" | jq -r '.f // empty' | uniq -c | awk '{ printf "%s ", $1 }'
}
r='"new":{"i":1}}'
is "$(frames "{\"insert\":\"d.t\",$r" "{\"insert\":\"d.t\",\"t\":1,$r" "{\"delete\":\"d.t\",\"old\":{}}" "{\"insert\":\"d.t\",$r")" '2 1 1 ' \
	'neighbours of one table and operation are one frame'
is "$(frames "{\"insert\":\"d.t\",\"f\":1,$r" "{\"insert\":\"d.t\",\"f\":2,$r" "{\"insert\":\"d.t\",\"f\":2,$r" "{\"insert\":\"d.t\",\"f\":2,\"off\":7,$r" \
	"{\"insert\":\"d.t\",\"f\":2,\"off\":7,\"fl\":1,$r")" '1 2 1 1 ' 'of another number, offset or flag they are not'
for ((i = 0; i < 3000; i++)); do
	echo "{\"insert\":\"d.t\",\"f\":1,\"new\":{\"v\":\"$i: a row that takes some room\"}}"
done >"$T/many"
is "$(frames "$(cat "$T/many")" | wc -w)" 2 'many rows are cut into frames of the usual size'

# nothing waits in a buffer while the input is idle
mkfifo "$T/a" "$T/b"
rowundump <"$T/a" >"$T/b" 2>"$T/err" &
first=$!
t_own $first
rowdump <"$T/b" >"$T/live" 2>"$T/err2" &
second=$!
t_own $second
exec {a}>"$T/a"
printf '%s\n' '{"hello":{"version":1,"flavor":"mariadb"}}' "$begin" '{"commit":{"file":"f","off":3}}' >&"$a"
ok 'a transaction comes through while the stream is open' wait_for 10 grep -qs commit "$T/live"
exec {a}>&-
wait $first
is "$? $(cut -d: -f3 "$T/err")" '111  the input is cut at line 4' 'the input ends without END'
wait $second
is "$? $(cut -d: -f3 "$T/err2" | sed 's/[0-9]* *$//')" '111  the stream is cut at byte ' 'and so does the stream'
is "$(wc -l <"$T/live")" 3 'and nothing else'

# told to stop between transactions both end the stream
mkfifo "$T/c"
for program in rowdump rowundump; do
	if [ $program = rowdump ]; then
		lines "$begin" "$commit" >/dev/null
		size=$(rowstream frames "$T/in.rs" | awk '$2 == "END" { print $1 }')
		head -c "$size" "$T/in.rs" >"$T/part"
	else
		sed '$d' "$T/in.json" >"$T/part"
	fi
	$program <"$T/c" >"$T/stopped" 2>"$T/err" &
	pid=$!
	t_own $pid
	exec {c}>"$T/c"
	cat "$T/part" >&"$c"
	wait_for 10 test -s "$T/stopped"
	kill -TERM $pid
	wait $pid
	is "$?" 0 "$program: SIGTERM between transactions is a clean end"
	[ $program = rowdump ] || { rowdump "$T/stopped" >"$T/out" && mv "$T/out" "$T/stopped"; }
	is "$(tail -n 1 "$T/stopped")" '{"end":{"file":"f","off":3,"why":"signal"}}' "$program: END says where"
	exec {c}>&-
done
# rows that were not applied say why
rejects=('{"hello":{"version":1,"flavor":"mariadb","pipeline":"shop","seq":7}}' '{"table":{"id":1,"db":"d","name":"t","cols":[{"name":"id","type":"int"}]}}'
	'{"begin":{"file":"f","off":2}}' '{"insert":"d.t","t":1,"f":1,"reason":"Duplicate entry 1","new":{"id":1}}'
	'{"insert":"d.t","t":1,"f":1,"reason":"","new":{"id":2}}' '{"insert":"d.t","t":1,"f":1,"new":{"id":3}}' '{"commit":{"file":"f","off":3,"rows":3}}' '{"end":{}}')
printf '%s\n' "${rejects[@]}" >"$T/rejects.json"
exits 0 'rows with a reason' sh -c "rowundump '$T/rejects.json' | rowdump"
is "$(out)" "$(printf '%s\n' "${rejects[@]}" | sed '5s/"f":1/"f":2/; 6s/"f":1/"f":3/')" 'keep it, each reason a frame'
exits 0 'and for people' sh -c "rowundump '$T/rejects.json' | rowdump --pretty"
like "$(out)" "rejects of pipeline shop" 'they are marked'
like "$(out)" "insert d.t  not applied: Duplicate entry 1" 'and the reason stands with the row'
exits 0 'a filter that drops other rows' sh -c "rowundump '$T/rejects.json' | rowfilter --where 'id < 3' | rowdump"
like "$(out)" '"reason":"Duplicate entry 1","new":..id.:1.' 'keeps the reason'
printf 'table d.t\n set id = id + 10\n' >"$T/rejects.rules"
exits 0 'a map that changes rows' sh -c "rowundump '$T/rejects.json' | rowmap --rules '$T/rejects.rules' | rowdump"
like "$(out)" '"reason":"Duplicate entry 1","new":..id.:11.' 'keeps the reason as well'
done_testing

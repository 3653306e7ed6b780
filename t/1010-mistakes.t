#!/bin/bash
# Mistakes in the lines that rowundump reads: exit 100 and one line that says where and what. Cut input: exit 111.
. t/lib.sh

hello='{"hello":{"version":1,"flavor":"mariadb"}}'
table='{"table":{"id":1,"db":"d","name":"t","cols":[{"name":"i","type":"int"},{"name":"e","type":"enum","cs":"latin1","labels":["a"]},{"name":"v","type":"varchar","cs":"latin1"},{"name":"b","type":"blob"},{"name":"d","type":"decimal","len":5,"dec":2},{"name":"f","type":"float"},{"name":"u","type":"uuid"},{"name":"n","type":"inet4"},{"name":"s","type":"set","cs":"utf8mb4","labels":["x"]},{"name":"j","type":"json"},{"name":"a","type":"char","cs":"ascii"}]}}'
begin='{"begin":{"file":"f","off":1}}'
end='{"end":{}}'

# wrong WANT LINE...: the last line is the mistake. WANT begins with its number.
wrong()
{
	local want=$1
	shift
	printf '%s\n' "$@" "$end" >"$T/in"
	exits 100 "exit 100: $want" rowundump "$T/in"
	is "$(err)" "rowundump: error: line $#: $want" "one line: $want"
}
row() # WANT IMAGE: a mistake in an insert
{
	wrong "$1" "$hello" "$table" "$begin" "{\"insert\":\"d.t\",\"new\":$2}"
}

# not JSON, not a line of rowdump
wrong 'not a JSON object' 'x'
wrong 'not a JSON object' "$hello" '[]'
wrong 'not a JSON object' "$hello" '5'
wrong "not JSON: string or '}' expected near ','" '{,}'
wrong "not JSON: duplicate object key near '\"hello\"'" '{"hello":{"version":1,"flavor":"x"},"hello":{}}'
wrong 'not JSON: real number overflow near '"'1e999'" '{"hello":{"version":1e999}}'
wrong 'not one of the objects that rowdump writes: it names no kind, or more than one' '{}'
wrong 'not one of the objects that rowdump writes: it names no kind, or more than one' '{"begin":{},"commit":{}}'
wrong '"hello" is not an object' '{"hello":1}'

# fields
wrong '"hello" needs a field "version"' '{"hello":{}}'
wrong '"hello" has no field "flavour"' '{"hello":{"version":1,"flavour":"mariadb"}}'
wrong '"hello" has no field "x"' '{"hello":{"version":1,"flavor":"mariadb"},"x":1}'
wrong 'version 2 of the stream is not known' '{"hello":{"version":2,"flavor":"mariadb"}}'
wrong '"gtid" is not a set of GTIDs' '{"hello":{"version":1,"flavor":"mariadb","gtid":"x"}}'
wrong "the transaction's \"gtid\" does not fit those of the stream" '{"hello":{"version":1,"flavor":"mysql","gtid":"17b6759a-e725-11f1-abb2-02fc00000001:1-7"}}' '{"begin":{"gtid":"0-1-2","file":"f","off":1}}' '{"commit":{"file":"f","off":2}}'
wrong '"off" is not a whole number' "$hello" '{"begin":{"file":"f","off":1.5}}'
wrong '"off" is negative' "$hello" '{"begin":{"file":"f","off":-1}}'
wrong '"file" is not a string' "$hello" '{"begin":{"file":1,"off":1}}'
wrong '"file" is not base64' "$hello" '{"begin":{"file":{"b64":"x"},"off":1}}'
wrong '"begin": not a log file'"'"'s name' "$hello" '{"begin":{"file":"a\u0000b","off":1}}'
wrong '"extra" does not hold fields of a frame: array or map is longer than its frame' "$hello" '{"begin":{"file":"f","off":1,"extra":"gQ=="}}'
wrong '"raw" is not base64' "$hello" '{"begin":{"file":"f","off":1},"raw":"%"}'
wrong '"raw" is not one frame of this kind: not a frame of a row stream' "$hello" '{"begin":{"file":"f","off":1},"raw":"AAAA"}'
wrong '"raw" is not one frame of this kind: it is cut' "$hello" '{"begin":{"file":"f","off":1},"raw":"yQAA"}'
wrong '"rollback" needs a field "file"' "$hello" "$begin" '{"rollback":{}}'
wrong '"names" is not an array of pairs' "$hello" "$begin" '{"ddl":{"sql":"x","verb":"other","names":[["a"]]}}'
wrong '"ddl" needs a field "sql"' "$hello" "$begin" '{"ddl":{"verb":"other","names":[]}}'
wrong '"env" has no field "mode"' "$hello" "$begin" '{"ddl":{"sql":"x","verb":"other","names":[],"env":{"mode":1}}}'
wrong '"sql": the text has no form in the character set latin1' "$hello" "$begin" '{"ddl":{"sql":"日","verb":"other","names":[],"env":{"cs":8}}}'
wrong 'a frame of kind 4 cannot be given as bytes: 14 to 127 can' "$hello" '{"frame":4,"body":""}'

# tables
wrong '"table": a field is missing' "$hello" '{"table":{"id":0,"db":"d","name":"t","cols":[]}}'
wrong 'the type "integer" of column "a" is not known' "$hello" '{"table":{"id":1,"db":"d","name":"t","cols":[{"name":"a","type":"integer"}]}}'
wrong '"cols" has no field "size"' "$hello" '{"table":{"id":1,"db":"d","name":"t","cols":[{"name":"a","type":"int","size":5}]}}'
wrong "\"table\": a key's column is not one of the table's" "$hello" '{"table":{"id":1,"db":"d","name":"t","cols":[],"keys":[{"cols":[0]}]}}'
wrong '"labels": the text has no form in the character set latin1' "$hello" '{"table":{"id":1,"db":"d","name":"t","cols":[{"name":"a","type":"enum","cs":"latin1","labels":["日"]}]}}'

# order
wrong '"begin" before "hello"' "$begin"
wrong '"hello" inside a stream that has not ended' "$hello" "$hello"
wrong '"begin" inside a transaction' "$hello" "$begin" "$begin"
wrong '"commit" outside of a transaction' "$hello" '{"commit":{"file":"f","off":1}}'
wrong '"insert" outside of a transaction' "$hello" "$table" '{"insert":"d.t","new":{}}'
wrong '"mark" inside a transaction' "$hello" "$begin" '{"mark":{"file":"f","off":1,"time":1}}'
wrong '"end" inside a transaction' "$hello" "$begin" '{"end":{}}'

# rows
wrong 'no table "d.t" was defined before' "$hello" "$begin" '{"insert":"d.t","new":{}}'
wrong 'no table with the id 7 was defined before' "$hello" "$table" "$begin" '{"insert":"d.t","t":7,"new":{}}'
wrong 'the table with the id 1 is "d.t", not "d.u"' "$hello" "$table" "$begin" '{"insert":"d.u","t":1,"new":{}}'
wrong 'there are several tables "d.t": say which one with "t"' "$hello" "$table" "${table/\"id\":1/\"id\":2}" "$begin" '{"insert":"d.t","new":{}}'
wrong '"update" needs a field "old"' "$hello" "$table" "$begin" '{"update":"d.t","new":{}}'
wrong '"insert" has no field "old"' "$hello" "$table" "$begin" '{"insert":"d.t","new":{},"old":{}}'
row '"new" is not an object' 5
row '"new" has 1 values, the table 11 columns' '[1]'
row 'table "d.t" has no column "I"' '{"I":1}'
row 'column "i" (int): not a number' '{"i":true}'
row 'column "i" (int): not a whole number' '{"i":1.5}'
row 'column "i" (int): not a whole number of 64 bits' '{"i":"18446744073709551616"}'
row 'column "i" (int): not a whole number of 64 bits' '{"i":""}'
row 'column "e" (enum): "b" is not one of its members' '{"e":"b"}'
row 'column "e" (enum): "日" is not one of its members' '{"e":"日"}'
row 'column "s" (set): "y" is not one of its members' '{"s":"x,y"}'
row '"v": the text has no form in the character set latin1' '{"v":"日"}'
row '"a": the text has no form in the character set ascii' '{"a":"é"}'
row '"v" is not a string' '{"v":5}'
row 'column "b" (blob): bytes are written {"b64":"..."}' '{"b":"text"}'
row '"b" is not base64' '{"b":{"b64":"AA"}}'
row '"b" is not base64' '{"b":{"b64":"AB=="}}'
row 'column "d" (decimal): the number has more digits after its point than the column; write it as a string' '{"d":1.125}'
row 'column "f" (float): the number is too large' '{"f":1e39}'
row 'column "f" (float): not a number' '{"f":"nan"}'
row 'column "f" (float): "bits" is not 8 hexadecimal digits' '{"f":{"bits":"7fc0"}}'
row 'column "u" (uuid): not a UUID' '{"u":"123"}'
row 'column "n" (inet4): not an IPv4 address' '{"n":"1.2.3"}'
row 'column "j" (json): a document is written as one string (jq: tojson)' '{"j":{"a":1}}'

# what came before a mistake is written, its own transaction has no end
printf '%s\n' "$hello" "$table" "$begin" '{"commit":{"file":"f","off":2}}' "$begin" '{"insert":"d.t","new":{"i":"x"}}' "$end" >"$T/in"
exits 100 'a mistake in the second transaction' rowundump "$T/in"
rowdump <"$T/out" >"$T/lines" 2>"$T/err2"
is "$? $(jq -r keys[0] "$T/lines" | tr '\n' ' ')" '111 hello table begin commit begin ' 'the first one is there, the second does not end'

# cut input
cut() # NAME: in $T/in
{
	exits 111 "$1: exit 111" rowundump "$T/in"
	is "$(grep -c '^rowundump: error: the input is cut' "$T/err") $(wc -l <"$T/err")" '1 1' "$1: one line"
}
: >"$T/in"
cut 'nothing'
printf ' \n\n' >"$T/in"
cut 'only blanks'
printf '%s\n' "$hello" >"$T/in"
cut 'no end'
printf '%s\n' "$hello" "$begin" >"$T/in"
cut 'inside a transaction'
printf '%s\n' "$hello" "${table:0:50}" >"$T/in"
cut 'inside a line'
printf '%s' '{"hello":{"version":1,"flavor":"mari\"' >"$T/in"
cut 'inside a string'

# use
exits 100 'an unknown option' rowundump --what
exits 100 'a file that is not there' rowundump "$T/nothing"
exits 100 'two files' rowundump a b
exits 100 'rowdump: an unknown option' rowdump --what
exits 100 'rowdump: a file that is not there' rowdump "$T/nothing"
exits 100 'rowdump: two forms' rowdump --sql --pretty
exits 100 'rowdump: a wrong colour' rowdump --pretty --color=red
like "$(err)" 'color: "red" is not always, never or auto' 'and it says so'
for program in rowfilter rowmap; do
	exits 100 "$program: a rules file that is not there" "$program" --rules "$T/nothing"
	is "$(err)" "$program: error: cannot read rules file \"$T/nothing\": No such file or directory" 'is named'
	exits 100 "$program: a folder" "$program" --rules "$T"
	exits 100 "$program: a wrong word for --ddl" "$program" --ddl nonsense
	like "$(err)" 'error: --ddl is pass, drop or stop, not "nonsense"$' 'those that it takes are named'
done
exits 100 'binlog-tap: a file that is not there' binlog-tap --file "$T/nothing"
like "$(err)" "cannot open: No such file or directory" 'it says so'
for program in 'binlog-tap --no-defaults' 'mysql-sink --no-defaults' rowfilter rowmap zk-lease; do
	# shellcheck disable=SC2086 # words
	exits 100 "$program: to be ready on standard output, where a stream may go" $program --ready-fd 1
	program=${program% *}
	is "$(err)" "$program: error: --ready-fd: \"1\" is not a number from 3 to 65535" 'is refused'
done
# an option whose value is one of a few words names them all
for option in 'ddl apply, skip or stop' 'on-conflict stop, overwrite or skip' 'print-position gtid, file or copy' 'protocol tcp or socket' \
	'ssl-mode DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY' 'compress 0 or 1'; do
	exits 100 "mysql-sink: a wrong word for --${option%% *}" mysql-sink --no-defaults --pipeline x --print-position "--${option%% *}=nonsense"
	is "$(err)" "mysql-sink: error: --${option%% *}: \"nonsense\" is not ${option#* }" 'those that it takes are named'
done
printf '%s\n' "$hello" "$end" | rowundump >"$T/empty.rs"
for program in binlog-tap rowfilter rowmap mysql-sink rowdump rowundump; do
	"$program" --help >/dev/full 2>"$T/err"
	is "$? $(cat "$T/err")" "111 $program: error: could not write to standard output: No space left on device" \
		"$program: help that a full disk swallows is an error"
done
rowdump "$T/empty.rs" >/dev/full 2>"$T/err"
is "$? $(wc -l <"$T/err")" '111 1' 'rowdump: a full disk is said once'
rowundump >/dev/full 2>"$T/err" <<<"$hello$end"
is "$? $(wc -l <"$T/err")" '111 1' 'rowundump: too'
done_testing

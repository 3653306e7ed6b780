#!/bin/bash
# Rules files: what is refused and where, and what is taken. Both programs read the same language.
# shellcheck disable=SC2016 # backquotes are names
. t/lib.sh

# wrong TEXT PLACE MISTAKE: \n and \t in TEXT are what they are in printf
wrong()
{
	printf '%b' "$1" >"$T/x.rules"
	run rowmap --rules "$T/x.rules"
	is "$CODE $(err)" "100 rowmap: error: $T/x.rules:$2: $3" "$1"
}

wrong 'tabel a.b' 1:1 '"tabel" is not a statement'
wrong 'include a.b\n\ninclude a.(' 3:11 'regular expressions stand between slashes, other names with such characters in backquotes'
wrong 'include' 1:8 'a pattern is missing'
wrong 'include a.b,' 1:13 'a pattern is missing'
wrong 'include a.b c.d' 1:13 'something follows where the line should end'
wrong 'table a.b\ninclude c.d' 2:1 'include stands before the first table or database'
wrong 'rename a -> b' 1:1 'rename stands below a table'
wrong 'database a -> b\nwhere x = 1' 2:1 'where stands below a table'
wrong 'database a' 1:11 '"->" and the target are missing'
wrong 'database a.b -> c' 1:10 "a database's name has no table"
wrong 'database a -> c.d' 1:16 'a database goes to a database, without a table'
wrong 'table a.b ->' 1:13 'the target is missing'
wrong 'table a.b -> c' 1:15 'the target is written database.table'
wrong 'table a.b -> c.' 1:16 "the target's name is missing"
wrong 'table a.b -> c./x/' 1:16 "a target is a name, not a regular expression: * stands for the source's name"
wrong 'table a.b -> c.x?' 1:16 'a target has no wildcards but *, which stands for the source'"'"'s name'
wrong 'table a.b -> c.*x*' 1:18 'a target has one * and no other wildcard'
wrong 'table a.b -> c.t[0-3]' 1:16 'the target has a range where the source has none'
wrong 'table a[1-2].t -> b.t[7-8]' 1:21 'the target has a range where the source has none'
wrong 'table a.t[0-3] -> c.t[1-5]' 1:21 'the ranges of source and target are not of one length'
wrong 'op insert, upsert' 1:12 'an operation is insert, update or delete'
wrong 'ddl maybe' 1:5 'ddl is pass, drop or stop'
wrong 'ddl pass\nddl drop' 2:5 'ddl was said before'
wrong 'where id = ' 1:12 'a value is expected, but the expression ends'
wrong 'where id = \\\n  1 +' 2:6 'a value is expected, but the expression ends'
wrong 'include a.b\ncase' 2:1 'case stands once, before all patterns'
wrong 'table a.b\n rename c' 2:10 '"->" and the new name are missing'
wrong 'table a.b\n rename c -> ' 2:14 'the new name is missing'
wrong 'table a.b\n rename c -> d.e' 2:14 "not a column's name: a name with such characters stands in backquotes"
wrong 'table a.b\n keep a, b\n drop c' 3:7 'a table has drop or keep, not both'
wrong 'table a.b\n drop c, c' 2:10 'the column was named before'
wrong 'table a.b\n add c' 2:7 'a type is missing'
wrong 'table a.b\n add c = 5' 2:8 'a type is expected before "="'
wrong 'table a.b\n add c int' 2:11 '"=" and the value are missing'
wrong 'table a.b\n add c int = ' 2:14 'a value is expected, but the expression ends'
wrong 'table a.b\n add c number = 5' 2:8 'there is no such type'
wrong 'table a.b\n add c varchar = 5' 2:8 'the type needs a length'
wrong 'table a.b\n add c varchar(99999) = 5' 2:8 'the length is out of range'
wrong 'table a.b\n add c varchar(x) = 5' 2:16 'a number is expected in the type'
wrong 'table a.b\n add c decimal(66,2) = 5' 2:8 'a decimal has 1 to 65 digits, at most 38 of them after the point'
wrong 'table a.b\n add c date unsigned = 5' 2:8 'only numbers are unsigned'
wrong "table a.b\n add c enum('a') = 5" 2:13 'a number is expected in the type'
wrong 'table a.b\n add c timestamp(7) = ts' 2:8 'a time has at most 6 digits after the point'
wrong 'table a.b\n where new.x = 1 and\n' 2:21 'a value is expected, but the expression ends'
wrong 'table ä.ö\n where ä = ! 1' 2:12 "'!' is not known here: write not"
wrong 'include a\0b' 1:1 'not a text: it holds a zero byte'

printf '\xef\xbb\xbf# from another system\r\ninclude shop.*   # with a comment\r\n\r\ntable shop.`a b` -> crm.`a``b`\r\n\twhere `a b` = '"'#'"' # a string is no comment\r\n\trename `x y` -> z\r\n\tadd n decimal ( 10 , 2 ) unsigned = 1.5 + \\\r\n\t\t2\r\n\tkey n\r\n' >"$T/x.rules"
cat >"$T/json" <<'EOF'
{"hello":{"version":1,"flavor":"mariadb"}}
{"table":{"id":1,"db":"shop","name":"a b","cols":[{"name":"a b","type":"char","len":1,"cs":"utf8mb4"},{"name":"x y","type":"int"}]}}
{"begin":{"file":"bin.1","off":100}}
{"insert":"shop.a b","t":1,"new":{"a b":"#","x y":1}}
{"insert":"shop.a b","t":1,"new":{"a b":"!","x y":2}}
{"commit":{"file":"bin.1","off":200}}
{"end":{}}
EOF
run rowundump "$T/json"
cp "$T/out" "$T/in"
exits 0 'a file from another system, with odd names: rowfilter' rowfilter --rules "$T/x.rules" <"$T/in"
cp "$T/out" "$T/in"
exits 0 'and rowmap, of the same file' rowmap --rules "$T/x.rules" <"$T/in"
cp "$T/out" "$T/mapped"
run rowdump "$T/mapped"
is "$(grep -E '"(table|insert|commit)"' "$T/out")" '{"table":{"id":1,"db":"crm","name":"a`b","cols":[{"name":"a b","type":"char","len":1,"cs":"utf8mb4"},{"name":"z","type":"int"},{"name":"n","type":"decimal","unsigned":true,"len":10,"dec":2}],"keys":[{"name":"PRIMARY","primary":true,"cols":[2]}]}}
{"insert":"crm.a`b","t":1,"f":1,"new":{"a b":"#","z":1,"n":"3.50"}}
{"commit":{"file":"bin.1","off":200,"rows":1}}' 'each does its part'
exits 0 'with -v' rowmap -v --rules "$T/x.rules" <"$T/in"
like "$(err)" 'statements are for rowfilter and are not looked at here' 'it says what it leaves to the other'
head -c 20000000 /dev/zero | tr '\0' '\n' >"$T/large.rules"
exits 100 'a file that is no rules file by its size' rowmap --rules "$T/large.rules"
exits 100 'rules twice' rowmap --rules "$T/x.rules" --rules "$T/x.rules"
done_testing

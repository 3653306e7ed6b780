#!/bin/bash
# rowmap and names: tables and databases renamed, many tables merged into one, ranges met by ranges. Only TABLE
# frames change then: every other frame goes out byte for byte.
# shellcheck disable=SC2016 # backquotes are names
. t/lib.sh

# TABLE and a row for each name given
shards()
{
	local id=0 name
	echo '{"hello":{"version":1,"flavor":"mariadb"}}'
	echo '{"begin":{"file":"bin.1","off":100}}'
	for name; do
		id=$((id + 1))
		echo "{\"table\":{\"id\":$id,\"db\":\"${name%%.*}\",\"name\":\"${name#*.}\",\"cols\":[{\"name\":\"id\",\"type\":\"int\"}],\"extra\":\"oXgB\"}}"
		echo "{\"insert\":\"$name\",\"t\":$id,\"f\":$id,\"new\":{\"id\":$id}}"
	done
	echo '{"commit":{"file":"bin.1","off":200}}'
	echo '{"end":{}}'
}

# goes RULES NAME=TARGET...: through rowmap each table is there; spaces in RULES' lines are as in printf
goes()
{
	local rules=$1 want got
	shift
	printf '%b' "$rules" >"$T/rules"
	shards "${@%%=*}" >"$T/json"
	run rowundump "$T/json"
	cp "$T/out" "$T/in"
	run rowmap --rules "$T/rules" <"$T/in"
	[ "$CODE" = 0 ] || diag "rowmap: exit $CODE: $(err)"
	want=$(printf '%s\n' "${@#*=}")
	got=$(rowdump "$T/out" | jq -r 'select(.insert) | .insert + (if .new.id == .t then "" else " has a row of another" end)')
	is "$got" "$want" "$rules"
}

goes 'table a.b -> c.d' a.b=c.d a.bb=a.bb A.B=c.d x.b=x.b
goes 'table a.b -> a.B' a.b=a.B
goes 'table a.* -> b.*' a.x=b.x a.y=b.y c.x=c.x
goes 'table a.* -> *.old_*_x' a.x=a.old_x_x
goes 'table *.* -> all.*' a.x=all.x b.x=all.x
goes 'table *.t -> x_*.t' a.t=x_a.t b.t=x_b.t b.u=b.u
goes 'table a -> b.*' a.x=b.x
goes 'table a./o.*/ -> b.*' a.orders=b.orders a.users=a.users
goes 'table /a\\.o.*|b\\..*/ -> c.*' a.orders=c.orders b.users=c.users a.users=a.users
goes 'table a.t[0-3] -> b.t' a.t0=b.t a.t3=b.t a.t4=a.t4 a.t=a.t
goes 'table a.t[0-3] -> b.u[10-13]' a.t0=b.u10 a.t3=b.u13 a.t4=a.t4
goes 'table a.t[00-15] -> b.t[0-15]' a.t00=b.t0 a.t07=b.t7 a.t15=b.t15
goes 'table a[1-2].t[0-1]x -> b[3-4].u[08-09]' a1.t0x=b3.u08 a2.t1x=b4.u09 a2.t2x=a2.t2x
goes 'table a[1-2].t[0-1] -> b[3-4].t' a1.t0=b3.t a2.t1=b4.t
goes 'table a.b -> `c d`.`e.f`' 'a.b=c d.e.f'
goes 'database a -> b' a.x=b.x ab.x=ab.x
goes 'database a[0-1] -> b[5-6]' a0.x=b5.x a1.x=b6.x
goes 'database a* -> x_*' ab.x=x_ab.x
goes 'database a -> b\ntable a.x -> c.y\n' a.x=c.y a.z=b.z
goes 'table a.x -> c.y\ntable a.* -> d.*\n' a.x=c.y a.z=d.z
goes 'table a.* -> d.*\ntable a.x -> c.y\n' a.x=d.x
goes 'table a.x\n where id > 0\ndatabase a -> b\n' a.x=b.x
goes 'case\ntable a.b -> c.d\n' a.b=c.d A.B=A.B

# Otter's shards: 4 databases with 4 tables each, into one table
names=()
for db in 0 1 2 3; do
	for n in 00 01 02 03; do
		names+=("shop_$db.order_$n=shop.orders")
	done
done
goes 'table shop_[0-3].order_[00-15] -> shop.orders' "${names[@]}"
rowdump "$T/out" | grep -v '"table"' >"$T/after"
rowdump "$T/in" | grep -v '"table"' | sed 's/"insert":"[^"]*"/"insert":"shop.orders"/' >"$T/before"
ok 'and nothing else is another' cmp "$T/before" "$T/after"
is "$(rowdump "$T/out" | grep -c '"extra":"oXgB"')" 16 'fields of TABLE that are not known are kept'
run /usr/bin/python3 t/rowstream.py frames "$T/in"
kinds_in=$(awk '{ print $2, $3 }' "$T/out" | grep -v TABLE)
run rowmap --rules "$T/rules" <"$T/in"
cp "$T/out" "$T/mapped"
run /usr/bin/python3 t/rowstream.py frames "$T/mapped"
is "$(awk '{ print $2, $3 }' "$T/out" | grep -v TABLE)" "$kinds_in" 'frame by frame'

# frames that are not about names
shards a.b a.c >"$T/json"
run rowundump "$T/json"
cp "$T/out" "$T/in"
for rules in '' 'table x.y -> z.y' 'table a.b -> a.b' 'table a.* -> a.*' 'database a -> a' 'table a.b\n where id = 1'; do
	printf '%b\n' "$rules" >"$T/rules"
	exits 0 "rules that change nothing: $rules" rowmap --rules "$T/rules" <"$T/in"
	ok '... byte for byte' cmp "$T/in" "$T/out"
done
exits 0 'no rules' rowmap <"$T/in"
ok '... byte for byte' cmp "$T/in" "$T/out"
printf 'table a.b -> c.d\n add x int = id + 1\n drop id\n' >"$T/rules"
exits 0 'every prefix of a stream' /usr/bin/python3 t/damage.py cuts "$T/in" 3 -- rowmap --rules "$T/rules"
exits 0 'every byte of a stream changed' /usr/bin/python3 t/damage.py flips "$T/in" 5 -- rowmap --rules "$T/rules"
done_testing

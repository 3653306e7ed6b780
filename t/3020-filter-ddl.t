#!/bin/bash
# rowfilter and statements: by the names that they are about, all of them, none, or stop.
. t/lib.sh

# ddl DB VERB SQL DB.NAME...: a line for rowundump
ddl()
{
	local db=$1 verb=$2 sql=$3
	shift 3
	jq -cn --arg db "$db" --arg verb "$verb" --arg sql "$sql" '{ddl: {sql: $sql, db: $db, verb: $verb, names: [$ARGS.positional[] | split(".") | [.[0], .[1] // ""]], off: 120}} | if $db == "" then del(.ddl.db) else . end' --args "$@"
}

# one STATEMENT's stream on stdin as a ddl line: through rowfilter with the options given
one()
{
	{
		echo '{"hello":{"version":1,"flavor":"mariadb"}}'
		echo '{"begin":{"file":"bin.1","off":100}}'
		cat
		echo '{"commit":{"file":"bin.1","off":200}}'
		echo '{"end":{}}'
	} | rowundump >"$T/in" || diag 'rowundump refuses'
	run rowfilter "$@" <"$T/in"
	if [ "$CODE" != 0 ]; then
		echo "stops with $CODE"
	elif cmp -s "$T/in" "$T/out"; then
		echo passes
	elif rowdump "$T/out" | grep -q '"ddl"'; then
		echo changed
	else
		echo 'is dropped'
	fi
}

# judge WANT "OPTIONS" DB VERB SQL NAME...
judge()
{
	local want=$1 options=$2
	shift 2
	set -f
	# shellcheck disable=SC2086 # several words
	is "$(ddl "$@" | one $options)" "$want" "[$options] $3 $want"
	set +f
}

judge passes '' shop 'alter table' 'alter table orders add x int' shop.orders
judge passes '--include shop.*' shop 'alter table' 'alter table orders add x int' shop.orders
judge 'is dropped' '--include crm.*' shop 'alter table' 'alter table orders add x int' shop.orders
judge 'is dropped' '--exclude shop.o*' shop 'alter table' 'alter table orders add x int' shop.orders
judge passes '--exclude crm' shop 'rename table' 'rename table a to b' shop.a shop.b
judge 'stops with 100' '--exclude shop.b' shop 'rename table' 'rename table a to b' shop.a shop.b
judge 'stops with 100' '--include shop.a' shop 'drop table' 'drop table a, crm.b' shop.a crm.b
judge 'is dropped' '--include x.a' shop 'drop table' 'drop table a, crm.b' shop.a crm.b
judge passes '--include shop.a --ddl pass' shop 'drop table' 'drop table a, crm.b' shop.a crm.b
judge 'is dropped' '--include shop.a --ddl drop' shop 'drop table' 'drop table a, crm.b' shop.a crm.b
judge 'is dropped' '--ddl drop' shop 'alter table' 'alter table orders add x int' shop.orders
judge 'stops with 100' '--ddl stop' shop 'alter table' 'alter table orders add x int' shop.orders
judge passes '--include shop.orders' shop 'create database' 'create database shop' shop.
judge 'is dropped' '--include shop.orders' shop 'create database' 'create database crm' crm.
judge passes '--exclude shop.orders' shop 'drop database' 'drop database shop' shop.
judge 'is dropped' '--exclude shop' shop 'drop database' 'drop database shop' shop.
judge passes '' '' other 'flush something'
judge passes '--include shop.orders' shop other 'create something' 
judge 'is dropped' '--include shop.orders' crm other 'create something'
judge 'is dropped' '--include shop.orders' '' other 'create user u'
judge passes '--exclude shop.orders' '' other 'create user u'

judge 'stops with 100' '--include shop.a' shop 'rename table' 'rename table a to b' shop.a shop.b
is "$(err)" 'rowfilter: error: a statement is about tables inside and outside of the filter at bin.1:120: rename table a to b
rowfilter: hint: --ddl pass lets such statements through, --ddl drop drops them: then do on the target by hand what is needed' 'says statement, position and what to do'

printf 'ddl stop\n' >"$T/stop.rules"
printf 'table shop.a\n ddl drop\ntable shop.b\n ddl stop\n' >"$T/some.rules"
judge 'stops with 100' "--rules $T/stop.rules" shop 'drop table' 'drop table a' shop.a
judge passes "--rules $T/stop.rules --ddl pass" shop 'drop table' 'drop table a' shop.a
judge 'is dropped' "--rules $T/some.rules" shop 'drop table' 'drop table a' shop.a
judge 'stops with 100' "--rules $T/some.rules" shop 'drop table' 'drop table b' shop.b
judge passes "--rules $T/some.rules" shop 'drop table' 'drop table c' shop.c
judge 'stops with 100' "--rules $T/some.rules" shop 'drop table' 'drop table a, c' shop.a shop.c
printf 'ddl drop\nexclude shop.x\ntable shop.a\n ddl pass\ntable shop.x\n ddl pass\n' >"$T/both.rules"
judge passes "--rules $T/both.rules" shop 'drop table' 'drop table a' shop.a
judge 'is dropped' "--rules $T/both.rules" shop 'drop table' 'drop table b' shop.b
judge 'is dropped' "--rules $T/both.rules" shop 'drop table' 'drop table x' shop.x
judge 'is dropped' "--rules $T/both.rules" '' other 'create user u'

exits 100 'a word that --ddl does not have' rowfilter --ddl apply
is "$(err)" 'rowfilter: error: --ddl is pass, drop or stop, not "apply"' 'is refused'
done_testing

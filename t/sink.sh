# For the tests of mysql-sink (sourced after t/lib.sh): its call on the server dst, and the lines of small
# streams for rowundump. The table is shop.orders (id int primary key, name varchar(20), price decimal(8,2)).
# shellcheck shell=bash

sink()
{
	mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline one "$@"
}

sink2() # PIPELINE [option...]
{
	local name=$1
	shift
	mysql-sink --no-defaults --socket "$SOCK_dst" --user root --pipeline "$name" "$@"
}

hello() # [gtid=SET] [file=FILE] [off=N] [id=SERVER_ID] [flavor=NAME]
{
	local gtid='' file=bin.000001 off=4 id=1 flavor=mariadb
	local "$@"
	printf '{"hello":{"version":1,"flavor":"%s","server":"test","server_id":%s,"file":"%s","off":%s%s}}\n' \
		$flavor $id $file $off "${gtid:+,\"gtid\":\"$gtid\"}"
	frame=0
}

orders() # [TABLE_NAME]
{
	printf '{"table":{"id":1,"db":"shop","name":"%s","cols":[{"name":"id","type":"int","null":false},{"name":"name","type":"varchar","len":20,"coll":45,"cs":"utf8mb4"},{"name":"price","type":"decimal","len":8,"dec":2}],"keys":[{"primary":true,"cols":[0]}]}}\n' "${1:-orders}"
	t_table=shop.${1:-orders}
}

begin() # OFFSET [GTID [FILE]]
{
	printf '{"begin":{"file":"%s","off":%s,"ts":%s%s}}\n' "${3:-bin.000001}" "$1" 1795502401000000 "${2:+,\"gtid\":\"$2\"}"
	frame=$((frame + 1))
}

commit() # OFFSET ROWS [FILE]
{
	printf '{"commit":{"file":"%s","off":%s,"rows":%s}}\n' "${3:-bin.000001}" "$1" "$2"
}

mark() # OFFSET GTID
{
	printf '{"mark":{"file":"bin.000001","off":%s,"gtid":"%s","time":1795502402000000}}\n' "$1" "$2"
}

end() # OFFSET [FILE]
{
	printf '{"end":{"file":"%s","off":%s,"why":"stop-at"}}\n' "${2:-bin.000001}" "$1"
}

row() # ID NAME PRICE; null is NULL, a value of - is absent
{
	local s=
	[ "$1" = - ] || s+=",\"id\":$1"
	[ "$2" = - ] || { [ "$2" = null ] && s+=',"name":null' || s+=",\"name\":\"$2\""; }
	[ "$3" = - ] || { [ "$3" = null ] && s+=',"price":null' || s+=",\"price\":\"$3\""; }
	printf '{%s}' "${s#,}"
}

insert() # ID NAME PRICE
{
	printf '{"insert":"%s","t":1,"f":%s,"off":%s,"new":%s}\n' "$t_table" "$((++frame))" "$((1000 + frame))" "$(row "$@")"
}

update() # ID NAME PRICE OLDNAME OLDPRICE [OLDID]
{
	printf '{"update":"%s","t":1,"f":%s,"off":%s,"old":%s,"new":%s}\n' "$t_table" "$((++frame))" "$((1000 + frame))" "$(row "${6:-$1}" "$4" "$5")" "$(row "$1" "$2" "$3")"
}

delete() # ID NAME PRICE
{
	printf '{"delete":"%s","t":1,"f":%s,"off":%s,"old":%s}\n' "$t_table" "$((++frame))" "$((1000 + frame))" "$(row "$@")"
}

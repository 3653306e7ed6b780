#!/bin/bash
# The examples of the manual pages and of the README do what the pages say, word for word: only hosts, files and
# "..." are others.
. t/lib.sh

server_start src --binlog-row-metadata=FULL
server_start dst
schema="CREATE DATABASE shop; USE shop
	CREATE TABLE orders (id INT PRIMARY KEY, name VARCHAR(20), tenant INT, status VARCHAR(10));
	CREATE TABLE item (id INT PRIMARY KEY, price DECIMAL(8,2)); CREATE TABLE items LIKE item;
	CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(20), email VARCHAR(40)); CREATE TABLE tmp_x (id INT PRIMARY KEY)"
for s in src dst; do
	q $s "${schema/USE shop/USE shop;}"
done
since=gtid:$(q src 'SELECT @@gtid_binlog_pos')
q src "USE shop; INSERT INTO orders VALUES (7, 'apple', 7, 'draft'), (8, 'pear', 7, 'open'), (9, 'fig', 8, 'open');
	INSERT INTO item VALUES (1, 5), (2, 10); UPDATE item SET price = price + IF(id = 1, 1, -1);
	INSERT INTO items VALUES (1, 5); UPDATE items SET price = 6;
	INSERT INTO users VALUES (1, 'Ada', 'ada@house.example'), (2, 'Bob', NULL), (3, 'Cyd', NULL), (4, 'Dan', NULL);
	INSERT INTO tmp_x VALUES (1)"

for s in src dst; do
	sock=SOCK_$s
	printf '[client]\nsocket=%s\nuser=root\n' "${!sock}" >"$T/$s.cnf"
done

# What the pages leave out: where the servers are, and an end of the log. What stands for something is left out.
cat >"$T/funcs" <<EOF
words()
{
	args=()
	while [ \$# -gt 0 ]; do
		case \$1 in
		-h | -u | --host) shift ;;
		--defaults-file=* | ...) ;;
		*) args+=("\$1") ;;
		esac
		shift
	done
}
binlog-tap()
{
	words "\$@"
	case "\${args[*]}" in
	*--file*) ;;
	*) args+=(--no-defaults -S $SOCK_src -u root --stop-at now) ;;
	esac
	case "\${args[*]}" in
	*--file* | *--start-at\ gtid* | *"--start-at $since"*) ;;
	*--start-at\ now*) args+=(--start-at $since) ;;
	*) args+=(--start-at earliest) ;;
	esac
	command binlog-tap "\${args[@]}"
}
mysql-sink()
{
	words "\$@"
	[[ "\${args[*]}" = *--pipeline* ]] || args+=(--pipeline copy --dry-run)
	command mysql-sink --no-defaults -S $SOCK_dst -u root "\${args[@]}"
}
rowspool()
{
	local args=()
	while [ \$# -gt 0 ]; do
		case \$1 in
		--follow | -f) ;; # to the end as it is
		--stop-at) shift ;;
		time:* | now) args+=(earliest) ;;
		/var/spool/rowferry/db1) args+=("$T/pages/db1") ;;
		*) args+=("\$1") ;;
		esac
		shift
	done
	command rowspool "\${args[@]}"
}
rowdiff()
{
	local args=()
	while [ \$# -gt 0 ]; do
		case \$1 in
		--source-defaults-file) args+=("\$1" $T/src.cnf) && shift ;;
		--target-defaults-file) args+=("\$1" $T/dst.cnf) && shift ;;
		*) args+=("\$1") ;;
		esac
		shift
	done
	command rowdiff "\${args[@]}"
}
rowcopy()
{
	words "\$@"
	command rowcopy --no-defaults -S $SOCK_src -u root "\${args[@]}"
}
mariadb()
{
	words "\$@"
	command mariadb --no-defaults -S $SOCK_dst -u root "\${args[@]}"
}
zk-lease()
{
	local args=()
	while [ \$# -gt 0 ]; do
		case \$1 in
		--zk) args+=(--zk "\$ZK") && shift ;;
		sh) args+=(bash) ;; # which has these functions
		*) args+=("\$1") ;;
		esac
		shift
	done
	command zk-lease "\${args[@]}"
}
EOF

# blocks PAGE SECTION: its examples, each into a file
mkdir "$T/ex" "$T/pages" "$T/backup"
blocks()
{
	awk -v section="$2" -v to="$T/ex/$(basename "$1")." '
		/^\.S[hs] / { on = substr($0, 5) == section; next }
		on && /^\.Dl / { n++; print substr($0, 5) > (to n); next }
		on && /^\.Bd / { n++; in_block = 1; next }
		/^\.Ed/ { in_block = 0; next }
		on && in_block { gsub(/\\e/, "\\"); gsub(/\\\(dq/, "\""); print > (to n) }
		' "$1"
}
for page in man/*.[157]; do
	blocks "$page" EXAMPLES
done

# example FILE CODE REGEX NAME [INPUT]: runs it; what it prints matches
example()
{
	local file=$T/ex/$1 code
	ok "$4: there is such an example" test -s "$file" || return
	sed -i "s,/backup/,$T/backup/,; s/time:[^ ]*/time:$(date -u +%Y-%m-%d)T00:00:00Z/" "$file"
	(cd "$T/pages" && BASH_ENV=$T/funcs bash -o pipefail "$file" <"${5:-/dev/null}" >"$T/out" 2>"$T/err")
	code=$?
	mv "$file" "$T/ex/.done.$1"
	is "$code" "$2" "$4: exit code" || t_text stderr "$(err)"
	like "$(tr -d '\0' <"$T/out")" "$3" "$4"
}

saved=$T/pages/saved.rows
command binlog-tap --no-defaults -S "$SOCK_src" -u root --start-at "$since" --stop-at now >"$saved"
cp "$saved" "$T/pages/shop.rs"
cp "$saved" "$T/pages/today.rows"
q src 'FLUSH BINARY LOGS'
for f in $(q src 'SHOW BINARY LOGS' | cut -f 1); do
	cp "$T/src/data/$f" "$T/backup/bin.${f##*.}"
done

example binlog-tap.1.1 0 'insert shop\.orders.*pear' 'binlog-tap: look at what happens'
example binlog-tap.1.3 0 '"insert":"shop\.orders"[^}]*"pear"' 'binlog-tap: one table, from the files'
is "$(grep -c '"insert":"shop\.' "$T/out")" "$(grep -c '"insert":"shop\.orders' "$T/out")" 'binlog-tap: that table alone'

example rowdump.1.2 0 '^\[1,"5\.00","6\.00"\]$' 'rowdump: who changes the price'
example rowundump.1.1 0 . 'rowundump: a filter in jq' "$saved"
rowdump "$T/out" >"$T/filtered"
is "$(grep -c hidden "$T/filtered") $(grep -c 'ada@house' "$T/filtered")" '1 0' 'rowundump: the mail address is hidden'
example rowfilter.1.2 0 . 'rowfilter: orders of one tenant that are no drafts' "$saved"
is "$(rowdump "$T/out" | jq -c 'select(.insert) | .new.id')" 8 'rowfilter: one row is left'
example rowfilter.1.3 0 '"old":\{"id":1,"price":"5\.00"\}' 'rowfilter: prices that went up' "$saved"
is "$(grep -c '"update"' "$T/out")" 1 'rowfilter: one did'
example rowfilter.1.4 0 . 'rowfilter: a part of the rows' "$saved"
is "$(rowdump "$T/out" | jq -c 'select(.insert) | .new.name')" "$(q dst "SELECT CONCAT('\"', name, '\"') FROM (SELECT 'Ada' AS name UNION SELECT 'Bob' UNION SELECT 'Cyd' UNION SELECT 'Dan') x WHERE CRC32(name) % 4 = 0")" \
	"rowfilter: the same part as the server's CRC32() gives"

# ---- those that write into the target
example mysql-sink.1.1 0 '^$' 'mysql-sink: a pipeline that can be started again and again'
is "$(q dst 'SELECT GROUP_CONCAT(name ORDER BY id) FROM shop.orders')" apple,pear,fig 'mysql-sink: the rows are there'
is "$(q dst 'SELECT COUNT(*) FROM shop.tmp_x')" 1 'mysql-sink: of all tables of the database'
q src "INSERT INTO shop.orders VALUES (10, 'plum', 7, 'open')"
example binlog-tap.1.2 0 '^$' 'binlog-tap: go on where the target is'
is "$(q dst 'SELECT name FROM shop.orders WHERE id = 10')" plum 'binlog-tap: it went on'
example rowdiff.1.1 0 'same: 5 of 5 tables' 'rowdiff: the target of a pipeline is the same'
q dst 'UPDATE shop.orders SET name = "Plum" WHERE id = 10'
example rowdiff.1.2 1 '^10$' 'rowdiff: keys of the orders that differ'
q dst "DROP DATABASE IF EXISTS rowferry; DROP DATABASE IF EXISTS shop"
example mysql-sink.1.2 0 '^$' 'mysql-sink: a saved stream into an empty server'
is "$(q dst 'SELECT COUNT(*) FROM shop.users')" 4 'mysql-sink: with its tables'
again()
{
	q dst "DROP DATABASE IF EXISTS rowferry; DROP DATABASE IF EXISTS shop; ${schema/USE shop/USE shop;}"
}
again
example rowfilter.1.1 0 '^$' 'rowfilter: a database without its scratch tables'
is "$(q dst 'SELECT (SELECT COUNT(*) FROM shop.orders), (SELECT COUNT(*) FROM shop.tmp_x)')" $'4\t0' 'rowfilter: it is'
again
example rowdump.1.1 0 '^$' 'rowdump: looking on at any place of a pipeline'
like "$(err)" 'insert shop\.orders' 'rowdump: shows what passes'
again
example rowferry.7.1 0 '^$' 'rowferry: one database to another server'
is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" 4 'rowferry: it is there'
example rowferry.7.2 0 'insert shop\.orders.*pear' 'rowferry: what happens to a table'
again
example rowferry.7.3 0 '^$' 'rowferry: a copy of the stream'
exits 0 'rowferry: it is a stream' rowdump "$T/pages/today.rows"
cp "$saved" "$T/pages/today.rows"
again
example rowferry.7.4 0 '^$' 'rowferry: that copy into another server'
is "$(q dst 'SELECT COUNT(*) FROM shop.items')" 1 'rowferry: it is there'
q dst 'DROP DATABASE IF EXISTS rowferry; CREATE TABLE shop.t (a INT)'
example rowundump.1.2 0 '^$' 'rowundump: a stream from nothing'
is "$(q dst 'SELECT a FROM shop.t')" 1 'rowundump: its row is there'

# what is undone is undone where it was done: the target stands for db1
again
command mysql-sink --no-defaults -S "$SOCK_dst" -u root --pipeline shop <"$saved"
trx=$(rowdump "$saved" | jq -r 'if .begin then .begin.gtid else empty end' | sed -n 1p)
sed -i "s/0-1-4711/$trx/" "$T"/ex/rowundo.1.[12]
example rowundo.1.1 0 'insert shop\.orders.*pear' 'rowundo: a wrong statement as SQL that takes it back'
is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" 0 'rowundo: it is taken back'
q dst "INSERT INTO shop.orders VALUES (7, 'apple', 7, 'draft'), (8, 'pear', 7, 'open'), (9, 'fig', 8, 'open')"
example rowundo.1.2 0 '^$' 'rowundo: the same by mysql-sink'
is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" 0 'rowundo: it is taken back'
again
blocks man/rowferry.7 'Starting, stopping, starting again'
mv "$T/ex/rowferry.7.1" "$T/ex/rowferry.7.5"
example rowferry.7.5 0 '^$' 'rowferry: a pipeline starts where its target is'
is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" 4 'rowferry: it does'
like "$(err)" 'pipeline "shop" has no position' 'rowferry: at its first time nowhere'
again
sed -n '/^    at=/,/^ *mysql-sink/{s/^    //p}' README.md >"$T/ex/readme.1"
sed -n '/^    binlog-tap \.\.\./,/^$/{s/^    //; s/ #.*//p}' README.md >"$T/ex/readme.2"
sed -i "s/0-1-4711/$trx/" "$T/ex/readme.2"
printf 'table shop.none -> shop.other\n' >"$T/pages/map.rules"
example readme.1 0 '^$' 'README: a whole installation'
is "$(q dst 'SELECT (SELECT COUNT(*) FROM shop.orders), (SELECT COUNT(*) FROM shop.tmp_x)')" $'4\t0' 'README: it is one'
again
example readme.2 0 'insert shop\.orders' 'README: to see what is going on'

again
example rowspool.1.1 0 '^$' 'rowspool: the source into a spool'
example rowspool.1.2 0 '^$' 'rowspool: a pipeline from it'
is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" 4 'rowspool: the rows are there'
is "$(cat "$T/pages/db1/readers/shop" | cut -c 1-4)" gtid 'rowspool: the reader is known'
example rowspool.1.3 0 'insert shop\.orders.*pear' 'rowspool: looking on'
example rowspool.1.4 0 'insert shop\.orders.*pear' 'rowspool: back in time'

blocks man/rowdump.1 SQL
again
example rowdump.1.1 0 '^$' 'rowdump: SQL for the client'
is "$(q dst 'SELECT price FROM shop.item ORDER BY id')" $'6.00\n9.00' 'rowdump: which makes the same rows'

# ---- links: both sites are here; a tap that comes to the end of the log
. t/link.sh
make_ca our
make_cert our src src.example
make_cert our dst dst.example
for f in src.crt src.key dst.crt dst.key; do
	cp "$T/$f" "$T/pages/$f"
done
cp "$T/our.ca" "$T/pages/ca.crt"
printf '[client]\nsocket=%s\nuser=root\n' "$SOCK_src" >"$T/pages/source.cnf"
mkdir "$T/here"
printf '#!/bin/sh\nexec %s/binlog-tap "$@" --stop-at now\n' "$BIN" >"$T/here/binlog-tap"
chmod +x "$T/here/binlog-tap"
printf '%s\n' 'ssh() { ln -s "${3#*:}" "${3%%:*}"; }' 'wait_for_ssh() { until [ -e "${1#unix:}" ]; do sleep 0.02; done; }' \
	'rowlink() { [[ $2 != unix:* ]] || wait_for_ssh "$2"; command rowlink "$@"; }' >>"$T/funcs"
listener() # FILE NAME: starts the example, which listens
{
	ok "$2: there is such an example" test -s "$T/ex/$1"
	sed -i "s,tls:0.0.0.0:7000,tls:127.0.0.1:0,; s,/run/rowferry/,$T/pages/far-,; s,^rowlink,exec rowlink -v," "$T/ex/$1"
	pipeline_start far -- "env PATH=$T/here:$PATH bash -c 'cd $T/pages && . $T/ex/$1'"
	ok "$2: it listens" wait_for 20 grep -q 'listening on' "$T/far.1.err" || pipeline_diag far
	rm "$T/ex/$1"
}
again
listener rowlink.1.1 'rowlink: the source'\''s site'
port=$(sed -n 's/.*listening on .*://p' "$T/far.1.err")
sed -i "s,tls:src.example:7000,tls:127.0.0.1:$port --server-name src.example,; s/|| at=now/|| at=$since/" "$T/ex/rowlink.1.2"
example rowlink.1.2 0 '^$' 'rowlink: the target'\''s site'
is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" 4 'rowlink: its rows are there'
pipeline_stop far
listener rowlink.1.3 'rowlink: rows that need not travel'
sed -i "s,/run/rowferry/,$T/pages/far-,; s/--start-at now/--start-at $since/" "$T/ex/rowlink.1.4"
example rowlink.1.4 0 '"insert":"shop\.orders".*"end"' 'rowlink: through ssh'
pipeline_stop far

# ---- leases
if command -v java >/dev/null && [ -e /usr/share/java/zookeeper.jar ]; then
	. t/zk.sh
	zk_start one
	export ZK
	again
	example zk-lease.1.1 0 '^$' 'zk-lease: a pipeline that holds a lease'
	is "$(q dst 'SELECT COUNT(*) FROM shop.orders')" 4 'zk-lease: it has run'
	example zk-lease.1.2 0 '^purged$' 'zk-lease: not at all if it runs elsewhere'
	lease_start held /rowferry/leases/shop --holder me -- sleep 1000
	ok 'zk-lease: a lease is held' wait_for 30 is_held /rowferry/leases/shop me
	example zk-lease.1.3 0 $'^holds\tme\t' 'zk-lease: who has it'
	example zk-lease.1.4 0 $'/purge\t-.*/shop\tme\t' 'zk-lease: all leases'
else
	skip 'zk-lease: its examples' 'java or ZooKeeper is missing'
	rm -f "$T"/ex/zk-lease.*
fi

# ---- rules
for n in 0 1 2 3; do
	q src "CREATE DATABASE shop_$n; CREATE TABLE shop_$n.order_0$n (id INT PRIMARY KEY)"
done
since_rules=gtid:$(q src 'SELECT @@gtid_binlog_pos')
for n in 0 1 2 3; do
	q src "INSERT INTO shop_$n.order_0$n VALUES ($n)"
done
q dst 'DROP DATABASE shop; DROP DATABASE IF EXISTS rowferry; CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, src VARCHAR(130))'
sed -n '/^\$ cat/,/^\$ bin/{/^\$/!p}' "$T/ex/rowmap.1.1" >"$T/pages/map.rules"
sed -i "1,/^\$ bin/{/^\$ bin/!d}; s/^\$ //; s/ now / $since_rules /" "$T/ex/rowmap.1.1"
example rowmap.1.1 0 '^$' 'rowmap: many tables become one'
is "$(q dst 'SELECT src FROM shop.orders ORDER BY id')" $'shop_0.order_00\nshop_1.order_01\nshop_2.order_02\nshop_3.order_03' \
	'rowmap: it knows where its rows are from'
blocks man/rowrules.5 DESCRIPTION
for f in "$T"/ex/rowrules.5.*; do
	for p in rowfilter rowmap; do
		exits 0 "rowrules: $p takes $(basename "$f")" "$p" --rules "$f" <"$saved"
	done
	rm "$f"
done
blocks man/rowrules.5 EXAMPLES
blocks man/rowrules.5 Targets
sed -i '/->/s/   .*$//; s/\(-> [^ ]*\).*/\1/' "$T"/ex/rowrules.5.*
while read -r line; do
	exits 0 "rowrules: $line" rowmap --rules <(echo "$line") <"$saved"
done < <(cat "$T"/ex/rowrules.5.* | grep '^table .*->')
rm -f "$T"/ex/rowrules.5.*

# ---- copies
has_orders()
{
	is "$(q dst 'SELECT id, name FROM shop.orders ORDER BY id')" "$(q src 'SELECT id, name FROM shop.orders ORDER BY id')" "$1"
}
q dst 'DROP DATABASE shop; DROP DATABASE rowferry'
example rowcopy.1.1 0 '^$' 'rowcopy: a target from nothing'
has_orders 'rowcopy: it is there'
q dst 'DROP DATABASE shop; DROP DATABASE rowferry'
example rowcopy.1.2 0 '^$' 'rowcopy: the same in one pipeline'
has_orders 'rowcopy: it is there, too'
q dst "UPDATE shop.orders SET name = 'wrong'"
at=$(position dst shop)
export at
example rowcopy.1.3 0 '^$' 'rowcopy: one table once more'
has_orders 'rowcopy: what was wrong is right'

# ---- the stream
if python3 -c 'import msgpack' 2>/dev/null; then
	mv "$T/ex/rowstream.5.1" "$T/frames.py"
	exits 0 'rowstream: frames in Python' python3 "$T/frames.py" <"$saved"
	like "$(out)" "^1 .*b'version'" 'rowstream: HELLO comes first'
else
	skip 'rowstream: frames in Python' 'no python3-msgpack'
	rm "$T/ex/rowstream.5.1"
fi
is "$(ls "$T/ex")" '' 'no page has an example that is not tried here'
done_testing

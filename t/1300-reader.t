#!/bin/bash
# The stream is what rowstream(5) says: a reader that has nothing of rowferry, only msgpack and xxhash, finds in a stream
# from a real server the rows that rowdump finds, and they make up what the server has.
. t/lib.sh

/usr/bin/python3 -c 'import msgpack, xxhash' 2>/dev/null || skip_all 'python3-msgpack or python3-xxhash is missing'
rowstream()
{
	/usr/bin/python3 "$TOP/t/rowstream.py" "$@"
}
server_start src
q src 'SET GLOBAL binlog_row_metadata = FULL; CREATE DATABASE types CHARACTER SET utf8mb4; CREATE DATABASE bulk'
sed 's/%TZ%/-08:00/' t/data/types.sql >"$T/types.sql"
q_file src "$T/types.sql" types || fail 'the types are written'
q src "USE bulk; CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(100)); INSERT INTO t SELECT seq, REPEAT('x', seq % 100) FROM seq_1_to_20000;
	UPDATE t SET v = CONCAT(id, 'y') WHERE id % 3 = 0; DELETE FROM t WHERE id % 5 = 0"
exits 0 'the tap writes the stream' binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at earliest --stop-at now
mv "$T/out" "$T/all.rs"
exits 0 'rowdump prints it' rowdump "$T/all.rs"
mv "$T/out" "$T/all.json"
rows=$(jq -r 'select(.insert or .update or .delete) | 1' "$T/all.json" | wc -l)
is "$(rowstream same "$T/all.rs" "$T/all.json" 2>&1)" "$rows rows are the same" 'the independent reader and rowdump find the same rows'
ok 'there are all that were written' test "$rows" -gt 30000
exits 0 'rowundump takes the lines' rowundump "$T/all.json"
ok 'and gives the same bytes' cmp "$T/out" "$T/all.rs"
is "$(rowstream frames "$T/all.rs" | awk '$2 == "ROWS" && $3 > 65536 + 1000000')" '' 'no frame is longer than its last row makes it'
is "$(grep -c '"raw"' "$T/all.json")" 0 'the tap writes no form but the canonical one'

server_has() # TABLE COLUMN...: as rowstream.py state prints it
{
	local t=$1 c list=
	shift
	for c; do
		list+="${list:+,}IFNULL(HEX(CONCAT(\`$c\`)),'N')"
	done
	q src "SET time_zone = '+00:00'; SELECT $list FROM $t" | sort
}
same()
{
	is "$(rowstream state "$T/all.rs" "$@")" "$(server_has "$@")" "$1: what the reader puts together is what the server has"
}
export LC_ALL=C
same bulk.t id v
same types.ints id t tu s su m mu i iu b bu o
same types.numbers id d1 d2 d3 d4 d5 d6 d7
same types.times id d t0 t1 t2 t3 t4 t5 t6 dt0 dt1 dt2 dt3 dt4 dt5 dt6 ts0 ts1 ts2 ts3 ts4 ts5 ts6
same types.texts id c c0 v v1 c1 v8 vg vs vb ve v16 v32 vu va vk tt tx mt lt j cp tc
same types.bytes id b1 b b255 v tb bl mb lb bc vc
same types.keyless a dt b t
done_testing

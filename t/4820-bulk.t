#!/bin/bash
# Rows that go in large numbers as parameters of prepared statements (MariaDB) or as lines of LOAD DATA (MySQL, where it is
# allowed) land as rows do one by one: values of every type with all that has to be escaped, updates, rows in the way, rows
# that are not there.
# shellcheck disable=SC2016
. t/lib.sh
. t/sink.sh

number='WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n WHERE x<300)'
# bytes that mean something to a line of LOAD DATA, to a literal, to a character set
odd="ELT(x%9+1, '\\\\\\\\', '\t', '\n', 'a\tb\\\\\\\\N', '\\\\\\\\N', CONCAT(CHAR(0 USING utf8mb4),'x'), '', ' y  ', 'q''\"')"

fill() # on src
{
	q src "CREATE DATABASE b CHARACTER SET utf8mb4; USE b;
	SET sql_mode='NO_ENGINE_SUBSTITUTION';
	CREATE TABLE v (id INT PRIMARY KEY, ti TINYINT, tu TINYINT UNSIGNED, si SMALLINT, mi MEDIUMINT UNSIGNED, i INT, bi BIGINT,
		bu BIGINT UNSIGNED, d DECIMAL(30,10), f FLOAT, g DOUBLE, y YEAR, da DATE, t TIME(6), dt DATETIME(6),
		ts TIMESTAMP(3) NULL, c CHAR(20), v VARCHAR(300), l VARCHAR(40) CHARACTER SET latin1,
		z VARCHAR(40) CHARACTER SET gbk, u VARCHAR(40) CHARACTER SET ucs2, bn BINARY(8), vb VARBINARY(300), bl BLOB,
		tx MEDIUMTEXT, gen INT AS (id*2) STORED, KEY(i));
	CREATE TABLE w (id INT PRIMARY KEY, bt BIT(17), e ENUM('a','b','1','3'), s SET('x','y','z'), k VARCHAR(20));
	CREATE TABLE j (id INT PRIMARY KEY, j JSON, g GEOMETRY);
	CREATE TABLE nokey (a INT, b VARCHAR(30));
	INSERT INTO v (id,ti,tu,si,mi,i,bi,bu,d,f,g,y,da,t,dt,ts,c,v,l,z,u,bn,vb,bl,tx) $number
		SELECT x, x%256-128, x%256, -x*100, x*55000, IF(x%11=0,NULL,x*7000000), IF(x%2,9223372036854775807-x,-9223372036854775808+x),
		18446744073709551615-x, x/7*IF(x%3,1,-1)*1e15, x/3, 1e300/x, 1901+x%250, '2024-01-01'+INTERVAL x DAY,
		SEC_TO_TIME(x*1000-100000.25), '1999-12-31 23:59:59.000001'+INTERVAL x*86399 SECOND,
		IF(x%5=0,NULL,'2001-02-03 04:05:06.789'+INTERVAL x HOUR), $odd, CONCAT($odd,'é😀',REPEAT($odd,x%40)),
		ELT(x%3+1,'é','\\\\','ÿ\t'), ELT(x%3+1,'中文','\\\\','文\n'), ELT(x%3+1,'中\t','',NULL),
		UNHEX(LPAD(HEX(x*x*99991),16,'0')), CONCAT(UNHEX('00095C0A0D275C'),CHAR(x%256)), IF(x%13=0,NULL,CHAR(x%256,92,x%7,10)),
		CONCAT(REPEAT($odd,200),x) FROM n;
	INSERT INTO w $number SELECT x, x*400, IF(x%6=0,NULL,x%4+1), x%8, $odd FROM n;
	INSERT INTO j $number SELECT x, CONCAT('{\"a\": ',x,', \"b\": [\"\\\\\\\\\\\\\\\\\", null]}'), POINT(x,-x) FROM n;
	INSERT INTO nokey $number SELECT x DIV 2, $odd FROM n;
	UPDATE v SET i=-id, v=REVERSE(v), bl=CONCAT(bl,vb), dt=dt+INTERVAL 1 MICROSECOND, d=-d;
	UPDATE w SET bt=bt+1, k=CONCAT(k,'!'); UPDATE j SET j=NULL WHERE id%2;
	BEGIN; UPDATE v SET ti=0; UPDATE v SET ti=ti+1, tx='t'; COMMIT;
	BEGIN; UPDATE w SET k=CONCAT(k,'?'); UPDATE w SET k=TRIM(TRAILING '?' FROM k); COMMIT;
	UPDATE w SET bt=bt+1 WHERE id<200; DELETE FROM v WHERE id%3=0; DELETE FROM nokey WHERE a%5=1" || bail 'the source took no rows'
}

used() # how often rows went so
{
	q dst "SHOW GLOBAL STATUS LIKE '$counter'" | cut -f 2
}

for kind in mariadb mysql-9.7 mysql-9.7-load; do
	server=${kind%-load}
	if [ "$server" != mariadb ] && ! "$TOP/scripts/getserver" "$server" >/dev/null 2>&1; then
		skip "the same on $kind" 'it cannot be had here'
		continue
	fi
	more=()
	[ "$kind" = "$server" ] || more=(--local-infile=ON)
	counter=Com_load
	[ "$kind" != mariadb ] || counter=Com_stmt_prepare
	server_start src "@$server"
	server_start dst "@$server" "${more[@]}"
	fill
	binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at earliest --stop-at now --include 'b.*' >"$T/stream" || bail 'no stream'
	for workers in 1 3; do
		exits 0 "$kind, --workers $workers: applied" sh -c "mysql-sink --no-defaults --socket '$SOCK_dst' --user root --pipeline p$workers --workers $workers <'$T/stream'" || diag "$(err)"
		same_data src dst "$kind, --workers $workers: equal to the byte" b
		case $kind in
		mysql-9.7) is "$(used)" 0 'without LOAD DATA, which the target does not take' ;;
		mariadb) [ -n "${LIBMYSQL_PLUGIN_DIR-}" ] || ok 'as parameters of prepared statements' test "$(used)" -gt 2 ;;
		*) ok 'by LOAD DATA' test "$(used)" -gt 2 ;;
		esac
		[ $workers = 3 ] || q dst 'DROP DATABASE b'
	done

	# a table with documents, which are in the way of neither: they are lines too, and what does not change them is joined
	from=$(position dst p3)
	q src "USE b; CREATE TABLE docs (id INT PRIMARY KEY, j JSON, n INT, k JSON NOT NULL, t VARCHAR(50) CHARACTER SET latin1);
		INSERT INTO docs $number SELECT x, IF(x%7=0, NULL, JSON_OBJECT('a', x, $odd, JSON_ARRAY($odd, x/4, NULL, 'é😀', TRUE, -x))), x, IF(x%5, JSON_QUOTE($odd), x), 'é' FROM n;
		UPDATE docs SET n = -n, t = CONCAT(t, 'ÿ') WHERE id % 4"
	binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at "$from" --stop-at now --include 'b.*' >"$T/more"
	before=$(used) joined=$(q dst "SHOW GLOBAL STATUS LIKE 'Com_update_multi'" | cut -f 2)
	exits 0 "$kind: documents" sh -c "mysql-sink --no-defaults --socket '$SOCK_dst' --user root --pipeline p3 --batch-bytes 1 <'$T/more'" || diag "$(err)"
	same_data src dst "$kind: documents: equal to the byte" b
	[ "$kind" = mysql-9.7 ] || [ "$kind${LIBMYSQL_PLUGIN_DIR:+ oracle}" = 'mariadb oracle' ] || ok "$kind: documents go in large numbers" test "$(used)" -gt "$before"
	[ "$kind" = mariadb ] || ok "$kind: updates that leave them are one statement" test "$(q dst "SHOW GLOBAL STATUS LIKE 'Com_update_multi'" | cut -f 2)" -gt "$joined"

	# a row in the way, and one that is not there, of many
	from=$(position dst p3)
	q src "USE b; INSERT INTO w $number SELECT 1000+x, x, 1, 2, 'new' FROM n"
	q dst "INSERT INTO b.w VALUES (1077, 0, 1, 1, 'in the way')"
	binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at "$from" --stop-at now --include 'b.*' >"$T/more"
	exits 100 "$kind: a row in the way stops it" sh -c "mysql-sink --no-defaults --socket '$SOCK_dst' --user root --pipeline p3 <'$T/more'"
	like "$(err)" 'cannot apply insert of row \(id=1077\) into table "b\.w" at .*Duplicate entry' 'and is named'
	is "$(q dst 'SELECT COUNT(*) FROM b.w WHERE id > 1000')" 1 'nothing of it is there'
	q dst 'DELETE FROM b.w WHERE id = 1077'
	exits 0 "$kind: it is mended" sh -c "mysql-sink --no-defaults --socket '$SOCK_dst' --user root --pipeline p3 <'$T/more'"
	from=$(position dst p3)
	q src "USE b; UPDATE v SET i = 1, bu = 5 WHERE id%3"
	q dst 'DELETE FROM b.v WHERE id = 100'
	binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at "$from" --stop-at now --include 'b.*' >"$T/more"
	exits 100 "$kind: a row that is not there stops it" sh -c "mysql-sink --no-defaults --socket '$SOCK_dst' --user root --pipeline p3 <'$T/more'"
	like "$(err)" 'cannot apply update of row \(id=100\) in table "b\.v" at .*: the target has no such row' 'and is named'
	is "$(q dst 'SELECT COUNT(*) FROM b.v WHERE id = 100 OR bu = 5')" 0 'and was not made, nor was another changed'
	server_stop src
	server_stop dst
	rm -rf "$T/src" "$T/dst"
done
done_testing

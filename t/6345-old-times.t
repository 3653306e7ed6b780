#!/bin/bash
# Tables whose times are of the form before MariaDB 10.1 (and MySQL 5.6), with MariaDB 5.3's own digits: every value at its
# limits, each kind of row metadata, onto all three servers, live and from files, also when the table is rebuilt into the new form
# on the way.
# shellcheck disable=SC2016,SC2086 # $tap is a command with options
. t/lib.sh

server_start src
tap="binlog-tap --no-defaults --socket $SOCK_src --user root"
cols=''
for i in 0 1 2 3 4 5 6; do
	cols+=", t$i TIME($i), dt$i DATETIME($i), ts$i TIMESTAMP($i) NULL"
done
q src "SET GLOBAL mysql56_temporal_format = OFF"
values()
{
	local f i t=$1 dt=$2 ts=$3
	for i in 0 1 2 3 4 5 6; do
		f=${4:0:i}
		printf ", %s, %s, %s" "$t${f:+.$f}'" "$dt${f:+.$f}'" "$ts${f:+.$f}'"
	done
}
{
	echo "SET time_zone = '+00:00', sql_mode = 'ALLOW_INVALID_DATES';"
	n=0
	# 838:59:59 with a fraction is MariaDB's alone (t/6320)
	while read -r t dt ts frac; do
		n=$((n + 1))
		echo "INSERT INTO old VALUES ($n$(values "'$t" "'${dt//_/ }" "'${ts//_/ }" "$frac"));"
	done <<-VALUES
		838:59:58 9999-12-31_23:59:59 2038-01-19_03:14:07 999999
		-838:59:58 1000-01-01_00:00:00 1970-01-01_00:00:01 999999
		838:59:59 9999-12-31_23:59:59 2038-01-19_03:14:07 000000
		-838:59:59 0001-01-01_00:00:00 1970-01-01_00:00:01 000000
		00:00:00 2024-02-29_12:34:56 2001-09-09_01:46:40 000001
		-00:00:00 2024-06-15_23:59:59 2024-03-10_02:30:00 000001
		-00:00:00 1970-01-01_00:00:00 2024-11-03_01:30:00 100000
		-00:00:01 0000-00-00_00:00:00 2033-05-18_03:33:20 500000
		12:34:56 2024-02-00_00:00:00 1999-12-31_23:59:59 789123
		-12:34:56 2024-00-00_01:02:03 2000-02-29_00:00:00 987654
		00:00:59 2024-02-31_00:00:00 2016-12-31_23:59:59 123456
	VALUES
	echo "INSERT INTO old (id) VALUES (100);"
	echo "INSERT INTO old (id, ts0, ts3, ts6, dt0, dt6) VALUES (101, '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00');"
	echo "UPDATE old SET t3 = '-00:00:00.001', dt2 = '2020-02-03 04:05:06.78', ts4 = '2001-02-03 04:05:06.7891' WHERE id = 100; DELETE FROM old WHERE id = 11;"
	echo "UPDATE old SET id = id + 1000 WHERE t6 < 0; UPDATE old SET t1 = NULL, dt5 = NULL WHERE id = 9;"
} >"$T/old.sql"
for meta in NO_LOG MINIMAL FULL; do
	db=old_${meta,,}
	q src "SET GLOBAL binlog_row_metadata = $meta, GLOBAL mysql56_temporal_format = OFF; CREATE DATABASE $db; CREATE TABLE $db.old (id INT PRIMARY KEY$cols); CREATE TABLE $db.keyless (t TIME, tt TIME(3), d DATETIME, dd DATETIME(2), s TIMESTAMP NULL)"
	q_file src "$T/old.sql" $db || fail "$db is written"
	q src "USE $db; INSERT INTO keyless VALUES ('-01:02:03', '-01:02:03.456', '2024-01-01 01:02:03', '2024-01-01 01:02:03.04', '2024-01-01'), ('00:00:01', NULL, NULL, NULL, NULL), ('-01:02:03', '-01:02:03.456', '2024-01-01 01:02:03', '2024-01-01 01:02:03.04', '2024-01-01');
		DELETE FROM keyless WHERE t < 0 LIMIT 1; UPDATE keyless SET tt = '99:59:59.999' WHERE t = '00:00:01'"
	q src "SET GLOBAL mysql56_temporal_format = OFF"
	q src "USE $db; CREATE TABLE turned (id INT PRIMARY KEY, t TIME(2), d DATETIME(3), s TIMESTAMP(4) NULL); SET time_zone = '+00:00'; INSERT INTO turned VALUES (1, '-10:11:12.13', '2024-01-02 03:04:05.678', '2024-01-02 03:04:05.6789')"
done
like "$(q src 'SHOW CREATE TABLE old_full.old')" 't3. time\(3\) /\* mariadb-5.3 \*/' 'the tables are of the old form'
exits 0 'the log' $tap --start-at earliest --stop-at now
cp "$T/out" "$T/live"
exits 0 'the file' $tap --file "$T/src/data/bin.000001"
ok 'is the same' cmp <(rowdump "$T/live" | grep -E '^\{"(insert|update|delete|table)"') <(rowdump "$T/out" | grep -E '^\{"(insert|update|delete|table)"')

kinds=(mariadb)
for kind in mariadb-11.8 mysql-9.7; do
	if scripts/getserver $kind >/dev/null 2>&1; then
		kinds+=("$kind")
	else
		skip "old times onto $kind" "$kind cannot be had"
	fi
done
for kind in "${kinds[@]}"; do
	d=dst${#kind}
	server_start $d @$kind --default-time-zone=-03:30
	sock=SOCK_$d
	exits 0 "$kind: applied" bash -c "mysql-sink --no-defaults --socket ${!sock} --user root --pipeline old <'$T/live'" || diag "$(err)"
	for meta in no_log minimal full; do
		same_data src $d "$kind, metadata ${meta^^}: equal to the byte" old_$meta
	done
	is "$(q $d 'SELECT COUNT(*) FROM old_full.old')" 12 "$kind: all of it"
done

# rebuilt on the way: what is logged behind it is of the new form, and the old target takes it
at=$(end_of_log src | sed -n '1h;2{H;x;s/\n/:/;p}')
q src "SET GLOBAL mysql56_temporal_format = ON, GLOBAL binlog_row_metadata = FULL"
q src "SET time_zone = '+00:00'; ALTER TABLE old_full.turned FORCE; INSERT INTO old_full.turned VALUES (2, '838:59:59', '9999-12-31 23:59:59.999', '2038-01-19 03:14:07.9999'); UPDATE old_full.turned SET t = '-00:00:00.01' WHERE id = 1"
unlike "$(q src 'SHOW CREATE TABLE old_full.turned')" 'mariadb-5.3' 'a table is rebuilt into the new form'
exits 0 'what follows' bash -c "set -o pipefail; $tap --start-at $at --stop-at now | mysql-sink --no-defaults --socket $SOCK_dst7 --user root --pipeline old"
same_data src dst7 'is applied too' old_full
done_testing

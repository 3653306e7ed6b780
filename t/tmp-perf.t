. t/lib.sh
. t/diff.sh
servers_start 'src --innodb-buffer-pool-size=512M' 'dst --innodb-buffer-pool-size=512M --skip-log-bin'
for s in src dst; do
q $s "SET sql_log_bin=0; CREATE DATABASE shop; USE shop; CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(100), c DECIMAL(10,2), d DATETIME(3), e TEXT, f DOUBLE);
 INSERT INTO t SELECT seq, seq*3, SHA2(seq,256), seq/7, '2020-01-01' + INTERVAL seq SECOND, REPEAT(MD5(seq), 4), seq/3 FROM seq_1_to_1000000;
 CREATE TABLE nk (a INT, b VARCHAR(100)); INSERT INTO nk SELECT seq, MD5(seq) FROM seq_1_to_500000" &
 j+=($!)
done
wait "${j[@]}"
diff_run --include shop.nothing
time /usr/bin/time -f '%M KB %e s' rowdiff --source-defaults-file="$T/src.cnf" --target-defaults-file="$T/dst.cnf" --include shop.t --window 0
time /usr/bin/time -f '%M KB %e s' rowdiff --source-defaults-file="$T/src.cnf" --target-defaults-file="$T/dst.cnf" --include shop.nk --window 0
q dst "USE shop; UPDATE t SET a = 0 WHERE id % 1000 = 7; UPDATE nk SET a = 0 WHERE a % 5000 = 7; DELETE FROM t WHERE id BETWEEN 500000 AND 600000"
time /usr/bin/time -f '%M KB %e s' rowdiff --source-defaults-file="$T/src.cnf" --target-defaults-file="$T/dst.cnf" --include shop --window 0 --repair $T/r.rs > $T/o; cat $T/o | tail -3
time mysql-sink --no-defaults -S "$SOCK_dst" -u root --pipeline shop.repair --on-conflict skip <"$T/r.rs"
time /usr/bin/time -f '%M KB %e s' rowdiff --source-defaults-file="$T/src.cnf" --target-defaults-file="$T/dst.cnf" --include shop --window 0
done_testing

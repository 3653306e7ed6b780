#!/bin/bash
# Regression: rows at the end of one log file, a definition first in the next, both in one batch: the sink took the new
# file's name for rows of the definition's transaction, said that rows came before a DDL statement, and stopped.
. t/lib.sh
. t/sink.sh

server_start dst
q dst 'CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, name VARCHAR(20), price DECIMAL(8,2))'
ddl()
{
	printf '{"ddl":{"sql":"%s","db":"shop","verb":"alter table","names":[["shop","orders"]]}}\n' "$1"
}
{ hello gtid=0-1-1; orders
	begin 20 0-1-2; insert 1 a 1.00; commit 30 1
	begin 4 0-1-3 bin.000002; ddl 'ALTER TABLE orders ADD n INT DEFAULT 5'; commit 90 0 bin.000002
	begin 90 0-1-4 bin.000002; insert 2 b 2.00; commit 120 1 bin.000002
	begin 4 0-1-5 bin.000003; insert 3 c 3.00; commit 80 1 bin.000003
	begin 80 0-1-6 bin.000003; insert 4 d 4.00; commit 99 1 bin.000003
	begin 4 0-1-7 bin.000004; ddl 'ALTER TABLE orders ADD m INT DEFAULT 6'; commit 90 0 bin.000004
	end 90 bin.000004; } | rowundump >"$T/s"
exits 0 'rows, then a definition in the next log' sink <"$T/s"
is "$(q dst 'SELECT * FROM shop.orders ORDER BY id')" $'1\ta\t1.00\t5\t6\n2\tb\t2.00\t5\t6\n3\tc\t3.00\t5\t6\n4\td\t4.00\t5\t6' 'are applied in their order'
is "$(position dst one)" 'gtid:0-1-7' 'to the end'

# rows and a definition in one transaction stay refused
{ hello gtid=0-1-7 file=bin.000004 off=90; orders
	begin 4 0-1-8 bin.000005; insert 9 x 9.00; ddl 'ALTER TABLE orders ADD o INT'; commit 90 1 bin.000005
	end 90 bin.000005; } | rowundump >"$T/s"
exits 100 'rows before a definition in one transaction' sink <"$T/s"
like "$(err)" 'cannot apply rows before a DDL statement in one transaction' 'are refused'
done_testing

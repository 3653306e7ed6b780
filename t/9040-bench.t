#!/bin/bash
# scripts/bench measures: a line of it runs from the making of its data to the table.
. t/lib.sh
/usr/bin/python3 -c 'import pymysql' 2>/dev/null || skip_all 'python3-pymysql is missing'

exits 0 'the lines have names' scripts/bench --list
like "$(out)" $'(^|\n)pipe-mariadb-one(\n|$)' 'one of them'
exits 1 'a line that is not there' scripts/bench no-such-line
like "$(err)" 'no line begins with "no-such-line"' 'is said'
exits 0 'a line is measured' scripts/bench --quick --rounds 1 --dir "$T/bench" stream-bytes-mariadb-wide filter-pass-bulk
like "$(out)" $'\n\\| filter-pass-bulk \\| 400,000 \\|.* of its bytes a second \\|' 'beside its peer'
like "$(out)" $'\n\\| stream-bytes-mariadb-wide \\| 20,000 \\|.* \\| [0-9.]+ of its bytes \\|' 'or beside the log'
like "$(out)" $'\n\\| binlog-tap \\| [0-9.]+ \\|' 'with the memory of each program'
exits 0 'the clients of the other lines are built' test -x build/bench/latency -a -x build/bench/drain
done_testing

#!/bin/bash
# scripts/bench measures: lines of it run from the making of their data to the tables.
. t/lib.sh
/usr/bin/python3 -c 'import pymysql' 2>/dev/null || skip_all 'python3-pymysql is missing'

exits 0 'the lines have names' scripts/bench --list
like "$(out)" $'(^|\n)pipe-mariadb-one(\n|$)' 'one of them'
exits 1 'a line that is not there' scripts/bench no-such-line
like "$(err)" 'no line begins with "no-such-line"' 'is said'

exits 0 'lines are measured' scripts/bench --quick --dir "$T/bench" stream-bytes-mariadb-wide filter-pass-bulk
like "$(out)" $'\n\\| filter-pass-bulk \\| 200,000 \\|.* of its bytes a second \\| >= 0.5, aim 0.8 \\| [a-z* ]+ \\|' 'beside their peer'
like "$(out)" $'\n\\| stream-bytes-mariadb-wide \\| 6,000 \\|.* \\| [0-9.]+ \\| <= 1.3, aim 1 \\| (yes|aim met) \\|' 'or beside the log'
like "$(out)" $'\n\\| rowfilter \\| [0-9.]+ \\| filter-pass-bulk \\|' 'with the memory of each program'
like "$(out)" $'\n\\| servers \\| MariaDB [0-9.]+' 'and what they were measured on'
like "$(err)" 'filter-pass-bulk \(1 of 2\), 0:0[0-9] elapsed, about [0-9]+:[0-9]{2} left' 'and one sees how far it is'

exits 0 'a pipeline is measured' scripts/bench --quick --dir "$T/bench" pipe-mariadb-wide
like "$(out)" $'\n\\| pipe-mariadb-wide \\| 6,000 \\|.*\\| replica, 4 threads \\|.* x its rows a second \\|' 'beside the replica'
exits 1 'a target that is not what the source is' scripts/bench --quick --dir "$T/bench" --sink-options=--dry-run pipe-mariadb-many
like "$(err)" 'error: pipe-mariadb-many: after our run source and target differ: bench\.t0, ' 'is an error'
like "$(out)" $'\n- pipe-mariadb-many: after our run source and target differ' 'and on the page'
exits 0 'where npm can install nothing' env XDG_CACHE_HOME=/dev/null scripts/bench --quick --dir "$T/bench" tap-cpu-mariadb-one
like "$(err)" 'tap-cpu-mariadb-one: left out, .*npm' 'its peers are left out'
if PATH=$PATH:/usr/sbin command -v perf >/dev/null && perf record -q -o "$T/perf.data" true >/dev/null 2>&1; then
	exits 0 'a profile' scripts/bench --quick --dir "$T/bench" --profile filter-where-bulk
	like "$(out)" '## filter-where-bulk: rowfilter, .*\| % \| symbol \| in \|.*\| rowfilter \|' 'names what takes the time'
fi
exits 0 'the clients of the other lines are built' test -x build/bench/latency -a -x build/bench/drain
done_testing

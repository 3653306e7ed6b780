#!/bin/bash
# Logs of MySQL behind 4 GiB: live and as files, places that 32 bits cannot say (t/far.sh). Regression: only the GTID set could
# be started from there.
. t/lib.sh
need_server mysql-9.7
KIND=mysql-9.7
. t/far.sh

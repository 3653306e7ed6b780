#!/bin/bash
# Logs of MariaDB behind 4 GiB: live and as files, places that 32 bits cannot say (t/far.sh). Regression: only the GTID set could
# be started from there.
. t/lib.sh
KIND=mariadb
. t/far.sh

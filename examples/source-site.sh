#!/bin/bash
# source-site.sh NAME: gives the stream of one source to pipelines at other sites, by a link (rowlink(1)). There, pipeline.sh
# finds a link.args and asks for the stream here.
#
# What it needs is in one folder, ${ROWFERRY_CONF:-/etc/rowferry}/NAME:
#   source.cnf    how to log in, as for the mysql clients
#   listen.args   options of rowlink, one a line: --listen=tls:0.0.0.0:7000, --cert=FILE, --key=FILE, --ca=FILE, --allow=NAME
#   tap.args      further options of binlog-tap, one a line; may be missing
#
# Where RUNTIME_DIRECTORY is set, as systemd does it, rowlink answers there as --metrics has it: rowlink.sock.
#
# SIGTERM ends it, and all streams, cleanly.
set -u
name=${1:?usage: source-site.sh NAME}
conf=${ROWFERRY_CONF:-/etc/rowferry}/$name
[ -e "$conf/listen.args" ] || { echo "source-site.sh: error: there is no file $conf/listen.args" >&2; exit 100; }

read_args() # FILE: its lines without remarks, to args
{
	args=()
	[ ! -e "$1" ] || mapfile -t args < <(grep -v '^[[:space:]]*\(#\|$\)' "$1")
}

read_args "$conf/tap.args"
tap=(binlog-tap --defaults-file="$conf/source.cnf" "${args[@]}" --start-at={})
read_args "$conf/listen.args"
[ -z "${RUNTIME_DIRECTORY:-}" ] || args+=("--metrics=unix:$RUNTIME_DIRECTORY/rowlink.sock")
exec rowlink "${args[@]}" -- "${tap[@]}"

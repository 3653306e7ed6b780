#!/bin/bash
# zk-lease: options that are wrong are refused, each with one line, before anything is asked or run.
. t/lib.sh

wrong() # NAME REGEX [argument...]
{
	local name=$1 regex=$2
	shift 2
	exits 100 "$name" zk-lease "$@"
	like "$(err)" "^zk-lease: error: $regex" 'says why'
	is "$(wc -l <"$T/err") $(out)" '1 ' 'in one line'
}
Z=127.0.0.1:1
wrong 'no servers' '--zk is missing' --path /x -- true
wrong 'no path' '--path is missing' --zk $Z -- true
wrong 'no command' 'there is no command' --zk $Z --path /x
wrong 'no command behind --' 'there is no command' --zk $Z --path /x --
wrong '--status without a path' '--path is missing' --zk $Z --status
wrong '--status with a command' '--list and --status run no command' --zk $Z --path /x --status -- true
wrong '--list with a command' '--list and --status run no command' --zk $Z --list -- true
wrong '--list and --status' '--list and --status: one of them' --zk $Z --path /x --list --status
for s in '' host host: :2181 host:0 host:65536 host:1x 'host :1' ,host:1 "host:1," host:1,,host:2 host:-1 host:999999999999; do
	wrong "servers \"$s\"" '--zk: ".*" is not HOST:PORT$' --zk "$s" --path /x -- true
done
wrong 'a wrong root' '--zk: "/a//b": a path must not have an empty name in it' --zk $Z/a//b --path /x -- true
for p in '' x x/y; do
	wrong "path \"$p\"" '--path: ".*": a path must begin with a slash' --zk $Z --path "$p" -- true
done
wrong 'the root as a lease' '--path: / cannot be a lease' --zk $Z --path / -- true
wrong 'a slash too much' '--path: "/x/": a path must not have an empty name' --zk $Z --path /x/ -- true
wrong 'two dots' '--path: "/x/../y": a path must not have \. or \.\.' --zk $Z --path /x/../y -- true
wrong 'a dot' '--path: "/\.": a path must not have' --zk $Z --path /. -- true
wrong 'a newline' '--path: .*: a path must not have control characters' --zk $Z --path $'/x\ny' -- true
wrong 'a long path' '--path: .*: a path must not be that long' --zk $Z --path "/$(head -c 1000 /dev/zero | tr '\0' x)" -- true
for t in 0 0.1 x -1 1e9 nan inf ''; do
	wrong "--session-timeout $t" '--session-timeout: ".*" is not a number of seconds from 0\.2 to 86400' --zk $Z --path /x --session-timeout="$t" -- true
done
for t in x -1 nan ''; do
	wrong "--wait $t" '--wait: ".*" is not a number of seconds' --zk $Z --path /x --wait="$t" -- true
done
wrong 'a holder of nothing' '--holder: a name has' --zk $Z --path /x --holder '' -- true
wrong 'a holder of two lines' '--holder: there are control characters' --zk $Z --path /x --holder $'a\nb' -- true
# TLS, where the library has none
for o in ca cert key; do
	wrong "--ssl-$o of no file" "--ssl-$o: cannot read \"/none\": No such file" --zk $Z --path /x --ssl-$o /none -- true
done
touch "$T/a,b" "$T/pem"
wrong 'a name with a comma' '--ssl-ca: ".*": the library takes no name with a comma' --zk $Z --path /x --ssl-ca "$T/a,b" -- true
exits 100 'one of the three files' zk-lease --zk $Z --path /x --ssl-ca "$T/pem" -- true
like "$(err)" '^zk-lease: error: (--ssl-ca, --ssl-cert and --ssl-key: TLS takes all three|.* client library here is one without TLS)' 'is refused: never is it clear text in the place of TLS'
exits 1 'what is right is asked for' zk-lease --zk $Z,[::1]:1,localhost:1/root --path /x/y --session-timeout .5 --wait .2 -- echo runs
is "$(out)" '' 'and nothing runs when nobody answers'

# descriptors that are closed are not taken by what is opened
for fd in 0 1 2; do
	run bash -c "exec zk-lease --zk $Z --path /x --wait 0.2 -- true $fd<&-"
	is "$CODE" 1 "descriptor $fd closed"
done
done_testing

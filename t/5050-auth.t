#!/bin/bash
# A user and a password: who has others can neither take, end nor see the lease.
. t/lib.sh
. t/zk.sh

zk_start one
P=/rowferry/leases/secret
for user in ada bob; do
	echo "$user:pass-of-$user" >"$T/$user"
	chmod 600 "$T/$user"
done

lease_start a $P --auth-file "$T/ada" --holder a -- "$T/worker"
ok 'it works' wait_for 30 works a
is "$(cat "$T/a.err")" '' 'without a word'
exits 0 'the same user sees it' zk-lease --zk "$ZK" --path $P --status --auth-file "$T/ada"
like "$(out)" $'^holds\ta\t' 'and who has it'
for how in "--auth-file $T/bob" ''; do
	for what in --status '--list' '-- echo runs'; do
		path=$P
		[ "$what" != --list ] || path=/rowferry/leases
		# shellcheck disable=SC2086 # words
		exits 100 "another cannot: $what ${how:+as another user}" zk-lease --zk "$ZK" --path $path $how $what
		like "$(err)" "^zk-lease: error: cannot [a-z ]+ $path.*: its access list does not allow it" 'and is told why'
		is "$(out)" '' 'nothing else happens'
	done
done
like "$(err)" 'hint: --auth-file gives' 'who has given no user is told of the option'

node=$(zk ask 1 wchp | grep -o "^$P/.*")
zk_cli 'addauth digest bob:pass-of-bob' "delete $node" "setAcl $P world:anyone:cdrwa" "deleteall /rowferry"
like "$(cat "$T/cli")" 'Insufficient permission|Authentication is not valid' "ZooKeeper's own client is refused too"
works_since
ok 'and the command works on' wait_for 10 works a
zk_cli 'addauth digest ada:pass-of-ada' "getAcl $node" "getAcl /rowferry"
is "$(grep -c "^'digest,'ada:" "$T/cli")" 2 'the nodes, those above too, are for that user' || diag "$(cat "$T/cli")"
zk_cli 'addauth digest ada:pass-of-ada' "delete $node"
lease_ends 99 a 'the user itself can delete the node' 30

# without a user nodes are for everybody
exits 0 'no user' zk-lease --zk "$ZK" --path /open/lease -- true
exits 0 'another user may use those' zk-lease --zk "$ZK" --path /open/lease --auth-file "$T/bob" -- true

# ---- the file
chmod 644 "$T/bob"
exits 0 'a file that others may read' zk-lease --zk "$ZK" --path /open/lease --auth-file "$T/bob" -- true
is "$(err)" "zk-lease: warning: --auth-file \"$T/bob\": others than its owner may read it" 'gets a warning'
wrong()
{
	printf "$1" >"$T/wrong"
	chmod 600 "$T/wrong"
	exits 100 "$2" zk-lease --zk "$ZK" --path /open/lease --auth-file "$T/wrong" -- true
	like "$(err)" "^zk-lease: error: --auth-file .*$3$" 'is wrong'
	unlike "$(err)" 'geheim' 'and not shown'
}
wrong 'geheim\n' 'a file without a colon' 'it is not user:password'
wrong ':geheim\n' 'a file without a user' 'it is not user:password'
wrong 'geheim:\n' 'a file without a password' 'it is not user:password'
wrong '' 'an empty file' 'it is not user:password'
wrong 'a:geheim\nb:geheim\n' 'two lines' 'there is more than one line'
wrong 'a:geheim\0x\n' 'a zero byte' 'there is a zero byte in it'
wrong "a:$(head -c 5000 /dev/zero | tr '\0' x)" 'a large file' 'it is too long'
exits 100 'a file that is not there' zk-lease --zk "$ZK" --path /open/lease --auth-file "$T/none" -- true
like "$(err)" 'cannot read --auth-file .*No such file' 'is said'
# what others see of the process
lease_start b /open/lease --auth-file "$T/ada" --holder b -- sh -c 'env; exec sleep 1000'
ok 'a command runs' wait_for 30 grep -qs ROWFERRY "$T/b.out"
unlike "$(tr '\0' '\n' <"/proc/$PID_b/cmdline")$(cat "$T/b.out" "$T/b.err")" 'pass-of-ada' 'the password is not on the command line, nor handed on, nor printed'
kill "$PID_b"
lease_ends 143 b 'it ends' 20
done_testing

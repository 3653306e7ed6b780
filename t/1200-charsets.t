#!/bin/bash
# Text in every character set of the server: what rowdump shows is what the server itself converts it to, code by code.
. t/lib.sh

server_start src --character-set-server=latin1
q src 'CREATE DATABASE cs'
sets=$(q src "SELECT character_set_name FROM information_schema.character_sets WHERE character_set_name NOT IN ('binary', 'ascii', 'utf8mb3', 'utf8mb4') ORDER BY 1")

# one table a set: every byte, and every pair that can be one character, as the bytes and as the server's UTF-8
for cs in $sets; do
	case $cs in
	big5 | gbk | gb2312 | sjis | cp932 | euckr | ujis | eucjpms) codes='SELECT seq FROM seq_0_to_255 UNION ALL SELECT seq FROM seq_33024_to_65278' ;;
	ucs2 | utf16 | utf16le) codes='SELECT seq * 7 AS seq FROM seq_37_to_9362' ;;
	utf32) codes='SELECT seq * 101 AS seq FROM seq_1_to_11030' ;;
	*) codes='SELECT seq FROM seq_0_to_255' ;;
	esac
	width="IF(seq < 256, 2, 4)"
	[ "$cs" != utf32 ] || width=8
	# codes that are no character of the set become question marks, and are left out; so are halves of surrogate pairs
	q src "USE cs; CREATE TABLE $cs (code INT PRIMARY KEY, v VARCHAR(2) CHARACTER SET $cs, u VARCHAR(4) CHARACTER SET utf8mb4);
		INSERT IGNORE INTO $cs SELECT seq, b, u FROM (SELECT seq, CONVERT(b USING $cs) AS b, CONVERT(CONVERT(b USING $cs) USING utf8mb4) AS u
			FROM (SELECT seq, UNHEX(LPAD(HEX(seq), $width, '0')) AS b FROM ($codes) AS c) AS d) AS e
		WHERE HEX(b) = LPAD(HEX(seq), $width, '0') AND CHAR_LENGTH(b) = 1 AND CHAR_LENGTH(u) = 1 AND HEX(u) <> 'EFBFBD' AND HEX(u) NOT RLIKE '^ED[AB]' AND (HEX(u) <> '3F' OR seq = 63)"
done
exits 0 'the tap reads all of them' binlog-tap --no-defaults --socket "$SOCK_src" --user root --start-at earliest --stop-at now
mv "$T/out" "$T/all.rs"
exits 0 'rowdump shows them' rowdump "$T/all.rs"
mv "$T/out" "$T/all.json"
exits 0 'rowundump takes them back' rowundump "$T/all.json"
ok 'as the same bytes' cmp "$T/out" "$T/all.rs"

# codes that share their character with another cannot be shown exactly: these many there are
declare -A twice=([armscii8]=6 [cp932]=398 [eucjpms]=9 [sjis]=1 [ujis]=1)
jq -r 'select(.insert) | [.insert, (.new.v == .new.u), (.new.v | type)] | @tsv' "$T/all.json" | sort | uniq -c >"$T/counts"
for cs in $sets; do
	rows=$(q src "SELECT COUNT(*) FROM cs.$cs")
	same=$(awk -v t="cs.$cs" '$2 == t && $3 == "true" { n += $1 } END { print n + 0 }' "$T/counts")
	bytes=$(awk -v t="cs.$cs" '$2 == t && $4 == "object" { n += $1 } END { print n + 0 }' "$T/counts")
	is "$((same + bytes)) $bytes" "$rows ${twice[$cs]:-0}" "$cs: $same characters are the server's"
done

done_testing

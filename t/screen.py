# screen.py FILE: what a terminal shows after the bytes of FILE, a line a line, without blanks at their ends
import sys

lines, at = [[]], 0
for c in open(sys.argv[1], "rb").read().decode():
    if c == "\n":
        lines.append([])
        at = 0
    elif c == "\r":
        at = 0
    else:
        line = lines[-1]
        line += " " * (at + 1 - len(line))
        line[at] = c
        at += 1
print("\n".join("".join(line).rstrip() for line in lines).rstrip("\n"))

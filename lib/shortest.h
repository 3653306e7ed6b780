#ifndef SHORTEST_H
#define SHORTEST_H
/*
 * The fewest decimal digits from which a double comes back with the same bits.
 */
struct shortest {
	char digits[18]; /* no zero behind the last other digit; not terminated */
	int n;		 /* of them, 1 to 17 */
	int point;	 /* the value is 0.DIGITS times ten to this; the sign is not in it. Zero is 0.0 times ten */
};

/* d is finite. */
void shortest_of(struct shortest *s, double d);

/*
 * With its sign, a point where there is more than one digit, and always an exponent: a floating literal for the servers, not a
 * decimal one. Returns the length; there is room for SHORTEST_MAX bytes.
 */
#define SHORTEST_MAX 32
unsigned shortest_literal(char *to, double d);
/* The same with as many digits as any double needs, where fewer would have to be looked for: for who reads no digits. */
unsigned shortest_literal_quick(char *to, double d);

#endif

-- The tables of t/6330-matrix.t, for every server. Words between @ are what the test makes of them for a pair of
-- servers: the type itself where both have it, otherwise the one that rowservers(7) names. A cell of the matrix is the
-- rows with its number; cell 0 is the rows to begin with.

CREATE TABLE ints (cell INT, id INT, t TINYINT, tu TINYINT UNSIGNED, s SMALLINT, su SMALLINT UNSIGNED, m MEDIUMINT, mu MEDIUMINT UNSIGNED,
  i INT, iu INT UNSIGNED, b BIGINT, bu BIGINT UNSIGNED, z INT(8) ZEROFILL, o BOOL, PRIMARY KEY (cell, id));

CREATE TABLE numbers (cell INT, id INT, d1 DECIMAL(65,0), d2 DECIMAL(65,30), d3 DECIMAL(10,2) UNSIGNED, d4 DECIMAL(30,30), d5 DECIMAL(9,9), d6 DECIMAL(1,0), d7 DECIMAL(18,9),
  f FLOAT, fu FLOAT UNSIGNED, fs FLOAT(7,3), d DOUBLE, du DOUBLE UNSIGNED, ds DOUBLE(20,5),
  b1 BIT(1), b8 BIT(8), b33 BIT(33), b64 BIT(64), y YEAR, PRIMARY KEY (cell, id));

CREATE TABLE times (cell INT, id INT, d DATE, t0 TIME, t1 TIME(1), t2 TIME(2), t3 TIME(3), t4 TIME(4), t5 TIME(5), t6 TIME(6),
  dt0 DATETIME, dt1 DATETIME(1), dt2 DATETIME(2), dt3 DATETIME(3), dt4 DATETIME(4), dt5 DATETIME(5), dt6 DATETIME(6),
  ts0 TIMESTAMP NULL, ts1 TIMESTAMP(1) NULL, ts2 TIMESTAMP(2) NULL, ts3 TIMESTAMP(3) NULL, ts4 TIMESTAMP(4) NULL, ts5 TIMESTAMP(5) NULL, ts6 TIMESTAMP(6) NULL, PRIMARY KEY (cell, id));

CREATE TABLE zones (cell INT, id INT, ts TIMESTAMP NULL, ts6 TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), up TIMESTAMP(3) NOT NULL DEFAULT '2000-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP(3),
  dt DATETIME DEFAULT CURRENT_TIMESTAMP, n INT, PRIMARY KEY (cell, id));

CREATE TABLE bytes (cell INT, id INT, b1 BINARY(1), b BINARY(16), b255 BINARY(255), v VARBINARY(300), v0 VARBINARY(0), tb TINYBLOB, bl BLOB, mb MEDIUMBLOB, lb LONGBLOB,
  u @UUID@, i4 @INET4@, i6 @INET6@, bc BLOB @PACKED@, vc VARBINARY(400) @PACKED@, tc TEXT @PACKED@ CHARACTER SET latin1, PRIMARY KEY (cell, id));

CREATE TABLE names (cell INT, id INT, e ENUM('a','b','c d','é','','x''y','\\','a"b'), el ENUM('eins','zwölf','€') CHARACTER SET latin1, ej ENUM('表示','ソ','x') CHARACTER SET sjis, eu ENUM('é','中','y') CHARACTER SET utf16,
  e300 ENUM(@MEMBERS@), en ENUM('x','y') NOT NULL, s SET('r','w','x'), sl SET('ä','ö') CHARACTER SET latin1, sg SET('中','文') CHARACTER SET gbk, s9 SET('1','2','3','4','5','6','7','8','9'),
  s64 SET(@BITS@), PRIMARY KEY (cell, id)) CHARACTER SET utf8mb4;

CREATE TABLE documents (cell INT, id INT, j JSON, k JSON, n INT, PRIMARY KEY (cell, id));

CREATE TABLE shapes (cell INT, id INT, g GEOMETRY, p POINT, l LINESTRING, po POLYGON, mp MULTIPOINT, ml MULTILINESTRING, mo MULTIPOLYGON, gc GEOMETRYCOLLECTION, w POINT NOT NULL @SRID@, PRIMARY KEY (cell, id));

CREATE TABLE vectors (cell INT, id INT, v @VECTOR(4)@, n @VECTOR(1)@, w @VECTOR(2000)@, PRIMARY KEY (cell, id));

CREATE TABLE made (cell INT, v INT AS (a + 1) VIRTUAL, id INT, a INT, p VARCHAR(20) AS (CONCAT('p', a)) STORED, h INT INVISIBLE DEFAULT 7, ht TEXT INVISIBLE, w VARCHAR(30) AS (UPPER(b)) VIRTUAL, b VARCHAR(30), PRIMARY KEY (cell, id), KEY (v), UNIQUE KEY (cell, p, id)) CHARACTER SET utf8mb4;

-- keys
CREATE TABLE k_binary (cell INT, id INT, k BINARY(8), v VARBINARY(20), t VARCHAR(20), b BLOB, PRIMARY KEY (k, v, cell));
CREATE TABLE k_odd (cell INT, id INT, d DECIMAL(20,5), ts TIMESTAMP(3) NOT NULL DEFAULT '2000-01-01 00:00:00', dt DATETIME(6), t TIME(2), y YEAR, bi BIT(64), e ENUM('x','y','z'), s SET('p','q'), bu BIGINT UNSIGNED, f DOUBLE, n INT,
  PRIMARY KEY (cell, d, ts, dt, t, y, bi, e, s, bu, f));
CREATE TABLE k_uuid (cell INT, id INT, u @UUID@ NOT NULL, i6 @INET6@ NOT NULL, i4 @INET4@ NOT NULL, n INT, PRIMARY KEY (cell, u, i6, i4));
CREATE TABLE k_prefix (cell INT, id INT, t TEXT NOT NULL, b BLOB NOT NULL, v VARCHAR(200) NOT NULL, n INT, PRIMARY KEY (cell, t(5), b(3)), UNIQUE KEY (cell, v(4))) CHARACTER SET utf8mb4;
CREATE TABLE k_unique (cell INT NOT NULL, id INT NOT NULL, a INT, b VARCHAR(20) NOT NULL, c VARCHAR(20), n INT, t TEXT, UNIQUE KEY (cell, a), UNIQUE KEY (cell, b), UNIQUE KEY (cell, c, a)) CHARACTER SET utf8mb4;
CREATE TABLE k_null (cell INT NOT NULL, id INT NOT NULL, a INT, c VARCHAR(20), n INT, UNIQUE KEY (cell, a, c)) CHARACTER SET utf8mb4;
CREATE TABLE k_auto (n INT NOT NULL AUTO_INCREMENT PRIMARY KEY, cell INT, id INT, v VARCHAR(10));
CREATE TABLE k_text (cell INT NOT NULL, k VARCHAR(50) @AI@, c CHAR(10) @AI@, id INT, n INT, x TEXT, PRIMARY KEY (cell, k, c), UNIQUE KEY (c, cell)) CHARACTER SET utf8mb4;
CREATE TABLE k_latin (cell INT NOT NULL, k VARCHAR(50) CHARACTER SET latin1 COLLATE latin1_german2_ci, c CHAR(10) CHARACTER SET sjis, id INT, n INT, PRIMARY KEY (cell, k, c));
CREATE TABLE keyless (cell INT, a VARCHAR(20), f FLOAT, d DOUBLE, dt DATETIME(3), b VARBINARY(10), t TEXT, l VARCHAR(10) CHARACTER SET latin1, g VARCHAR(10) CHARACTER SET gbk, c CHAR(5) CHARACTER SET utf16,
  e ENUM('x','y'), s SET('p','q'), bi BIT(9), de DECIMAL(10,4), y YEAR, ts TIMESTAMP(2) NULL, ti TIME(6), j JSON, p POINT, v @VECTOR(2)@, u @UUID@, bl BLOB, v1 INT AS (LENGTH(b)) VIRTUAL) CHARACTER SET utf8mb4;
CREATE TABLE keyless_ai (cell INT, k VARCHAR(50) @AI@, n INT) CHARACTER SET utf8mb4;

-- What MariaDB has since 10.11: vectors, UUIDs of version 7, time stamps up to 2106, the collations of UCA 14,
-- and its own defaults for them. %TZ% is replaced by the test.
SET sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO';
SET time_zone = '%TZ%';
SET NAMES utf8mb4;

CREATE TABLE vectors (id INT PRIMARY KEY, v VECTOR(4) NOT NULL, n VECTOR(1), w VECTOR(2000), VECTOR KEY (v));
INSERT INTO vectors VALUES
 (0, VEC_FromText('[0,0,0,0]'), NULL, NULL),
 (1, VEC_FromText('[1,-1,0.1,1e-3]'), VEC_FromText('[-0.5]'), X''),
 (2, X'FFFF7F7F000080000100000000000080', X'00000080', NULL),
 (3, VEC_FromText('[1.5,2.5,3.5,4.5]'), VEC_FromText('[7]'), UNHEX(REPEAT('0000803F',2000)));
UPDATE vectors SET v = VEC_FromText('[9,9,9,9]') WHERE id = 3;
DELETE FROM vectors WHERE id = 0;

CREATE TABLE vectors_alone (v VECTOR(2), i INT);
INSERT INTO vectors_alone VALUES (VEC_FromText('[1,2]'), 1), (NULL, 2), (VEC_FromText('[1,2]'), 1);
UPDATE vectors_alone SET v = VEC_FromText('[3,4]') WHERE i = 1 LIMIT 1;
DELETE FROM vectors_alone WHERE v IS NULL;

CREATE TABLE uuids (id UUID PRIMARY KEY, n UUID, i INT AUTO_INCREMENT UNIQUE, made UUID NOT NULL DEFAULT UUID_v7());
INSERT INTO uuids (id, n) VALUES (UUID_v7(), UUID_v4()), (UUID(), NULL), ('00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
 ('01890a5d-ac96-774b-bcce-b302099a8057', '01890a5d-ac96-774b-bcce-b302099a8057'), ('2c7e6a3e-3b1b-11ef-9d2f-000000000001', '2c7e6a3e-3b1b-11ef-9d2f-000000000001');
UPDATE uuids SET id = UUID_v7() WHERE i = 2;
UPDATE uuids SET n = '12345678-9abc-7def-8123-456789abcdef' WHERE id = '01890a5d-ac96-774b-bcce-b302099a8057';
DELETE FROM uuids WHERE id = '2c7e6a3e-3b1b-11ef-9d2f-000000000001';

CREATE TABLE late (id INT PRIMARY KEY, t TIMESTAMP NULL, t6 TIMESTAMP(6) NULL, made TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3));
INSERT INTO late VALUES (1, '2106-02-06 12:00:00', '2106-02-06 12:00:00.999999', '2038-02-01 00:00:00.001'), (2, '2038-01-21 00:00:00', '2100-02-28 23:59:59.5', '2050-06-01 12:00:00'),
 (3, NULL, NULL, '0000-00-00 00:00:00');
UPDATE late SET t = '2106-02-05 00:00:00' WHERE id IN (2, 3);

CREATE TABLE uca (k VARCHAR(50) COLLATE utf8mb4_uca1400_ai_ci, as_cs VARCHAR(50) COLLATE utf8mb4_uca1400_as_cs, nopad VARCHAR(50) COLLATE utf8mb4_uca1400_nopad_ai_ci,
  tr CHAR(20) COLLATE utf8mb4_uca1400_turkish_as_ci, u3 VARCHAR(50) CHARACTER SET utf8mb3 COLLATE utf8mb3_uca1400_ai_ci, u16 TEXT CHARACTER SET utf16 COLLATE utf16_uca1400_nopad_as_cs,
  u32 VARCHAR(20) CHARACTER SET utf32 COLLATE utf32_uca1400_german2_ai_ci, u2 CHAR(5) CHARACTER SET ucs2 COLLATE ucs2_uca1400_ai_ci,
  e ENUM('ä','ß','I') COLLATE utf8mb4_uca1400_german2_as_ci, s SET('ı','i') CHARACTER SET utf16 COLLATE utf16_uca1400_turkish_ai_ci, n INT, PRIMARY KEY (k), UNIQUE KEY (as_cs));
INSERT INTO uca VALUES ('straße', 'Straße', 'x ', 'Iı', 'é', '😀é', '😀', 'é', 'ß', 'ı,i', 1), ('Ä', 'Ä', 'x', 'İi', '', '', '', '', 'ä', '', 2), ('x ', 'x', '', '', NULL, NULL, NULL, NULL, NULL, NULL, 3),
 ('😀', 'ä', ' ', ' ', 'a', 'a', 'a', 'a', 'I', 'i', 4);
UPDATE uca SET n = n + 10 WHERE k = 'STRASSE';
UPDATE uca SET k = 'ä', n = 12 WHERE k = 'a';
UPDATE uca SET k = 'X', as_cs = 'X' WHERE n = 3;
DELETE FROM uca WHERE k = '😀';

CREATE TABLE uca_keyless (k VARCHAR(50) COLLATE utf8mb4_uca1400_ai_ci, n INT);
INSERT INTO uca_keyless VALUES ('a', 1), ('A', 1), ('á', 1), ('a', 1);
UPDATE uca_keyless SET n = 2 WHERE BINARY k = 'A';
DELETE FROM uca_keyless WHERE BINARY k = 'á';

CREATE TABLE defaults (id INT PRIMARY KEY, v VARCHAR(20), c CHAR(3), t TEXT, e ENUM('x','é')) DEFAULT CHARACTER SET utf8mb4;
INSERT INTO defaults VALUES (1, 'é😀', 'é', 'text', 'é'), (2, NULL, NULL, NULL, NULL);

CREATE TABLE packed (id INT PRIMARY KEY, v VARCHAR(500) COMPRESSED COLLATE utf8mb4_uca1400_as_cs, t LONGTEXT COMPRESSED, b VARBINARY(300) COMPRESSED, j JSON);
INSERT INTO packed VALUES (1, REPEAT('é', 400), REPEAT('long ', 30000), REPEAT(X'00', 300), '{"k":[1,2.50,"é"]}'), (2, '', '', '', '[]'), (3, NULL, NULL, NULL, NULL);
UPDATE packed SET v = REPEAT('x', 450), t = 'short' WHERE id IN (1, 3);

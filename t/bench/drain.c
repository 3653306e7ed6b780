/*
 * The least that a reader of a server's log can do, for scripts/bench: it asks
 * for the log from a file's beginning to its end as of now, and throws away what
 * comes. Nothing is decoded, no checksum is looked at.
 *
 *	drain SOCKET USER FILE      prints events and bytes
 */
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DUMP 18 /* COM_BINLOG_DUMP */
#define NON_BLOCK 1

unsigned long mysql_net_read_packet(MYSQL *m);

static void ask(MYSQL *m, const char *sql)
{
	if (mysql_query(m, sql)) {
		fprintf(stderr, "drain: error: %s: %s\n", sql, mysql_error(m));
		exit(111);
	}
	mysql_free_result(mysql_store_result(m));
}

int main(int argc, char **argv)
{
	unsigned char cmd[10 + 512] = {4, 0, 0, 0, NON_BLOCK, 0, 0x39, 0x30, 0, 0};
	unsigned long long events = 0, bytes = 0;
	unsigned long n;
	size_t name;
	MYSQL *m;

	if (argc != 4 || (name = strlen(argv[3])) > 512) {
		fprintf(stderr, "usage: drain SOCKET USER FILE\n");
		return 100;
	}
	m = mysql_init(NULL);
	if (!m || !mysql_real_connect(m, "localhost", argv[2], NULL, NULL, 0, argv[1], 0)) {
		fprintf(stderr, "drain: error: %s\n", m ? mysql_error(m) : "out of memory");
		return 111;
	}
	m->net.max_packet_size = 1u << 30;
	ask(m, "SET @master_binlog_checksum = @@global.binlog_checksum, @source_binlog_checksum = @@global.binlog_checksum");
	if (strstr(mysql_get_server_info(m), "MariaDB"))
		ask(m, "SET @mariadb_slave_capability = 4");
	memcpy(cmd + 10, argv[3], name);
	if (m->methods->db_command(m, DUMP, (const char *)cmd, 10 + name, 1, NULL)) {
		fprintf(stderr, "drain: error: %s\n", mysql_error(m));
		return 111;
	}
	while ((n = mysql_net_read_packet(m)) != (unsigned long)-1 && !(m->net.read_pos[0] == 254 && n < 8)) {
		events++;
		bytes += n - 1;
	}
	if (n == (unsigned long)-1) {
		fprintf(stderr, "drain: error: %s\n", mysql_error(m));
		return 111;
	}
	printf("%llu %llu\n", events, bytes);
	mysql_close(m);
	return 0;
}

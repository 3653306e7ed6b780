/*
 * From a commit on one server to its being visible on another, for
 * scripts/bench. One process commits a row at a time, at a given rate; another
 * asks the target over and over for the highest row that it has. A row counts
 * from the moment its COMMIT returned.
 *
 *	latency SOURCE_SOCKET TARGET_SOCKET USER COMMITS PER_SECOND
 *
 * Prints, in microseconds: p50 and p99 of the delay, of a commit on the source,
 * and of one question to the target, which is in the delay once at least.
 */
#include <mysql.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_US 60000000

static long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ll + t.tv_nsec / 1000;
}

static MYSQL *open_socket(const char *path, const char *user)
{
	MYSQL *m = mysql_init(NULL);

	if (!m || !mysql_real_connect(m, "localhost", user, NULL, NULL, 0, path, 0)) {
		fprintf(stderr, "latency: error: %s\n", m ? mysql_error(m) : "out of memory");
		exit(111);
	}
	return m;
}

static void ask(MYSQL *m, const char *sql)
{
	if (mysql_query(m, sql)) {
		fprintf(stderr, "latency: error: %s: %s\n", sql, mysql_error(m));
		exit(111);
	}
	mysql_free_result(mysql_store_result(m));
}

/* The highest id on the target, 0 as long as there is no table. */
static long highest(MYSQL *m)
{
	long id = 0;
	MYSQL_RES *r;
	MYSQL_ROW row;

	if (mysql_query(m, "SELECT MAX(id) FROM bench_latency.t")) {
		if (mysql_errno(m) == 1146 || mysql_errno(m) == 1049)
			return 0;
		fprintf(stderr, "latency: error: %s\n", mysql_error(m));
		exit(111);
	}
	r = mysql_store_result(m);
	row = r ? mysql_fetch_row(r) : NULL;
	if (row && row[0])
		id = atol(row[0]);
	mysql_free_result(r);
	return id;
}

static void write_rows(const char *sock, const char *user, long n, long rate, volatile long long *sent, volatile long long *took)
{
	MYSQL *m = open_socket(sock, user);
	long long next = now_us();
	char sql[100];

	for (long i = 1; i <= n; i++) {
		long long before;

		next += 1000000 / rate;
		before = now_us();
		if (next > before)
			usleep((useconds_t)(next - before));
		snprintf(sql, sizeof sql, "INSERT INTO bench_latency.t VALUES (%ld, 'a row of a few bytes')", i);
		before = now_us();
		ask(m, sql);
		sent[i] = now_us();
		took[i] = sent[i] - before;
	}
	mysql_close(m);
}

static int by_size(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

static void show(long long *v, long n)
{
	qsort(v, (size_t)n, sizeof *v, by_size);
	printf(" %lld %lld", v[n / 2], v[(n - 1) * 99 / 100]);
}

int main(int argc, char **argv)
{
	long n, rate, seen = 0, asked = 0;
	long long *sent, *took, *delay, *question, end;
	size_t size;
	MYSQL *s, *t;
	pid_t pid;
	int status;

	if (argc != 6 || (n = atol(argv[4])) < 1 || (rate = atol(argv[5])) < 1) {
		fprintf(stderr, "usage: latency SOURCE_SOCKET TARGET_SOCKET USER COMMITS PER_SECOND\n");
		return 100;
	}
	size = (size_t)(n + 1) * sizeof *sent;
	sent = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	delay = calloc(1, size);
	question = calloc(1, size);
	if (sent == MAP_FAILED || !delay || !question) {
		fprintf(stderr, "latency: error: out of memory\n");
		return 111;
	}
	took = sent + n + 1;
	s = open_socket(argv[1], argv[3]);
	t = open_socket(argv[2], argv[3]);
	ask(s, "CREATE DATABASE IF NOT EXISTS bench_latency");
	ask(s, "DROP TABLE IF EXISTS bench_latency.t");
	ask(s, "CREATE TABLE bench_latency.t (id INT PRIMARY KEY, v VARCHAR(200))");
	ask(s, "INSERT INTO bench_latency.t VALUES (0, 'the table is there')");
	mysql_close(s);
	/* the target has the new table, and it alone, when it has the row 0 and no other */
	end = now_us() + DEADLINE_US;
	for (;;) {
		MYSQL_RES *r = NULL;
		MYSQL_ROW row;
		int is_there = 0;

		if (!mysql_query(t, "SELECT COUNT(*), MAX(id) FROM bench_latency.t") && (r = mysql_store_result(t)) &&
		    (row = mysql_fetch_row(r)))
			is_there = row[0] && row[1] && !strcmp(row[0], "1") && !strcmp(row[1], "0");
		mysql_free_result(r);
		if (is_there)
			break;
		if (now_us() > end) {
			fprintf(stderr, "latency: error: the target did not get the table\n");
			return 111;
		}
		usleep(1000);
	}
	pid = fork();
	if (pid == 0) {
		write_rows(argv[1], argv[3], n, rate, sent, took);
		_exit(0);
	}
	end = now_us() + DEADLINE_US + n * 1000000ll / rate;
	while (seen < n) {
		long long before = now_us(), now;
		long id = highest(t);

		now = now_us();
		if (asked < n)
			question[asked++] = now - before;
		for (; seen < id; seen++)
			delay[seen] = sent[seen + 1] && sent[seen + 1] < now ? now - sent[seen + 1] : 0;
		if (now > end) {
			fprintf(stderr, "latency: error: the target has %ld of %ld rows\n", seen, n);
			kill(pid, SIGTERM);
			return 111;
		}
	}
	waitpid(pid, &status, 0);
	if (status)
		return 111;
	printf("delay");
	show(delay, n);
	printf(" commit");
	show(took + 1, n);
	printf(" question");
	show(question, asked);
	printf("\n");
	mysql_close(t);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* 20_postgres: queries of eight coroutines at once, whatever the number of threads.
 *
 *     20_postgres [CONNINFO]      "host=/run/postgresql dbname=test", ...; see libpq's manual
 *
 * All eight first wait, on the server, for a lock that the ninth has: so their queries are there at one
 * time. Then each pays into one account.
 */
#include "db.h"

#include <goro.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENTS  8
#define PAYMENTS 10

static const char *info = "";
static goro_waitgroup paying = GORO_WAITGROUP_INIT;
static atomic_int failures;

static int64_t soon(void)
{
	return goro_after(60 * GORO_SECOND);
}

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	atomic_fetch_add(&failures, 1);
}

static PGconn *open_connection(void)
{
	PGconn *c;
	int rc = db_connect(&c, info, soon());

	if (rc == 0)
		return c;
	fail(goro_strerror(rc), c == NULL ? "" : PQerrorMessage(c));
	PQfinish(c);
	return NULL;
}

/* The first field of the first row, if there is one, into `field`. False: it has been told why. */
static int ask(PGconn *c, const char *sql, char *field, size_t room)
{
	PGresult *r = db_query(c, sql, soon());
	int ok = r != NULL &&
		(PQresultStatus(r) == PGRES_TUPLES_OK || PQresultStatus(r) == PGRES_COMMAND_OK);

	if (!ok)
		fail(sql, r == NULL ? PQerrorMessage(c) : PQresultErrorMessage(r));
	else if (field != NULL && PQntuples(r) > 0)
		snprintf(field, room, "%s", PQgetvalue(r, 0, 0));
	PQclear(r);
	return ok;
}

static int tell(PGconn *c, const char *sql)
{
	return ask(c, sql, NULL, 0);
}

static void pay(void)
{
	PGconn *c = open_connection();

	if (c != NULL && tell(c, "SELECT pg_advisory_lock_shared(20)"))
		for (int i = 0; i < PAYMENTS; i++)
			if (!tell(c, "UPDATE account SET balance = balance + 1"))
				break;
	PQfinish(c);
	goro_waitgroup_done(&paying);
}

static void begin_to_pay(void)
{
	int rc = go(pay);

	if (rc != 0) {
		fail("go", goro_strerror(rc));
		goro_waitgroup_done(&paying);
	}
}

/* Until all are there. */
static void count_waiting(PGconn *c)
{
	char n[20] = "";

	while (failures == 0 && atoi(n) < CLIENTS)
		if (ask(c,
			    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT "
			    "granted",
			    n, sizeof n))
			goro_sleep(10 * GORO_MILLISECOND);
	printf("%s queries wait at once\n", n);
}

static void root(void *arg)
{
	char balance[20] = "?";
	PGconn *c = open_connection();

	(void)arg;
	if (c != NULL &&
		tell(c,
			"DROP TABLE IF EXISTS account; CREATE TABLE account (balance int);"
			"INSERT INTO account VALUES (0); SELECT pg_advisory_lock(20)")) {
		goro_waitgroup_add(&paying, CLIENTS);
		for (int i = 0; i < CLIENTS; i++)
			begin_to_pay();
		count_waiting(c);
		tell(c, "SELECT pg_advisory_unlock(20)");
		goro_waitgroup_wait(&paying);
		ask(c, "SELECT balance FROM account", balance, sizeof balance);
		printf("balance: %s\n", balance);
	}
	PQfinish(c);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		info = argv[1];
	return goro_run(root, NULL) != 0 || failures != 0;
}

/* SPDX-License-Identifier: MIT */
/* db.c: libpq says for what it waits, and at which descriptor: that may be another after each of its calls
 * (the next of several hosts, or the same without encryption), so it is asked anew each time.
 */
#include "db.h"

#include <errno.h>
#include <goro.h>

/* Connect ------------------------------------------------------------------------------------ */

struct attempt {
	const char *info;
	PGconn *c;
	PostgresPollingStatusType state;
};

static int begin(void *arg)
{
	struct attempt *a = arg;

	a->c = PQconnectStart(a->info);
	return a->c == NULL ? -ENOMEM : 0;
}

static int go_on(void *arg)
{
	struct attempt *a = arg;

	a->state = PQconnectPoll(a->c);
	return 0;
}

/* Names are looked up in between, which blocks: so the steps are another thread's. */
int db_connect(PGconn **c, const char *info, int64_t deadline)
{
	struct attempt a = { .info = info, .state = PGRES_POLLING_WRITING };
	int rc = goro_blocking(begin, &a);

	while (rc == 0 && a.state != PGRES_POLLING_OK) {
		if (PQstatus(a.c) == CONNECTION_BAD) {
			rc = -ECONNREFUSED;
			break;
		}
		rc = goro_fd_wait(PQsocket(a.c),
			a.state == PGRES_POLLING_READING ? GORO_READ : GORO_WRITE, deadline);
		if (rc > 0)
			rc = goro_blocking(go_on, &a);
	}
	*c = a.c;
	if (rc == 0)
		PQsetnonblocking(a.c, 1);
	return rc;
}

/* Query -------------------------------------------------------------------------------------- */

/* What has come has to be read, though it is the writing that waits: else both sides might. */
static int flush(PGconn *c, int64_t deadline)
{
	int rc;

	while ((rc = PQflush(c)) == 1) {
		int ready = goro_fd_wait(PQsocket(c), GORO_READ | GORO_WRITE, deadline);

		if (ready < 0 || ((ready & GORO_READ) && !PQconsumeInput(c)))
			return -1;
	}
	return rc;
}

/* One result, or NULL behind the last. */
static int next_result(PGconn *c, PGresult **result, int64_t deadline)
{
	while (PQisBusy(c))
		if (goro_fd_wait(PQsocket(c), GORO_READ, deadline) < 0 || !PQconsumeInput(c))
			return -1;
	*result = PQgetResult(c);
	return 0;
}

PGresult *db_query(PGconn *c, const char *sql, int64_t deadline)
{
	PGresult *last = NULL, *next = NULL;

	if (!PQsendQuery(c, sql) || flush(c, deadline) != 0)
		return NULL;
	for (;;) {
		int rc = next_result(c, &next, deadline);

		if (rc != 0 || next != NULL)
			PQclear(last); /* NULL is fine */
		if (rc != 0)
			return NULL;
		if (next == NULL)
			return last;
		last = next;
	}
}

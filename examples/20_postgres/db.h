/* SPDX-License-Identifier: MIT */
/* db.h: libpq in coroutines, by its calls that do not block. One coroutine a connection. */
#ifndef DB_H
#define DB_H

#include <stdint.h>

#include <libpq-fe.h>

/* 0: connected. Otherwise PQerrorMessage(*c) may know more; *c is to be finished (NULL: out of memory). */
int db_connect(PGconn **c, const char *info, int64_t deadline);

/* Sends a query and waits for its last result, which PQclear() frees. NULL: goro or libpq failed, a
 * deadline that passed among it; then the connection can only be finished. */
PGresult *db_query(PGconn *c, const char *sql, int64_t deadline);

#endif

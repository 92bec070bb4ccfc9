/* SPDX-License-Identifier: MIT */
#include "io/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "goro/resolve.h"
#include "io/sock.h"
#include "netpoll/call.h"
#include "netpoll/loop.h"

struct lookup {
	struct gr_call call;
	uv_getaddrinfo_t request;
	int family;
	struct addrinfo *answer;
	char host[GR_HOST_MAX];
};

static void on_answer(uv_getaddrinfo_t *request, int status, struct addrinfo *answer)
{
	struct lookup *l = gr_container_of(request, struct lookup, request);

	l->answer = answer;
	gr_call_end(&l->call, status);
}

static int begin(struct gr_call *c)
{
	struct lookup *l = gr_container_of(c, struct lookup, call);
	struct addrinfo hints = { .ai_family = l->family, .ai_socktype = SOCK_STREAM };

	return uv_getaddrinfo(gr_loop_uv(), &l->request, on_answer, l->host, NULL, &hints);
}

static void end(struct gr_call *c)
{
	struct lookup *l = gr_container_of(c, struct lookup, call);

	uv_freeaddrinfo(l->answer);
	free(l);
}

/* libuv's codes for what getaddrinfo() says have no errno. */
static int code_of(int status)
{
	switch (status) {
	case UV_EAI_NONAME:
	case UV_EAI_NODATA:
	case UV_EAI_ADDRFAMILY:
	case UV_EAI_FAMILY:
	case UV_EAI_SERVICE:
		return -ENXIO;
	case UV_EAI_MEMORY:
		return -ENOMEM;
	case UV_EAI_AGAIN:
	case UV_EAI_FAIL:
		return -EHOSTUNREACH;
	case UV_EAI_CANCELED:
		return -ECANCELED;
	default:
		return status < -1000 ? -EIO : status;
	}
}

static int copy_answer(const struct lookup *l, uint16_t port, struct gr_address *out)
{
	int n = 0;

	for (struct addrinfo *a = l->answer; a != NULL && n < GR_RESOLVE_MAX; a = a->ai_next)
		n += gr_address_copy(a->ai_addr, port, &out[n]);
	return n > 0 ? n : -ENXIO;
}

int gr_resolve(struct gr_caller *me, const char *host, int family, uint16_t port,
	struct gr_address *out, int64_t deadline)
{
	struct lookup *l = calloc(1, sizeof(*l));
	int rc;

	if (l == NULL)
		return -ENOMEM;
	l->call = (struct gr_call){
		.begin = begin,
		.end = end,
		.uv = (uv_req_t *)&l->request,
	};
	l->family = family;
	memcpy(l->host, host, strlen(host) + 1);
	rc = gr_call_run(me, &l->call, deadline, "resolve", NULL);
	if (l->call.answered)
		rc = rc == 0 ? copy_answer(l, port, out) : code_of(rc);
	gr_call_put(&l->call);
	return rc;
}

/* No host: this machine. */
static int self_addresses(const struct gr_target *t, struct gr_address *out)
{
	int n = 0;

	if (t->family != AF_INET6)
		out[n++] = gr_address_of_in4(INADDR_LOOPBACK, t->port);
	if (t->family != AF_INET)
		out[n++] = gr_address_of_in6(&in6addr_loopback, t->port);
	return n;
}

int gr_resolve_target(
	struct gr_caller *me, const struct gr_target *t, struct gr_address *out, int64_t deadline)
{
	switch (t->kind) {
	case GR_TARGET_NO_HOST:
		return self_addresses(t, out);
	case GR_TARGET_NAME:
		return gr_resolve(me, t->host, t->family, t->port, out, deadline);
	default:
		out[0] = t->address;
		return 1;
	}
}

int goro_resolve(const char *network, const char *address, struct sockaddr_storage *found, int room,
	int64_t deadline)
{
	struct gr_address all[GR_RESOLVE_MAX];
	struct gr_target t;
	struct gr_caller me;
	int n = found == NULL || room < 1 ?
		-EINVAL :
		gr_address_parse(network, GR_ADDRESS_STREAM | GR_ADDRESS_DATAGRAM, address, &t);

	if (n == 0 && t.kind == GR_TARGET_UNIX)
		n = -EINVAL;
	if (n == 0)
		n = gr_sock_caller(&me);
	if (n == 0)
		n = gr_resolve_target(&me, &t, all, deadline);
	if (n > 0 && n > room)
		n = room;
	for (int i = 0; i < n; i++)
		gr_address_write(&all[i], &found[i]);
	return n;
}

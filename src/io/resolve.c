/* SPDX-License-Identifier: MIT */
#include "io/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

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

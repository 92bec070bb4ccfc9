/* SPDX-License-Identifier: MIT */
/* 15_fetcher.c: fetches many URLs, so many at a time, and tells of them in the order in which they were given.
 *
 *     15_fetcher [-n AT_ONCE] [-t MS] http://...
 *
 * One coroutine a URL, which waits for a unit of a semaphore first. From then on it has one deadline,
 * which every call gets as it is: looking up the name, connecting, writing, and each read.
 */
#include <errno.h>
#include <goro.h>
#include <http_parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fetch {
	const char *url;
	int error;       /* 0: there is an answer */
	unsigned status; /* its own */
	uint64_t size;   /* of its body */
	bool complete;
	goro_waitgroup ended;
};

/* What a URL says. */
struct target {
	char address[280]; /* host:port */
	const char *root;  /* "/" where the URL leaves it out */
	struct iovec path; /* with the query, without the fragment */
};

static goro_sem slots;
static int64_t patience = 10 * GORO_SECOND;

static struct iovec text(const char *s)
{
	return (struct iovec){ .iov_base = (void *)(uintptr_t)s, .iov_len = strlen(s) };
}

static int parse_url(const char *url, struct target *t)
{
	struct http_parser_url parts = { 0 };
	unsigned has = 1U << UF_SCHEMA | 1U << UF_HOST;
	const char *host, *path;
	int length, port;

	if (http_parser_parse_url(url, strlen(url), 0, &parts) != 0 ||
		(parts.field_set & has) != has || strncmp(url, "http:", 5) != 0)
		return -EINVAL;
	host = url + parts.field_data[UF_HOST].off;
	length = parts.field_data[UF_HOST].len;
	port = parts.field_set & 1U << UF_PORT ? parts.port : 80;
	/* The brackets of an IPv6 address are not counted to the host. */
	if (length >= 256 ||
		snprintf(t->address, sizeof t->address,
			memchr(host, ':', (size_t)length) ? "[%.*s]:%d" : "%.*s:%d", length, host,
			port) < 0)
		return -EINVAL;
	path = host + strcspn(host, "/?");
	t->root = *path == '/' ? "" : "/";
	t->path = (struct iovec){ .iov_base = (void *)(uintptr_t)path,
		.iov_len = strcspn(path, "#") };
	return 0;
}

static int ask(goro_conn *c, const struct target *t, int64_t deadline)
{
	struct iovec request[] = { text("GET "), text(t->root), t->path,
		text(" HTTP/1.1\r\nHost: "), text(t->address),
		text("\r\nConnection: close\r\n\r\n") };
	const int n = sizeof request / sizeof *request;
	size_t length = 0;
	ssize_t written;

	for (int i = 0; i < n; i++)
		length += request[i].iov_len;
	written = goro_conn_writev(c, request, n, deadline);
	if (written < 0)
		return (int)written;
	return (size_t)written < length ? -ETIMEDOUT : 0;
}

static int on_body(http_parser *p, const char *at, size_t n)
{
	struct fetch *f = p->data;

	(void)at;
	f->size += n;
	return 0;
}

static int on_complete(http_parser *p)
{
	struct fetch *f = p->data;

	f->status = p->status_code;
	f->complete = p->status_code / 100 != 1; /* "continue" is no answer */
	return 0;
}

static int listen_to(goro_conn *c, struct fetch *f, int64_t deadline)
{
	static const http_parser_settings callbacks = {
		.on_body = on_body,
		.on_message_complete = on_complete,
	};
	http_parser parser;
	char buf[4096];
	ssize_t n = 1;

	http_parser_init(&parser, HTTP_RESPONSE);
	parser.data = f;
	while (n != 0 && !f->complete) {
		n = goro_conn_read(c, buf, sizeof buf, deadline);
		if (n < 0)
			return (int)n;
		/* 0, the end, is told too: an answer without a length is complete then. */
		http_parser_execute(&parser, &callbacks, buf, (size_t)n);
		if (HTTP_PARSER_ERRNO(&parser) != HPE_OK)
			return -EPROTO;
	}
	return f->complete ? 0 : -EPROTO;
}

static int get(struct fetch *f, int64_t deadline)
{
	struct target t;
	goro_conn *c;
	int rc = parse_url(f->url, &t);

	if (rc == 0)
		rc = goro_dial(&c, "tcp", t.address, deadline);
	if (rc != 0)
		return rc;
	rc = ask(c, &t, deadline);
	if (rc == 0)
		rc = listen_to(c, f, deadline);
	goro_conn_close(c);
	return rc;
}

static void fetch(struct fetch *f)
{
	f->error = goro_sem_acquire(&slots);
	if (f->error == 0) {
		f->error = get(f, goro_after(patience));
		goro_sem_release(&slots);
	}
	goro_waitgroup_done(&f->ended);
}

/* What root() gets, and leaves. */
struct job {
	char **urls;
	int n, failed;
};

static void tell(struct job *job, const struct fetch *f)
{
	if (f->error == 0) {
		printf("%u %llu %s\n", f->status, (unsigned long long)f->size, f->url);
		return;
	}
	job->failed++;
	printf("failed: %s: %s\n", f->url, goro_strerror(f->error));
}

static void root(void *arg)
{
	struct job *job = arg;
	struct fetch *all = calloc((size_t)job->n + 1, sizeof(*all));

	if (all == NULL) {
		job->failed = job->n;
		return;
	}
	for (int i = 0; i < job->n; i++) {
		struct fetch *f = &all[i];
		int rc;

		f->url = job->urls[i];
		goro_waitgroup_add(&f->ended, 1);
		rc = go(fetch, f);
		if (rc != 0) { /* else it is no longer ours */
			f->error = rc;
			goro_waitgroup_done(&f->ended);
		}
	}
	for (int i = 0; i < job->n; i++) {
		goro_waitgroup_wait(&all[i].ended);
		tell(job, &all[i]);
	}
	free(all);
}

/* A number from 1 on, or the end. */
static int positive(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end == '\0' && n > 0 && n <= INT32_MAX)
		return (int)n;
	fprintf(stderr, "not a positive number: %s\n", text);
	exit(2);
}

int main(int argc, char **argv)
{
	int at_once = 8, option, rc;
	struct job job;

	while ((option = getopt(argc, argv, "n:t:")) != -1) {
		switch (option) {
		case 'n':
			at_once = positive(optarg);
			break;
		case 't':
			patience = positive(optarg) * GORO_MILLISECOND;
			break;
		default:
			fprintf(stderr, "usage: 15_fetcher [-n AT_ONCE] [-t MS] URL...\n");
			return 2;
		}
	}
	slots = GORO_SEM_INIT(at_once);
	job = (struct job){ .urls = argv + optind, .n = argc - optind };
	rc = goro_run(root, &job);
	if (rc != 0)
		fprintf(stderr, "%s\n", goro_strerror(rc));
	return rc != 0 || job.failed != 0;
}

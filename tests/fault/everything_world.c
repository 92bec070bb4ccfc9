/* SPDX-License-Identifier: MIT */
/* everything_world.c: what is outside: connections, datagrams, other libraries' descriptors, files, names,
 * programs, signals, calls that block. What fails is done again on the same object when nothing fails any
 * more: so an error has lost nothing and leaves it usable.
 */
#include "everything.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* E1, for one that returns a number of something. A deadline that passes is no failure. */
#define ATTEMPT_COUNT(to, call)                                        \
	do {                                                           \
		(to) = (call);                                         \
		if ((to) < 0) {                                        \
			MUST((to) == -ETIMEDOUT || fault_count() > 0); \
			fault_pause();                                 \
			(to) = (call);                                 \
			fault_resume();                                \
		}                                                      \
		MUST((to) >= 0);                                       \
	} while (0)

#define ATTEMPT_DONE(call)                 \
	do {                               \
		ssize_t n_;                \
                                           \
		ATTEMPT_COUNT(n_, (call)); \
		MUST(n_ == 0);             \
	} while (0)

/* drive.py gives each run a folder of its own. */
static const char *tmp(void)
{
	const char *folder = getenv("TMPDIR");

	return folder != NULL ? folder : "/tmp";
}

static int64_t soon(void)
{
	return goro_after(GORO_MILLISECOND);
}

/* Connections ---------------------------------------------------------------------------------- */

#define WORDS 20

/* A piece at a time, as the system may give it. */
static void hear(goro_conn *c, const char *text, size_t n)
{
	char buf[256];
	size_t have = 0;

	while (have < n) {
		ssize_t got;

		ATTEMPT_COUNT(
			got, goro_conn_read(c, buf + have, n - have, goro_after(GORO_SECOND)));
		MUST(got > 0);
		have += (size_t)got;
	}
	MUST(memcmp(buf, text, n) == 0);
}

static void say(goro_conn *c, const char *text, size_t n)
{
	struct iovec v[3] = { { (void *)(uintptr_t)text, 1 }, { (void *)(uintptr_t)(text + 1), 0 },
		{ (void *)(uintptr_t)(text + 1), n - 1 } };
	ssize_t sent;

	if (n % 2)
		ATTEMPT_COUNT(sent, goro_conn_write(c, text, n, GORO_FOREVER));
	else
		ATTEMPT_COUNT(sent, goro_conn_writev(c, v, 3, GORO_FOREVER));
	MUST(sent == (ssize_t)n);
}

static void hear_nothing(goro_conn *c)
{
	char byte;
	ssize_t rc = goro_conn_read(c, &byte, 1, soon());

	MUST(rc == -ETIMEDOUT || (rc < 0 && fault_count() > 0));
}

static void talk(goro_conn *a, goro_conn *b)
{
	char text[WORDS + 1];

	memset(text, 'x', sizeof text);
	hear_nothing(b);
	for (size_t n = 2; n <= WORDS; n++) {
		text[0] = (char)n;
		say(a, text, n);
		hear(b, text, n);
		say(b, text, n);
		hear(a, text, n);
	}
}

static void end_talk(goro_conn *a, goro_conn *b)
{
	char byte;
	ssize_t n;

	ATTEMPT_DONE(goro_conn_shutdown(a));
	ATTEMPT_COUNT(n, goro_conn_read(b, &byte, 1, GORO_FOREVER));
	MUST(n == 0);
	MUST(goro_conn_close(a) == 0 && goro_conn_close(a) == -EBADF);
	MUST(goro_conn_close(b) == 0);
	MUST(goro_conn_read(a, &byte, 1, GORO_FOREVER) == -EBADF);
}

/* A dial that says that it failed may have left one that is at an end in the listener's queue. */
static goro_conn *accept_mine(goro_listener *l, goro_conn *mine)
{
	say(mine, "!!!", 3);
	for (;;) {
		goro_conn *c;
		char byte = 0;
		ssize_t n;

		ATTEMPT_DONE(goro_accept(l, &c, goro_after(20 * GORO_MILLISECOND)));
		ATTEMPT_COUNT(n, goro_conn_read(c, &byte, 1, goro_after(GORO_SECOND)));
		if (n == 1 && byte == '!') {
			hear(c, "!!", 2);
			return c;
		}
		MUST(fault_count() > 0);
		MUST(goro_conn_close(c) == 0);
	}
}

static void connect_over(const char *network, const char *address)
{
	goro_listener *l;
	goro_conn *a, *b;
	char where[108];
	int port;

	ATTEMPT_DONE(goro_listen(&l, network, address));
	port = goro_listener_port(l);
	if (port > 0)
		snprintf(where, sizeof where, "127.0.0.1:%d", port);
	else
		snprintf(where, sizeof where, "%s", address);
	if (port == 0 && address[0] != '/') { /* it could not be asked for */
		MUST(fault_count() > 0);
		MUST(goro_listener_close(l) == 0);
		return;
	}
	ATTEMPT_DONE(goro_dial(&a, network, where, GORO_FOREVER));
	b = accept_mine(l, a);
	talk(a, b);
	end_talk(a, b);
	MUST(goro_listener_close(l) == 0);
}

static void use_tcp(void *arg)
{
	(void)arg;
	connect_over("tcp4", "127.0.0.1:0");
	crew_end();
}

static void use_unix(void *arg)
{
	char path[108]; /* of a sockaddr_un */

	(void)arg;
	snprintf(path, sizeof path, "%s/goro-everything-%d", tmp(), (int)getpid());
	connect_over("unix", path);
	unlink(path); /* the close may have been kept from it */
	crew_end();
}

/* Datagrams ------------------------------------------------------------------------------------ */

static void use_udp(void *arg)
{
	struct sockaddr_storage to, from;
	struct sockaddr_in *in = (struct sockaddr_in *)&to;
	goro_udp *u;
	char byte;
	ssize_t n;
	int port;

	(void)arg;
	ATTEMPT_DONE(goro_udp_bind(&u, "udp4", "127.0.0.1:0"));
	port = goro_udp_port(u);
	MUST(port > 0 || fault_count() > 0);
	memset(&to, 0, sizeof to);
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in->sin_port = htons((uint16_t)port);
	n = goro_udp_recvfrom(u, &byte, 1, &from, soon());
	MUST(n == -ETIMEDOUT || (n < 0 && fault_count() > 0));
	for (char i = 0; i < 10 && port > 0; i++) {
		ATTEMPT_COUNT(n, goro_udp_sendto(u, &i, 1, &to, GORO_FOREVER));
		MUST(n == 1);
		ATTEMPT_COUNT(n, goro_udp_recvfrom(u, &byte, 1, &from, GORO_FOREVER));
		MUST(n == 1 && byte == i && memcmp(&to, &from, sizeof *in) == 0);
	}
	MUST(goro_udp_close(u) == 0);
	crew_end();
}

/* A descriptor of somebody else's -------------------------------------------------------------- */

static void use_fd(void *arg)
{
	int fds[2];
	int rc;

	(void)arg;
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	for (int i = 0; i < 3; i++) {
		rc = goro_fd_wait(fds[0], GORO_READ, soon());
		MUST(rc == -ETIMEDOUT || (rc < 0 && fault_count() > 0));
	}
	ATTEMPT_COUNT(rc, goro_fd_wait(fds[0], GORO_READ | GORO_WRITE, GORO_FOREVER));
	MUST(rc == GORO_WRITE);
	MUST(write(fds[1], "x", 1) == 1);
	ATTEMPT_COUNT(rc, goro_fd_wait(fds[0], GORO_READ, GORO_FOREVER));
	MUST(rc == GORO_READ);
	close(fds[0]);
	close(fds[1]);
	crew_end();
}

/* Files ---------------------------------------------------------------------------------------- */

static void write_file(const char *path)
{
	char text[6] = "";
	struct stat st;
	ssize_t n;
	int fd;

	ATTEMPT_COUNT(fd, goro_fs_open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
	for (size_t at = 0; at < 5; at += (size_t)n)
		ATTEMPT_COUNT(n, goro_fs_write(fd, "hello" + at, 5 - at));
	for (size_t at = 0; at < 5; at += (size_t)n)
		ATTEMPT_COUNT(n, goro_fs_pread(fd, text + at, 5 - at, (int64_t)at));
	MUST(strcmp(text, "hello") == 0);
	ATTEMPT_DONE(goro_fs_fsync(fd));
	ATTEMPT_DONE(goro_fs_fstat(fd, &st));
	MUST(st.st_size == 5);
	ATTEMPT_DONE(goro_fs_close(fd));
}

static void use_files(void *arg)
{
	char folder[400], path[500], other[500];
	goro_fs_entry *entries;
	struct stat st;
	int n;

	(void)arg;
	snprintf(folder, sizeof folder, "%s/goro-everything-%d.d", tmp(), (int)getpid());
	snprintf(path, sizeof path, "%s/one", folder);
	snprintf(other, sizeof other, "%s/a much longer name than the other", folder);
	ATTEMPT_DONE(goro_fs_mkdir(folder, 0700));
	write_file(path);
	ATTEMPT_DONE(goro_fs_rename(path, other));
	ATTEMPT_DONE(goro_fs_stat(other, &st));
	MUST(st.st_size == 5);
	ATTEMPT_COUNT(n, goro_fs_readdir(folder, &entries));
	MUST(n == 1 && strcmp(entries[0].name, strrchr(other, '/') + 1) == 0);
	free(entries);
	fault_hold(&fault_held.blocks, -1); /* it was ours to free */
	MUST(goro_fs_unlink(path) == -ENOENT || fault_count() > 0);
	ATTEMPT_DONE(goro_fs_unlink(other));
	ATTEMPT_DONE(goro_fs_rmdir(folder));
	crew_end();
}

/* Names, programs, signals, calls that block --------------------------------------------------- */

static void use_names(void *arg)
{
	struct sockaddr_storage found[4];
	int n;

	(void)arg;
	ATTEMPT_COUNT(n, goro_resolve("tcp4", "localhost:80", found, 4, GORO_FOREVER));
	MUST(n >= 1 && found[0].ss_family == AF_INET);
	crew_end();
}

static void use_programs(void *arg)
{
	char *argv[] = { "sh", "-c", "read x; echo $x", NULL };
	goro_process_options o = GORO_PROCESS_OPTIONS_INIT;
	goro_process *p;
	goro_conn *ends[3];
	int status = -1;
	int rc;

	(void)arg;
	o.pipes = GORO_PROCESS_STDIN | GORO_PROCESS_STDOUT;
	ATTEMPT_DONE(goro_process_spawn(&p, argv, ends, &o));
	ATTEMPT_DONE(goro_process_kill(p, 0));
	say(ends[0], "word\n", 5);
	hear(ends[1], "word\n", 5);
	rc = goro_process_wait(p, &status, GORO_FOREVER);
	if (rc < 0) {
		MUST(fault_count() > 0);
		fault_pause();
		rc = goro_process_wait(p, &status, GORO_FOREVER);
		fault_resume();
		MUST(rc == 0 || rc == -ECHILD); /* how it ended could not be told */
		if (rc != 0)
			MUST(goro_process_close(p) == 0);
	}
	MUST(rc != 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
	MUST(goro_conn_close(ends[0]) == 0 && goro_conn_close(ends[1]) == 0);
	crew_end();
}

static void use_signals(void *arg)
{
	goro_signal_chan c;
	int signo = 0;

	(void)arg;
	ATTEMPT_DONE(goro_signal(&c, SIGUSR1));
	MUST(kill(getpid(), SIGUSR1) == 0);
	MUST(chan_recv(c, &signo) == 0 && signo == SIGUSR1);
	chan_free(c);
	crew_end();
}

static int seven(void *arg)
{
	(void)arg;
	return 7;
}

static void use_blocking(void *arg)
{
	int n;

	(void)arg;
	ATTEMPT_COUNT(n, goro_blocking(seven, NULL));
	MUST(n == 7);
	crew_end();
}

void use_the_world(void)
{
	static void (*const parts[])(void *) = { use_tcp, use_unix, use_udp, use_fd, use_files,
		use_names, use_programs, use_signals, use_blocking };

	crew_begin();
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		crew_add(parts[i], NULL);
	crew_wait();
}

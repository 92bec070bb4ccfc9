/* SPDX-License-Identifier: MIT */
/* load.c: loads an echo server, and says what that cost the server.
 *
 *     load --port P --pid SERVER --connections N [--seconds S] [--what load|calls|idle]
 *
 * Each of the N connections has one message of 64 bytes on its way; when it is back, the next one
 * goes out. Every message is compared with what was sent. Two system calls a message and a share of
 * epoll_wait(2), on one thread: less than any server here needs.
 *
 *     load   messages a second; CPU of the server, its time from message to answer
 *     calls  system calls of the server a message (alone, since counting costs)
 *     idle   bytes of the server and its CPU in % of one, when each connection has had one message
 *            and waits for the next
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../bench.h"
#include "../meter.h"

#define WORDS  8 /* of a message */
#define EVENTS 512
#define AHEAD  64 /* connections that have not been accepted yet */

struct peer {
	int fd;
	unsigned got; /* bytes of the answer */
	uint64_t number;
	int64_t sent;
	uint64_t answer[WORDS];
};

static struct {
	int port;
	pid_t pid;
	int connections;
	double seconds;
	const char *what;
} options = { .seconds = 1, .what = "load" };

static struct peer *peers;
static int epoll;

static struct {
	uint32_t *ns; /* of each message */
	size_t count, room;
	bool on;
} times;

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * GORO_SECOND + t.tv_nsec;
}

/* Messages ----------------------------------------------------------------------------------- */

static void send_message(struct peer *p)
{
	uint64_t words[WORDS];

	for (unsigned i = 0; i < WORDS; i++)
		words[i] = p->number + i;
	p->got = 0;
	p->sent = now();
	BENCH_CHECK(send(p->fd, words, sizeof words, MSG_NOSIGNAL) == sizeof words);
}

/* True: the answer is there, and is the message. */
static bool receive(struct peer *p)
{
	ssize_t n = recv(p->fd, (char *)p->answer + p->got, sizeof p->answer - p->got, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	BENCH_CHECK(n > 0);
	p->got += (unsigned)n;
	if (p->got < sizeof p->answer)
		return false;
	for (unsigned i = 0; i < WORDS; i++)
		BENCH_CHECK(p->answer[i] == p->number + i);
	p->number += WORDS;
	return true;
}

static void keep_time(int64_t ns)
{
	if (times.count == times.room) {
		times.room = times.room == 0 ? 1 << 16 : 2 * times.room;
		times.ns = realloc(times.ns, times.room * sizeof *times.ns);
		BENCH_CHECK(times.ns);
	}
	times.ns[times.count++] = ns > UINT32_MAX ? UINT32_MAX : (uint32_t)ns;
}

/* Connections --------------------------------------------------------------------------------- */

static void open_one(struct peer *p, uint64_t number)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)options.port) };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = p };
	struct linger reset = { .l_onoff = 1 }; /* no TIME_WAIT: the next round has its ports */
	int one = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	p->number = number;
	BENCH_CHECK(p->fd >= 0);
	BENCH_CHECK(connect(p->fd, (struct sockaddr *)&to, sizeof to) == 0);
	setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	BENCH_CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, p->fd, &event) == 0);
	send_message(p);
}

/* Each has had its first answer, so it has been accepted. */
static void open_all(void)
{
	for (int i = 0; i < options.connections; i += AHEAD) {
		int end = i + AHEAD < options.connections ? i + AHEAD : options.connections;

		for (int k = i; k < end; k++)
			open_one(&peers[k], (uint64_t)k << 40);
		for (int k = i; k < end; k++)
			while (!receive(&peers[k])) /* blocks */
				;
	}
}

/* Load ---------------------------------------------------------------------------------------- */

/* Sends to all, and goes on for so many seconds, and until each has had so many answers on average.
 * How many there were, and how long it took in ns. Before and behind it nothing is on its way, so what
 * the server has spent belongs to these answers. */
static int64_t run(double seconds, int answers, int64_t *took)
{
	int64_t least = (int64_t)answers * options.connections;
	int64_t answered = 0, began = now();
	int on_their_way = options.connections;
	struct epoll_event events[EVENTS];

	for (int i = 0; i < options.connections; i++)
		send_message(&peers[i]);
	while (on_their_way != 0) {
		int n = epoll_wait(epoll, events, EVENTS, 10000);
		bool enough =
			now() - began >= (int64_t)(seconds * GORO_SECOND) && answered >= least;

		BENCH_CHECK(n > 0);
		for (int i = 0; i < n; i++) {
			struct peer *p = events[i].data.ptr;

			if (!receive(p))
				continue;
			if (times.on)
				keep_time(now() - p->sent);
			answered++;
			if (enough)
				on_their_way--;
			else
				send_message(p);
		}
	}
	*took = now() - began;
	return answered;
}

static int by_time(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void report_times(void)
{
	qsort(times.ns, times.count, sizeof *times.ns, by_time);
	bench_report("p50", times.ns[times.count / 2] / 1e3, "us");
	bench_report("p99", times.ns[times.count * 99 / 100] / 1e3, "us");
}

static void measure_load(void)
{
	int64_t cpu = meter_cpu(options.pid);
	int64_t answered, took;

	times.on = true;
	answered = run(options.seconds, 5, &took);
	cpu = meter_cpu(options.pid) - cpu;
	bench_report("rate", (double)answered / ((double)took / 1e6), "1000/s");
	bench_report("cpu", (double)cpu / 1e9 / ((double)answered / 1e5), "s/100k");
	report_times();
}

static void measure_calls(void)
{
	int64_t before, answered, took;

	if (!meter_calls_begin(options.pid))
		return; /* the column stays empty */
	before = meter_calls();
	answered = run(options.seconds, 5, &took);
	bench_report("calls", (double)(meter_calls() - before) / (double)answered, "calls");
}

static void measure_idle(int64_t before)
{
	struct timespec nap = { .tv_sec = 2 };
	int64_t bytes, cpu;

	sleep(1); /* what the last message left to do is done: it would count as idle */
	bytes = meter_memory(options.pid) - before;
	cpu = meter_cpu(options.pid);
	nanosleep(&nap, NULL);
	cpu = meter_cpu(options.pid) - cpu;
	bench_report("idle_bytes", (double)bytes / options.connections, "bytes");
	bench_report("idle_cpu", (double)cpu / (double)(nap.tv_sec * GORO_SECOND) * 100, "%");
}

/* ----------------------------------------------------------------------------------------------- */

static bool read_options(int argc, char **argv)
{
	static const struct option known[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "pid", required_argument, NULL, 'i' },
		{ "connections", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 's' },
		{ "what", required_argument, NULL, 'w' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'p':
			options.port = (int)strtol(optarg, NULL, 10);
			break;
		case 'i':
			options.pid = (pid_t)strtol(optarg, NULL, 10);
			break;
		case 'n':
			options.connections = (int)strtol(optarg, NULL, 10);
			break;
		case 's':
			options.seconds = strtod(optarg, NULL);
			break;
		case 'w':
			options.what = optarg;
			break;
		default:
			return false;
		}
	}
	return optind == argc && options.port > 0 && options.pid > 0 && options.connections > 0 &&
		options.seconds > 0;
}

int main(int argc, char **argv)
{
	int64_t before, ignored;

	if (!read_options(argc, argv)) {
		fprintf(stderr,
			"usage: %s --port P --pid SERVER --connections N [--seconds S] "
			"[--what load|calls|idle]\n",
			argv[0]);
		return EXIT_FAILURE;
	}
	peers = calloc((size_t)options.connections, sizeof *peers);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	BENCH_CHECK(peers && epoll >= 0);
	before = meter_memory(options.pid);
	open_all();
	if (strcmp(options.what, "idle") == 0) {
		measure_idle(before);
		return EXIT_SUCCESS;
	}
	run(options.seconds / 4, 3, &ignored);
	if (strcmp(options.what, "calls") == 0)
		measure_calls();
	else
		measure_load();
	return EXIT_SUCCESS;
}

/* SPDX-License-Identifier: MIT */
/* must_compile.c: what the contract lets a program write, in every dialect from C11 on, without a
 * warning. Only compiled: that it does the right thing too is shown in api/typed_test.c.
 */
#include <goro.h>

#include <stdbool.h>
#include <stddef.h>

struct point {
	int x, y;
};

enum colour { RED, GREEN };

struct big {
	char bytes[100];
};

typedef struct node {
	struct node *next;
} node;

/* A channel stands wherever a type may. */
static chan(int) global;
static chan(const char *) table[4];

struct holder {
	chan(struct point) points;
	chan(node *) nodes, more_nodes;
	chan(chan(int)) channels;
};

union either {
	chan(int) ints;
	chan(double) doubles;
};

typedef chan(int64_t) times;

static chan(int) make_one(void)
{
	return chan_make(int, CHAN_UNBOUNDED);
}

static int consume(chan(struct point) from, chan(int) const to)
{
	struct point p;

	return chan_recv(from, &p) == 0 ? chan_send(to, p.x + p.y) : -1;
}

static void *pass(void *c)
{
	return c;
}

int declarations(void);
int declarations(void)
{
	chan(int) a = chan_make(int, 4), b = chan_make(int, 0), c[2] = { NULL, NULL };
	chan(int) *where = &a;
	struct holder h = { .points = chan_make(struct point, 1) };
	union either e = { .doubles = chan_make(double, 2) };
	times t = goro_timer(GORO_SECOND);
	int (*f)(chan(struct point), chan(int)) = consume;
	chan(int) through_void = (chan(int))pass(a);
	chan(int) without_a_cast = pass(a);
	void *v = b;
	size_t size = sizeof(chan(int));

	global = make_one();
	global = chan_ref(*where);
	table[0] = NULL;
	c[0] = v;
	h.nodes = h.more_nodes = chan_make(node *, 1);
	h.channels = chan_make(chan(int), 1);
	chan_send(h.channels, through_void);
	chan_send(h.points, (struct point){ 1, 2 });
	(void)f;
	(void)e;
	(void)t;
	(void)without_a_cast;
	return size == sizeof(void *) && c[0] != NULL && chan_ref(a) == a && global != NULL;
}

/* A value is taken as an assignment would take it. */
void values(chan(int) i, chan(double) d, chan(unsigned char) u, chan(bool) b, chan(char) ch,
	chan(enum colour) e, chan(const char *) s, chan(char *) text, chan(const struct point *) cp,
	chan(struct point) p, chan(struct big) big, chan(void *) v, chan(int *) ip,
	chan(void (*)(int)) fn, chan(float) f);
static void callback(int n)
{
	(void)n;
}
void values(chan(int) i, chan(double) d, chan(unsigned char) u, chan(bool) b, chan(char) ch,
	chan(enum colour) e, chan(const char *) s, chan(char *) text, chan(const struct point *) cp,
	chan(struct point) p, chan(struct big) big, chan(void *) v, chan(int *) ip,
	chan(void (*)(int)) fn, chan(float) f)
{
	const int constant = 3;
	volatile int changing = 4;
	double real = 1.5;
	char array[] = "array";
	int numbers[3] = { 1, 2, 3 };
	const int fixed[3] = { 1, 2, 3 };
	struct point one = { 1, 2 };
	const struct point fixed_point = { 1, 2 };
	static struct big large;
	bool ok;

	chan_send(i, 1);
	chan_send(i, real);
	chan_send(i, 'x');
	chan_send(i, (bool)1);
	chan_send(i, RED);
	chan_send(i, constant);
	chan_send(i, changing);
	chan_send(i, numbers[0] == 1 ? 2 : 3);
	chan_send(i, (callback(1), 5));
	chan_send(d, 1);
	chan_send(d, 1.5f);
	chan_send(f, 2.5);
	chan_send(u, 'x');
	chan_send(b, 1);
	chan_send(b, ip == NULL);
	chan_send(ch, 'x');
	chan_send(e, RED);
	chan_send(e, 1);
	chan_send(s, "abc");
	chan_send(s, array);
	chan_send(s, NULL);
	chan_send(text, array);
	chan_send(cp, &one);
	chan_send(cp, &fixed_point);
	chan_send(cp, NULL);
	chan_send(p, one);
	chan_send(p, fixed_point);
	chan_send(p, (struct point){ 1, 2 });
	chan_send(p, (struct point){ .y = 1 });
	chan_try_send(p, (struct point){ 1, 2 });
	chan_send_until(p, ((struct point){ 1, 2 }), GORO_FOREVER);
	chan_send(big, large);
	chan_send(v, NULL);
	chan_send(v, (void *)&one);
	chan_send(ip, numbers);
	chan_send(ip, &numbers[1]);
	chan_send(fn, callback);
	chan_send(fn, &callback);
	chan_send_many(i, numbers, 3);
	chan_send_many(i, fixed, 3);
	chan_send_many(i, &numbers[1], sizeof(numbers) / sizeof(*numbers));
	chan_recv_many(i, numbers, 3);
	(void)chan_select(chan_on_send(p, one), chan_on_send(p, ((struct point){ 1, 2 }), &ok),
		chan_on_recv(i, &numbers[0]), chan_on_recv(i, &numbers[1], &ok),
		chan_on_send_from(big, &large), chan_on_send_from(big, &large, &ok),
		chan_on_recv(i, numbers, NULL));
	(void)chan_select_until(goro_after(1), chan_on_send(i, 1));
	(void)chan_try_select(chan_on_send(i, 1));
	(void)chan_select_until(goro_after(1));
	(void)chan_try_select();
	chan_close(i);
	chan_free(NULL);
	chan_free((void *)0);
}

/* A variable that only a receive gives its value: no compiler calls it uninitialised. */
int receives(chan(int) c, chan(struct big) b);
int receives(chan(int) c, chan(struct big) b)
{
	int u, v, w, x, y[4];
	struct big large;
	bool ok;

	if (chan_recv(c, &u) != 0 || chan_try_recv(c, &v) != 0)
		return 0;
	if (chan_recv_until(c, &w, GORO_FOREVER) != 0 || chan_recv_many(c, y, 4) < 1)
		return 0;
	switch (chan_select(chan_on_recv(c, &x), chan_on_recv(b, &large, &ok))) {
	case 0:
		return u + v + w + x + y[0];
	case 1:
		return ok ? large.bytes[0] : 0;
	default:
		return 0;
	}
}

/* go() with every kind of argument, and const added. */
static void nothing(void)
{
}
static void kinds(bool b, char c, short s, unsigned long long u, float f, double d)
{
	(void)b, (void)c, (void)s, (void)u, (void)f, (void)d;
}
static void pointers(
	const char *s, char *t, const struct point *p, void *v, void (*f)(int), chan(int) c)
{
	(void)s, (void)t, (void)p, (void)v, (void)f, (void)c;
}
static void any(void *v)
{
	(void)v;
}
static void any_const(const void *v)
{
	(void)v;
}
static void colour(enum colour c)
{
	(void)c;
}

int begins(void);
int begins(void)
{
	char text[] = "text";
	int numbers[3] = { 1, 2, 3 };
	struct point one = { 1, 2 };
	const struct point fixed = { 1, 2 };
	void (*f)(void) = nothing;
	void (*const table_of[])(void) = { nothing, &nothing };
	short s = 1;
	const char c = 'c';

	go(nothing);
	go(f);
	go(&nothing);
	go(*f);
	go(table_of[1]);
	go(kinds, (bool)1, c, s, 1ull, 1.0f, 1.0);
	go(pointers, "abc", text, &one, NULL, callback, global);
	go(pointers, text, text, &fixed, (void *)numbers, &callback, chan_ref(global));
	go(any, numbers);
	go(any, &one);
	go(any, NULL);
	go(any, global);
	go(any, "abc");
	go(any_const, &fixed);
	go(any_const, numbers);
	go(colour, (enum colour)RED);
	return go(nothing) == 0 ? 0 : 1;
}

/* The names are replaced only before a parenthesis. */
int names(void);
int names(void)
{
	int go = 1;
	int chan = 2, chan_send = 3, chan_select = 4;
	struct {
		int chan, go;
	} s = { chan, go };

	return go + chan + chan_send + chan_select + s.chan + s.go;
}

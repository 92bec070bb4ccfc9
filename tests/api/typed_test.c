/* SPDX-License-Identifier: MIT */
/* typed_test.c: the typed macros hand over what was written. That they refuse what does not fit is
 * shown in must_not_compile/.
 */
#include <float.h>
#include <limits.h>
#include <string.h>

#include "goro_test.h"

struct point {
	int x, y;
};

struct big {
	char bytes[1000];
};

/* Arguments of go() ------------------------------------------------------------------------- */

static goro_waitgroup all;

static void begin(int n)
{
	all = GORO_WAITGROUP_INIT;
	goro_waitgroup_add(&all, n);
}

static void end(void)
{
	CHECK_EQ(goro_waitgroup_wait(&all), 0);
}

static void take_nothing(void)
{
	goro_waitgroup_done(&all);
}

static void take_small(bool b, char c, signed char sc, unsigned char uc, short s, unsigned short us)
{
	CHECK_EQ(b, true);
	CHECK_EQ(c, 'x');
	CHECK_EQ(sc, SCHAR_MIN);
	CHECK_EQ(uc, UCHAR_MAX);
	CHECK_EQ(s, SHRT_MIN);
	CHECK_EQ(us, USHRT_MAX);
	goro_waitgroup_done(&all);
}

static void take_large(
	int i, unsigned u, long l, unsigned long ul, long long ll, unsigned long long ull)
{
	CHECK_EQ(i, INT_MIN);
	CHECK_EQ(u, UINT_MAX);
	CHECK_EQ(l, LONG_MIN);
	CHECK_EQ(ul, ULONG_MAX);
	CHECK_EQ(ll, LLONG_MAX);
	CHECK_EQ(ull, 1ull << 63);
	goro_waitgroup_done(&all);
}

static void take_real(float a, double b, float c, double d, float e, double f)
{
	CHECK_TRUE(a == FLT_MAX && b == DBL_MAX && c == -0.5f && d == -0.25 && e == 3.0f);
	CHECK_TRUE(f == DBL_MIN);
	goro_waitgroup_done(&all);
}

static void take_mixed(double a, int b, float c, const char *d, double e, long f)
{
	CHECK_TRUE(a == 1.5 && c == 2.5f && e == 3.5);
	CHECK_EQ(b, -1);
	CHECK_STR(d, "four");
	CHECK_EQ(f, -6);
	goro_waitgroup_done(&all);
}

static int callback(int n)
{
	return n + 1;
}

static void take_pointers(const struct point *p, void *v, int (*f)(int), chan(int) c)
{
	CHECK_EQ(p->y, 2);
	CHECK_EQ(v, NULL);
	CHECK_EQ(f(1), 2);
	CHECK_EQ(chan_send(c, 7), 0);
	chan_free(c);
	goro_waitgroup_done(&all);
}

static void take_any(void *v)
{
	CHECK_EQ(*(int *)v, 5);
	goro_waitgroup_done(&all);
}

static void take_five(int a, double b, int c, double d, int e)
{
	CHECK_EQ(a + c + e, 9);
	CHECK_TRUE(b + d == 6.0);
	goro_waitgroup_done(&all);
}

static void take_three(double a, double b, int c)
{
	CHECK_TRUE(a - b == c);
	goro_waitgroup_done(&all);
}

static void take_two(double a, int b)
{
	CHECK_TRUE(a == b);
	goro_waitgroup_done(&all);
}

GORO_TEST(go_hands_over_integers_of_every_size)
{
	begin(2);
	CHECK_EQ(go(take_small, (bool)1, (char)'x', (signed char)SCHAR_MIN,
			 (unsigned char)UCHAR_MAX, (short)SHRT_MIN, (unsigned short)USHRT_MAX),
		0);
	CHECK_EQ(go(take_large, INT_MIN, UINT_MAX, LONG_MIN, ULONG_MAX, LLONG_MAX, 1ull << 63), 0);
	end();
}

GORO_TEST(go_hands_over_real_numbers_and_mixtures)
{
	begin(2);
	CHECK_EQ(go(take_real, FLT_MAX, DBL_MAX, -0.5f, -0.25, 3.0f, DBL_MIN), 0);
	CHECK_EQ(go(take_mixed, 1.5, -1, 2.5f, "four", 3.5, -6L), 0);
	end();
}

GORO_TEST(go_takes_0_to_5_arguments_too)
{
	int five = 5;

	begin(5);
	CHECK_EQ(go(take_nothing), 0);
	CHECK_EQ(go(take_any, &five), 0);
	CHECK_EQ(go(take_two, 4.0, 4), 0);
	CHECK_EQ(go(take_three, 5.0, 2.0, 3), 0);
	CHECK_EQ(go(take_five, 1, 2.0, 3, 4.0, 5), 0);
	end();
}

GORO_TEST(go_hands_over_pointers_functions_and_channels)
{
	struct point p = { 1, 2 };
	chan(int) c = chan_make(int, 1);
	int v = 0;

	begin(1);
	CHECK_EQ(go(take_pointers, &p, NULL, callback, chan_ref(c)), 0);
	end();
	CHECK_EQ(chan_recv(c, &v), 0);
	CHECK_EQ(v, 7);
	chan_free(c);
}

static int evaluated;

static int count(int result)
{
	evaluated++;
	return result;
}

static void (*count_function(void))(double, int)
{
	evaluated++;
	return take_two;
}

GORO_TEST(go_evaluates_each_argument_once)
{
	double d = 2.0;

	evaluated = 0;
	begin(1);
	CHECK_EQ(go(count_function(), (evaluated++, d), count(2)), 0);
	end();
	CHECK_EQ(evaluated, 3);
}

static void (*no_function)(int);

GORO_TEST(go_refuses_a_null_function)
{
	CHECK_EQ(go(no_function, 1), -EINVAL);
	CHECK_EQ(goro_go(NULL, NULL), -EINVAL);
}

/* Values ------------------------------------------------------------------------------------ */

GORO_TEST(a_value_is_converted_as_an_assignment_would)
{
	chan(int) i = chan_make(int, CHAN_UNBOUNDED);
	chan(unsigned char) u = chan_make(unsigned char, CHAN_UNBOUNDED);
	chan(double) d = chan_make(double, CHAN_UNBOUNDED);
	chan(bool) b = chan_make(bool, CHAN_UNBOUNDED);
	double real = 2.75, got_real;
	int large = 300, got;
	unsigned char got_small;
	bool truth;

	CHECK_EQ(chan_send(i, real), 0);
	CHECK_EQ(chan_send(u, large), 0);
	CHECK_EQ(chan_send(d, -7), 0);
	CHECK_EQ(chan_send(b, 256), 0);
	CHECK_EQ(chan_recv(i, &got), 0);
	CHECK_EQ(chan_recv(u, &got_small), 0);
	CHECK_EQ(chan_recv(d, &got_real), 0);
	CHECK_EQ(chan_recv(b, &truth), 0);
	CHECK_EQ(got, 2);
	CHECK_EQ(got_small, 300 - 256);
	CHECK_EQ(got_real, -7.0);
	CHECK_EQ(truth, true);
	chan_free(i);
	chan_free(u);
	chan_free(d);
	chan_free(b);
}

GORO_TEST(structs_travel_whole)
{
	chan(struct point) p = chan_make(struct point, 4);
	chan(struct big) b = chan_make(struct big, 1);
	static struct big sent, got;
	struct point v = { 0, 0 };

	CHECK_EQ(chan_send(p, (struct point){ 1, 2 }), 0);
	CHECK_EQ(chan_try_send(p, (struct point){ .y = 4, .x = 3 }), 0);
	CHECK_EQ(chan_send_until(p, ((struct point){ 5, 6 }), GORO_FOREVER), 0);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(chan_recv(p, &v), 0);
		CHECK_EQ(v.x, 2 * i + 1);
		CHECK_EQ(v.y, 2 * i + 2);
	}
	memset(&sent, 'g', sizeof(sent));
	CHECK_EQ(chan_send(b, sent), 0);
	CHECK_EQ(chan_recv(b, &got), 0);
	CHECK_EQ(memcmp(&sent, &got, sizeof(sent)), 0);
	chan_free(p);
	chan_free(b);
}

GORO_TEST(pointers_travel_with_const_added_and_as_null)
{
	chan(const char *) s = chan_make(const char *, 4);
	char text[] = "text";
	const char *got = "";

	CHECK_EQ(chan_send(s, "abc"), 0);
	CHECK_EQ(chan_send(s, text), 0);
	CHECK_EQ(chan_send(s, NULL), 0);
	CHECK_EQ(chan_recv(s, &got), 0);
	CHECK_STR(got, "abc");
	CHECK_EQ(chan_recv(s, &got), 0);
	CHECK_EQ(got, text);
	CHECK_EQ(chan_recv(s, &got), 0);
	CHECK_EQ(got, NULL);
	chan_free(s);
}

GORO_TEST(a_channel_travels_through_a_channel_and_through_void_pointers)
{
	chan(chan(int)) outer = chan_make(chan(int), 1);
	chan(int) inner = chan_make(int, 1), got;
	void *v = inner;
	int n = 0;

	CHECK_EQ(chan_send(outer, (chan(int))v), 0);
	CHECK_EQ(chan_recv(outer, &got), 0);
	CHECK_EQ(got, inner);
	CHECK_EQ(chan_send(got, 3), 0);
	CHECK_EQ(chan_recv((chan(int))v, &n), 0);
	CHECK_EQ(n, 3);
	chan_free(outer);
	chan_free(inner);
}

GORO_TEST(every_form_evaluates_its_arguments_once)
{
	chan(int) c = chan_make(int, 8);
	int out[4] = { 0 };
	int n = 0;

	evaluated = 0;
#define ONCE(x) (count(0), (x))
	CHECK_EQ(chan_send(ONCE(c), ONCE(1)), 0);
	CHECK_EQ(chan_try_send(ONCE(c), ONCE(2)), 0);
	CHECK_EQ(chan_send_until(ONCE(c), ONCE(3), ONCE(GORO_FOREVER)), 0);
	CHECK_EQ(evaluated, 7);
	CHECK_EQ(chan_recv(ONCE(c), ONCE(&out[n++])), 0);
	CHECK_EQ(chan_try_recv(ONCE(c), ONCE(&out[n++])), 0);
	CHECK_EQ(chan_recv_until(ONCE(c), ONCE(&out[n++]), ONCE(GORO_FOREVER)), 0);
	CHECK_EQ(evaluated, 14);
	CHECK_EQ(chan_send_many(ONCE(c), ONCE(out), ONCE((size_t)3)), 3);
	CHECK_EQ(chan_recv_many(ONCE(c), ONCE(out), ONCE((size_t)3)), 3);
	CHECK_EQ(evaluated, 20);
	CHECK_EQ(chan_select(chan_on_send(ONCE(c), ONCE(4))), 0);
	CHECK_EQ(chan_select_until(ONCE(GORO_FOREVER), chan_on_recv(ONCE(c), ONCE(out))), 0);
	CHECK_EQ(chan_len(ONCE(c)), 0);
	CHECK_EQ(chan_cap(ONCE(c)), 8);
	CHECK_EQ(evaluated, 27);
	chan_free(chan_ref(ONCE(c)));
	CHECK_EQ(chan_close(ONCE(c)), 0);
	chan_free(ONCE(c));
	CHECK_EQ(evaluated, 30);
#undef ONCE
	CHECK_EQ(n, 3);
	CHECK_EQ(out[0], 4);
	CHECK_EQ(out[1], 2);
	CHECK_EQ(out[2], 3);
}

/* Declarations ------------------------------------------------------------------------------ */

struct holder {
	chan(int) in, out;
	chan(struct point) points;
};

static chan(int) choose(const struct holder *h, bool out)
{
	return out ? h->out : h->in;
}

GORO_TEST(channels_are_fields_parameters_results_and_elements)
{
	struct holder h = { chan_make(int, 1), chan_make(int, 1), chan_make(struct point, 1) };
	chan(int) both[] = { choose(&h, false), choose(&h, true) };
	int v = 0;

	CHECK_NE(both[0], both[1]);
	CHECK_EQ(chan_send(choose(&h, true), 5), 0);
	CHECK_EQ(chan_len(both[0]), 0);
	CHECK_EQ(chan_recv(both[1], &v), 0);
	CHECK_EQ(v, 5);
	CHECK_EQ(chan_ref(h.in), h.in);
	chan_free(h.in);
	chan_free(h.in);
	chan_free(h.out);
	chan_free(h.points);
}

GORO_TEST(variables_may_be_called_go_and_chan)
{
	int go = 1, chan = 2, chan_send = 3;

	begin(1);
	CHECK_EQ(go + chan + chan_send, 6);
	CHECK_EQ(go(take_two, 2.0, chan), 0);
	end();
}

GORO_TEST(a_case_is_an_expression_that_may_be_kept)
{
	chan(struct point) p = chan_make(struct point, 2);
	chan(struct big) b = chan_make(struct big, 1);
	static struct big sent = { "large" }, got;
	struct point v = { 0, 0 };
	goro_case cases[2];

	cases[0] = chan_on_send(p, ((struct point){ 1, 2 }));
	cases[1] = cases[0];
	CHECK_EQ(goro_select(&cases[1], 1, GORO_FOREVER), 0);
	CHECK_EQ(goro_select(cases, 1, GORO_FOREVER), 0);
	CHECK_EQ(chan_select(chan_on_recv(p, &v)), 0);
	CHECK_EQ(v.y, 2);
	CHECK_EQ(chan_select(chan_on_send_from(b, &sent)), 0);
	CHECK_EQ(chan_select(chan_on_recv(b, &got, NULL)), 0);
	CHECK_STR(got.bytes, "large");
	chan_free(p);
	chan_free(b);
}

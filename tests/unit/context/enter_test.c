/* SPDX-License-Identifier: MIT */
/* enter_test.c: functions of up to six arguments get what was kept for them (enter.h), in every
 * mix of integers, floats and doubles: 1093 functions. */
#include "../unit.h"

#include "context/enter.h"

static uint64_t seen[GR_ENTRY_ARGS];
static int calls;

typedef uint64_t type_i;
typedef float type_f;
typedef double type_d;

static void see_i(int k, uint64_t x)
{
	seen[k] = x;
}

static void see_f(int k, float x)
{
	seen[k] = 0;
	memcpy(&seen[k], &x, sizeof(x));
}

static void see_d(int k, double x)
{
	memcpy(&seen[k], &x, sizeof(x));
}

/* A name is the kinds of the arguments: fn_idf(uint64_t, double, float). */
#define fn_1(_, a)                     \
	static void fn_##a(type_##a p) \
	{                              \
		see_##a(0, p);         \
		calls++;               \
	}
#define fn_2(_, a, b)                                 \
	static void fn_##a##b(type_##a p, type_##b q) \
	{                                             \
		see_##a(0, p);                        \
		see_##b(1, q);                        \
		calls++;                              \
	}
#define fn_3(_, a, b, c)                                             \
	static void fn_##a##b##c(type_##a p, type_##b q, type_##c r) \
	{                                                            \
		see_##a(0, p);                                       \
		see_##b(1, q);                                       \
		see_##c(2, r);                                       \
		calls++;                                             \
	}
#define fn_4(_, a, b, c, e)                                                         \
	static void fn_##a##b##c##e(type_##a p, type_##b q, type_##c r, type_##e s) \
	{                                                                           \
		see_##a(0, p);                                                      \
		see_##b(1, q);                                                      \
		see_##c(2, r);                                                      \
		see_##e(3, s);                                                      \
		calls++;                                                            \
	}
#define fn_5(_, a, b, c, e, g)                                                                     \
	static void fn_##a##b##c##e##g(type_##a p, type_##b q, type_##c r, type_##e s, type_##g t) \
	{                                                                                          \
		see_##a(0, p);                                                                     \
		see_##b(1, q);                                                                     \
		see_##c(2, r);                                                                     \
		see_##e(3, s);                                                                     \
		see_##g(4, t);                                                                     \
		calls++;                                                                           \
	}
#define fn_6(_, a, b, c, e, g, h)                                                       \
	static void fn_##a##b##c##e##g##h(                                              \
		type_##a p, type_##b q, type_##c r, type_##e s, type_##g t, type_##h u) \
	{                                                                               \
		see_##a(0, p);                                                          \
		see_##b(1, q);                                                          \
		see_##c(2, r);                                                          \
		see_##e(3, s);                                                          \
		see_##g(4, t);                                                          \
		see_##h(5, u);                                                          \
		calls++;                                                                \
	}

#define row_1(_, a)                { #a, (void (*)(void))fn_##a },
#define row_2(_, a, b)             { #a #b, (void (*)(void))fn_##a##b },
#define row_3(_, a, b, c)          { #a #b #c, (void (*)(void))fn_##a##b##c },
#define row_4(_, a, b, c, e)       { #a #b #c #e, (void (*)(void))fn_##a##b##c##e },
#define row_5(_, a, b, c, e, g)    { #a #b #c #e #g, (void (*)(void))fn_##a##b##c##e##g },
#define row_6(_, a, b, c, e, g, h) { #a #b #c #e #g #h, (void (*)(void))fn_##a##b##c##e##g##h },

/* m for every mix of n kinds. */
#define mix_1(m, ...) m(__VA_ARGS__, i) m(__VA_ARGS__, f) m(__VA_ARGS__, d)
#define mix_2(m, ...) mix_1(m, __VA_ARGS__, i) mix_1(m, __VA_ARGS__, f) mix_1(m, __VA_ARGS__, d)
#define mix_3(m, ...) mix_2(m, __VA_ARGS__, i) mix_2(m, __VA_ARGS__, f) mix_2(m, __VA_ARGS__, d)
#define mix_4(m, ...) mix_3(m, __VA_ARGS__, i) mix_3(m, __VA_ARGS__, f) mix_3(m, __VA_ARGS__, d)
#define mix_5(m, ...) mix_4(m, __VA_ARGS__, i) mix_4(m, __VA_ARGS__, f) mix_4(m, __VA_ARGS__, d)
#define mix_6(m, ...) mix_5(m, __VA_ARGS__, i) mix_5(m, __VA_ARGS__, f) mix_5(m, __VA_ARGS__, d)

static void fn_(void)
{
	calls++;
}

mix_1(fn_1, _) mix_2(fn_2, _) mix_3(fn_3, _) mix_4(fn_4, _) mix_5(fn_5, _) mix_6(fn_6, _)

	static const struct {
	const char *kinds;
	void (*fn)(void);
} rows[] = { { "", fn_ },
	mix_1(row_1, _) mix_2(row_2, _) mix_3(row_3, _) mix_4(row_4, _) mix_5(row_5, _)
		mix_6(row_6, _) };

/* A value that no other argument and no leftover in a register looks like. */
static uint64_t value(char kind, unsigned k)
{
	uint64_t bits = 0;
	double d = -1.5 - k;
	float f = 1000.25f + (float)k;

	if (kind == 'i')
		return UINT64_C(0x8123456789abcdef) * (k + 1);
	if (kind == 'd')
		memcpy(&bits, &d, sizeof(d));
	else
		memcpy(&bits, &f, sizeof(f));
	return bits;
}

static void every_mix_of_up_to_six_arguments_arrives(void **state)
{
	size_t n = sizeof(rows) / sizeof(rows[0]);

	(void)state;
	assert_int_equal(n, 1 + 3 + 9 + 27 + 81 + 243 + 729);
	for (size_t row = 0; row < n; row++) {
		const char *kinds = rows[row].kinds;
		struct gr_entry e = { .fn = rows[row].fn };
		unsigned args = (unsigned)strlen(kinds);

		memset(e.arg, 0xee, sizeof(e.arg));
		for (unsigned k = 0; k < args; k++)
			if (kinds[k] == 'i')
				e.arg[e.nint++] = value('i', k);
		for (unsigned k = 0; k < args; k++)
			if (kinds[k] != 'i')
				e.arg[e.nint + e.nfp++] = value(kinds[k], k);
		memset(seen, 0, sizeof(seen));
		calls = 0;
		gr_enter_call(&e);
		assert_int_equal(calls, 1);
		for (unsigned k = 0; k < args; k++) {
			if (seen[k] != value(kinds[k], k))
				print_error("fn_%s: argument %u\n", kinds, k);
			assert_true(seen[k] == value(kinds[k], k));
		}
	}
}

static void narrow(int8_t a, uint16_t b, int32_t c, bool d, const char *e, unsigned char f)
{
	assert_int_equal(a, -5);
	assert_int_equal(b, 60000);
	assert_int_equal(c, INT32_MIN);
	assert_true(d);
	assert_string_equal(e, "text");
	assert_int_equal(f, 200);
	calls++;
}

static void narrow_integers_and_pointers_arrive_as_they_were_widened(void **state)
{
	struct gr_entry e = { .fn = (void (*)(void))narrow,
		.nint = 6,
		.arg = { (uint64_t)-5, 60000, (uint64_t)INT32_MIN, 1, (uintptr_t) "text", 200 } };

	(void)state;
	calls = 0;
	gr_enter_call(&e);
	assert_int_equal(calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mix_of_up_to_six_arguments_arrives),
		cmocka_unit_test(narrow_integers_and_pointers_arrive_as_they_were_widened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* slots_test.c: type-stable slots (slots.h S1-S4). */
#include "../unit.h"

#include "base/slots.h"
#include "os/os.h"

struct slot {
	uint64_t generation;
	void *next;
	uint32_t index;
	uint32_t owner;
	char rest[40];
};

static void sizes_that_make_no_slot_are_refused(void **state)
{
	struct gr_slots s;

	(void)state;
	assert_int_equal(gr_slots_init(&s, 0), -EINVAL);
	assert_int_equal(gr_slots_init(&s, SIZE_MAX), -EINVAL);
	assert_int_equal(gr_slots_init(&s, SIZE_MAX - 7), -EINVAL);
	assert_int_equal(gr_slots_init(&s, 1), 0);
	gr_slots_fini(&s); /* without having been used */
}

/* All chunks up to the ninth: each slot is where `at` says, zero, and nobody else's. */
static void check_slots_of(size_t size)
{
	uint32_t n = (uint32_t)scaled(20000);
	struct gr_slots s;

	assert_int_equal(gr_slots_init(&s, size), 0);
	assert_int_equal(gr_slots_count(&s), 0);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t index;
		unsigned char *p = gr_slots_get(&s, &index);

		assert_non_null(p);
		assert_int_equal(index, i);
		assert_int_equal(gr_slots_count(&s), i + 1);
		assert_int_equal(gr_slots_in_use(&s), i + 1);
		assert_ptr_equal(gr_slots_at(&s, index), p);
		assert_int_equal((uintptr_t)p % (size % 64 == 0 ? 64 : 8), 0);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(p[k], 0);
		memset(p, (int)(i % 251 + 1), size);
	}
	for (uint32_t i = 0; i < n; i++) {
		unsigned char *p = gr_slots_at(&s, i);

		assert_int_equal(p[0], i % 251 + 1);
		assert_int_equal(p[size - 1], i % 251 + 1);
	}
	gr_slots_fini(&s);
}

static void slots_are_dense_zero_at_first_aligned_and_apart(void **state)
{
	static const size_t sizes[] = { 1, 7, 8, 9, 64, 72, 256 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		check_slots_of(sizes[i]);
}

static void the_last_one_given_back_is_the_first_handed_out_and_keeps_its_contents(void **state)
{
	struct slot *p[10];
	struct gr_slots s;
	uint32_t index[10], again;

	(void)state;
	assert_int_equal(gr_slots_init(&s, sizeof(struct slot)), 0);
	for (int i = 0; i < 10; i++) {
		p[i] = gr_slots_get(&s, &index[i]);
		p[i]->generation = (uint64_t)i + 1;
	}
	for (int i = 0; i < 10; i += 2)
		gr_slots_put(&s, index[i]);
	assert_int_equal(gr_slots_in_use(&s), 5);
	for (int i = 8; i >= 0; i -= 2) {
		assert_ptr_equal(gr_slots_get(&s, &again), p[i]);
		assert_int_equal(again, index[i]);
		assert_int_equal(p[i]->generation, i + 1); /* S1: a stale handle can be told */
	}
	assert_int_equal(gr_slots_count(&s), 10);
	gr_slots_get(&s, &again);
	assert_int_equal(again, 10);
	gr_slots_fini(&s);
}

/* n at once, in lists that hold what is said of them. */
static unsigned take_batch(struct gr_slots *s, unsigned n, struct slot **all)
{
	void *first;
	unsigned got = gr_slots_get_batch(
		s, n, offsetof(struct slot, next), offsetof(struct slot, index), &first);
	struct slot *p = first;

	for (unsigned i = 0; i < got; i++, p = p->next) {
		assert_non_null(p);
		assert_ptr_equal(gr_slots_at(s, p->index), p);
		all[i] = p;
	}
	assert_null(p);
	return got;
}

static void batches_of_every_size_are_lists_of_distinct_slots(void **state)
{
	enum { MOST = 200 };
	struct slot *all[MOST + 1];

	(void)state;
	for (unsigned n = 0; n <= MOST; n++) { /* more than two chunks */
		struct gr_slots s;
		uint32_t single;

		assert_int_equal(gr_slots_init(&s, sizeof(struct slot)), 0);
		assert_int_equal(take_batch(&s, n, all), n);
		assert_int_equal(gr_slots_count(&s), n);
		for (unsigned i = 0; i < n; i++) {
			assert_int_equal(all[i]->owner, 0); /* each once */
			all[i]->owner = 1;
		}
		gr_slots_put_batch(&s, offsetof(struct slot, next), offsetof(struct slot, index),
			n > 0 ? all[0] : NULL);
		assert_int_equal(take_batch(&s, n, all), n); /* the same ones */
		for (unsigned i = 0; i < n; i++) {
			assert_int_equal(all[i]->owner, 1);
			all[i]->owner = 2;
		}
		assert_int_equal(gr_slots_count(&s), n);
		if (n > 0)
			gr_slots_put(&s, all[n / 2]->index); /* single ones mix with them */
		assert_non_null(gr_slots_get(&s, &single));
		assert_int_equal(single, n > 0 ? all[n / 2]->index : 0);
		gr_slots_fini(&s);
	}
}

static void give_what_was_never_taken(void *arg)
{
	struct gr_slots s;
	uint32_t index;

	(void)arg;
	gr_slots_init(&s, 8);
	gr_slots_get(&s, &index);
	gr_slots_put(&s, index + 1);
}

static void give_twice(void *arg)
{
	struct gr_slots s;
	uint32_t index;

	(void)arg;
	gr_slots_init(&s, 8);
	gr_slots_get(&s, &index);
	gr_slots_put(&s, index);
	gr_slots_put(&s, index);
}

static void giving_back_what_is_not_out_aborts(void **state)
{
	struct child c;

	(void)state;
	c = child_run(give_what_was_never_taken, NULL);
	assert_child_died_of(c, SIGABRT);
	c = child_run(give_twice, NULL);
	assert_child_died_of(c, SIGABRT);
}

/* Several threads take and give back, single and in batches, while one walks all slots without
 * a lock. Each owner marks its slots: a slot that two have at once shows. */
enum { THREADS = 4, HELD = 64 };

static struct {
	struct gr_slots s;
	size_t turns;
	size_t doubly_owned, wrong_address, torn_walks;
	uint32_t working;
} crowd;

struct member {
	uint32_t name;
	struct slot *held[HELD];
	unsigned count;
};

static void own(struct member *m, struct slot *p, uint32_t index)
{
	uint32_t nobody = 0;

	if (!gr_cas_relaxed(&p->owner, &nobody, m->name))
		gr_fetch_add_relaxed(&crowd.doubly_owned, 1);
	if (gr_slots_at(&crowd.s, index) != p)
		gr_fetch_add_relaxed(&crowd.wrong_address, 1);
	gr_store_relaxed(&p->generation, gr_load_relaxed(&p->generation) + 1);
	p->index = index;
	m->held[m->count++] = p;
}

static struct slot *disown(struct member *m)
{
	struct slot *p = m->held[--m->count];
	uint32_t owner = m->name;

	if (!gr_cas_relaxed(&p->owner, &owner, 0))
		gr_fetch_add_relaxed(&crowd.doubly_owned, 1);
	return p;
}

static void give_batch(struct member *m, unsigned n)
{
	struct slot *first = NULL;

	for (; n > 0; n--) {
		struct slot *p = disown(m);

		p->next = first;
		first = p;
	}
	gr_slots_put_batch(
		&crowd.s, offsetof(struct slot, next), offsetof(struct slot, index), first);
}

static void work(void *arg)
{
	struct member m = { .name = (uint32_t)(uintptr_t)arg };

	for (size_t i = 0; i < crowd.turns; i++) {
		unsigned n = (unsigned)(i * 7 + m.name) % 9;
		uint32_t index;

		if (m.count + n >= HELD) {
			give_batch(&m, m.count / 2);
		} else if (i % 3 == 0) {
			void *p = gr_slots_get(&crowd.s, &index);

			if (p != NULL)
				own(&m, p, index);
		} else if (i % 3 == 1 && m.count > 0) {
			gr_slots_put(&crowd.s, disown(&m)->index);
		} else {
			void *first;

			gr_slots_get_batch(&crowd.s, n, offsetof(struct slot, next),
				offsetof(struct slot, index), &first);
			for (struct slot *p = first, *next; p != NULL; p = next) {
				next = p->next;
				own(&m, p, p->index);
			}
		}
	}
	give_batch(&m, m.count);
	gr_fetch_sub_release(&crowd.working, 1);
}

static void many_threads_take_and_give_while_one_walks(void **state)
{
	struct gr_os_thread t[THREADS];
	uint32_t count = 0, walked = 0;

	(void)state;
	crowd.turns = scaled(20000);
	crowd.working = THREADS;
	assert_int_equal(gr_slots_init(&crowd.s, sizeof(struct slot)), 0);
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(gr_os_thread_start(&t[i], "work", 0, work, (void *)(i + 1)), 0);
	do {
		uint32_t n = gr_slots_count(&crowd.s);

		crowd.torn_walks += n < count;
		count = n;
		for (uint32_t i = 0; i < n; i++, walked++) {
			struct slot *p = gr_slots_at(&crowd.s, i);

			crowd.torn_walks += gr_load_relaxed(&p->owner) > THREADS;
		}
	} while (gr_load_acquire(&crowd.working) > 0);
	for (int i = 0; i < THREADS; i++)
		gr_os_thread_join(&t[i]);

	assert_int_equal(crowd.doubly_owned, 0);
	assert_int_equal(crowd.wrong_address, 0);
	assert_int_equal(crowd.torn_walks, 0);
	count = gr_slots_count(&crowd.s);
	assert_in_range(count, 1, THREADS * HELD); /* what came back was used again */
	assert_int_equal(gr_slots_in_use(&crowd.s), 0);
	gr_slots_fini(&crowd.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_that_make_no_slot_are_refused),
		cmocka_unit_test(slots_are_dense_zero_at_first_aligned_and_apart),
		cmocka_unit_test(
			the_last_one_given_back_is_the_first_handed_out_and_keeps_its_contents),
		cmocka_unit_test(batches_of_every_size_are_lists_of_distinct_slots),
		cmocka_unit_test(giving_back_what_is_not_out_aborts),
		cmocka_unit_test(many_threads_take_and_give_while_one_walks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

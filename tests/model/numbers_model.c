/* SPDX-License-Identifier: MIT */
/* numbers_model.c: netpoll/numbers: the first numbers of a chunk come at the same time, and who looks for one
 * meanwhile finds nothing, or its piece and never another. */
#include "netpoll/numbers.h"

#include "base/atomic.h"
#include "model.h"

struct piece {
	unsigned owner; /* its number's alone */
	uint32_t seen;  /* atomic: others look at it */
};

static void setup(void)
{
}

static struct piece *make(int fd)
{
	struct piece *p = gr_numbers_make(fd, sizeof(*p));

	MODEL_CHECK(p != NULL);
	return p;
}

/* Twice: the second time it is there, by whomever. */
static void use(void *number)
{
	int fd = (int)(intptr_t)number;
	struct piece *p = make(fd);

	MODEL_CHECK(p->owner == 0);
	p->owner = (unsigned)fd;
	gr_store_relaxed(&p->seen, 1u);
	MODEL_CHECK(make(fd) == p && gr_numbers_find(fd, sizeof(*p)) == p);
}

static void look(void *number)
{
	struct piece *p = gr_numbers_find((int)(intptr_t)number, sizeof(*p));

	if (p != NULL)
		MODEL_CHECK(gr_load_relaxed(&p->seen) <= 1);
}

static void check(void)
{
	for (int fd = 3; fd <= 4; fd++) {
		struct piece *p = gr_numbers_find(fd, sizeof(*p));

		MODEL_CHECK(p != NULL && p->owner == (unsigned)fd);
	}
	gr_numbers_stop(sizeof(struct piece));
	MODEL_CHECK(gr_numbers_find(3, sizeof(struct piece)) == NULL);
}

/* clang-format off */
static const struct model models[] = {
	{ .name = "numbers", .setup = setup, .check = check,
		.threads = { { "user of 3", use, (void *)3 }, { "user of 4", use, (void *)4 },
			{ "looker", look, (void *)4 } } },
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}

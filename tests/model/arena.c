/* SPDX-License-Identifier: MIT */
/* arena.c: memory of one execution. Each thread allocates from a piece of its own, upwards, so the
 * addresses do not depend on the schedule; nothing is handed out twice in an execution. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "engine.h"

_Static_assert(STACKS < 32, "stacks_dead");

extern char __data_start[], _end[];

struct block {
	size_t size;
	bool freed;
	char unused[16 - sizeof(size_t) - sizeof(bool)];
	char data[];
};

static void *map(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		perror("model: mmap");
		exit(3);
	}
	return p;
}

static void give_cells(struct region *r, uintptr_t low, uintptr_t high)
{
	r->low = low & ~(uintptr_t)7;
	r->high = high;
	r->cells = map(((high - r->low) / 8 + 1) * sizeof(struct cell));
}

/* The world: arenas, then stacks. */
void engine_memory_map(void)
{
	size_t size = THREADS * ARENA_SIZE + (STACKS + 1) * STACK_SIZE;
	uintptr_t world;

	engine = map(sizeof(*engine));
	world = (uintptr_t)map(size);
	engine->stacks = (world + THREADS * ARENA_SIZE + STACK_SIZE - 1) & ~(STACK_SIZE - 1);
	give_cells(&engine->world, world, world + size);
	give_cells(&engine->data, (uintptr_t)__data_start, (uintptr_t)_end);
	engine->data_copy = map((size_t)(_end - __data_start));
	memcpy(engine->data_copy, __data_start, (size_t)(_end - __data_start));
}

void engine_arena_reset(void)
{
	memcpy(__data_start, engine->data_copy, (size_t)(_end - __data_start));
	for (unsigned i = 0; i < THREADS; i++)
		engine->threads[i].arena = engine->world.low + i * ARENA_SIZE;
	engine->stacks_used = 0;
	engine->stacks_dead = 0;
	engine->name_count = 0;
}

static unsigned stack_index(uintptr_t address)
{
	return (unsigned)((address - engine->stacks) / STACK_SIZE);
}

/* Where `address` lies, nothing has been handed out beyond this. */
uintptr_t engine_arena_top(uintptr_t address)
{
	uintptr_t i = (address - engine->world.low) / ARENA_SIZE;

	if (address - engine->world.low >= engine->world.high - engine->world.low)
		return UINTPTR_MAX;
	if (address >= engine->stacks)
		return engine->stacks_dead >> stack_index(address) & 1 ? 0 : UINTPTR_MAX;
	if (i >= THREADS)
		return UINTPTR_MAX;
	return engine->threads[i].arena;
}

void *model_alloc(size_t size)
{
	struct thread *t = engine->self;
	uintptr_t at = (t->arena + 63) & ~(uintptr_t)63;
	uintptr_t next = at + 64 + size;
	struct block *b = (struct block *)(at + 64 - sizeof(struct block));

	if (next > engine->world.low + (model_self() + 1) * ARENA_SIZE)
		engine_broken(
			"an execution allocates more than %lu bytes", (unsigned long)ARENA_SIZE);
	t->arena = next;
	b->size = size;
	b->freed = false;
	return memset(b->data, 0, size);
}

void model_free(void *p)
{
	struct block *b = (struct block *)p - 1;

	if (p == NULL)
		return;
	if (b->freed)
		engine_fail(FAIL_DEAD, "%s: freed twice", engine_describe(p));
	b->freed = true;
	engine_end_of_block((uintptr_t)p, (uintptr_t)p + b->size, __builtin_return_address(0));
}

/* Never the same one twice, so that whoever comes to a stack that was given back is found. */
void *engine_stack_get(void)
{
	if (engine->stacks_used == STACKS)
		engine_broken("more than %d stacks", STACKS);
	engine->stacks_used++;
	return (void *)(engine->stacks + engine->stacks_used * STACK_SIZE - 64);
}

void *model_stack_get(void)
{
	return engine_stack_get();
}

void model_stack_put(void *top)
{
	uintptr_t high = ((uintptr_t)top | (STACK_SIZE - 1)) + 1;

	engine_end_of_frame(high - STACK_SIZE, high, __builtin_return_address(0));
	engine->stacks_dead |= 1u << stack_index((uintptr_t)top);
}

void model_name(const void *p, size_t size, const char *name)
{
	uintptr_t low = (uintptr_t)p;

	if (engine->name_count < sizeof(engine->names) / sizeof(engine->names[0]))
		engine->names[engine->name_count++] = (struct name){ low, low + size, name };
}

bool model_no_memory;

/* include/libc.h */
void *model_libc_malloc(size_t size);
void *model_libc_calloc(size_t n, size_t size);
void *model_libc_realloc(void *p, size_t size);
void model_libc_free(void *p);
void *model_libc_aligned_alloc(size_t align, size_t size);

void *model_libc_malloc(size_t size)
{
	return model_no_memory ? NULL : model_alloc(size);
}

void *model_libc_calloc(size_t n, size_t size)
{
	return model_libc_malloc(n * size);
}

void *model_libc_realloc(void *p, size_t size)
{
	void *to = model_libc_malloc(size);

	if (to != NULL && p != NULL) {
		size_t old = ((struct block *)p - 1)->size;

		memcpy(to, p, old < size ? old : size);
		model_free(p);
	}
	return to;
}

void model_libc_free(void *p)
{
	model_free(p);
}

void *model_libc_aligned_alloc(size_t align, size_t size)
{
	if (align > 64)
		engine_broken("no memory is aligned to %zu", align);
	return model_alloc(size);
}

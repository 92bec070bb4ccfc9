/* SPDX-License-Identifier: MIT */
/* list.h: intrusive doubly linked list: a ring through a head that is no element.
 *
 * An element is in at most one list per link. A removed link points to itself, so that
 * gr_list_linked() tells, and removing it again does nothing.
 */
#ifndef GR_BASE_LIST_H
#define GR_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

struct gr_list {
	struct gr_list *next;
	struct gr_list *prev;
};

/* clang-format off */
#define GR_LIST_INIT(list) { &(list), &(list) }
/* clang-format on */

/* The element that contains `link`. */
#define gr_list_entry(link, type, member) gr_container_of(link, type, member)

/* `link` visits each; it may not be removed meanwhile, but with _safe it may. */
#define gr_list_each(link, list) \
	for (struct gr_list *link = (list)->next; link != (list); link = link->next)
#define gr_list_each_safe(link, list)                                                        \
	for (struct gr_list *link = (list)->next, *link##_next = link->next; link != (list); \
		link = link##_next, link##_next = link->next)

/* For a head (empty) and for an element (linked nowhere). */
static inline void gr_list_init(struct gr_list *list)
{
	list->next = list;
	list->prev = list;
}

static inline bool gr_list_empty(const struct gr_list *list)
{
	return list->next == list;
}

static inline bool gr_list_linked(const struct gr_list *link)
{
	return link->next != link;
}

static inline void gr_list_insert_after(struct gr_list *place, struct gr_list *link)
{
	link->prev = place;
	link->next = place->next;
	place->next->prev = link;
	place->next = link;
}

static inline void gr_list_push_front(struct gr_list *list, struct gr_list *link)
{
	gr_list_insert_after(list, link);
}

static inline void gr_list_push_back(struct gr_list *list, struct gr_list *link)
{
	gr_list_insert_after(list->prev, link);
}

static inline void gr_list_remove(struct gr_list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	gr_list_init(link);
}

/* NULL when empty. */
static inline struct gr_list *gr_list_first(const struct gr_list *list)
{
	return list->next == list ? NULL : list->next;
}

static inline struct gr_list *gr_list_last(const struct gr_list *list)
{
	return list->prev == list ? NULL : list->prev;
}

static inline struct gr_list *gr_list_pop_front(struct gr_list *list)
{
	struct gr_list *link = gr_list_first(list);

	if (link != NULL)
		gr_list_remove(link);
	return link;
}

/* All of `from` to the end of `to`; `from` is empty then. */
static inline void gr_list_splice(struct gr_list *to, struct gr_list *from)
{
	if (gr_list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	gr_list_init(from);
}

#endif

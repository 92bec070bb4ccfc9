/* SPDX-License-Identifier: MIT */
/* race.h: to connect to the first of several addresses that answers.
 *
 *     caller ── outcomes ══ a channel ══╦═ attempt, a coroutine ── its address
 *                                       ╠═ attempt
 *                                       ╚═ …
 *
 *  A1  The families take turns, beginning with that of the first address, each in the order given. An
 *      attempt begins DELAY behind the one before, or as soon as that has failed; so one that
 *      does not answer holds nobody up, and one that answers soon is alone. Where little time is
 *      left it is divided, so that each address has its turn.
 *  A2  The first connection wins. The others are cancelled; a connection that one of them has made all
 *      the same is closed by the last to leave, who frees the race.
 *  A3  An attempt gives its life to the race before it dials, under the lock under which the race is
 *      declared over: so either it sees that it is, or it is cancelled.
 *
 * Source: RFC 8305 ("Happy Eyeballs"), sections 4 and 5.
 */
#ifndef GR_IO_RACE_H
#define GR_IO_RACE_H

#include "io/dial.h"

/* n > 1. As gr_dial_address(); if all fail, what the first address said. */
int gr_race(const struct gr_dial *d, const struct gr_address *found, int n, void **handle);

#endif

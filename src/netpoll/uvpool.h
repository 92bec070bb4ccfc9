/* SPDX-License-Identifier: MIT */
/* uvpool.h: libuv's threads, which serve files and names: how many there are, and that they get up.
 *
 * They sleep on a condition variable, and that of glibc up to 2.40 loses a wake-up now and then
 * (sourceware 25847): then a job lies there, and nobody takes it until the next one comes.
 *
 *  U1  While jobs are under way a timer ticks. If none has come back from one tick to the next, the
 *      pool gets a job more, which does nothing, and whose wake-up serves the other. If it is still there
 *      at the next tick (its own was lost, or all threads are busy) it is called off, to be given anew.
 *  U2  All of it is the loop's owner's. A stop of the loop closes the timer, as it closes everything.
 */
#ifndef GR_NETPOLL_UVPOOL_H
#define GR_NETPOLL_UVPOOL_H

/* A job is about to be given to libuv; it has come back, or was refused. */
void gr_uvpool_begin(void);
void gr_uvpool_end(void);

#endif

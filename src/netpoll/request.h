/* SPDX-License-Identifier: MIT */
/* request.h: a job for whoever owns the loop: an intrusive node that any thread may post.
 *
 *  R1  A node is in the list once at most; from gr_loop_post() until run() is called it is the
 *      list's. run() may post it again, or free it.
 *  R2  run() is called on the loop's owner, in the order of posting, and may touch the uv_loop_t.
 *      It must not park.
 */
#ifndef GR_NETPOLL_REQUEST_H
#define GR_NETPOLL_REQUEST_H

struct gr_request {
	struct gr_request *next;
	void (*run)(struct gr_request *r);
};

#endif

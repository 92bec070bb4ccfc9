/* SPDX-License-Identifier: MIT */
/* signal.h: the end of all waiting for signals. */
#ifndef GR_IO_SIGNAL_H
#define GR_IO_SIGNAL_H

/* The workers have gone, and the loop is about to be stopped, which closes the handles. The channels
 * stay their owners', and nothing comes any more. */
void gr_signal_stop(void);

#endif

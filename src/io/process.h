/* SPDX-License-Identifier: MIT */
/* process.h: what the stop does with processes that still run. */
#ifndef GR_IO_PROCESS_H
#define GR_IO_PROCESS_H

/* The loop is closed, and with it their handles: frees them. The programs go on. */
void gr_process_stop(void);

#endif

/* SPDX-License-Identifier: MIT */
/* version.h: which goro this is. */
#ifndef GORO_VERSION_H
#define GORO_VERSION_H

#include "goro/attributes.h"

GORO_BEGIN

#define GORO_VERSION_MAJOR 0
#define GORO_VERSION_MINOR 1
#define GORO_VERSION_PATCH 0

/** The version of the headers as one number that grows: 0x00MMmmpp. */
#define GORO_VERSION_NUM \
	((GORO_VERSION_MAJOR << 16) | (GORO_VERSION_MINOR << 8) | GORO_VERSION_PATCH)

/** The version of the library that is linked, for example "0.1.0".
 *
 *  @return a string that lives as long as the library
 *
 *  Threads   any, with or without a runtime.
 */
GORO_API const char *goro_version(void);

GORO_END

#endif

/* SPDX-License-Identifier: MIT */
/* attributes.h: what the headers ask of the compiler, in one place.
 *
 * gcc >= 10 and clang >= 12, C11 or later. Everything a C++ compiler must not see is behind
 * GORO_TYPED: the typed macros need __builtin_types_compatible_p(), which C++ does not have.
 */
#ifndef GORO_ATTRIBUTES_H
#define GORO_ATTRIBUTES_H

#if !defined(__GNUC__)
#error "goro needs a compiler with the GNU extensions: gcc 10, clang 12, or later"
#endif

/* Exported from libgoro.so; everything else is hidden. */
#define GORO_API __attribute__((visibility("default")))

#ifdef __cplusplus
#define GORO_BEGIN extern "C" {
#define GORO_END   }
#else
#define GORO_BEGIN
#define GORO_END
#define GORO_TYPED 1
#endif

#endif

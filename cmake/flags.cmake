# SPDX-License-Identifier: MIT
# How goro's own files are compiled. A target opts in by linking goro_flags, which is neither
# exported nor installed: who uses the library gets none of this.

add_library(goro_flags INTERFACE)
target_compile_definitions(goro_flags INTERFACE
  _GNU_SOURCE
  $<$<BOOL:${GORO_CHAOS}>:GORO_CHAOS=1>
  $<$<BOOL:${GORO_CHECKED}>:GORO_CHECKED=1 GORO_DEBUG=1>)
target_compile_options(goro_flags INTERFACE
  $<$<COMPILE_LANGUAGE:C>:-std=gnu11>
  -Wall -Wextra -Wpedantic -Wshadow -Wcast-function-type
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes> $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
  -fno-omit-frame-pointer -momit-leaf-frame-pointer -fasynchronous-unwind-tables
  $<$<BOOL:${GORO_WERROR}>:-Werror>)

if(GORO_SANITIZE)
  target_compile_options(goro_flags INTERFACE -fsanitize=${GORO_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(goro_flags INTERFACE -fsanitize=${GORO_SANITIZE})
endif()

# Counters for tests/coverage.sh, which threads share. fork() is libc's: gcc's own would forget what
# its handlers in the child have counted.
if(GORO_COVERAGE)
  target_compile_options(goro_flags INTERFACE
    --coverage -fprofile-update=atomic -fno-builtin-fork)
  target_link_options(goro_flags INTERFACE --coverage)
endif()

# SPDX-License-Identifier: MIT
# base/atomic.h is the only door to atomics: a model checker puts its own in its place.
cmake_minimum_required(VERSION 3.21)
include(${CMAKE_CURRENT_LIST_DIR}/lib/grep.cmake)

refuse("goes past base/atomic.h"
  "__atomic_|__sync_|stdatomic|(^|[^A-Za-z0-9_])_Atomic([^A-Za-z0-9_]|$)"
  FILES src/*.c src/*.h include/*.h EXCEPT "^src/base/atomic\\.h$")

# SPDX-License-Identifier: MIT
# Threads sleep on futexes, since condition variables have lost wake-ups; and time is the monotonic
# clock's, since the other one is set.
cmake_minimum_required(VERSION 3.21)
include(${CMAKE_CURRENT_LIST_DIR}/lib/grep.cmake)

refuse("a thread sleeps by gr_os_futex_wait()"
  "(pthread_cond|cnd|sem)_(timed|clock)?wait[(]" "[^_a-z]sem_wait[(]" "uv_cond_"
  FILES src/*.c src/*.h)
refuse("the time is gr_now()'s"
  "CLOCK_REALTIME" "CLOCK_TAI" "gettimeofday" "(^|[^_a-z])time[(](NULL|0|&)"
  FILES src/*.c src/*.h)

# SPDX-License-Identifier: MIT
# What only one system has is in src/os and nowhere else: its headers, its calls, its #ifdef.
# (The processor's assembly is in src/context; that is not a system.)
cmake_minimum_required(VERSION 3.21)
include(${CMAKE_CURRENT_LIST_DIR}/lib/grep.cmake)

set(systems "linux|gnu_linux|unix|FreeBSD|OpenBSD|NetBSD|APPLE|MACH|WIN32|WIN64|ANDROID")
string(JOIN "|" headers "linux/" "asm/" "mach/" "windows\\.h" "pthread\\.h" "sched\\.h"
  "ucontext\\.h" "sys/(syscall|mman|prctl|auxv|random|epoll|eventfd|timerfd|event)\\.h")
string(JOIN "|" calls "syscall" "mmap" "munmap" "madvise" "mprotect" "prctl" "pthread_[a-z_]+")

refuse("is of one system and belongs to src/os"
  "^[ \t]*#[ \t]*(el)?if.*[^A-Za-z0-9]_*(${systems})_*([^A-Za-z0-9_]|$)"
  "^[ \t]*#[ \t]*include[ \t]*<(${headers})"
  "(^|[^A-Za-z0-9_])(${calls})[(]"
  FILES src/*.c src/*.h src/*.S include/*.h EXCEPT "^src/os/")

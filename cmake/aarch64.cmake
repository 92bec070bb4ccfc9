# SPDX-License-Identifier: MIT
# Cross-build for AArch64 with Debian's compiler; the tests run under qemu-user. Libraries come
# from the same distribution: dpkg --add-architecture arm64, then libcmocka-dev:arm64
# (tests/lib/packages.sh does it).
#
#   -DGORO_QEMU_CPU=max   the processor that qemu shows; the default has no BTI and no PAC
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(triplet aarch64-linux-gnu)

set(CMAKE_C_COMPILER ${triplet}-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE ${triplet})

# What runs while building is this machine's; what is linked never is.
set(CMAKE_FIND_ROOT_PATH /usr/${triplet})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY BOTH)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE BOTH)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/${triplet}/pkgconfig:/usr/share/pkgconfig)

# A test compile is a project of its own and must see the same.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES GORO_QEMU_CPU)
find_program(GORO_QEMU NAMES qemu-aarch64 qemu-aarch64-static)
if(GORO_QEMU)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${GORO_QEMU})
  # The loader must be of the same build as libc. The one that comes with libc6:arm64 is found
  # by itself; with the cross compiler's before it, pthread_create() never returns.
  if(NOT EXISTS /lib/ld-linux-aarch64.so.1)
    list(APPEND CMAKE_CROSSCOMPILING_EMULATOR -L /usr/${triplet})
  endif()
  if(GORO_QEMU_CPU)
    list(APPEND CMAKE_CROSSCOMPILING_EMULATOR -cpu ${GORO_QEMU_CPU})
  endif()
endif()

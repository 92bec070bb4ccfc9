# SPDX-License-Identifier: MIT
# Every #include of src/ points to the same room or to one below, never above, never beside;
# in sched also along the order of its files. src/CMakeLists.txt holds the same table for the
# linker.
cmake_minimum_required(VERSION 3.21)

set(below_os "") # with no value it would not be defined
set(below_base os)
set(below_context ${below_base} base)
set(below_sched ${below_context} context)
set(below_task ${below_sched} sched)
set(below_chan ${below_sched} sched)
set(below_sync ${below_sched} sched)
set(below_netpoll ${below_sched} sched)
set(below_io ${below_netpoll} task chan sync netpoll)
set(below_inspect ${below_sched} sched task chan sync)
set(below_runtime ${below_io} io inspect)
set(below_tls ${below_base} base) # a library of its own: of goro it sees what a program sees

# A file of sched includes headers to its left (or its own). A header and its .c may stand apart.
set(sched_order
  wait.h wait.c coro.h coro.c current.h current.c ports.h runq.h runq.c fresh.h fresh.c inject.h inject.c
  witness.h idle.h idle.c worker.h sim.h playlog.h playlog.c bench.h bench.c ready.h ready.c timer.h timer.c
  cancel.h cancel.c thread.h thread.c asleep.h asleep.c park.h caller.c park.c waitq.h waitq.c
  find.h find.c sim.c worker.c watchdog.h watchdog.c monitor.h monitor.c)

# The place in the order; a file that is not listed has none.
function(check_sched_order file path)
  get_filename_component(from ${file} NAME)
  get_filename_component(to ${path} NAME)
  list(FIND sched_order ${from} here)
  list(FIND sched_order ${to} there)
  if(here EQUAL -1)
    message(SEND_ERROR "src/${file}: has no place in sched_order of layers.cmake")
  elseif(there EQUAL -1)
    message(SEND_ERROR "src/${path}: has no place in sched_order of layers.cmake")
  elseif(there GREATER here)
    message(SEND_ERROR "src/${file}: includes ${path}, which stands to its right")
  endif()
endfunction()

file(GLOB_RECURSE files RELATIVE ${ROOT}/src ${ROOT}/src/*.c ${ROOT}/src/*.h ${ROOT}/src/*.S)
foreach(file IN LISTS files)
  string(REGEX REPLACE "/.*" "" room ${file})
  if(NOT DEFINED below_${room})
    message(SEND_ERROR "src/${file}: layers.cmake knows no room ${room}")
    continue()
  endif()
  file(STRINGS ${ROOT}/src/${file} includes REGEX "^[ \t]*#[ \t]*include[ \t]+\"")
  foreach(include IN LISTS includes)
    string(REGEX REPLACE "^[^\"]*\"([^\"]*)\".*" "\\1" path ${include})
    string(REGEX REPLACE "/.*" "" target ${path})
    if(target STREQUAL "goro" OR path STREQUAL "goro.h")
      continue() # what this room implements
    elseif(NOT path MATCHES "^[a-z]+/[a-z_0-9]+\\.h$")
      message(SEND_ERROR "src/${file}: includes \"${path}\"; say \"room/file.h\"")
    elseif(target STREQUAL room)
      if(room STREQUAL "sched")
        check_sched_order(${file} ${path})
      endif()
    elseif(NOT target IN_LIST below_${room})
      message(SEND_ERROR "src/${file}: ${room} includes ${path}, which is not below it")
    endif()
  endforeach()
endforeach()

# The public headers know each other and the system, nothing of src/.
file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/include/*.h ${ROOT}/include/*.hpp)
foreach(file IN LISTS files)
  file(STRINGS ${ROOT}/${file} includes REGEX "^[ \t]*#[ \t]*include[ \t]+\"")
  foreach(include IN LISTS includes)
    if(NOT include MATCHES "\"goro(/[a-z]+)?\\.h\"")
      message(SEND_ERROR "${file}: ${include}: not a public header")
    endif()
  endforeach()
endforeach()

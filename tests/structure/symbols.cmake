# SPDX-License-Identifier: MIT
# libgoro.so exports goro_* and nothing else; every external name in libgoro.a begins with
# goro_ or gr_. The same of goro_tls, with goro_tls_*; and goro itself needs nothing of OpenSSL.
cmake_minimum_required(VERSION 3.21)

# Reports the defined external names of a library that do not match a pattern.
function(check_names library pattern)
  execute_process(COMMAND ${NM} ${ARGN} --defined-only --extern-only --format=posix ${library}
    OUTPUT_VARIABLE lines COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]+" lines "${lines}")
  list(FILTER lines INCLUDE REGEX "^[^ ]+ [A-Za-z] ") # not the members' headings
  if(NOT lines)
    message(SEND_ERROR "${library}: nm shows no names")
  endif()
  list(FILTER lines EXCLUDE REGEX "${pattern}")
  foreach(line IN LISTS lines)
    message(SEND_ERROR "${library}: ${line}")
  endforeach()
endfunction()

if(LTO)
  message("skipped: an object of link-time optimisation has no names yet")
  return()
endif()
if(SANITIZE)
  message("skipped: a sanitizer adds names of its own")
  return()
endif()
check_names(${STATIC} "^(goro|gr)_")
if(TLS_STATIC)
  check_names(${TLS_STATIC} "^(goro_tls|gr)_")
endif()
if(TLS_SHARED)
  check_names(${TLS_SHARED} "^(goro_tls_[a-z_]+(@@GORO_TLS_[0-9]+)?|GORO_TLS_[0-9]+(@@GORO_TLS_[0-9]+)?) "
    --dynamic)
endif()
if(SHARED)
  check_names(${SHARED} "^(goro_[a-z_0-9]+(@@GORO_[0-9]+)?|GORO_[0-9]+(@@GORO_[0-9]+)?) " --dynamic)
endif()
if(SHARED)
  execute_process(COMMAND ${NM} --dynamic --undefined-only --format=posix ${SHARED}
    OUTPUT_VARIABLE lines COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]*OPENSSL[^\n]*" lines "${lines}")
  foreach(line IN LISTS lines)
    message(SEND_ERROR "${SHARED} needs OpenSSL: ${line}")
  endforeach()
endif()

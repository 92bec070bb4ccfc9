# SPDX-License-Identifier: MIT
# Every public header compiles alone, without a warning: as C11 and as C++17, by gcc and by clang,
# as far as they are there.
cmake_minimum_required(VERSION 3.21)

set(warnings -Wall -Wextra -Wpedantic -Wcast-function-type -Werror)
set(compilers "${CC} -x c -std=c11")
foreach(compiler IN ITEMS "gcc -x c -std=c11" "clang -x c -std=c11" "g++ -x c++ -std=c++17"
    "clang++ -x c++ -std=c++17")
  string(REGEX MATCH "^[^ ]+" program ${compiler})
  find_program(path_${program} ${program})
  if(path_${program})
    list(APPEND compilers ${compiler})
  endif()
endforeach()

file(GLOB_RECURSE headers RELATIVE ${ROOT}/include ${ROOT}/include/*.h)
if(NOT headers)
  message(SEND_ERROR "there are no headers in ${ROOT}/include")
endif()
foreach(compiler IN LISTS compilers)
  separate_arguments(command UNIX_COMMAND "${compiler}")
  foreach(header IN LISTS headers)
    # As a program would, by #include: a header given as the file itself has warnings of its own.
    # Twice, so that the guard is tried.
    execute_process(
      COMMAND ${CMAKE_COMMAND} -E echo "#include <${header}>\n#include <${header}>\nextern int more;"
      COMMAND ${command} ${warnings} -fsyntax-only -I${ROOT}/include -
      RESULT_VARIABLE status ERROR_VARIABLE complaints)
    if(NOT status EQUAL 0)
      message(SEND_ERROR "include/${header}: ${compiler}\n${complaints}")
    endif()
  endforeach()
endforeach()

# SPDX-License-Identifier: MIT
# Code in a page of docs/ that names its file, as in
#
#     <!-- tests/docs/race.c -->
#     ```c
#
# stands in that file, letter by letter.
cmake_minimum_required(VERSION 3.21)

set(begin "<!-- ([a-z0-9_/]+\\.c) -->\n```c\n")
file(GLOB pages RELATIVE ${ROOT} ${ROOT}/docs/*.md)
foreach(page IN LISTS pages)
  file(READ ${ROOT}/${page} text)
  while(text MATCHES "${begin}")
    set(file ${CMAKE_MATCH_1})
    string(FIND "${text}" "${CMAKE_MATCH_0}" at)
    string(LENGTH "${CMAKE_MATCH_0}" length)
    math(EXPR at "${at} + ${length}")
    string(SUBSTRING "${text}" ${at} -1 text)
    string(FIND "${text}" "```" end)
    string(SUBSTRING "${text}" 0 ${end} code)
    file(READ ${ROOT}/${file} source)
    string(FIND "${source}" "${code}" found)
    if(found EQUAL -1)
      message(SEND_ERROR "${page}: this does not stand in ${file}:\n${code}")
    endif()
  endwhile()
endforeach()

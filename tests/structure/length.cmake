# SPDX-License-Identifier: MIT
# A file that a person reads has at most 400 lines.
cmake_minimum_required(VERSION 3.21)

set(limit 400)
file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/src/*.[chS] ${ROOT}/include/*.h
  ${ROOT}/include/*.hpp ${ROOT}/tests/*.[ch] ${ROOT}/examples/*.[ch] ${ROOT}/bench/*.[ch])
foreach(file IN LISTS files)
  file(READ ${ROOT}/${file} text)
  string(REGEX REPLACE "[^\n]" "" newlines "${text}")
  string(LENGTH "${newlines}" count)
  if(count GREATER limit)
    message(SEND_ERROR "${file}: ${count} lines, the limit is ${limit}")
  endif()
endforeach()

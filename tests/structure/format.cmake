# SPDX-License-Identifier: MIT
# Every C file is as clang-format leaves it. Another version of it leaves it otherwise, so only
# the one that .clang-format was made for is asked.
cmake_minimum_required(VERSION 3.21)

set(wanted 14)
find_program(formatter NAMES clang-format-${wanted} clang-format)
if(NOT formatter)
  message("skipped: there is no clang-format")
  return()
endif()
execute_process(COMMAND ${formatter} --version OUTPUT_VARIABLE version COMMAND_ERROR_IS_FATAL ANY)
if(NOT version MATCHES "version ${wanted}\\.")
  string(STRIP "${version}" version)
  message("skipped: clang-format ${wanted} is asked, this is ${version}")
  return()
endif()

set(globs)
foreach(folder IN ITEMS src include tests examples bench)
  list(APPEND globs ${ROOT}/${folder}/*.c ${ROOT}/${folder}/*.h ${ROOT}/${folder}/*.hpp)
endforeach()
file(GLOB_RECURSE files ${globs})
execute_process(COMMAND ${formatter} --dry-run --Werror --style=file ${files}
  WORKING_DIRECTORY ${ROOT} RESULT_VARIABLE status ERROR_VARIABLE complaints)
if(NOT status EQUAL 0)
  string(REPLACE "${ROOT}/" "" complaints "${complaints}")
  string(REGEX MATCHALL "[^\n]+: error: [^\n]*" lines "${complaints}")
  list(TRANSFORM lines REPLACE ": error: .*" "")
  list(JOIN lines "\n  " places)
  message(SEND_ERROR "not as clang-format leaves it:\n  ${places}\n${formatter} -i does it")
endif()

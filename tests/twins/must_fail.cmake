# SPDX-License-Identifier: MIT
# cmake -DPROGRAM=... -P must_fail.cmake: a broken twin fails a test of its own, or crashes; it must
# not pass, and a hang is no proof.
execute_process(COMMAND ${PROGRAM} RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said
  TIMEOUT 30)
message("${said}")
list(GET PROGRAM -1 file)
if(NOT EXISTS ${file})
  message(FATAL_ERROR "${file} has not been built")
endif()
if(result EQUAL 0 OR result MATCHES "timeout")
  message(FATAL_ERROR "it should have failed: ${result}")
endif()

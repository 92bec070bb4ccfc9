#!/bin/sh
# SPDX-License-Identifier: MIT
# A debugger that unwinds a coroutine's stack, one that runs and those of all threads, comes to an
# end at its first frame: no loop, no frame of somebody else, no complaint.
. "$(dirname "$0")/lib.sh"

need gdb
program "$cc"
quietly gdb -nx -batch -ex 'set confirm off' -ex 'set debuginfod enabled off' \
	-ex 'break in_the_deep' -ex run -ex bt -ex 'thread apply all bt' -ex kill "$dir/program"
if grep -q -e 'ptrace: ' -e 'Could not trace the inferior' "$dir/log"; then
	skip "no process may be traced"
fi
says '^#0 .*in_the_deep'
says '^#3 .*coroutine'
says_not 'Backtrace stopped'
says_not 'corrupt stack'
says_not 'previous frame'
says_not '^#3[0-9]' # some ten frames are real

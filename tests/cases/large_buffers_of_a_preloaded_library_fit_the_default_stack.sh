#!/bin/sh
# SPDX-License-Identifier: MIT
# A library that puts itself before libc's functions, as those do that fake the time or count
# memory, and has 16 KiB of buffers on the stack of whoever calls them.
. "$(dirname "$0")/lib.sh"

quietly "$cc" -O1 -Wall -Wextra -Werror -fPIC -shared -o "$dir/preloaded.so" \
	"$here/preloaded_with_large_buffers.c" -ldl
program "$cc"
quietly env LD_PRELOAD="$dir/preloaded.so" "$dir/program"
says '^[1-9][0-9]* calls went through it$'

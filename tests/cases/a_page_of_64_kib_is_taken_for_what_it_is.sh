#!/bin/sh
# SPDX-License-Identifier: MIT
# Pages of 64 KiB, as far as a program can tell: the kernel says so through sysconf(). (Each is 16
# of the real ones, so that all which is aligned to it is aligned.)
. "$(dirname "$0")/lib.sh"

quietly "$cc" -O1 -Wall -Wextra -Werror -fPIC -shared -o "$dir/preloaded.so" \
	"$here/preloaded_with_large_pages.c" -ldl
program "$cc"
for guard in marker mprotect; do
	quietly env GORO_GUARD=$guard LD_PRELOAD="$dir/preloaded.so" "$dir/program" 65536
done
quietly "$dir/program" "$(getconf PAGESIZE)"

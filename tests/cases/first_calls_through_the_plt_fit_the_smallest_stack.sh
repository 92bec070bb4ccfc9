#!/bin/sh
# SPDX-License-Identifier: MIT
# With lazy binding the first call of a function runs the loader's resolver, which saves all vector
# registers, on the coroutine's stack; the library itself is bound when it is loaded.
. "$(dirname "$0")/lib.sh"

need readelf
readelf -d "$library" >"$dir/log"
says NOW
program "$cc" -Wl,-z,lazy
readelf -d "$dir/program" >"$dir/log"
says_not NOW
unset LD_BIND_NOW
quietly "$dir/program"

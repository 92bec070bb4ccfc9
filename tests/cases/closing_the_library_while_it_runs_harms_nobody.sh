#!/bin/sh
# SPDX-License-Identifier: MIT
# A plug-in host opens and closes the library: with a runtime stopped before, again and again, and
# with one that goes on.
. "$(dirname "$0")/lib.sh"

quietly "$cc" -g -O1 -Wall -Wextra -Werror -o "$dir/program" "$here/$name.c" -ldl -pthread
quietly "$dir/program" "$library"

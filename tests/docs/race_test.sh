# SPDX-License-Identifier: MIT
# race_test.sh COMMAND...: what docs/testing.md says of race.c: a seed finds the race, and finds it
# again, with the same events.
set -eu

seed=1
while GORO_SEED=$seed "$@"; do
	seed=$((seed + 1))
	if [ $seed -gt 200 ]; then
		echo "no seed up to 200 finds the race" >&2
		exit 1
	fi
done
echo "seed $seed finds it"

log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
trap 'exit 1' HUP INT TERM
for n in 1 2 3; do
	if GORO_SEED=$seed GORO_EVENT_LOG=$log/$n "$@"; then
		echo "seed $seed does not find it again" >&2
		exit 1
	fi
	cmp "$log/1" "$log/$n"
done

# SPDX-License-Identifier: MIT
# parts.sh: a long run in parts, for .ci/run and nightly.sh; to be sourced, after packages.sh. A
# part that fails ends the run.

times=
run_began=$(date +%s)

# part NAME COMMAND...
part() {
	part_name=$1
	shift
	echo
	echo "==== $part_name"
	part_began=$(date +%s)
	part_status=0
	# A shell of its own: `set -e` holds in it, which it would not on the left of ||.
	set +e
	(
		set -e
		"$@"
	)
	part_status=$?
	set -e
	part_took=$(($(date +%s) - part_began))
	if [ "$part_status" -ne 0 ]; then
		print_times
		echo "==== FAILED: $part_name, status $part_status, after $part_took s" >&2
		exit 1
	fi
	times="$times$(printf '%6d s  %s' "$part_took" "$part_name")
"
}

print_times() {
	echo
	echo "==== times"
	printf '%s%6d s  together\n' "$times" $(($(date +%s) - run_began))
}

build() {
	cmake --preset "$1"
	cmake --build --preset "$1"
}

# preset NAME [CTEST OPTION...]: builds it and runs its tests.
preset() {
	build "$1"
	preset_name=$1
	shift
	ctest --preset "$preset_name" "$@"
}

# What any part needs, so that nothing is installed between measurements.
need_all() {
	need_build
	need_tests
	for need_name in dev clang valgrind aarch64 tidy format; do
		need_for "$need_name"
	done
}

/* SPDX-License-Identifier: MIT */
/* linux_cpu_test.c: quotas of control groups, shown on trees of files (linux_cpu.c). */
#include "../unit.h"

#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <sys/stat.h>

#include "os/linux_cpu.h"
#include "os/os.h"

#define V2_MOUNT(part, at) "29 22 0:26 " part " " at " rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1_MOUNT(part, at) "33 24 0:30 " part " " at " rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"

static char root[] = "/tmp/goro-cpu-XXXXXX";

static int make_root(void **state)
{
	(void)state;
	strcpy(root + strlen(root) - 6, "XXXXXX");
	return mkdtemp(root) != NULL ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *s, int type, struct FTW *at)
{
	(void)s, (void)type, (void)at;
	return remove(path);
}

static int remove_root(void **state)
{
	(void)state;
	return nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* A file of the tree, with the folders above it. */
static void put(const char *path, const char *text)
{
	char full[PATH_MAX];
	FILE *f;

	assert_true((size_t)snprintf(full, sizeof(full), "%s%s", root, path) < sizeof(full));
	for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')) != NULL; *p++ = '/') {
		*p = '\0';
		assert_true(mkdir(full, 0700) == 0 || errno == EEXIST);
	}
	f = fopen(full, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void in_group(const char *cgroup, const char *mountinfo)
{
	put("/proc/self/cgroup", cgroup);
	put("/proc/self/mountinfo", mountinfo);
}

static void v2_in_group(const char *group)
{
	char line[256];

	snprintf(line, sizeof(line), "0::%s\n", group);
	in_group(line, V2_MOUNT("/", "/sys/fs/cgroup"));
}

static void nothing_to_read_limits_nothing(void **state)
{
	(void)state;
	assert_int_equal(gr_cpu_quota(root), INT_MAX);
	put("/proc/self/cgroup", "0::/a\n");
	assert_int_equal(gr_cpu_quota(root), INT_MAX); /* no mountinfo */
	put("/proc/self/mountinfo", V2_MOUNT("/", "/sys/fs/cgroup"));
	assert_int_equal(gr_cpu_quota(root), INT_MAX); /* no cpu.max */
	assert_int_equal(gr_cpu_quota("/nowhere/at/all"), INT_MAX);
}

static void a_v2_quota_is_rounded_up_and_what_is_no_quota_limits_nothing(void **state)
{
	static const struct {
		const char *text;
		int cpus;
	} cases[] = {
		{ "100000 100000\n", 1 },
		{ "150000 100000\n", 2 },
		{ "200000 100000\n", 2 },
		{ "200001 100000\n", 3 },
		{ "1000 100000\n", 1 },
		{ "1 1\n", 1 },
		{ "800000 50000", 16 },
		{ "max 100000\n", INT_MAX },
		{ "", INT_MAX },
		{ "\n", INT_MAX },
		{ "100000\n", INT_MAX },
		{ "100000 0\n", INT_MAX },
		{ "0 100000\n", INT_MAX },
		{ "-1 100000\n", INT_MAX },
		{ "1 -1\n", INT_MAX },
		{ "lots of\n", INT_MAX },
		{ "100000 max\n", INT_MAX },
		{ "9223372036854775807 1\n", INT_MAX },
		{ "2147483646 1\n", INT_MAX - 1 },
		{ "2147483647 1\n", INT_MAX },
		{ "9223372036854775807 9223372036854775806\n", 2 },
	};

	(void)state;
	v2_in_group("/a");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put("/sys/fs/cgroup/a/cpu.max", cases[i].text);
		if (gr_cpu_quota(root) != cases[i].cpus)
			print_error("cpu.max: %s\n", cases[i].text);
		assert_int_equal(gr_cpu_quota(root), cases[i].cpus);
	}
}

static void a_v1_quota_is_rounded_up_and_what_is_no_quota_limits_nothing(void **state)
{
	static const struct {
		const char *quota, *period;
		int cpus;
	} cases[] = {
		{ "100000\n", "100000\n", 1 },
		{ "250000\n", "100000\n", 3 },
		{ "-1\n", "100000\n", INT_MAX },
		{ "0\n", "100000\n", INT_MAX },
		{ "100000\n", "0\n", INT_MAX },
		{ "", "", INT_MAX },
		{ "x\n", "100000\n", INT_MAX },
		{ "100000\n", NULL, INT_MAX },
	};

	(void)state;
	in_group("5:cpu,cpuacct:/a\n4:memory:/other\n", V1_MOUNT("/", "/sys/fs/cgroup/cpu"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char gone[PATH_MAX];

		put("/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", cases[i].quota);
		put("/sys/fs/cgroup/cpu/a/cpu.cfs_period_us",
			cases[i].period ? cases[i].period : "");
		if (cases[i].period == NULL) {
			snprintf(gone, sizeof(gone), "%s/sys/fs/cgroup/cpu/a/cpu.cfs_period_us",
				root);
			assert_int_equal(unlink(gone), 0);
		}
		assert_int_equal(gr_cpu_quota(root), cases[i].cpus);
	}
}

static void every_group_above_limits_too(void **state)
{
	static const char *const dirs[] = { "", "/a", "/a/b", "/a/b/c" };

	(void)state;
	v2_in_group("/a/b/c");
	for (size_t i = 0; i < 4; i++) { /* the tightest is each of them in turn */
		for (size_t k = 0; k < 4; k++) {
			char path[128];

			snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cpu.max", dirs[k]);
			put(path, k == i ? "300000 100000\n" : "900000 100000\n");
		}
		assert_int_equal(gr_cpu_quota(root), 3);
	}
}

static void what_lies_above_the_mount_or_beside_the_group_does_not_count(void **state)
{
	(void)state;
	v2_in_group("/a/b");
	put("/sys/fs/cpu.max", "100000 100000\n");
	put("/sys/fs/cgroup/a/b/c/cpu.max", "100000 100000\n");
	put("/sys/fs/cgroup/a/bb/cpu.max", "100000 100000\n");
	put("/sys/fs/cgroup/b/cpu.max", "100000 100000\n");
	assert_int_equal(gr_cpu_quota(root), INT_MAX);
	put("/sys/fs/cgroup/a/b/cpu.max", "400000 100000\n");
	assert_int_equal(gr_cpu_quota(root), 4);
}

static void of_two_hierarchies_the_tighter_one_counts(void **state)
{
	static const char *const mounts =
		V1_MOUNT("/", "/sys/fs/cgroup/cpu,cpuacct") V2_MOUNT("/", "/sys/fs/cgroup/unified");

	(void)state;
	in_group("7:cpu,cpuacct:/one\n0::/two\n", mounts);
	put("/sys/fs/cgroup/cpu,cpuacct/one/cpu.cfs_quota_us", "500000\n");
	put("/sys/fs/cgroup/cpu,cpuacct/one/cpu.cfs_period_us", "100000\n");
	assert_int_equal(gr_cpu_quota(root), 5);
	put("/sys/fs/cgroup/unified/two/cpu.max", "300000 100000\n");
	assert_int_equal(gr_cpu_quota(root), 3);
	put("/sys/fs/cgroup/unified/two/cpu.max", "700000 100000\n");
	assert_int_equal(gr_cpu_quota(root), 5);
}

static void only_the_v1_hierarchy_that_carries_cpu_counts(void **state)
{
	(void)state;
	in_group("3:cpuacct:/a\n2:cpuset:/a\n1:name=cpu:/a\n",
		"33 24 0:30 / /cg/cpuset rw - cgroup cgroup rw,cpuset\n"
		"34 24 0:31 / /cg/cpuacct rw - cgroup cgroup rw,cpuacct\n");
	put("/cg/cpuset/a/cpu.cfs_quota_us", "100000\n");
	put("/cg/cpuset/a/cpu.cfs_period_us", "100000\n");
	put("/cg/cpuacct/a/cpu.cfs_quota_us", "100000\n");
	put("/cg/cpuacct/a/cpu.cfs_period_us", "100000\n");
	assert_int_equal(gr_cpu_quota(root), INT_MAX);

	in_group("3:cpuacct,cpu:/a\n", "33 24 0:30 / /cg/both rw - cgroup cgroup rw,cpuacct,cpu\n");
	put("/cg/both/a/cpu.cfs_quota_us", "100000\n");
	put("/cg/both/a/cpu.cfs_period_us", "100000\n");
	assert_int_equal(gr_cpu_quota(root), 1);
}

/* A container: its group is /docker/x, and that part of the hierarchy is what it sees mounted. */
static void a_mounted_part_is_taken_off_the_group(void **state)
{
	(void)state;
	in_group("0::/docker/x/inner\n", V2_MOUNT("/docker/x", "/sys/fs/cgroup"));
	put("/sys/fs/cgroup/cpu.max", "600000 100000\n");
	assert_int_equal(gr_cpu_quota(root), 6);
	put("/sys/fs/cgroup/inner/cpu.max", "200000 100000\n");
	assert_int_equal(gr_cpu_quota(root), 2);

	in_group("0::/docker/x\n", V2_MOUNT("/docker/x", "/sys/fs/cgroup"));
	assert_int_equal(gr_cpu_quota(root), 6);
}

/* /docker/xy does not lie within /docker/x, nor does what a namespace shows as "/..". */
static void outside_of_what_is_mounted_the_mount_point_is_the_best_to_be_seen(void **state)
{
	static const char *const groups[] = { "/docker/xy", "/elsewhere", "/../sibling", "/" };

	(void)state;
	put("/sys/fs/cgroup/cpu.max", "600000 100000\n");
	put("/sys/fs/cgroup/y/cpu.max", "100000 100000\n");
	put("/sys/fs/sibling/cpu.max", "100000 100000\n");
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		char line[64];

		snprintf(line, sizeof(line), "0::%s\n", groups[i]);
		in_group(line, V2_MOUNT("/docker/x", "/sys/fs/cgroup"));
		assert_int_equal(gr_cpu_quota(root), 6);
		in_group(line, V2_MOUNT("/", "/sys/fs/cgroup"));
		assert_int_equal(gr_cpu_quota(root), 6);
	}
}

static void octal_escapes_in_mountinfo_are_undone(void **state)
{
	(void)state;
	in_group("0::/a b\\c\n", V2_MOUNT("/", "/my\\040groups\\011\\134"));
	put("/my groups\t\\/a b\\c/cpu.max", "300000 100000\n");
	assert_int_equal(gr_cpu_quota(root), 3);

	in_group("0::/a b/in\n", V2_MOUNT("/a\\040b", "/cg"));
	put("/cg/in/cpu.max", "400000 100000\n");
	assert_int_equal(gr_cpu_quota(root), 4);

	in_group("0::/\n", V2_MOUNT("/", "/odd\\9\\04"));
	put("/odd\\9\\04/cpu.max", "500000 100000\n");
	assert_int_equal(gr_cpu_quota(root), 5);
}

static void malformed_lines_are_passed_over(void **state)
{
	(void)state;
	in_group("\nnonsense\n1\n2:\n0::/a\n",
		"\nno dash at all\n1 2 3 - cgroup2 x\n - cgroup2 y\n - \n1 2 3 4 5 - cgroup\n"
		"1 2 3 / /tmp - ext4 cgroup2 rw\n" V2_MOUNT("/", "/cg") "truncated");
	put("/cg/a/cpu.max", "300000 100000\n");
	assert_int_equal(gr_cpu_quota(root), 3);
}

static void a_group_too_long_for_a_path_limits_nothing(void **state)
{
	static char line[3 * PATH_MAX];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	memcpy(line, "0::/", 4);
	in_group(line, V2_MOUNT("/", "/cg"));
	put("/cg/cpu.max", "100000 100000\n");
	assert_int_equal(gr_cpu_quota(root), INT_MAX);
}

static void with_one_cpu_in_the_mask(void *arg)
{
	cpu_set_t set;

	(void)arg;
	MUST(sched_getaffinity(0, sizeof(set), &set) == 0);
	for (int i = 0, found = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set) && found++ > 0)
			CPU_CLR(i, &set);
	MUST(sched_setaffinity(0, sizeof(set), &set) == 0);
	errno = 4711;
	MUST(gr_os_cpus() == 1);
	MUST(errno == 4711);
}

static void cpus_are_limited_by_the_affinity_mask(void **state)
{
	struct child c;
	cpu_set_t set;
	int cpus = gr_os_cpus();

	(void)state;
	assert_true(cpus >= 1);
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		assert_true(cpus <= CPU_COUNT(&set));
	c = child_run(with_one_cpu_in_the_mask, NULL);
	assert_child_finished(c);
}

#define with_a_tree(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_a_tree(nothing_to_read_limits_nothing),
		with_a_tree(a_v2_quota_is_rounded_up_and_what_is_no_quota_limits_nothing),
		with_a_tree(a_v1_quota_is_rounded_up_and_what_is_no_quota_limits_nothing),
		with_a_tree(every_group_above_limits_too),
		with_a_tree(what_lies_above_the_mount_or_beside_the_group_does_not_count),
		with_a_tree(of_two_hierarchies_the_tighter_one_counts),
		with_a_tree(only_the_v1_hierarchy_that_carries_cpu_counts),
		with_a_tree(a_mounted_part_is_taken_off_the_group),
		with_a_tree(outside_of_what_is_mounted_the_mount_point_is_the_best_to_be_seen),
		with_a_tree(octal_escapes_in_mountinfo_are_undone),
		with_a_tree(malformed_lines_are_passed_over),
		with_a_tree(a_group_too_long_for_a_path_limits_nothing),
		cmocka_unit_test(cpus_are_limited_by_the_affinity_mask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

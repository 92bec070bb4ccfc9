/* SPDX-License-Identifier: MIT */
/* linux_cpu.h: the control groups' share of gr_os_cpus(), so that tests can show it a tree. */
#ifndef GR_OS_LINUX_CPU_H
#define GR_OS_LINUX_CPU_H

/* CPUs that the quotas of this process's control group and its ancestors allow, rounded up;
 * INT_MAX if none limits it. Every path is looked up below `root`, "" for the real tree. */
int gr_cpu_quota(const char *root);

#endif

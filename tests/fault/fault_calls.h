/* SPDX-License-Identifier: MIT */
/* fault_calls.h: the functions that stand in for those of libc, as goro calls them. */
#ifndef GORO_FAULT_CALLS_H
#define GORO_FAULT_CALLS_H

#include <dlfcn.h>
#include <linux/membarrier.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

#include <uv.h>

void *fault_malloc(size_t size);
void *fault_realloc(void *block, size_t size);
void *fault_aligned_alloc(size_t align, size_t size);
void fault_free(void *block);
void *fault_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset);
int fault_munmap(void *addr, size_t size);
int fault_mprotect(void *addr, size_t size, int prot);
int fault_madvise(void *addr, size_t size, int advice);

int fault_pthread_create(
	pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *), void *arg);
int fault_pthread_join(pthread_t thread, void **result);
int fault_pthread_detach(pthread_t thread);
int fault_pthread_attr_init(pthread_attr_t *attr);
int fault_pthread_attr_setstacksize(pthread_attr_t *attr, size_t size);
int fault_pthread_attr_getstack(const pthread_attr_t *attr, void **addr, size_t *size);
int fault_pthread_getattr_np(pthread_t thread, pthread_attr_t *attr);
int fault_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));
int fault_prctl(int what, unsigned long arg);
int fault_clock_nanosleep(
	clockid_t clock, int flags, const struct timespec *t, struct timespec *rest);
long fault_syscall(long number, long a, long b, long c, long d, long e, long f);
int fault_sigaction(int signo, const struct sigaction *to, struct sigaction *old);
int fault_sigaltstack(const stack_t *to, stack_t *old);
unsigned long fault_getauxval(unsigned long type);

int fault_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set);
cpu_set_t *fault_sched_cpualloc(size_t count);
void fault_sched_cpufree(cpu_set_t *set);
FILE *fault_fopen(const char *path, const char *mode);
int fault_fclose(FILE *f);
int fault_fscanf(FILE *f, const char *format, ...);
int fault_c99_fscanf(FILE *f, const char *format, ...);
int fault_c23_fscanf(FILE *f, const char *format, ...);
ssize_t fault_getdelim(char **line, size_t *room, int end, FILE *f);
ssize_t fault_getdelim_inline(char **line, size_t *room, int end, FILE *f);
ssize_t fault_getline(char **line, size_t *room, FILE *f);
int fault_open(const char *path, int flags);
int fault_open_2(const char *path, int flags);
int fault_close(int fd);
int fault_pipe2(int fd[2], int flags);
ssize_t fault_read(int fd, void *to, size_t n);
ssize_t fault_read_chk(int fd, void *to, size_t n, size_t room);
ssize_t fault_write(int fd, const void *from, size_t n);
long fault_write_raw(int fd, const void *from, size_t n); /* past what sanitizers replace */
int fault_fcntl(int fd, int command, long arg);
int fault_dup3(int from, int to, int flags);
ssize_t fault_getrandom(void *to, size_t n, unsigned flags);
int fault_dladdr(const void *addr, Dl_info *info);

void *fault_calloc(size_t n, size_t size);
char *fault_strdup(const char *text);
int fault_socket(int family, int type, int protocol);
int fault_accept4(int fd, struct sockaddr *from, socklen_t *room, int flags);
int fault_bind(int fd, const struct sockaddr *at, socklen_t size);
int fault_listen(int fd, int backlog);
int fault_connect(int fd, const struct sockaddr *to, socklen_t size);
ssize_t fault_recv(int fd, void *to, size_t n, int flags);
ssize_t fault_send(int fd, const void *from, size_t n, int flags);
ssize_t fault_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t fault_recvmsg(int fd, struct msghdr *message, int flags);
int fault_shutdown(int fd, int how);
int fault_getsockopt(int fd, int level, int name, void *to, socklen_t *room);
int fault_setsockopt(int fd, int level, int name, const void *from, socklen_t size);
int fault_getsockname(int fd, struct sockaddr *to, socklen_t *room);
int fault_getpeername(int fd, struct sockaddr *to, socklen_t *room);
int fault_unlink(const char *path);
int fault_poll(struct pollfd *fds, nfds_t n, int timeout);
int fault_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *limit, const sigset_t *mask);
int fault_epoll_wait(int set, struct epoll_event *events, int most, int timeout);

int fault_uv_loop_init(uv_loop_t *loop);
int fault_eventfd(unsigned begin, int flags);
int fault_uv_poll_init(uv_loop_t *loop, uv_poll_t *handle, int fd);
int fault_uv_poll_start(uv_poll_t *handle, int events, uv_poll_cb fn);
int fault_uv_signal_init(uv_loop_t *loop, uv_signal_t *handle);
int fault_uv_signal_start(uv_signal_t *handle, uv_signal_cb fn, int signo);
int fault_socketpair(int family, int type, int protocol, int fds[2]);
int fault_uv_spawn(uv_loop_t *loop, uv_process_t *handle, const uv_process_options_t *options);
int fault_uv_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *request, uv_getaddrinfo_cb fn,
	const char *host, const char *service, const struct addrinfo *hints);

int fault_uv_fs_open(uv_loop_t *uv, uv_fs_t *r, const char *path, int flags, int mode, uv_fs_cb fn);
int fault_uv_fs_close(uv_loop_t *uv, uv_fs_t *r, uv_file fd, uv_fs_cb fn);
int fault_uv_fs_read(uv_loop_t *uv, uv_fs_t *r, uv_file fd, const uv_buf_t bufs[], unsigned n,
	int64_t at, uv_fs_cb fn);
int fault_uv_fs_write(uv_loop_t *uv, uv_fs_t *r, uv_file fd, const uv_buf_t bufs[], unsigned n,
	int64_t at, uv_fs_cb fn);
int fault_uv_fs_fsync(uv_loop_t *uv, uv_fs_t *r, uv_file fd, uv_fs_cb fn);
int fault_uv_fs_fstat(uv_loop_t *uv, uv_fs_t *r, uv_file fd, uv_fs_cb fn);
int fault_uv_fs_stat(uv_loop_t *uv, uv_fs_t *r, const char *path, uv_fs_cb fn);
int fault_uv_fs_lstat(uv_loop_t *uv, uv_fs_t *r, const char *path, uv_fs_cb fn);
int fault_uv_fs_mkdir(uv_loop_t *uv, uv_fs_t *r, const char *path, int mode, uv_fs_cb fn);
int fault_uv_fs_rmdir(uv_loop_t *uv, uv_fs_t *r, const char *path, uv_fs_cb fn);
int fault_uv_fs_unlink(uv_loop_t *uv, uv_fs_t *r, const char *path, uv_fs_cb fn);
int fault_uv_fs_rename(uv_loop_t *uv, uv_fs_t *r, const char *path, const char *to, uv_fs_cb fn);
int fault_uv_fs_scandir(uv_loop_t *uv, uv_fs_t *r, const char *path, int flags, uv_fs_cb fn);

#endif

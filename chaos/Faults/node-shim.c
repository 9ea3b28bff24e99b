#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

/* What is added to the wall clock, in nanoseconds: a file that the harness writes and every node has mapped. */
static volatile int64_t *offset;
static int (*real_clock_gettime)(clockid_t, struct timespec *);

int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (real_clock_gettime == NULL)
    {
        real_clock_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    }

    int result = real_clock_gettime(clock, now);
    if (result == 0 && offset != NULL && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    {
        int64_t moved = (int64_t)now->tv_sec * 1000000000 + now->tv_nsec + *offset;
        now->tv_sec = moved / 1000000000;
        now->tv_nsec = moved % 1000000000;
    }

    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec at;
    (void)zone;
    int result = clock_gettime(CLOCK_REALTIME, &at);
    now->tv_sec = at.tv_sec;
    now->tv_usec = at.tv_nsec / 1000;
    return result;
}

/* The ports of other nodes, and the harness's doors to them: one of a pair after the other. */
static uint16_t routes[64];
static int route_count;
static int (*real_connect)(int, const struct sockaddr *, socklen_t);

static in_port_t door_to(in_port_t port)
{
    for (int at = 0; at + 1 < route_count; at += 2)
    {
        if (htons(routes[at]) == port)
        {
            return htons(routes[at + 1]);
        }
    }

    return port;
}

/* All nodes name each other by the same addresses, and reach each other by ways of their own. */
int connect(int descriptor, const struct sockaddr *address, socklen_t length)
{
    if (real_connect == NULL)
    {
        real_connect = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "connect");
    }

    if (address->sa_family == AF_INET && length >= sizeof(struct sockaddr_in))
    {
        struct sockaddr_in there = *(const struct sockaddr_in *)address;
        there.sin_port = door_to(there.sin_port);
        return real_connect(descriptor, (struct sockaddr *)&there, sizeof there);
    }

    if (address->sa_family == AF_INET6 && length >= sizeof(struct sockaddr_in6))
    {
        struct sockaddr_in6 there = *(const struct sockaddr_in6 *)address;
        there.sin6_port = door_to(there.sin6_port);
        return real_connect(descriptor, (struct sockaddr *)&there, sizeof there);
    }

    return real_connect(descriptor, address, length);
}

/* A filter in the kernel, because .NET looks up libc's functions in libc itself, past anything that is preloaded. */
static void *fail_from_now_on(void *pipe)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fdatasync, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = { sizeof rules / sizeof rules[0], rules };
    char byte;
    int told = open(pipe, O_RDONLY | O_CLOEXEC); /* waits until somebody writes */
    if (told < 0 || read(told, &byte, 1) != 1)
    {
        return NULL;
    }

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
        || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) != 0)
    {
        abort();
    }

    return NULL;
}

__attribute__((constructor)) static void begin(void)
{
    pthread_t thread;
    char *clock = getenv("CHAOS_CLOCK"), *pipe = getenv("CHAOS_FAIL_SYNC");
    int file = clock == NULL ? -1 : open(clock, O_RDONLY | O_CLOEXEC);
    if (file >= 0)
    {
        void *map = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
        close(file);
        offset = map == MAP_FAILED ? NULL : map;
    }

    char *next = getenv("CHAOS_ROUTES");
    while (next != NULL && *next != 0 && route_count < (int)(sizeof routes / sizeof routes[0]))
    {
        routes[route_count++] = (uint16_t)strtol(next, &next, 10);
        next += *next == ',';
    }

    if (pipe != NULL && pthread_create(&thread, NULL, fail_from_now_on, pipe) != 0)
    {
        abort();
    }
}

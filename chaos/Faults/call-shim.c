#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/types.h>

/* The calls by which a node brings things to its disk: when it is told to, the process
   ends right before one of them, or syncs take longer. */
enum call { WRITE = 1, PWRITE = 2, FSYNC = 4, FDATASYNC = 8, RENAME = 16 };

/* A file that the harness writes, that the node has mapped, and that is there when the node is not: NodeShim knows it, too. */
struct told
{
    int32_t left;   /* before which of the calls that it means the process ends: 1 is the next one; 0 is none */
    int32_t calls;  /* which calls it means */
    char part[120]; /* what is in the path of the file that it means */
    int32_t least;  /* so many milliseconds each sync takes longer, at least; */
    int32_t most;   /* and at most: 0 for none */
    int64_t slowed; /* how many did */
    char met[1024]; /* the call before which the process ended, and the file */
};

static struct told *told;

/* .NET looks up libc's functions in libc itself, past anything that is preloaded: so the looking up is taken, too. */
static void *(*real_dlsym)(void *, const char *);

static void *look_up(void *library, const char *name)
{
    if (real_dlsym == NULL)
    {
        /* Of x86-64, of arm64, and of any since they stand in libc. */
        const char *versions[] = { "GLIBC_2.2.5", "GLIBC_2.17", "GLIBC_2.34" };
        for (int at = 0; at < 3 && real_dlsym == NULL; at++)
        {
            real_dlsym = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", versions[at]);
        }

        if (real_dlsym == NULL)
        {
            abort();
        }
    }

    /* In place of this function's own return: "the next library" is the next one after who asked. */
    return real_dlsym(library, name);
}

#define NEXT(function) \
    static __typeof__(&function) real; \
    if (real == NULL) { real = (__typeof__(&function))look_up(RTLD_NEXT, #function); }

static void end_before(const char *call, const char *path)
{
    snprintf(told->met, sizeof told->met, "%s of %s", call, path);
    kill(getpid(), SIGKILL);
    for (;;)
    {
        pause(); /* and not one step further */
    }
}

static void meet(enum call call, const char *name, const char *path)
{
    int32_t left = __atomic_load_n(&told->left, __ATOMIC_SEQ_CST);
    if ((told->calls & call) == 0 || strstr(path, told->part) == NULL)
    {
        return;
    }

    while (left > 0 && !__atomic_compare_exchange_n(&told->left, &left, left - 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
    {
    }

    if (left == 1)
    {
        end_before(name, path);
    }
}

static void meet_descriptor(enum call call, const char *name, int descriptor)
{
    char link[64], path[512];
    if (told == NULL || __atomic_load_n(&told->left, __ATOMIC_SEQ_CST) <= 0)
    {
        return;
    }

    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length > 0)
    {
        path[length] = 0;
        meet(call, name, path);
    }
}

static void take_longer(void)
{
    static _Thread_local unsigned int seed;
    int32_t most = told == NULL ? 0 : __atomic_load_n(&told->most, __ATOMIC_SEQ_CST);
    if (most > 0)
    {
        seed = seed == 0 ? (unsigned int)gettid() : seed;
        long longer = told->least + rand_r(&seed) % (most - told->least + 1);
        struct timespec left = { longer / 1000, longer % 1000 * 1000000 };
        while (nanosleep(&left, &left) != 0)
        {
        }

        __atomic_add_fetch(&told->slowed, 1, __ATOMIC_SEQ_CST);
    }
}

ssize_t write(int descriptor, const void *bytes, size_t count)
{
    NEXT(write)
    meet_descriptor(WRITE, "write", descriptor);
    return real(descriptor, bytes, count);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t at)
{
    NEXT(pwrite64)
    meet_descriptor(PWRITE, "pwrite64", descriptor);
    return real(descriptor, bytes, count, at);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t at)
{
    return pwrite64(descriptor, bytes, count, at);
}

int fsync(int descriptor)
{
    NEXT(fsync)
    meet_descriptor(FSYNC, "fsync", descriptor);
    take_longer();
    return real(descriptor);
}

int fdatasync(int descriptor)
{
    NEXT(fdatasync)
    meet_descriptor(FDATASYNC, "fdatasync", descriptor);
    take_longer();
    return real(descriptor);
}

int rename(const char *from, const char *to)
{
    NEXT(rename)
    if (told != NULL && __atomic_load_n(&told->left, __ATOMIC_SEQ_CST) > 0)
    {
        meet(RENAME, "rename", to);
    }

    return real(from, to);
}

void *dlsym(void *restrict library, const char *restrict name)
{
    static const struct { const char *name; void *function; } taken[] = {
        { "write", write }, { "pwrite", pwrite }, { "pwrite64", pwrite64 },
        { "fsync", fsync }, { "fdatasync", fdatasync }, { "rename", rename },
    };
    for (size_t at = 0; library != RTLD_NEXT && at < sizeof taken / sizeof taken[0]; at++)
    {
        if (strcmp(name, taken[at].name) == 0)
        {
            return taken[at].function;
        }
    }

    return look_up(library, name);
}

__attribute__((constructor)) static void begin(void)
{
    char *path = getenv("CHAOS_CALLS");
    int file = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    if (file >= 0)
    {
        void *map = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        close(file);
        told = map == MAP_FAILED ? NULL : map;
    }
}

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Preloaded into a process, this writes down each call by which the process changes something below one folder, in the
   order in which they ended: a line a call, the bytes of a write behind its line. RocksDB's own log is left out. */

#define MOST_FILES 65536

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static int out = -1;
static const char *under;
static char known[MOST_FILES];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void)
{
    const char *to = getenv("RECORD_TO");
    under = getenv("RECORD_UNDER");
    if (to != NULL && under != NULL)
    {
        out = REAL(open)(to, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
        if (out < 0)
        {
            abort();
        }
    }
}

static int is_wanted(const char *path)
{
    const char *name = strrchr(path, '/');
    return out >= 0 && strncmp(path, under, strlen(under)) == 0 && (name == NULL || strncmp(name, "/LOG", 4) != 0);
}

static int is_known(int file)
{
    return file >= 0 && file < MOST_FILES && known[file];
}

static int opened(int file, const char *path, int flags)
{
    if (file >= 0 && file < MOST_FILES)
    {
        known[file] = is_wanted(path);
        if (known[file])
        {
            dprintf(out, "O %d %d %d %s\n", file, (flags & O_CREAT) != 0, (flags & O_TRUNC) != 0, path);
        }
    }
    return file;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) \
    { \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        if (!is_wanted(path)) \
        { \
            /* May wait for long, as on a pipe. */ \
            return opened(REAL(name)(path, flags, mode), path, flags); \
        } \
        pthread_mutex_lock(&gate); \
        int file = opened(REAL(name)(path, flags, mode), path, flags); \
        pthread_mutex_unlock(&gate); \
        return file; \
    }

OPEN(open)
OPEN(open64)

/* Does a call and writes it down when it succeeded. */
#define RECORD(type, call, condition, ...) \
    if (!(condition)) \
    { \
        return call; \
    } \
    pthread_mutex_lock(&gate); \
    type result = call; \
    if (result >= 0) \
    { \
        dprintf(out, __VA_ARGS__); \
    } \
    pthread_mutex_unlock(&gate); \
    return result

static void written(int file, const void *bytes, ssize_t count, off_t offset)
{
    if (count > 0 && is_known(file))
    {
        dprintf(out, "W %d %lld %lld\n", file, (long long)offset, (long long)count);
        for (ssize_t done = 0; done < count;)
        {
            ssize_t part = REAL(write)(out, (const char *)bytes + done, count - done);
            if (part < 0)
            {
                abort();
            }
            done += part;
        }
    }
}

ssize_t write(int file, const void *bytes, size_t count)
{
    if (!is_known(file))
    {
        return REAL(write)(file, bytes, count);
    }
    pthread_mutex_lock(&gate);
    ssize_t result = REAL(write)(file, bytes, count);
    written(file, bytes, result, lseek(file, 0, SEEK_CUR) - result);
    pthread_mutex_unlock(&gate);
    return result;
}

#define PWRITE(name) \
    ssize_t name(int file, const void *bytes, size_t count, off_t offset) \
    { \
        if (!is_known(file)) \
        { \
            return REAL(name)(file, bytes, count, offset); \
        } \
        pthread_mutex_lock(&gate); \
        ssize_t result = REAL(name)(file, bytes, count, offset); \
        written(file, bytes, result, offset); \
        pthread_mutex_unlock(&gate); \
        return result; \
    }

PWRITE(pwrite)
PWRITE(pwrite64)

/* The number may be given next to something that is no file. */
int close(int file)
{
    if (is_known(file))
    {
        known[file] = 0;
    }
    return REAL(close)(file);
}

int fsync(int file) { RECORD(int, REAL(fsync)(file), is_known(file), "S %d\n", file); }
int fdatasync(int file) { RECORD(int, REAL(fdatasync)(file), is_known(file), "S %d\n", file); }
int ftruncate(int file, off_t length) { RECORD(int, REAL(ftruncate)(file, length), is_known(file), "T %d %lld\n", file, (long long)length); }
int ftruncate64(int file, off64_t length) { RECORD(int, REAL(ftruncate64)(file, length), is_known(file), "T %d %lld\n", file, (long long)length); }
int rename(const char *from, const char *to) { RECORD(int, REAL(rename)(from, to), is_wanted(from), "R %s\t%s\n", from, to); }
int link(const char *from, const char *to) { RECORD(int, REAL(link)(from, to), is_wanted(from), "L %s\t%s\n", from, to); }
int unlink(const char *path) { RECORD(int, REAL(unlink)(path), is_wanted(path), "U %s\n", path); }

/* Called by the process itself, to say how far it has come. */
void record_mark(int64_t number, int64_t other)
{
    pthread_mutex_lock(&gate);
    dprintf(out, "M %lld %lld\n", (long long)number, (long long)other);
    pthread_mutex_unlock(&gate);
}

/* No file grows while the file that OPENMIND_FULL_DISK names exists: a disk without room. What has its place can be
   written over, as on a real one. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int has_room(int file, off_t end)
{
    const char *mark = getenv("OPENMIND_FULL_DISK");
    struct stat found;
    if (!mark || access(mark, F_OK) != 0 || fstat(file, &found) != 0 || !S_ISREG(found.st_mode))
        return 1;
    return end <= found.st_size;
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset)
{
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (!real)
        real = (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
    if (has_room(file, offset + (off_t)count))
        return real(file, bytes, count, offset);
    errno = ENOSPC;
    return -1;
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off_t offset) { return pwrite(file, bytes, count, offset); }

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t offset)
{
    static ssize_t (*real)(int, const struct iovec *, int, off_t);
    off_t end = offset;
    if (!real)
        real = (ssize_t(*)(int, const struct iovec *, int, off_t))dlsym(RTLD_NEXT, "pwritev");
    for (int place = 0; place < count; place++)
        end += (off_t)parts[place].iov_len;
    if (has_room(file, end))
        return real(file, parts, count, offset);
    errno = ENOSPC;
    return -1;
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off_t offset)
{
    return pwritev(file, parts, count, offset);
}

int posix_fallocate(int file, off_t offset, off_t length)
{
    static int (*real)(int, off_t, off_t);
    if (!real)
        real = (int (*)(int, off_t, off_t))dlsym(RTLD_NEXT, "posix_fallocate");
    return has_room(file, offset + length) ? real(file, offset, length) : ENOSPC;
}

int posix_fallocate64(int file, off_t offset, off_t length) { return posix_fallocate(file, offset, length); }

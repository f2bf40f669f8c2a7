/* Sleeps OPENMIND_FLUSH_DELAY_MS in fsync and fdatasync, to stand for a disk that is slower than a virtual one. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void wait_for_disk(void)
{
    const char *given = getenv("OPENMIND_FLUSH_DELAY_MS");
    double ms = given ? atof(given) : 0;
    struct timespec pause = {(time_t)(ms / 1000), (long)((ms - 1000 * (long)(ms / 1000)) * 1000000)};
    if (ms > 0)
        while (nanosleep(&pause, &pause) != 0) {
        } // a signal cuts a sleep short
}

int fsync(int file)
{
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    wait_for_disk();
    return real(file);
}

int fdatasync(int file)
{
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    wait_for_disk();
    return real(file);
}

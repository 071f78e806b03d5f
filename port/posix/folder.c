/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the name of a file outlive a power cut. */
#include <navette/posix.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { FOLDER_ROOM = 4096 };

bool nvt_posix_sync_folder(const char *path)
{
    char folder[FOLDER_ROOM];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0U : (size_t)(slash - path) + 1U;
    if (len >= sizeof folder) {
        errno = ENAMETOOLONG;
        return false;
    }
    (void)memcpy(folder, path, len);
    folder[len] = '\0';
    int fd = open(len == 0U ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool ok = fsync(fd) == 0 || errno == EINVAL;
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return ok;
}

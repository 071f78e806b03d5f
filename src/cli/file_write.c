/* SPDX-License-Identifier: Apache-2.0 */
/* All of some bytes into a file, whatever signals come in between. */
#include "cli.h"

#include <errno.h>
#include <unistd.h>

bool file_write(int fd, struct nvt_span bytes)
{
    while (bytes.len > 0U) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n == 0) {
            errno = EIO;
        }
        if (n == 0 || (n < 0 && errno != EINTR)) {
            return false;
        }
        bytes = nvt_span_drop(bytes, n > 0 ? (size_t)n : 0U);
    }
    return true;
}

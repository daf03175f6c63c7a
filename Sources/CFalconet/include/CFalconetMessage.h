/* How FalconetC sets what falconet_error_message() returns. Not part of the C interface. */
#ifndef CFALCONET_MESSAGE_H
#define CFALCONET_MESSAGE_H

#include <stddef.h>

/* Sets the calling thread's message to `count` bytes of UTF-8, or as many as there is room for. */
void CFalconetSetMessage(const char *bytes, size_t count);

#endif

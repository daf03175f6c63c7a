#include <string.h>

#include "CFalconetMessage.h"
#include "falconet.h"

/* In C, since Swift has no thread-local variables. An array, so that no thread has to free it. */
static _Thread_local char message[4096];

void CFalconetSetMessage(const char *bytes, size_t count) {
  if (count >= sizeof message) {
    count = sizeof message - 1;
    /* Not in the middle of a character: its later bytes are 10xxxxxx. */
    while (count > 0 && ((unsigned char)bytes[count] & 0xC0) == 0x80) count--;
  }
  memcpy(message, bytes, count);
  message[count] = 0;
}

const char *falconet_error_message(void) { return message; }

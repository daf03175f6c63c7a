// OpenSSL's functions for one hash are deprecated in favor of those that look an algorithm up by its
// name. They are still the right ones here: they need a few kilobytes of libcrypto, and the others need
// nearly all of it. Both use the processor's SHA instructions.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "CSHA256.h"
#include <openssl/sha.h>

void sha256_of(const void *bytes, size_t count, uint8_t hash[32]) {
  SHA256_CTX context;
  SHA256_Init(&context);
  if (count > 0) SHA256_Update(&context, bytes, count);
  SHA256_Final(hash, &context);
}

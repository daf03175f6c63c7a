// OpenSSL's functions for one hash are deprecated in favor of those that look an algorithm up by its
// name. They are still the right ones here: they need a few kilobytes of libcrypto, and the others need
// nearly all of it. Both use the processor's SHA instructions.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "CSHA256.h"
#include <openssl/ripemd.h>
#include <openssl/sha.h>
#include <string.h>

void sha256_of(const void *bytes, size_t count, uint8_t hash[32]) {
  SHA256_CTX context;
  SHA256_Init(&context);
  if (count > 0) SHA256_Update(&context, bytes, count);
  SHA256_Final(hash, &context);
}

void ripemd160_of(const void *bytes, size_t count, uint8_t hash[32]) {
  RIPEMD160_CTX context;
  RIPEMD160_Init(&context);
  if (count > 0) RIPEMD160_Update(&context, bytes, count);
  memset(hash, 0, 12);
  RIPEMD160_Final(hash + 12, &context);
}

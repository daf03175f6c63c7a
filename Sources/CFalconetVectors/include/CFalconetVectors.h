#ifndef CFALCONETVECTORS_H
#define CFALCONETVECTORS_H

#include <stddef.h>
#include <stdint.h>

/// The bytes of a file of the directory `vectors`, by its number in the order of their names in
/// `CFalconetVectors.c`. Constant data of the program. NULL if there is no such file.
const uint8_t *cfalconetvectors_file(int32_t number, size_t *count);

#endif

#ifndef CFALCONETDEMO_H
#define CFALCONETDEMO_H

#include <stddef.h>
#include <stdint.h>

/// A tar archive compressed with zstd: `guest.elf`, a Go program for state version 8, and
/// `preimages/0xKEY.bin`, what it reads.
///
/// Constant data of the program, of as many bytes as cfalconetdemo_archive_size() says.
const uint8_t *cfalconetdemo_archive(void);
size_t cfalconetdemo_archive_size(void);

#endif

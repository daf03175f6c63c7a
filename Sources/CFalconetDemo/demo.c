#include "CFalconetDemo.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t archive[] = {
#embed "demo.tar.zst"
};

const uint8_t *cfalconetdemo_archive(void) { return archive; }
size_t cfalconetdemo_archive_size(void) { return sizeof archive; }

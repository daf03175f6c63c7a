#ifndef CSQLITE_H
#define CSQLITE_H

#include <sqlite3.h>
#include <stdint.h>

/// Sets up a connection for a file that anyone may have written: no SQL of the file is executed, its
/// structure is not trusted, and no value has more than `longest` bytes.
void sqlite_distrust(sqlite3 *database, int32_t longest);

#endif

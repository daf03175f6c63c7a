#ifndef CFALCONET_SERVER_H
#define CFALCONET_SERVER_H

#include <stdint.h>

/// Tells the system how long the calling thread may go on if others want to: a short time lets it go as soon as
/// it has something to do, a long one lets others go as soon as they have. Threads get the same share of the
/// processor all the same.
///
/// - Parameters:
///   - isBatch: whether the thread never takes the place of one that runs.
///   - niceness: as of `nice`, beside that of the process.
/// - Returns: 0, or -1 if the system does not know of it.
int falconet_server_schedule(int isBatch, int niceness, uint64_t nanoseconds);

/// Gives memory that was freed back to the system.
void falconet_server_trim(void);

#endif

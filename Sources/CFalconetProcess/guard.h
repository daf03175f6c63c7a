// The guard's program, which runs in a process of its own with nothing but its code.
#ifndef FALCONET_GUARD_H
#define FALCONET_GUARD_H

// The guard's descriptors: the end of the lifeline, and a descriptor of the process that it guards
// for, or the end of the lifeline once more.
enum { guard_lifeline = 0, guard_parent = 1 };

// Waits for the end of the parent, then ends the process group it is in. Doesn't return.
void falconet_guard(void);

// An open file with the program, to be executed, or -1.
int falconet_guard_file(void);

#endif

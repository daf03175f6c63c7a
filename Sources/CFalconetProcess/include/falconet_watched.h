// A program in two processes: one works, the other waits for it.
#ifndef FALCONET_WATCHED_H
#define FALCONET_WATCHED_H

// Goes on in a child of this process. This process passes on SIGINT, SIGTERM and SIGHUP, waits, and
// ends as the child did. It must have one thread.
//
// Code that the child loads cannot make it look done: if the child ends without
// falconet_report_end(), whatever its exit code is, this process writes "error: " and `complaint` to
// standard error, and its exit code is 1. If a signal ended the child, it ends this process too. If
// this process is killed, so is the child.
//
// Returns 0, in the child alone, or the error's number if there can be no child.
int falconet_go_on_watched(const char *complaint);

// Says that this process ends by its own will, with an exit code of 0 to 255. Does nothing in a process
// that nobody watches. May be called from any thread; the first call counts.
void falconet_report_end(int code);

#endif

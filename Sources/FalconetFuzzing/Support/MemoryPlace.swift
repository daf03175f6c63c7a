import FalconetLibc

/// Where files lie that are in memory.
enum MemoryPlace {
  /// The pattern of a name of its own, for `mkstemp` and `mkdtemp`.
  static var template: [CChar] {
    // Not every system has the first.
    let root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    return Array((root + "/falconet-fuzzing-XXXXXX").utf8CString)
  }
}

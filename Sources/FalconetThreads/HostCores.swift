import Glibc

/// The host's processor cores.
package enum HostCores {
  /// Those that are on line, at least 1.
  package static let count = max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1)
}

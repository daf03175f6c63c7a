/// A standard stream of a pre-image server, as it reaches its parent.
package enum HostStream: Sendable, Hashable, CaseIterable {
  case standardOutput
  case standardError
}

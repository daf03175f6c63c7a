/// A standard stream of a pre-image server, as it reaches its parent.
public enum HostStream: Sendable, Hashable, CaseIterable {
  case standardOutput
  case standardError
}

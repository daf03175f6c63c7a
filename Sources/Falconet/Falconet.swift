// One import for programs that use Falconet as a library.

@_exported import FalconetBisect
@_exported import FalconetELF
@_exported import FalconetInsight
@_exported import FalconetMachine
@_exported import FalconetOracle
@_exported import FalconetProofs
@_exported import FalconetSnapshots
@_exported import FalconetStreams
@_exported import FalconetTrace
@_exported import Keccak

/// What this is, and which.
public enum Falconet {
  /// The version of the library and of the tool: the one place where it stands.
  public static let version = "0.1.0"
}

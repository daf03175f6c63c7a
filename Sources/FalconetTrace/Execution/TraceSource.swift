import FalconetMachine
import FalconetSnapshots
import FalconetStreams

/// Where a trace comes from.
public struct TraceSource: Sendable {
  /// Reads the prestate: when a trace is opened, and where the machine must go back to it.
  public var prestate: @Sendable () throws(StreamError) -> MemoryImage
  /// Opens the source of pre-images. Called before the first step is executed, and again after the
  /// source failed. What it gives is checked against its keys where that can be done.
  public var preimages: @Sendable () throws(PreimageError) -> any PreimageOracle

  public init(
    prestate: @escaping @Sendable () throws(StreamError) -> MemoryImage,
    preimages: @escaping @Sendable () throws(PreimageError) -> any PreimageOracle
  ) {
    self.prestate = prestate
    self.preimages = preimages
  }
}

extension MemoryImage {
  /// The witness of the state. Hashes the pages that changed.
  var witness: [UInt8] { state.witness(memoryRoot: memory.root()) }
}

import FalconetMachine
import FalconetSnapshots

extension Machine {
  /// The machine that a command runs: it goes on from a snapshot within the command's limits.
  convenience init(
    _ image: MemoryImage, _ oracle: any PreimageOracle, _ engine: EngineKind,
    _ revision: Revision, _ limits: ResourceLimits
  ) {
    self.init(
      state: image.state, memory: image.memory, oracle: oracle, engine: engine, revision: revision)
    hintLimit = limits.hintLimit.bytes
  }
}

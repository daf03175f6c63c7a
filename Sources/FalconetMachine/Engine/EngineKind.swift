/// How a machine executes steps between events. All give the same states.
package enum EngineKind: String, Sendable, CaseIterable {
  /// Blocks translated to the host's machine code.
  case translator
  /// Blocks of decoded operations.
  case portable
  /// The plain step, one at a time.
  case step
  /// The first of these that the host can run, and the plain step beside it: both states are compared
  /// every million steps. Takes the time of the plain step, and the memory of two machines.
  case check
}

extension Machine {
  /// The engine that executes steps: ``engine``, or the next simpler one if the host can't run it.
  package var activeEngine: EngineKind { preparedEngine()?.kind ?? .step }

  /// The engine, made at its first use; nil if steps are executed one at a time.
  @inline(__always)
  func preparedEngine() -> (any BlockEngine)? {
    if let blockEngine { return blockEngine }
    return engine == .step ? nil : makeEngine()
  }

  @inline(never)
  private func makeEngine() -> (any BlockEngine)? {
    if engine == .translator || engine == .check {
      blockEngine = Translator(self, stopRange: stopRange)
    }
    if blockEngine == nil {
      blockEngine = PortableEngine(self, stopRange: stopRange, forcesSwitch: forcesSwitch)
    }
    blockEngine?.setStops(stopAddresses)
    blockEngine?.setLoadChecks(!memory.watches.reads.isEmpty)
    return blockEngine
  }

  /// Drops the engine and its blocks; the next run makes another.
  func dropEngine() {
    blockEngine?.discardBlocks()
    blockEngine = nil
    engineGeneration &+= 1
  }
}

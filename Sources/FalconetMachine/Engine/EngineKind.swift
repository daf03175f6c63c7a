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
  /// The engine that executes steps: ``engine``, or the next simpler one where the host can't run it.
  package var activeEngine: EngineKind {
    switch preparedEngine() {
    case nil: .step
    case is PortableEngine: .portable
    case is Translator: .translator
    // There is no third sort of engine.
    case .some: .step
    }
  }

  /// The engine, made at its first use; nil where steps are executed one at a time.
  @inline(__always)
  func preparedEngine() -> BlockEngine? {
    if let blockEngine { return blockEngine }
    return engine == .step ? nil : makeEngine()
  }

  @inline(never)
  private func makeEngine() -> BlockEngine? {
    #if DEBUG
      let usesSwitch = true
    #else
      let usesSwitch = forcesSwitch
    #endif
    if engine == .translator || engine == .check {
      blockEngine = Translator(self, stopRange: stopRange)
    }
    if blockEngine == nil {
      blockEngine = PortableEngine(self, stopRange: stopRange, usesSwitch: usesSwitch)
    }
    return blockEngine
  }

  /// Drops the engine and its blocks; the next run makes it anew.
  func dropEngine() {
    blockEngine?.forget()
    blockEngine = nil
  }
}

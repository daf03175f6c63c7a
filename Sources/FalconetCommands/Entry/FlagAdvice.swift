import FalconetBisect
import FalconetMachine
import FalconetOracle
import FalconetStreams
import FalconetTrace

// Errors of the library say what is missing. These say with which flag it is given: the same errors, with
// the flag at the end of the remedy.

extension StreamError {
  var withFlag: StreamError {
    guard let missing else { return self }
    var advised = self
    switch missing {
    case .base: advised.remedy += " with --base"
    case .format: advised.remedy += " with --from"
    case .prestate: advised.remedy += ", with 'falconet load-elf'"
    }
    return advised
  }
}

extension PreimageError {
  var withFlag: PreimageError {
    guard let remedy, let flag else { return self }
    var advised = self
    advised.remedy = "\(remedy) with \(flag)"
    return advised
  }

  private var flag: String? {
    switch kind {
    case .noSource: "--preimages, or a server's command line after --"
    case .stalled: "--preimage-timeout"
    case .hintLimit: "--hint-limit"
    case .missing:
      key.flatMap { PreimageKey.localIndex(of: $0) }.map { "--local \($0)=HEX" }
        ?? "--record-preimages"
    case .wrong, .disconnected, .unreadable, .interrupted: nil
    }
  }
}

extension MachineError {
  var withFlag: MachineError {
    switch self {
    case .preimage(let error, let step, let pc):
      .preimage(error.withFlag, step: step, pc: pc)
    case .fault, .memory, .engines: self
    }
  }
}

extension TraceError {
  var withFlag: TraceError {
    switch self {
    case .machine(let error): .machine(error.withFlag)
    case .source(let error): .source(error.withFlag)
    case .file(let error): .file(error.withFlag)
    default: self
    }
  }
}

extension BisectError {
  var withFlag: BisectError {
    switch self {
    case .run(let side, let error): .run(side: side, error.withFlag)
    case .file(let error): .file(error.withFlag)
    case .interrupted, .program, .mismatch: self
    }
  }
}

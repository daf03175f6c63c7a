import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Keccak
import Synchronization

/// A source that does as it is told once it has answered so many keys, and notes what it is sent.
final class FailingSource: Sendable {
  enum Mode: Sendable {
    case honest, missing, lying, dead
  }

  private struct State {
    var mode = Mode.honest
    var answersLeft = 0
    var opened = 0
    /// Hints of each time that the source was opened.
    var hints: [[[UInt8]]] = []
    var requests: [Request] = []
  }

  /// A key that was asked for, and the last hint that the source had seen then.
  struct Request: Sendable {
    let key: Bytes32
    let hint: [UInt8]?
  }

  private let preimages: [Bytes32: [UInt8]]
  private let state = Mutex(State())

  init(_ preimages: [Bytes32: [UInt8]]) { self.preimages = preimages }

  /// From here on the source fails, after some answers.
  func set(_ mode: Mode, after answers: Int = 0) {
    state.withLock { ($0.mode, $0.answersLeft) = (mode, answers) }
  }

  var hints: [[[UInt8]]] { state.withLock { $0.hints } }
  var requests: [Request] { state.withLock { $0.requests } }
  var openings: Int { state.withLock { $0.opened } }

  func open() throws(PreimageError) -> any PreimageOracle {
    state.withLock {
      $0.opened += 1
      $0.hints.append([])
    }
    return Opened(source: self)
  }

  private struct Opened: PreimageOracle {
    let source: FailingSource

    func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
      let mode = source.state.withLock { state in
        state.requests.append(Request(key: key, hint: state.hints.last?.last))
        guard state.answersLeft == 0 else {
          state.answersLeft -= 1
          return Mode.honest
        }
        return state.mode
      }
      let honest = source.preimages[key] ?? []
      switch mode {
      case .honest: return honest
      case .lying: return honest + [0]
      case .missing: throw PreimageError(.missing, key: key, message: "there is none")
      case .dead: throw PreimageError(.disconnected, key: key, message: "the server ended")
      }
    }

    func hint(_ hint: [UInt8]) throws(PreimageError) {
      source.state.withLock { $0.hints[$0.hints.count - 1].append(hint) }
    }
  }
}

import FalconetLibc
import Synchronization

// Initialised before the handler is set: a handler may only touch what is.
private let received = Atomic<Bool>(false)

/// The handler of SIGUSR1. A lock-free store is async-signal-safe.
private func handleSignal(_ signal: Int32) {
  received.store(true, ordering: .sequentiallyConsistent)
}

/// SIGUSR1: the user's wish to be told where a run is, without an end to it.
package enum UserSignal {
  /// Takes over SIGUSR1, which would end the process otherwise. System calls go on after it.
  package static func install() {
    _ = received.load(ordering: .relaxed)
    var action = sigaction()
    action.__sigaction_handler.sa_handler = handleSignal
    sigemptyset(&action.sa_mask)
    action.sa_flags = SA_RESTART
    sigaction(SIGUSR1, &action, nil)
  }

  /// Whether the signal came since the last call.
  package static func take() -> Bool {
    received.load(ordering: .relaxed) && received.exchange(false, ordering: .acquiring)
  }
}

import Dispatch
import Falconet
import Synchronization

/// Pre-images that a client serves while its question is answered: the thread that executes asks, and the
/// client's requests bring the answers.
final class HostExchange: Sendable {
  enum Request: Sendable, Equatable {
    case preimage(PreimageKey)
    case hint([UInt8])
  }

  enum Answer: Sendable {
    case value([UInt8])
    case missing
    case failed(String)
    case taken
  }

  fileprivate struct State {
    var number = 0
    var request: Request?
    var answer: Answer?
    /// When the request was made.
    var asked: ContinuousClock.Instant?
    var isEnded = false
    /// When a client was last here.
    var lastSeen: ContinuousClock.Instant?
    /// When a client took the request.
    var taken: ContinuousClock.Instant?
    var waiters: [Int: Waiter] = [:]
    var nextWaiter = 0
  }

  fileprivate struct Waiter {
    let continuation: CheckedContinuation<Void, Never>
    let alarm: Task<Void, Never>
  }

  private let state = Mutex(State())
  /// Has one request at a time: a second execution asks beside the question that is answered, and neither may get the
  /// other's answer.
  private let turn = DispatchSemaphore(value: 1)
  /// Signalled at each answer.
  private let answered = DispatchSemaphore(value: 0)

  // MARK: The thread that executes

  /// Asks the client, and waits for it.
  ///
  /// - Parameters:
  ///   - timeout: how long no client may be here that takes the request.
  ///   - answerTimeout: how long the host of a client that took it may take.
  ///   - onWait: called about ten times a second while it waits.
  ///   - cancelled: why the wait must end, if it must.
  func ask(
    _ request: Request, timeout: Duration, answerTimeout: Duration, onWait: () -> Void = {},
    cancelled: () -> ServiceError?
  ) throws(ServiceError) -> Answer {
    while turn.wait(timeout: .now() + .milliseconds(100)) != .success {
      if let reason = cancelled() { throw reason }
    }
    defer { turn.signal() }
    let began = ContinuousClock.now
    wake(
      state.withLock { state in
        state.number += 1
        state.request = request
        state.answer = nil
        state.asked = began
        state.taken = nil
        return state.takeWaiters()
      })
    while true {
      let (answer, lastSeen, taken) = state.withLock { state in
        if state.answer != nil { state.request = nil }
        return (state.answer, state.lastSeen, state.taken)
      }
      if let answer { return answer }
      if let reason = cancelled() { throw reason }
      if let taken, ContinuousClock.now - taken > answerTimeout {
        throw .conflict(
          "host-slow", "the client's host has not answered for \(answerTimeout)",
          remedy: "ask again, and check what the host asks")
      }
      if taken == nil, ContinuousClock.now - max(lastSeen ?? began, began) > timeout {
        throw .conflict(
          "host-gone", "no client serves the pre-images of this game any more",
          remedy: "ask again, and exchange until the question is answered")
      }
      onWait()
      _ = answered.wait(timeout: .now() + .milliseconds(100))
    }
  }

  /// How long the present request has waited for its answer; nil if there is none.
  var wait: Duration? {
    state.withLock { state in
      guard state.request != nil, state.answer == nil, !state.isEnded else { return nil }
      return state.asked.map { .now - $0 }
    }
  }

  // MARK: The client

  /// Takes the answer to a request. One that is not waited for any more is dropped.
  func answer(_ number: Int, _ answer: Answer) {
    state.withLock { state in
      state.lastSeen = .now
      if number == state.number, state.request != nil, state.answer == nil { state.answer = answer }
    }
    answered.signal()
  }

  /// The request that is not answered yet, or nil after a time, or at the end of the question.
  func next(within time: Duration) async -> (number: Int, request: Request)? {
    if let request = pending() { return request }
    await withCheckedContinuation { continuation in
      let isReady = state.withLock { state in
        if state.isEnded || (state.request != nil && state.answer == nil) { return true }
        state.nextWaiter += 1
        let number = state.nextWaiter
        let alarm = Task {
          guard (try? await Task.sleep(for: time)) != nil else { return }
          self.state.withLock { $0.waiters.removeValue(forKey: number) }?.continuation.resume()
        }
        state.waiters[number] = Waiter(continuation: continuation, alarm: alarm)
        return false
      }
      if isReady { continuation.resume() }
    }
    return pending()
  }

  private func pending() -> (number: Int, request: Request)? {
    state.withLock { state in
      state.lastSeen = .now
      guard let request = state.request, state.answer == nil, !state.isEnded else { return nil }
      state.taken = .now
      return (state.number, request)
    }
  }

  /// The question is answered.
  func end() {
    wake(
      state.withLock { state in
        state.isEnded = true
        return state.takeWaiters()
      })
  }

  private func wake(_ waiters: [Waiter]) {
    for waiter in waiters {
      waiter.alarm.cancel()
      waiter.continuation.resume()
    }
  }
}

extension HostExchange.State {
  fileprivate mutating func takeWaiters() -> [HostExchange.Waiter] {
    defer { waiters = [:] }
    return Array(waiters.values)
  }
}

import FalconetMachine
import Keccak

/// What a machine was served since a moment, to be served again in the same order.
///
/// One thread at a time, as the machine.
final class AnswerRecord {
  private var answers: [(key: Bytes32, data: [UInt8])] = []
  private var next = 0
  fileprivate var isRecording = false

  /// Forgets all answers, and notes those from now on.
  func start() {
    clear()
    isRecording = true
  }

  func stop() {
    clear()
    isRecording = false
  }

  private func clear() {
    answers = []
    next = 0
  }

  fileprivate func add(_ key: Bytes32, _ data: [UInt8]) {
    if isRecording { answers.append((key, data)) }
  }

  /// The next answer, if it is of that key.
  fileprivate func take(_ key: Bytes32) -> [UInt8]? {
    guard next < answers.count, answers[next].key == key else { return nil }
    let data = answers[next].data
    next += 1
    if next == answers.count { clear() }
    return data
  }

  /// Whether all answers were served again.
  var isUsed: Bool { answers.isEmpty }
}

/// Passes requests on, and records the answers.
final class AnswerRecorder: PreimageOracle {
  private(set) var source: any PreimageOracle
  private let record: AnswerRecord

  init(_ source: any PreimageOracle, _ record: AnswerRecord) {
    self.source = source
    self.record = record
  }

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    let data = try source.preimage(for: key)
    record.add(key, data)
    return data
  }

  func hint(_ hint: [UInt8]) throws(PreimageError) { try source.hint(hint) }

  func longHint(_ hint: LongHint) throws(PreimageError) { try source.longHint(hint) }

  var takesHints: Bool { source.takesHints }

  func flush() throws(PreimageError) { try source.flush() }
}

/// Serves what was recorded; hints were sent already.
final class AnswerReplay: PreimageOracle {
  private let record: AnswerRecord

  init(_ record: AnswerRecord) { self.record = record }

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    if let data = record.take(key) { return data }
    throw PreimageError(
      .missing, key: key, message: "the plain step asks for a pre-image that the engine did not")
  }

  func hint(_ hint: [UInt8]) throws(PreimageError) {}

  var takesHints: Bool { false }
}

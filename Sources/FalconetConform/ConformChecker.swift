import FalconetForeignVM
import FalconetVectors

/// Makes checks one after the other, and tells what comes of them.
package class ConformChecker {
  let effort: ConformKit.Effort
  private let emit: (ConformEvent) -> Void
  private var current = ConformArea.table
  /// What is executed.
  var program = ConformProgram(name: "", bytes: [])
  var numbers: SeededGenerator
  /// Whether the check that is made has compared anything yet.
  private var hasTested = false

  init(_ effort: ConformKit.Effort, _ emit: @escaping (ConformEvent) -> Void) {
    self.effort = effort
    self.emit = emit
    numbers = SeededGenerator(seed: effort.seed)
  }

  /// Thrown to end the checks.
  enum Ended: Error {
    /// At the first failure.
    case all
    /// In an area of which nothing more can be said.
    case area
  }

  func area(_ area: ConformArea, _ body: () throws(Ended) -> Void) throws(Ended) {
    guard effort.areas.contains(area) else { return }
    begin(area)
    do throws(Ended) { try body() } catch {
      if case .all = error { throw error }
    }
  }

  func begin(_ area: ConformArea) { current = area }

  func skip(_ reason: String) { emit(.skipped(current, reason: reason)) }

  func tell(_ event: ConformEvent) { emit(event) }

  /// Tells what the VM gets next, which shows the fault if it does not come back.
  func tries(_ input: [UInt8]) { emit(.tries(input)) }

  /// The check that is made has found something to test.
  func tested() { hasTested = true }

  /// Fails the check unless a condition holds.
  func require(
    _ condition: Bool, _ message: @autoclosure () throws -> String, step: UInt64? = nil,
    input: @autoclosure () throws -> [UInt8]? = nil
  ) throws {
    tested()
    if !condition { throw ConformFault(try message(), step: step, input: try input()) }
  }

  /// Makes one check, which throws if it fails. One that has compared nothing when it ends does not hold: it is told
  /// as not tested.
  ///
  /// - Parameters:
  ///   - counts: whether it is reported if it holds.
  ///   - isKnown: whether the first look made this very check. The rest does not make it again.
  func check(
    _ name: String, counts: Bool = true, isKnown: Bool = false, _ body: () throws -> Void
  ) throws(Ended) {
    emit(.began(current, check: name, program: program.name))
    if isKnown, effort.look == .rest { return emit(.known) }
    hasTested = false
    do {
      try body()
      if counts { emit(hasTested ? .held : .untested) }
    } catch {
      let fault =
        error as? ConformFault
        ?? (error as? ForeignError).map {
          ConformFault(
            "a call failed with \(ForeignError.name(of: $0.status))"
              + ($0.message.isEmpty ? ", without a text" : ": \($0.message)"))
        }
        ?? ConformFault("\(error)")
      emit(
        .failed(
          ConformFailure(
            area: fault.area ?? current, check: name, message: fault.message, program: program.name,
            step: fault.step, input: fault.input)))
      if effort.failsFast { throw .all }
      if fault.endsArea { throw .area }
    }
  }

  /// Some places below a count: the first, the last, and others.
  func sample(of count: Int, _ most: Int) -> [Int] {
    guard count > most else { return Array(0..<count) }
    let quarter = most / 4
    var places = Set(0..<quarter)
    places.formUnion(count - quarter..<count)
    while places.count < most { places.insert(Int.random(in: 0..<count, using: &numbers)) }
    return places.sorted()
  }
}

import Testing

@testable import FalconetTrace

@Suite("Interruption of a question")
struct TraceInterruptionTests {
  @Test("Asking takes the same however often it was asked before")
  func manyQuestions() {
    let interruption = TraceInterruption()
    interruption.set { $0 == 1_000_000 }
    // If each call went through the ones before it, these would exhaust any stack.
    #expect((0..<1_000_000).allSatisfy { !interruption.isRequested(at: $0) })
    #expect(interruption.isRequested(at: 1_000_000))
  }
}

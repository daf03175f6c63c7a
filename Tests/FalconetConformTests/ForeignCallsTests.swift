import FalconetForeignVM
import FalconetTestSupport
import Testing

/// Whose the time of a call is: the VM's, or that of a callback.
@Suite("Calls of VMs, and their callbacks")
struct ForeignCallsTests {
  private typealias Look = ForeignCalls.Look

  /// How many seconds with the same look it takes until the patience of five ends; nil if it does not in a hundred.
  private static func seconds(_ look: Look, after earlier: [Look] = []) -> Int? {
    var patience = ForeignPatience(seconds: 5, earlier.first ?? look)
    for look in earlier where patience.pass(look) { return 0 }
    for second in 1...100 where patience.pass(look) { return second }
    return nil
  }

  @Test("A call may go on for five seconds, and a callback for any time")
  func patience() {
    let (call, callback, none) = (
      Look(begun: 9, open: 1, callbacks: 0), Look(begun: 9, open: 1, callbacks: 1),
      Look(begun: 9, open: 0, callbacks: 0)
    )
    #expect(Self.seconds(call) == 5)
    #expect(Self.seconds(callback) == nil)
    #expect(Self.seconds(none) == nil)
    // Seconds of a callback count neither for the VM nor against it.
    #expect(Self.seconds(call, after: [call, call, callback, callback, callback, call]) == 2)
    // A call that ends, or another that begins, shows that the VM goes on.
    #expect(Self.seconds(call, after: [call, call, none]) == 5)
    #expect(Self.seconds(Look(begun: 10, open: 1, callbacks: 0), after: [call, call]) == 6)
    // Of several calls one is the VM's.
    #expect(Self.seconds(Look(begun: 9, open: 2, callbacks: 1)) == 5)
    #expect(Self.seconds(Look(begun: 9, open: 2, callbacks: 2)) == nil)
  }

  @Test("A callback is one from its begin to its end")
  func counts() async {
    // The counts are the process's.
    await #expect(processExitsWith: .success) {
      var looks: [Look] = []
      func look() { looks.append(ForeignCalls.now) }
      look()
      ForeignCalls.counted {
        look()
        ForeignCalls.inCallback {
          look()
          // The callback calls a VM.
          ForeignCalls.counted { look() }
          look()
        }
        look()
      }
      look()
      #expect(
        looks == [
          Look(begun: 0, open: 0, callbacks: 0), Look(begun: 1, open: 1, callbacks: 0),
          Look(begun: 1, open: 1, callbacks: 1), Look(begun: 2, open: 2, callbacks: 1),
          Look(begun: 2, open: 1, callbacks: 1), Look(begun: 2, open: 1, callbacks: 0),
          Look(begun: 2, open: 0, callbacks: 0),
        ])
    }
  }

  @Test(
    "Pre-images, hints, output and progress are callbacks; the steps between them are not",
    .enabled(if: ExampleVM.stack.canBeBuilt, "no C compiler: cc"))
  func callbacks() async {
    await #expect(processExitsWith: .success) {
      let preimages = try ExampleVM.stack.preimages()
      let program = Array(try ExampleVM.text(of: ExampleVM.stack.program).utf8)
      let machine = try ExampleVM.stack.library().loadProgram(program)
      var looks: [String: [Look]] = [:]
      func look(_ callback: String) { looks[callback, default: []].append(ForeignCalls.now) }
      var host = ForeignHost()
      host.preimage = { key in
        look("preimage")
        return preimages[key].map { .bytes($0) } ?? .missing
      }
      host.hint = { _ in
        look("hint")
        return .goOn
      }
      host.output = { _, _ in look("output") }
      host.progress = { _ in
        look("progress")
        return true
      }
      host.progressInterval = 1
      try machine.setHost(host)
      #expect(try machine.run(until: .max) == .exited)
      #expect(looks.keys.sorted() == ["hint", "output", "preimage", "progress"])
      for look in looks.values.joined() {
        #expect(look.open == 1 && look.callbacks == 1 && look.isInCallback)
      }
      // Each has ended.
      #expect(ForeignCalls.now.open == 0 && ForeignCalls.now.callbacks == 0)
    }
  }
}

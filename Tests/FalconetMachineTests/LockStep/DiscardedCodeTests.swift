import FalconetTestSupport
import Testing

@testable import FalconetMachine

@Suite("Code that is written in the place of discarded code")
struct DiscardedCodeTests {
  private static let start: UInt64 = 0x1000

  /// Sets register 12, maybe overwrites its own page, so that its code is forgotten, and uses register 12. Computations
  /// fill the code before both. If all code is discarded in between, both end at the same place for one or the other pair
  /// of counts.
  private static func image(fillers: (before: Int, after: Int), overwrites: Bool) -> MachineImage {
    // On registers that live in host registers.
    let filler = Assembly.special(0x25, rs: 3, rd: 2)
    var code = [UInt32](repeating: filler, count: fillers.before)
    code += [Assembly.special(0x25, rs: 8, rt: 9, rd: 12), Assembly.syscall]
    if overwrites {
      code += [
        Assembly.special(0x25, rs: 16, rd: 2), Assembly.immediate(0x2B, rs: 20, 0x400),
        Assembly.syscall,
      ]
    }
    code += [UInt32](repeating: filler, count: fillers.after)
    code += [Assembly.special(0x25, rs: 12, rt: 9, rd: 10), Assembly.stop]
    var image = MachineImage(.v8, code: code, at: start)
    // A system call that does nothing.
    for register in [2, 16] { image[register: register] = 5038 }
    image[register: 20] = start
    (image[register: 8], image[register: 9]) = (0x1234, 0x4321)
    // The fillers leave the number of the first call alone.
    image[register: 3] = 5038
    return image
  }

  @Test(
    "What the discarded or forgotten code ended with says nothing of it",
    arguments: [EngineSetup.translator, .translatorPageTable, .portable], [false, true])
  func ends(_ setup: EngineSetup, isForgotten: Bool) throws {
    for before in 0..<6 {
      for after in 0..<12 {
        let image = Self.image(fillers: (before, after), overwrites: isForgotten)
        let machines = try LockStep(image, setup)
        do {
          if !isForgotten {
            // Up to the end of the first call.
            _ = try machines.advance(UInt64(before) + 2)
            machines.fast.blockEngine?.setStops([0x10])
          }
          _ = try machines.advance(40)
        } catch {
          Issue.record("\(before) and \(after) computations: \(error)")
          return
        }
      }
    }
  }
}

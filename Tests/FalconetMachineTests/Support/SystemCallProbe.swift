import FalconetMachine
import FalconetTestSupport
import Testing

/// A thread about to execute a system call, at 0x1000.
func call(
  _ version: StateVersion, _ number: UInt64, _ arguments: UInt64...
) -> MachineImage {
  var image = MachineImage(version, code: [Assembly.syscall, Assembly.stop])
  image[register: 2] = number
  for (index, value) in arguments.enumerated() { image[register: 4 + index] = value }
  return image
}

/// `number32` or `number64`, by the word size.
func number(_ version: StateVersion, _ number32: UInt64, _ number64: UInt64) -> UInt64 {
  version.wordSize == .bits32 ? number32 : number64
}

extension MachineImage {
  /// The state after a call that only sets registers 2 and 7 and moves on.
  func answered(_ result: UInt64, _ second: UInt64 = 0) -> MachineState {
    var image = self
    image[register: 2] = result
    image[register: 7] = second
    let mask = version.wordSize.mask
    image.thread.pc = image.thread.nextPC
    image.thread.nextPC = (image.thread.pc &+ 4) & mask
    image.state.scalars.step += 1
    if !version.isSingleThreaded { image.state.scalars.stepsSinceContextSwitch += 1 }
    return image.state
  }

  /// The state after a call that failed with a Linux error number.
  func failed(_ error: UInt64) -> MachineState {
    let isNumberFirst = Versions.numberInResult.contains(version)
    return isNumberFirst ? answered(error, .max) : answered(.max, error)
  }
}

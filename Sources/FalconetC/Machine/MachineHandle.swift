// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import Falconet

/// A machine as the C interface hands it out.
final class MachineHandle: Handle, @unchecked Sendable {
  override class var kind: String { "machine" }

  let machine: Machine
  let control = RunControl()
  private var source: any PreimageOracle = CallbackOracle()
  private var localInputs: [UInt64: [UInt8]] = [:]

  init(state: MachineState, memory: Memory) {
    machine = Machine(state: state, memory: memory)
    super.init()
    machine.shouldInterrupt = { [control, unowned machine] in
      control.shouldStop(at: machine.step)
    }
    setSource(source)
  }

  convenience init(_ image: MemoryImage) { self.init(state: image.state, memory: image.memory) }

  convenience init(_ prestate: Prestate) {
    self.init(state: prestate.state, memory: prestate.memory)
  }

  func setSource(_ source: any PreimageOracle) {
    self.source = source
    machine.oracle = LocalInputs(localInputs, source: CheckedOracle(source))
  }

  func setLocalInput(_ index: UInt64, _ value: [UInt8]) {
    localInputs[index] = value
    setSource(source)
  }

  /// Calls `body` with the machine of a handle.
  static func use<Value>(
    _ handle: OpaquePointer?, _ body: (MachineHandle) throws(CallError) -> Value
  ) throws(CallError) -> Value { try Handles.use(handle, MachineHandle.self, body) }
}

@c @implementation
public func falconet_machine_free(_ machine: OpaquePointer?) -> falconet_status {
  call { () throws(CallError) in
    if machine != nil { try Handles.remove(machine, MachineHandle.self) }
  }
}

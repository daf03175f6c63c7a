// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import Falconet

/// A machine as the C interface hands it out.
final class MachineHandle: Handle, @unchecked Sendable {
  override class var kind: String { "machine" }

  let machine: Machine
  let control = RunControl()
  private var oracle: any PreimageOracle = CallbackOracle()
  private var localInputs: [UInt64: [UInt8]] = [:]

  init(state: MachineState, memory: Memory) {
    machine = Machine(state: state, memory: memory)
    super.init()
    machine.shouldInterrupt = { [control, unowned machine] in
      control.shouldStop(at: machine.step)
    }
    use(oracle)
  }

  convenience init(_ image: MemoryImage) { self.init(state: image.state, memory: image.memory) }

  convenience init(_ prestate: Prestate) {
    self.init(state: prestate.state, memory: prestate.memory)
  }

  func setSource(_ kind: PreimageSource.Kind) throws(CallError) {
    do throws(PreimageError) { use(try PreimageSource(kind: kind).open()) } catch {
      throw CallError(error)
    }
  }

  func setLocalInput(_ index: UInt64, _ value: [UInt8]) {
    localInputs[index] = value
    use(oracle)
  }

  private func use(_ oracle: any PreimageOracle) {
    self.oracle = oracle
    machine.oracle = LocalInputs(localInputs, source: CheckedOracle(oracle))
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

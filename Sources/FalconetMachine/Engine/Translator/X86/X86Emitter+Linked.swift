/// `ll`, `sc` and the like: calls back that know their operation, and leave the registers where they are.
extension X86Emitter {
  /// The operations, in the places of their thunks.
  static let linked = Operation.allCases.compactMap {
    (operation) -> (operation: Operation, access: AccessKind, isLoad: Bool)? in
    if case .loadLinked(let access) = operation.kind { return (operation, access, true) }
    if case .storeConditional(let access) = operation.kind { return (operation, access, false) }
    return nil
  }

  mutating func emitLoadLinked(_ operation: DecodedOperation) {
    // The call back does not look at what is watched.
    guard !checksLoads, let thunk = thunk(of: operation) else { return emitRare(operation) }
    emitOperands(operation)
    assembler.call(thunk)
    store(.rax, to: operation.destination)
  }

  mutating func emitStoreConditional(_ operation: DecodedOperation) {
    guard let thunk = thunk(of: operation) else { return emitRare(operation) }
    emitOperands(operation)
    load(.rdx, from: operation.second)
    assembler.call(thunk)
    assembler.test(.rax)
    slowPaths.append(.leave(assembler.jump(.negative), remaining: operation.remaining))
    store(.rax, to: operation.destination)
  }

  private func thunk(of operation: DecodedOperation) -> Int? {
    Self.linked.firstIndex { $0.operation == operation.operation }.map { linkedThunks[$0] }
  }

  /// Puts the address into rax, and the steps of the budget from this one on into rcx.
  private mutating func emitOperands(_ operation: DecodedOperation) {
    load(.rax, from: operation.first)
    if operation.immediate != 0 { assembler.immediate(.add, .rax, operation.immediate) }
    assembler.address(.rcx, .r14, Int32(operation.remaining))
  }

  /// From an address in rax, maybe a value in rdx, and the steps in rcx to what a call back says in rax. Keeps all
  /// other registers but rcx and rdx.
  mutating func emitLinkedThunk(_ access: AccessKind, isLoad: Bool) -> Int {
    let place = assembler.position
    let function: CallBack.Linked = isLoad ? CallBack.loadLinked : CallBack.storeConditional
    emitCallBack(
      UInt(bitPattern: unsafeBitCast(function, to: UnsafeRawPointer.self)),
      number: UInt8(access.size))
    assembler.align()
    return place
  }
}

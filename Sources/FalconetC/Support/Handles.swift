import CFalconet
import FalconetLibc
import Synchronization

/// The object that a handle of the C interface stands for.
///
/// Safety: what subclasses hold is used inside of
/// ``Handles/use(_:_:_:)`` only, which lets in one call at a time, or is safe by itself.
class Handle: @unchecked Sendable {
  private let isInUse = Atomic<Bool>(false)
  /// The thread whose callback may look at the object while a call uses it; 0 if there is none.
  private let visitor = Atomic<UInt>(0)

  /// What errors call a handle of this kind.
  class var kind: String { "handle" }

  /// - Returns: whether the caller is the only one that uses the object, until ``leave()``.
  fileprivate func enter() -> Bool { !isInUse.exchange(true, ordering: .acquiring) }

  fileprivate func leave() { isInUse.store(false, ordering: .releasing) }

  /// Calls `body`, a callback of the call that uses the object. The callback may look at the object.
  func visited<Value>(_ body: () -> Value) -> Value {
    visitor.store(pthread_self(), ordering: .relaxed)
    defer { visitor.store(0, ordering: .relaxed) }
    return body()
  }

  /// - Returns: whether the caller is the callback that may look at the object, and no callback
  ///   around it does, until ``endVisit()``.
  fileprivate func visit() -> Bool {
    // Only this thread puts its own number there, or takes it away.
    visitor.load(ordering: .relaxed) == pthread_self()
      && visitor.exchange(0, ordering: .relaxed) == pthread_self()
  }

  fileprivate func endVisit() { visitor.store(pthread_self(), ordering: .relaxed) }
}

/// The objects whose handles have not been freed. A handle looks like a pointer, but is a number that is
/// issued once. It is looked up here and never dereferenced, so a freed or wrong one is an error.
///
/// Safety: a handle is a number in the form of a pointer, and is never followed.
enum Handles {
  private struct Table {
    var objects: [UInt: Handle] = [:]
    /// Above the addresses that other languages treat as mistakes, and aligned like a pointer.
    var next: UInt = 1 << 16
  }

  private static let live = Mutex(Table())

  /// Adds an object, and returns its handle.
  static func add(_ object: Handle) -> OpaquePointer? {
    live.withLock { table in
      let number = table.next
      table.next += 16
      table.objects[number] = object
      return OpaquePointer(bitPattern: number)
    }
  }

  /// The object of a handle, which another call may be using.
  static func find<Kind: Handle>(
    _ handle: OpaquePointer?, _ kind: Kind.Type
  ) throws(CallError) -> Kind {
    guard let handle else { throw .invalid("the \(kind.kind) is NULL") }
    guard let object = live.withLock({ $0.objects[UInt(bitPattern: handle)] }) as? Kind else {
      throw .invalid("the handle is not that of a \(kind.kind), or has been freed")
    }
    return object
  }

  /// Calls `body` with the object of a handle, which no other call uses meanwhile.
  static func use<Kind: Handle, Value>(
    _ handle: OpaquePointer?, _ kind: Kind.Type,
    _ body: (Kind) throws(CallError) -> Value
  ) throws(CallError) -> Value {
    let object = try entered(handle, kind)
    defer { object.leave() }
    return try body(object)
  }

  /// Calls `body`, which changes nothing, with the object of a handle. Unlike
  /// ``use(_:_:_:)``, it can be called by a callback that the object's ``Handle/visited(_:)`` calls.
  static func look<Kind: Handle, Value>(
    _ handle: OpaquePointer?, _ kind: Kind.Type,
    _ body: (Kind) throws(CallError) -> Value
  ) throws(CallError) -> Value {
    let object = try find(handle, kind)
    guard object.visit() else { return try use(handle, kind, body) }
    defer { object.endVisit() }
    return try body(object)
  }

  /// Removes an object. A call that has just looked it up finds it in use from then on.
  @discardableResult
  static func remove<Kind: Handle>(
    _ handle: OpaquePointer?, _ kind: Kind.Type
  ) throws(CallError) -> Kind {
    let object = try entered(handle, kind)
    live.withLock { $0.objects[UInt(bitPattern: handle)] = nil }
    return object
  }

  private static func entered<Kind: Handle>(
    _ handle: OpaquePointer?, _ kind: Kind.Type
  ) throws(CallError) -> Kind {
    let object = try find(handle, kind)
    guard object.enter() else {
      throw CallError(FALCONET_BUSY, "the \(kind.kind) is in use by another call")
    }
    return object
  }
}

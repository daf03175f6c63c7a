import FalconetMachine
import FalconetStreams

/// Reads the threads of the multi-threaded prototype, and the `cpu` object of a thread.
struct JSONThreads {
  private enum Key: Hashable {
    case field(ThreadField)
    case cpu
  }

  /// The keys of a thread in lower case, since the letters' case does not count.
  private static let keys = Dictionary(
    uniqueKeysWithValues: fields(in: "").map { ($0, Key.field($1)) } + [("cpu", .cpu)])
  private static let cpuKeys = Dictionary(uniqueKeysWithValues: fields(in: "cpu."))

  /// The fields in an object of the thread, or in the thread itself, by their keys.
  private static func fields(in object: String) -> [(String, ThreadField)] {
    ThreadField.allCases.compactMap { field in
      guard let path = field.row.json, path.hasPrefix("cpu.") == (object == "cpu.") else {
        return nil
      }
      return (path.dropFirst(object.count).lowercased(), field)
    }
  }

  /// The version whose fields a thread of the prototype has.
  private static let version = StateVersion.v1

  let json: JSONReader
  let name: String

  /// A thread of which everything is zero: what missing keys leave.
  static var zeroThread: ThreadState {
    var thread = ThreadState(id: 0, version: .v0)
    thread.nextPC = 0
    return thread
  }

  /// Reads an array of threads, bottom first.
  ///
  /// - Parameter others: threads of the state that came before.
  func readStack(after others: Int) throws(StreamError) -> [ThreadState] {
    var threads: [ThreadState] = []
    try json.beginArray()
    while try json.nextElement() {
      guard threads.count < StateReader.threadLimit - others else {
        throw StreamError(
          .tooLarge, path: name, offset: json.position,
          message: "more threads than the limit of \(StateReader.threadLimit)")
      }
      threads.append(try readThread())
    }
    return threads
  }

  private func readThread() throws(StreamError) -> ThreadState {
    var thread = Self.zeroThread
    try json.readMembers(Self.keys, of: name) { (key) throws(StreamError) in
      switch key {
      case .cpu: try readCPU(into: &thread)
      case .field(.exited): thread.exited = try json.readBool()
      case .field(.registers): thread.registers = try json.readRegisters()
      case .field(let field):
        thread[field] = try json.readInteger(bytes: field.byteCount(in: Self.version))
      }
    }
    return thread
  }

  /// Reads an object with a thread's program counters and multiplication registers.
  func readCPU(into thread: inout ThreadState) throws(StreamError) {
    try json.readMembers(Self.cpuKeys, of: name) { (field) throws(StreamError) in
      thread[field] = try json.readInteger(bytes: field.byteCount(in: Self.version))
    }
  }
}

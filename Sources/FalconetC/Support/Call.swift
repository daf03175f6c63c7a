import CFalconet
import FalconetMachine
import FalconetSnapshots
import FalconetStreams

/// Executes a call, stores the message of its error for the thread, and returns its status.
func call(_ body: () throws(CallError) -> Void) -> falconet_status {
  do throws(CallError) {
    try body()
    return FALCONET_OK
  } catch {
    var message = error.message.readableFileName
    message.withUTF8 { text in
      text.withMemoryRebound(to: CChar.self) { CFalconetSetMessage($0.baseAddress, $0.count) }
    }
    return error.status
  }
}

/// Executes what throws stream errors.
func streaming<Value>(_ body: () throws(StreamError) -> Value) throws(CallError) -> Value {
  do { return try body() } catch { throw CallError(error) }
}

/// The arguments of a call. Each function throws if its argument is not valid.
///
/// Safety: a pointer that is NULL is an error. That others point to what `falconet.h` asks for, during
/// the call, is the caller's promise; it holds for all functions of the interface.
enum Argument {
  /// A pointer that may not be NULL. What it points to is the caller's promise.
  static func pointer<Pointer>(_ pointer: Pointer?, _ name: String) throws(CallError) -> Pointer {
    guard let pointer else { throw .invalid("\(name) is NULL") }
    return pointer
  }

  /// A string that ends with a zero byte.
  static func text(_ text: UnsafePointer<CChar>?, _ name: String) throws(CallError) -> String {
    guard let decoded = String(validatingCString: try pointer(text, name)) else {
      throw .invalid("\(name) is not UTF-8")
    }
    return decoded
  }

  /// The name of a file, which ends with a zero byte and may hold any other.
  static func fileName(
    _ name: UnsafePointer<CChar>?, _ argument: String
  ) throws(CallError) -> String {
    String(fileName: try pointer(name, argument))
  }

  /// A program and its arguments, of any bytes, up to one that is NULL.
  static func words(
    _ texts: UnsafePointer<UnsafePointer<CChar>?>?, _ name: String
  ) throws(CallError) -> [String] {
    var place = try pointer(texts, name)
    var result: [String] = []
    while let next = place.pointee {
      result.append(try fileName(next, name))
      place += 1
    }
    return result
  }

  /// `count` elements; NULL is allowed for none. Valid during the call.
  static func elements<Element>(
    _ start: UnsafePointer<Element>?, _ count: Int, _ name: String
  ) throws(CallError) -> UnsafeBufferPointer<Element> {
    guard count >= 0 else { throw .invalid("\(name): the count is too large") }
    return UnsafeBufferPointer(start: count == 0 ? start : try pointer(start, name), count: count)
  }

  /// Room for `count` elements; NULL is allowed for none. Valid during the call.
  static func room<Element>(
    _ start: UnsafeMutablePointer<Element>?, _ count: Int, _ name: String
  ) throws(CallError) -> UnsafeMutableBufferPointer<Element> {
    guard count >= 0 else { throw .invalid("\(name): the count is too large") }
    return UnsafeMutableBufferPointer(
      start: count == 0 ? start : try pointer(start, name), count: count)
  }

  /// `count` bytes; NULL is allowed for none. Valid during the call.
  static func bytes(
    _ start: UnsafeRawPointer?, _ count: Int, _ name: String
  ) throws(CallError) -> UnsafeRawBufferPointer {
    guard count >= 0 else { throw .invalid("\(name): the count is too large") }
    return UnsafeRawBufferPointer(
      start: count == 0 ? start : try pointer(start, name), count: count)
  }

  static func version(_ number: UInt32) throws(CallError) -> StateVersion {
    guard let byte = UInt8(exactly: number), let version = StateVersion(rawValue: byte) else {
      throw .invalid("there is no state version \(number): versions are \(StateVersion.numbers)")
    }
    return version
  }

  static func engine(_ engine: falconet_engine) throws(CallError) -> EngineKind {
    switch engine {
    case FALCONET_ENGINE_TRANSLATOR: .translator
    case FALCONET_ENGINE_PORTABLE: .portable
    case FALCONET_ENGINE_STEP: .step
    case FALCONET_ENGINE_CHECK: .check
    default: throw .invalid("there is no falconet_engine \(engine.rawValue)")
    }
  }

  /// A format, whose number is its place in the list of formats; nil for the one that the content or the
  /// name tells.
  static func format(_ format: falconet_format) throws(CallError) -> SnapshotFormat? {
    if format == FALCONET_FORMAT_AUTO { return nil }
    let place = Int(format.rawValue) - 1
    guard SnapshotFormat.allCases.indices.contains(place) else {
      throw .invalid("there is no falconet_format \(format.rawValue)")
    }
    return SnapshotFormat.allCases[place]
  }

  static func compression(_ compression: falconet_compression) throws(CallError) -> Compression {
    switch compression {
    case FALCONET_COMPRESSION_NONE: .none
    case FALCONET_COMPRESSION_GZIP: .gzip
    case FALCONET_COMPRESSION_ZSTD: .zstd
    default: throw .invalid("there is no falconet_compression \(compression.rawValue)")
    }
  }
}

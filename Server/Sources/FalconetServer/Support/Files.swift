import Foundation

/// Why a file or a directory cannot be written, as the system says it.
struct FileFailure: Error, CustomStringConvertible {
  let description: String

  init(_ path: String, _ error: any Error) {
    description = "\(path): \(Self.reason(error))"
  }

  /// What an error of Foundation says in a few words.
  static func reason(_ error: any Error) -> String {
    let error = error as NSError
    let cause = (error.userInfo[NSUnderlyingErrorKey] as? any Error).map { $0 as NSError } ?? error
    return cause.domain == NSPOSIXErrorDomain
      ? String(cString: strerror(Int32(cause.code))) : error.localizedDescription
  }
}

/// Small files that appear whole, and directories.
enum Files {
  static func make(directory: String) throws(FileFailure) {
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    } catch { throw FileFailure(directory, error) }
  }

  static func write(_ bytes: [UInt8], to path: String) throws(FileFailure) {
    do {
      try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch { throw FileFailure(path, error) }
  }

  static func isDirectory(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      && isDirectory.boolValue
  }

  static func read(_ path: String, limit: Int = 1 << 20) -> [UInt8]? {
    guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? handle.close() }
    guard let data = try? handle.read(upToCount: limit + 1), data.count <= limit else { return nil }
    return Array(data)
  }

  static func names(in directory: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
  }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  static func size(_ path: String) -> UInt64 {
    ((try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? NSNumber)?.uint64Value
      ?? 0
  }

  static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }

  static func move(_ path: String, to place: String) {
    try? FileManager.default.moveItem(atPath: path, toPath: place)
  }

  static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

  /// Bytes of the files below a directory.
  static func size(below directory: String) -> UInt64 {
    guard let paths = FileManager.default.enumerator(atPath: directory) else { return 0 }
    var total: UInt64 = 0
    for case let path as String in paths { total += size(directory + "/" + path) }
    return total
  }

  /// Bytes that the file system of a path has left.
  static func free(at path: String) -> UInt64 {
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: path)
    return (attributes?[.systemFreeSize] as? NSNumber)?.uint64Value ?? .max
  }
}

import SystemPackage

/// Random access to the bytes of an ELF file, on disk or in memory.
final class ELFInput: Sendable {
  private enum Storage: Sendable {
    case descriptor(FileDescriptor)
    case bytes([UInt8])
  }

  /// The file's path, or the name given with the bytes.
  let name: String
  /// The length in bytes when the file was opened.
  let size: UInt64
  private let storage: Storage

  init(bytes: [UInt8], name: String) {
    self.name = name
    size = UInt64(bytes.count)
    storage = .bytes(bytes)
  }

  init(path: String) throws(ELFError) {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw Self.unreadable(
        path, "the path is empty or holds a zero byte", remedy: "name an ELF file")
    }
    let descriptor: FileDescriptor
    do {
      // Non-blocking, so that opening a named pipe returns; regular files are not affected.
      descriptor = try FileDescriptor.open(
        FilePath(fileName: path), .readOnly, options: [.closeOnExec, .nonBlocking])
    } catch {
      throw Self.unreadable(
        path, "can't be opened (\(error))", remedy: "check the path and the file's permissions")
    }
    guard let length = Self.lengthOfRegularFile(descriptor) else {
      try? descriptor.close()
      throw Self.unreadable(
        path, "not a regular file",
        remedy: "give the path of an ELF file; pipes and folders can't be read at an offset")
    }
    name = path
    size = length
    storage = .descriptor(descriptor)
  }

  deinit {
    if case .descriptor(let descriptor) = storage { try? descriptor.close() }
  }

  /// Fills `buffer` with the bytes from `offset` on.
  ///
  /// - Parameter what: names the thing that is read, for the error of a file that ends before it.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64, what: String
  ) throws(ELFError) {
    try check(offset: offset, count: UInt64(buffer.count), what: what)
    switch storage {
    case .bytes(let bytes):
      bytes.withUnsafeBytes { source in
        // Sound: `check` has found that the range lies within the bytes.
        buffer.copyMemory(from: .init(rebasing: source[Int(offset)...].prefix(buffer.count)))
      }
    case .descriptor(let descriptor):
      try fill(buffer, from: descriptor, at: offset, what: what)
    }
  }

  /// The `count` bytes from `offset` on, as an array.
  func read(at offset: UInt64, count: UInt64, what: String) throws(ELFError) -> [UInt8] {
    try check(offset: offset, count: count, what: what)
    var failure: ELFError?
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, initialized in
      do throws(ELFError) {
        try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset, what: what)
        initialized = Int(count)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Throws unless the file holds `count` bytes from `offset` on.
  func check(offset: UInt64, count: UInt64, what: String) throws(ELFError) {
    guard offset <= size, count <= size - offset else {
      throw cutShort(at: offset, what: "\(what) (\(count) bytes)")
    }
  }

  private func fill(
    _ buffer: UnsafeMutableRawBufferPointer, from descriptor: FileDescriptor, at offset: UInt64,
    what: String
  ) throws(ELFError) {
    var done = 0
    while done < buffer.count {
      let got: Int
      do {
        got = try descriptor.read(
          fromAbsoluteOffset: Int64(offset) + Int64(done),
          into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
      } catch {
        throw Self.unreadable(
          name, "can't be read (\(error))", at: offset, remedy: "check the disk the file is on")
      }
      // The file shrank since it was opened.
      guard got > 0 else { throw cutShort(at: offset, what: what) }
      done += got
    }
  }

  private static func lengthOfRegularFile(_ descriptor: FileDescriptor) -> UInt64? {
    guard let status = try? descriptor.stat(), status.type == .regular else { return nil }
    return UInt64(exactly: status.size)
  }

  private static func unreadable(
    _ path: String, _ message: String, at offset: UInt64? = nil, remedy: String
  ) -> ELFError {
    ELFError(.unreadable, file: path, offset: offset, message: message, remedy: remedy)
  }

  private func cutShort(at offset: UInt64, what: String) -> ELFError {
    ELFError(
      .cutShort, file: name, offset: offset,
      message: "the file ends at byte \(size), before the end of \(what)",
      remedy: "build or copy the file again")
  }
}

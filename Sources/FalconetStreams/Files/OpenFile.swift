import FalconetLibc
import FalconetSystem
import SystemPackage

/// An open descriptor with a name for messages, which knows how to wait.
///
/// Regular files are read and written without regard to a cancellation. Waits for pipes, terminals and
/// sockets end when it is requested: `poll` watches the descriptor and the cancellation's together, so a
/// request between a check and the wait is not missed.
final class OpenFile {
  /// A pipe that `poll` calls writable takes this much without blocking (POSIX PIPE_BUF on Linux).
  private static let pipeAtom = 4096

  let name: String
  let descriptor: FileDescriptor
  /// Nil if the descriptor is not open; the first read or write tells.
  let status: Stat?
  private let closesDescriptor: Bool
  private let cancellation: Cancellation
  private var isOpen = true
  /// Bytes read or written so far.
  private(set) var offset: UInt64 = 0

  init(
    _ descriptor: FileDescriptor, name: String, closes: Bool, _ cancellation: Cancellation
  ) {
    self.descriptor = descriptor
    self.cancellation = cancellation
    self.name = name
    closesDescriptor = closes
    status = try? Stat(descriptor)
  }

  deinit { if closesDescriptor, isOpen { try? descriptor.close() } }

  /// Whether reads and writes may wait for somebody else.
  private var waits: Bool {
    switch status?.type {
    case .regular, .directory, .blockSpecial: false
    default: true
    }
  }

  /// Reads once.
  /// - Returns: 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    while true {
      if waits {
        try cancellation.check(path: name, offset: offset)
        try wait(for: POLLIN)
      }
      do throws(Errno) {
        let count = try systemCall { try descriptor.read(into: buffer, retryOnInterrupt: false) }
        offset &+= UInt64(count)
        return count
      } catch {
        guard error == .interrupted || error == .resourceTemporarilyUnavailable else {
          throw StreamError(error, .read, path: name, offset: offset == 0 ? nil : offset)
        }
      }
    }
  }

  /// Writes all of `bytes`.
  func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      if waits { try wait(for: POLLOUT) }
      let step = waits ? rest.prefix(Self.pipeAtom) : rest
      do throws(Errno) {
        let count = try systemCall {
          try descriptor.write(UnsafeRawBufferPointer(rebasing: step), retryOnInterrupt: false)
        }
        offset &+= UInt64(count)
        rest = rest.dropFirst(count)
      } catch {
        guard error == .interrupted || error == .resourceTemporarilyUnavailable else {
          throw StreamError(error, .write, path: name, offset: offset)
        }
      }
    }
  }

  /// Waits until a read or write would not block.
  private func wait(for events: Int32) throws(StreamError) {
    while true {
      var polled = [
        pollfd(fd: descriptor.rawValue, events: Int16(events), revents: 0),
        pollfd(fd: cancellation.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      let count = poll(&polled, nfds_t(polled.count), cancellation.slice)
      if count < 0 && errno != EINTR {
        throw StreamError(Errno(rawValue: errno), .read, path: name)
      }
      if count > 0, polled[0].revents != 0 { return }
      try cancellation.check(path: name, offset: offset)
    }
  }

  /// Closes the descriptor; a late failure of the device is an error here.
  func close() throws(StreamError) {
    do throws(Errno) {
      try closeOnce()
    } catch {
      throw StreamError(error, .write, path: name)
    }
  }

  /// Closes the descriptor, if it isn't yet.
  func closeOnce() throws(Errno) {
    guard closesDescriptor, isOpen else { return }
    isOpen = false
    do throws(Errno) {
      try systemCall { try descriptor.close() }
    } catch {
      // Linux closes the descriptor even if it reports EINTR.
      if error != .interrupted { throw error }
    }
  }
}

// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetSnapshots
import FalconetStreams

// Snapshots in files that are read in one pass, and never loaded.

extension Argument {
  /// A snapshot's file, and how it is read.
  static func snapshot(
    _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<falconet_reading>?,
    _ name: String = "path"
  ) throws(CallError) -> (path: String, reading: SnapshotReading) {
    let path = try fileName(path, name)
    return (path, try SnapshotReading(options?.pointee ?? falconet_reading(), file: path))
  }
}

@c @implementation
public func falconet_snapshot_describe(
  _ path: UnsafePointer<CChar>?, _ reading: UnsafePointer<falconet_reading>?,
  _ info: UnsafeMutablePointer<falconet_snapshot_info>?,
  _ witness: UnsafeMutablePointer<falconet_buffer>?
) -> falconet_status {
  call { () throws(CallError) in
    witness?.pointee = falconet_buffer()
    let info = try Argument.pointer(info, "info")
    let file = try Argument.snapshot(path, reading)
    let calculator = ClaimCalculator()
    try streaming { () throws(StreamError) in
      _ = try Snapshot.read(FileSource(path: file.path), file.reading, into: calculator)
    }
    let result = try falconet_snapshot_info(calculator, path: file.path)
    if let witness { witness.pointee = try Output.buffer(of: calculator.witness) }
    info.pointee = result
  }
}

extension falconet_snapshot_info {
  fileprivate init(_ calculator: ClaimCalculator, path: String) throws(CallError) {
    // A decoder that returns has passed the state on.
    guard let state = calculator.state, let claim = calculator.claim else {
      throw CallError(StreamError(.truncated, path: path, message: "the snapshot has no end"))
    }
    self.init()
    step = state.scalars.step
    // Sound: an array of 32 bytes.
    withUnsafeMutableBytes(of: &self.claim) { field in
      claim.withBytes { field.copyBytes(from: $0) }
    }
    version = UInt32(state.version.rawValue)
    exited = state.scalars.exited
    exit_code = exited ? state.scalars.exitCode : 0
    verified = calculator.isVerified
  }
}

@c @implementation
public func falconet_snapshot_convert(
  _ path: UnsafePointer<CChar>?, _ reading: UnsafePointer<falconet_reading>?,
  _ output: UnsafePointer<CChar>?, _ format: falconet_format
) -> falconet_status {
  call { () throws(CallError) in
    let file = try Argument.snapshot(path, reading)
    let output = try Argument.fileName(output, "output")
    let format = try Argument.format(format)
    try streaming { () throws(StreamError) in
      try SnapshotConverter.convert(path: file.path, file.reading, to: output, as: format)
    }
  }
}

import Falconet
import Foundation

/// When a game's clock runs out, as its directory has it: in seconds since 1970, so that it lasts over restarts.
enum GameDeadline {
  /// The longest time that can be set, in seconds: about 116 days.
  static let limit = 1e7

  private static func path(_ directory: String) -> String { directory + "/deadline" }

  static func read(in directory: String) -> ContinuousClock.Instant? {
    guard let bytes = Files.read(path(directory)),
      let end = Double(String(decoding: bytes, as: UTF8.self)), end.isFinite
    else { return nil }
    // A file that somebody else wrote, or a clock that was set, must not lead to a time that overflows.
    let left = end - Date().timeIntervalSince1970
    return .now + .seconds(min(max(left, -limit), limit))
  }

  static func write(_ seconds: Double?, in directory: String) throws {
    guard let seconds else { return Files.remove(path(directory)) }
    let end = Date().timeIntervalSince1970 + seconds
    try Files.write(Array("\(end)".utf8), to: path(directory))
  }
}

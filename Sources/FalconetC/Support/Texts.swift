import FalconetLibc

/// Copies of texts as strings of C, for the callbacks of one call.
///
/// Safety: the copies are made by `strdup`, are not written, and are freed with this object, which lives
/// until the last callback has returned.
final class Texts {
  private var copies: [UnsafeMutablePointer<CChar>] = []

  deinit {
    for copy in copies { free(copy) }
  }

  /// A copy of a text; nil if there is none.
  func add(_ text: String?) -> UnsafePointer<CChar>? {
    guard let text, let copy = strdup(text) else { return nil }
    copies.append(copy)
    return UnsafePointer(copy)
  }
}

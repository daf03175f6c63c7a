/// What a vector is about. Each area has a file.
package enum VectorArea: String, Sendable, CaseIterable {
  case instructions
  case delaySlots = "delay-slots"
  case memory
  case reservations
  case systemCalls = "system-calls"
  case futexes
  case scheduler
  case preimages
  case programs
  case recorded

  /// The name of the file.
  package var fileName: String { rawValue + ".json.zst" }
}

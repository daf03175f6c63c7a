internal import FalconetMachine

/// The library itself.
public enum Library {
  /// The version of Falconet, such as `1.2.3`.
  public static var version: String { Release.version }
}

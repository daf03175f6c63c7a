/// Which release of Falconet this is.
package enum Release {
  /// The version of the library and of the tool, which stands nowhere else.
  package static let version = "0.1.0"
}

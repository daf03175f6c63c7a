import CFalconet
import FalconetMachine
import FalconetOracle
import FalconetStore

/// A store as a caller describes it.
///
/// Safety: the context is passed on, never followed; texts are valid during each call of the callback.
struct StoreSetting: @unchecked Sendable {
  /// With the sentences going to the caller.
  private(set) var options: StoreOptions
  private var hints = HintPolicy.last
  private let function: falconet_report_fn?
  private let context: UnsafeMutableRawPointer?

  init(
    _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<falconet_store_options>? = nil
  ) throws(CallError) {
    self.options = StoreOptions(path: try Argument.fileName(path, "path"))
    let chosen = options?.pointee ?? falconet_store_options()
    function = chosen.report
    context = chosen.context
    if chosen.limit > 0 { self.options.limit = chosen.limit }
    if chosen.trusts_blobs { self.options.trusted.insert(.blob) }
    if chosen.trusts_precompiles { self.options.trusted.insert(.precompile) }
    if let host = chosen.host { self.options.giver = try Self.giver(host) }
    hints =
      switch chosen.hints {
      case FALCONET_HINTS_LAST: .last
      case FALCONET_HINTS_ALL: .all
      case FALCONET_HINTS_EAGER: .eager
      default: throw .invalid("there is no falconet_hints \(chosen.hints.rawValue)")
      }
    self.options.report = { [self] in tell($0) }
  }

  /// The name of a host, as `host` states it.
  static func giver(_ host: UnsafePointer<CChar>?) throws(CallError) -> String? {
    guard host != nil else { return nil }
    let words = try Argument.fileName(host, "host").split(separator: " ").map(String.init)
    guard let name = HostName.of(words) else { throw .invalid("host names no program") }
    return name
  }

  func tell(_ text: String) {
    text.readableFileName.withCString { function?(context, $0) }
  }

  /// Has the store answer before a source does.
  func apply(to source: inout PreimageSource) {
    source.use(options)
    source.hints = hints
    source.onCacheReport = { [self] in tell($0) }
  }

  /// A store that a machine or a trace can use; nil if there is no path.
  static func usable(
    _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<falconet_store_options>?
  ) throws(CallError) -> StoreSetting? {
    guard path != nil else { return nil }
    let setting = try StoreSetting(path, options)
    try setting.check()
    return setting
  }

  /// Fails if the directory cannot be used as a store. One that is corrupt, or whose disk is full, is
  /// reported when it is used.
  private func check() throws(CallError) {
    do throws(StoreError) { _ = try PreimageStore(options) } catch {
      switch error {
      case .corrupt, .noRoom: return
      case .notAStore, .otherFormat, .unusable, .file: throw CallError(error)
      }
    }
  }

  /// Opens the store for a call.
  func open(makes: Bool = false) throws(CallError) -> PreimageStore {
    do throws(StoreError) { return try PreimageStore(options, makes: makes) } catch {
      throw CallError(error)
    }
  }
}

extension CallError {
  init(_ error: StoreError) {
    switch error {
    case .notAStore, .corrupt: self.init(FALCONET_BAD_DATA, "\(error)")
    case .otherFormat: self.init(FALCONET_UNSUPPORTED, "\(error)")
    case .noRoom: self.init(FALCONET_NO_ROOM, "\(error)")
    case .unusable: self.init(FALCONET_IO_ERROR, "\(error)")
    case .file(let error): self.init(error)
    }
  }
}

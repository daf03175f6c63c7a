import ArgumentParser
import FalconetMachine
import FalconetOracle
import FalconetStore

/// The store that a run shares with others.
struct StoreFlags: ParsableArguments {
  @Option(
    name: .customLong("preimage-store"),
    help: ArgumentHelp(
      """
      Directory of a store that runs share: it answers what it has, and takes what the host gives. \
      Created if it does not exist.
      """, valueName: "directory"), completion: .directory)
  var path: String?

  @Option(
    name: .customLong("store-limit"),
    help: ArgumentHelp("Bytes that the store may take (default: 10GiB).", valueName: "size"))
  var limit: ByteCount?

  @Option(
    name: .customLong("trust-store"),
    help: ArgumentHelp(
      """
      Types that cannot be checked, and that the store serves if this run's host gave them: blob, \
      precompile or both, separated by a comma.
      """, valueName: "types"))
  var trusted: TrustedTypes?

  @Option(
    help: ArgumentHelp(
      """
      Hints that the host gets before a request that the store cannot answer: last (of each kind) \
      or all; or eager, as the program writes them (default: last).
      """, valueName: "hints"))
  var hints: HintPolicy?

  /// Has the store answer before the origin of `source` does.
  func apply(to source: inout PreimageSource) throws(UsageError) {
    guard let path else {
      let flags = [
        limit.map { _ in "--store-limit" }, trusted.map { _ in "--trust-store" },
        hints.map { _ in "--hints" },
      ]
      if let flag = flags.compactMap({ $0 }).first {
        throw UsageError("\(flag) is for a store: name one with --preimage-store")
      }
      return
    }
    var options = StoreOptions(path: path)
    if let limit { options.limit = limit.bytes }
    if let trusted { options.trusted = trusted.types }
    source.use(options)
    if let hints { source.hints = hints }
  }
}

/// A list such as `blob,precompile`.
struct TrustedTypes: ExpressibleByArgument {
  let types: Set<PreimageKeyType>

  init?(argument: String) {
    var types: Set<PreimageKeyType> = []
    for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
      switch name {
      case "blob": types.insert(.blob)
      case "precompile": types.insert(.precompile)
      default: return nil
      }
    }
    self.types = types
  }
}

extension HintPolicy: ExpressibleByArgument {}

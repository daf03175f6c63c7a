import ArgumentParser
import FalconetOracle

/// What happens if a pre-image server fails.
struct HostFlags: ParsableArguments {
  @Option(
    name: .customLong("host-restarts"),
    help: ArgumentHelp(
      """
      How often a server that ends, stalls or sends garbage is started again for one request, with \
      the last hints; 0 is never. One that gives a wrong pre-image never is.
      """, valueName: "count"))
  var restarts: UInt16 = 3

  func apply(to source: inout PreimageSource) {
    source.recovery = HostRecovery(restarts: Int(restarts))
  }
}

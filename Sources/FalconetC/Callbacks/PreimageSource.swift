import CFalconet
import FalconetMachine
import FalconetOracle

/// Sources of pre-images as callers describe them, opened when steps are executed.
///
/// Safety: the context is passed on, never followed; words are read as ``Argument`` reads them.
extension PreimageSource {
  static func callbacks(_ oracle: CallbackOracle) -> PreimageSource {
    PreimageSource(.custom { oracle })
  }

  /// No pre-images. A read is an error that names the function which sets a source.
  static var unset: PreimageSource { .callbacks(CallbackOracle()) }

  /// A server as a caller describes it.
  static func server(
    _ command: UnsafePointer<UnsafePointer<CChar>?>?, _ timeout: UInt32,
    _ output: falconet_output_fn?, _ context: UnsafeMutableRawPointer?
  ) throws(CallError) -> PreimageSource {
    let words = try Argument.words(command, "command")
    guard !words.isEmpty else { throw .invalid("the command names no program") }
    var source = PreimageSource(.server(words))
    source.timeout =
      switch timeout {
      case 0: .seconds(900)
      case FALCONET_FOREVER: nil
      default: .seconds(Int64(timeout))
      }
    let output = HostOutput(function: output, context: context)
    source.onHostOutput = { output.call($0, $1) }
    return source
  }
}

/// Takes what a server writes to its standard streams.
///
/// Safety: the context is passed on, never followed; that the
/// callback may run on another thread is what the header says.
private struct HostOutput: @unchecked Sendable {
  let function: falconet_output_fn?
  let context: UnsafeMutableRawPointer?

  func call(_ stream: HostStream, _ bytes: [UInt8]) {
    bytes.withUnsafeBufferPointer {
      function?(context, stream == .standardOutput ? 1 : 2, $0.baseAddress, $0.count)
    }
  }
}

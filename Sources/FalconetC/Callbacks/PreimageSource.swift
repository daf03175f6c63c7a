import CFalconet
import FalconetMachine
import FalconetOracle
import FalconetTrace

/// Where a caller has pre-images come from, to be opened when they are needed.
enum PreimageSource {
  case callbacks(CallbackOracle)
  case folder(String)
  case server(ServerCommand)

  /// No pre-images.
  static var none: PreimageSource { .callbacks(CallbackOracle()) }

  /// What its local pre-images are known by: of a server its command line.
  var identity: [UInt8]? {
    switch self {
    case .callbacks, .folder: nil
    case .server(let command): command.identity
    }
  }

  /// Opens the folder, or starts the server.
  ///
  /// - Parameter isCancelled: whether a request that waits for a server is to be given up.
  func open(
    isCancelled: @escaping @Sendable () -> Bool
  ) throws(PreimageError) -> any PreimageOracle {
    switch self {
    case .callbacks(let oracle): oracle
    case .folder(let path): try FolderOracle(path: path)
    case .server(let command): try command.start(isCancelled: isCancelled)
    }
  }
}

/// A pre-image server as a caller describes it.
///
/// Soundness of the unchecked conformance: the context is passed on, never followed; that the
/// callback may run on another thread is what the header says.
struct ServerCommand: @unchecked Sendable {
  /// The program and its arguments.
  private let words: [String]
  private let timeout: Duration?
  private let output: falconet_output_fn?
  private let context: UnsafeMutableRawPointer?

  init(
    _ command: UnsafePointer<UnsafePointer<CChar>?>?, _ timeout: UInt32,
    _ output: falconet_output_fn?, _ context: UnsafeMutableRawPointer?
  ) throws(CallError) {
    words = try Argument.words(command, "command")
    guard !words.isEmpty else { throw .invalid("the command names no program") }
    self.timeout =
      switch timeout {
      case 0: .seconds(900)
      case FALCONET_FOREVER: nil
      default: .seconds(Int64(timeout))
      }
    self.output = output
    self.context = context
  }

  /// The command line, as a text that no other command line has.
  fileprivate var identity: [UInt8] { TraceSource.identity(ofServer: words) }

  fileprivate func start(
    isCancelled: @escaping @Sendable () -> Bool
  ) throws(PreimageError) -> any PreimageOracle {
    let options = ServerOracle.Options(timeout: timeout, isInterrupted: isCancelled)
    do throws(ServerStartError) {
      return try ServerOracle(command: words, options: options) { stream, bytes in
        bytes.withUnsafeBufferPointer {
          output?(context, stream == .standardOutput ? 1 : 2, $0.baseAddress, $0.count)
        }
      }
    } catch { throw PreimageError(.unreadable, message: "\(error)") }
  }
}

import Falconet
import Synchronization

/// The programs that games name, read once.
final class ProgramCache: Sendable {
  private static let countLimit = 32
  private let programs = Mutex<[String: Program]>([:])

  func program(at path: String) throws(FalconetError) -> Program {
    let key = "\(path) \(FileStamp(path).map { "\($0)" } ?? "")"
    if let program = programs.withLock({ $0[key] }) { return program }
    let program = try Program(contentsOf: path)
    programs.withLock {
      if $0.count >= Self.countLimit { $0 = [:] }
      $0[key] = program
    }
    return program
  }
}

extension Service {
  /// The program of a game, which names its functions; nil if it names none.
  func program(of game: Game) throws(ServiceError) -> Program? {
    guard let path = game.program else { return nil }
    let real = try paths.resolve(path, as: .file)
    do throws(FalconetError) { return try programs.program(at: real) } catch {
      throw ServiceError(error)
    }
  }
}

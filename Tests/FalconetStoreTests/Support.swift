import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Keccak
import Synchronization

@testable import FalconetStore

/// The sentences that a store reported.
final class Reports: Sendable {
  private let sentences = Mutex<[String]>([])

  var all: [String] { sentences.withLock { $0 } }

  var take: @Sendable (String) -> Void { { text in self.sentences.withLock { $0.append(text) } } }
}

extension PreimageStore {
  convenience init(
    in folder: TemporaryFolder, giver: String? = nil, trusts trusted: Set<PreimageKeyType> = [],
    limit: UInt64? = nil, reports: Reports = Reports()
  ) throws(StoreError) {
    var options = StoreOptions(path: folder.file("store"))
    options.giver = giver
    options.trusted = trusted
    if let limit { options.limit = limit }
    options.report = reports.take
    try self.init(options)
  }
}

/// Changes a store's file behind its back.
func tamper(_ folder: TemporaryFolder, _ sql: String) throws {
  let database = try StoreLayout.open(folder.file("store"), makes: false)
  try database.execute(sql)
}

/// A key of the given type, its other bytes from a hash.
func key(_ type: PreimageKeyType, _ number: UInt8 = 0) -> Bytes32 {
  var key = Keccak256.hash([number])
  key[0] = type.rawValue
  return key
}

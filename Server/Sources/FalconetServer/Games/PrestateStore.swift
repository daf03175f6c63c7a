import Falconet
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The prestates that games can start from, known by their claims: uploaded, or files below the roots.
final class PrestateStore: Sendable {
  struct Prestate: Sendable, Equatable {
    let claim: String
    let path: String
    let bytes: UInt64
    /// Whether the file is the service's own.
    let isUploaded: Bool

    var json: JSON {
      .object([
        "claim": .string(claim), "bytes": .count(bytes),
        "path": isUploaded ? nil : .string(path), "uploaded": .bool(isUploaded),
      ])
    }
  }

  private let directory: String
  private let known = Mutex<[String: Prestate]>([:])

  /// - Parameter directory: `prestates` in the data directory: `CLAIM` for an uploaded file,
  ///   `CLAIM.json` for the place of another.
  init(directory: String) throws {
    self.directory = directory
    try Files.make(directory: directory)
    for name in Files.names(in: directory) {
      let path = directory + "/" + name
      if name.hasSuffix(".json") {
        guard !Files.exists(String(path.dropLast(5))), let bytes = Files.read(path),
          let json = try? JSON(parsing: bytes),
          let claim = Claim(String(name.dropLast(5))), case .string(let place)? = json["path"]
        else { continue }
        add(
          Prestate(
            claim: claim.description, path: place, bytes: Files.size(place), isUploaded: false))
      } else if let claim = Claim(name) {
        add(
          Prestate(
            claim: claim.description, path: path, bytes: Files.size(path), isUploaded: true))
      } else {
        // An upload that a crash cut off.
        Files.remove(path)
      }
    }
  }

  private func add(_ prestate: Prestate) { known.withLock { $0[prestate.claim] = prestate } }

  var all: [Prestate] { known.withLock { $0.values.sorted { $0.claim < $1.claim } } }

  /// Bytes of the uploaded files.
  var size: UInt64 { known.withLock { $0.values.filter(\.isUploaded).map(\.bytes).reduce(0, +) } }

  subscript(_ claim: String) -> Prestate? {
    guard let claim = Claim(claim) else { return nil }
    return known.withLock { $0[claim.description] }
  }

  /// A name for an upload.
  func uploadPath(_ id: String) -> String { "\(directory)/upload-\(id)" }

  /// Takes an uploaded file. Computes its claim, which takes time: for a thread that may block.
  func add(upload path: String) throws(ServiceError) -> Prestate {
    let claim: Claim
    do { claim = try Snapshot.claim(ofFile: path) } catch {
      Files.remove(path)
      throw ServiceError(
        status: 422, code: error.code.description,
        message: "the upload is no snapshot: \(error.message)", remedy: "upload a whole snapshot")
    }
    if let present = self[claim.description], present.isUploaded {
      Files.remove(path)
      return present
    }
    let place = "\(directory)/\(claim)"
    guard rename(path, place) == 0 else {
      Files.remove(path)
      throw .full("the upload cannot be stored", remedy: "check the data directory")
    }
    let prestate = Prestate(
      claim: claim.description, path: place, bytes: Files.size(place), isUploaded: true)
    add(prestate)
    // The service's own file is the better one: nobody else changes it.
    Files.remove(place + ".json")
    return prestate
  }

  /// Takes a file below a root, which stays where it is. Computes its claim.
  func add(file path: String) throws(ServiceError) -> Prestate {
    let claim: Claim
    do { claim = try Snapshot.claim(ofFile: path) } catch { throw ServiceError(error) }
    if let present = self[claim.description], present.isUploaded { return present }
    let prestate = Prestate(
      claim: claim.description, path: path, bytes: Files.size(path), isUploaded: false)
    do {
      try Files.write(
        JSON.object(["path": .string(path)]).bytes, to: "\(directory)/\(claim).json")
    } catch {
      throw .full("the prestate cannot be noted: \(error)", remedy: "check the data directory")
    }
    add(prestate)
    return prestate
  }

  func remove(_ claim: String) -> Bool {
    guard let prestate = self[claim] else { return false }
    known.withLock { $0[prestate.claim] = nil }
    Files.remove("\(directory)/\(prestate.claim).json")
    if prestate.isUploaded { Files.remove(prestate.path) }
    return true
  }
}

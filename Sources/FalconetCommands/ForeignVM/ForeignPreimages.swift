import FalconetForeignVM
import FalconetLibc
import FalconetMachine
import FalconetOracle
import FalconetStreams
import FalconetTrace
import Keccak
import SystemPackage

extension ForeignHost {
  /// A host for a machine in a library: pre-images and hints go to a source, and the machine stops if the
  /// command is interrupted.
  ///
  /// - Parameters:
  ///   - oracle: what answers keys of 32 bytes. It checks none: that is the VM's.
  ///   - folder: a directory with the pre-images of other keys.
  ///   - hints: what knows the last hint, which a host gets once more if the run goes to another state.
  init(_ oracle: any PreimageOracle, folder: String?, hints: ForeignHints? = nil) {
    self.init()
    let source = ForeignPreimages(oracle, folder, hints)
    preimage = source.answer
    hint = source.take
    progress = { _ in !Interruption.isRequested }
    complaint = { source.complaint }
  }
}

/// The pre-images of a VM, whose keys may have any number of bytes.
private final class ForeignPreimages {
  private var oracle: any PreimageOracle
  private let folder: String?
  private let hints: ForeignHints?
  /// Why the last answer failed.
  private(set) var complaint: String?

  init(_ oracle: any PreimageOracle, _ folder: String?, _ hints: ForeignHints?) {
    self.oracle = oracle
    self.folder = folder
    self.hints = hints
  }

  func answer(_ key: [UInt8]) -> ForeignHost.Answer {
    complaint = nil
    do throws(PreimageError) {
      guard let key = Bytes32(key) else { return try stored(key) }
      if let hint = hints?.takeDue(), oracle.takesHints { try oracle.hint(hint) }
      return .bytes(try oracle.preimage(for: key))
    } catch {
      if error.kind == .interrupted { return .stop }
      complaint = "\(error.withFlag)"
      return error.kind == .missing ? .missing : .failed
    }
  }

  /// A pre-image of a key that has not 32 bytes, in a file as hosts write it.
  private func stored(_ key: [UInt8]) throws(PreimageError) -> ForeignHost.Answer {
    let name = Hex.encode(key, prefix: true) + ".txt"
    guard let folder else {
      throw PreimageError(
        .missing, message: "only a directory of pre-images has keys of \(key.count) bytes",
        remedy: "give one with the file \(name)")
    }
    let path = FilePath(fileName: folder).appending(name)
    do throws(StoredFileFault) { return .bytes(try HexFile.read(path)) } catch .missing {
      throw PreimageError(.missing, message: "the directory \(folder) has no file \(name)")
    } catch { throw PreimageError(.unreadable, message: "the stored pre-image \(path) \(error)") }
  }

  func take(_ hint: [UInt8]) -> ForeignHost.Wish {
    do throws(PreimageError) {
      if oracle.takesHints { try oracle.hint(hint) }
      hints?.note(hint)
      return .goOn
    } catch {
      if error.kind == .interrupted { return .stop }
      complaint = "\(error.withFlag)"
      return .fail
    }
  }
}

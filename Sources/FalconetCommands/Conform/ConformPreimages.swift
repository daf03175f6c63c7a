import FalconetMachine
import FalconetOracle
import FalconetStreams
import FalconetSystem
import SystemPackage

/// All pre-images of a directory, whose keys may have any number of bytes.
enum ConformPreimages {
  static func all(in folder: String) throws(CommandError) -> [[UInt8]: [UInt8]] {
    let path = FilePath(fileName: folder)
    let layout: DirectoryLayout?
    do throws(PreimageError) { layout = try DirectoryLayout.find(in: path) } catch {
      throw CommandError("\(error)")
    }
    guard layout == .directory else { return try files(in: path, prefix: "0x") }
    var result: [[UInt8]: [UInt8]] = [:]
    for name in try names(in: path) where name.utf8.count == 4 && Hex.decode(name) != nil {
      // What is no folder has no pre-images.
      guard (try? DirectoryListing.names(in: path.appending(fileName: name))) != nil else {
        continue
      }
      let inner = try files(in: path.appending(fileName: name), prefix: "", before: name)
      result.merge(inner) { first, _ in first }
    }
    return result
  }

  /// The pre-images in the files `PREFIX<digits>.txt` of a folder.
  ///
  /// - Parameter before: digits of the keys that are not in the files' names.
  private static func files(
    in folder: FilePath, prefix: String, before: String = ""
  ) throws(CommandError) -> [[UInt8]: [UInt8]] {
    var result: [[UInt8]: [UInt8]] = [:]
    for name in try names(in: folder) where name.hasPrefix(prefix) && name.hasSuffix(".txt") {
      let digits = before + name.dropFirst(prefix.count).dropLast(4)
      guard let key = Hex.decode(digits) else { continue }
      do throws(StoredFileFault) {
        result[key] = try HexFile.read(folder.appending(fileName: name))
      } catch { throw CommandError("the stored pre-image \(folder)/\(name) \(error)") }
    }
    return result
  }

  private static func names(in folder: FilePath) throws(CommandError) -> [String] {
    do throws(Errno) { return try DirectoryListing.names(in: folder) } catch {
      throw CommandError("failed to read the directory \(folder): \(error)")
    }
  }
}

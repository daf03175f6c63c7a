import FalconetSystem
import SystemPackage

/// Takes stock of a directory that was opened. What does not belong in it is removed or quarantined.
extension TraceDirectory {
  /// Clears the names of files of what is no file, and those of directories of what is no directory, so
  /// that nothing outside of the directory is read or written through them.
  func clearNames() throws(TraceError) {
    if FileStatus.exists(quarantinePath), !FileStatus.isDirectory(quarantinePath) {
      remove(quarantinePath)
    }
    for name in Name.files {
      let file = path.appending(fileName: name)
      if FileStatus.exists(file), !FileStatus.isRegular(file) { quarantine(file, Self.noFile) }
    }
    for directory in [snapshots, proofs] { try makeDirectory(directory) }
  }

  /// Makes a directory in this one, if there is none. A file with its name is quarantined.
  func makeDirectory(_ directory: FilePath) throws(TraceError) {
    if FileStatus.isDirectory(directory) { return }
    if FileStatus.exists(directory) { quarantine(directory, "it is not a directory") }
    try Self.make(directory)
  }

  /// Removes unfinished files, quarantines foreign ones, and counts all bytes.
  ///
  /// - Returns: the steps of the directory's states.
  func takeStock() throws(TraceError) -> [UInt64] {
    for name in try Self.names(in: path) where !Name.directories.contains(name) {
      let file = path.appending(fileName: name)
      if Name.isSystem(name) { continue }
      if Self.isOwnTemporary(name) {
        remove(file)
      } else if !Name.files.contains(name) {
        quarantine(file, Self.foreign)
      }
    }
    try quarantineFalseHints()
    let steps = try numbers(in: snapshots, suffixes: [states.rawValue, Name.hintSuffix])
    for name in try Self.names(in: snapshots) where name.hasSuffix(Name.hintSuffix) {
      let snapshot = snapshots.appending(name.dropLast(Name.hintSuffix.count) + states.rawValue)
      if !FileStatus.isRegular(snapshot) { remove(snapshots.appending(name)) }
    }
    _ = try numbers(in: proofs, suffixes: [".json.gz"])
    account(from: used, to: Self.size(path))
    return steps
  }

  /// Quarantines what has the name of a hint and is no file, and its state, which is useless without it.
  private func quarantineFalseHints() throws(TraceError) {
    for name in try Self.names(in: snapshots) where name.hasSuffix(Name.hintSuffix) {
      let hint = snapshots.appending(fileName: name)
      guard !FileStatus.isRegular(hint) else { continue }
      quarantine(hint, Self.noFile)
      let snapshot = snapshots.appending(
        fileName: name.dropLast(Name.hintSuffix.count) + states.rawValue)
      if FileStatus.isRegular(snapshot) { quarantine(snapshot, "the hint before it is corrupt") }
    }
  }

  private static let noFile = "it is not a file"
  private static let foreign = "it is not a file of a trace"

  /// The numbers N of a directory's files `N` + the first suffix, ascending. Unfinished files
  /// are removed; others are quarantined.
  func numbers(in directory: FilePath, suffixes: [String]) throws(TraceError) -> [UInt64] {
    guard FileStatus.isDirectory(directory) else { return [] }
    var numbers: [UInt64] = []
    for name in try Self.names(in: directory) where !Name.isSystem(name) {
      let file = directory.appending(fileName: name)
      guard let suffix = suffixes.first(where: name.hasSuffix),
        let number = UInt64(name.dropLast(suffix.count)), "\(number)\(suffix)" == name
      else {
        if Name.isTemporary(name) { remove(file) } else { quarantine(file, Self.foreign) }
        continue
      }
      guard FileStatus.isRegular(file) else {
        quarantine(file, Self.noFile)
        continue
      }
      if suffix == suffixes.first { numbers.append(number) }
    }
    return numbers.sorted()
  }
}

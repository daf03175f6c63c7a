import FalconetLibc
import FalconetOracle
import FalconetRun
import FalconetStreams
import FalconetSystem
import SystemPackage

/// Files of several steps, whose names come from a format.
struct OutputSeries {
  let name: FileNameFormat
  let steps: StepPatterns
  let flag: String
  /// The files that are links to others already.
  private let links: [String]

  init(name: FileNameFormat, steps: StepPatterns, flag: String) {
    self.name = name
    self.steps = steps
    self.flag = flag
    links = Self.links(name, steps)
  }

  /// The steps, if they are known one by one; nil if a pattern repeats.
  private var known: Set<UInt64>? {
    var known: Set<UInt64> = []
    for pattern in steps.patterns {
      switch pattern {
      case .never: break
      case .at(let step): known.insert(step)
      case .always, .every: return nil
      }
    }
    return known
  }

  /// The step, if no more than one can match.
  var onlyStep: UInt64? {
    guard let known, known.count == 1 else { return nil }
    return known.first
  }

  /// - Throws: ``UsageError`` if each file would replace the one before it.
  func checkNumber() throws(UsageError) {
    guard !name.hasNumber, !isStream else { return }
    throw UsageError(
      "\(flag) \(name.name(step: 0)) is one name for several steps: put %d for the step in it")
  }

  /// Whether the files go into a pipe or device, one after the other.
  private var isStream: Bool {
    if name.isStandardOutput { return true }
    switch OutputPlace(name.name(step: 0)) {
    case .stream, nil: return true
    case .file, .missing: return false
    }
  }

  /// Whether one of the files has a path.
  func includes(_ path: String) -> Bool {
    guard let place = OutputPlace(path) else { return false }
    guard name.hasNumber else { return OutputPlace(name.name(step: 0)) == place }
    if let step = name.step(of: path), steps.matches(step) { return true }
    if links.contains(where: { OutputPlace($0) == place }) { return true }
    guard case .file(let device, let inode, let last) = place, hasOneFolder,
      case .file(device, inode, _) = OutputPlace(name: name.name(step: 0)),
      let step = name.step(ofLastPart: String(fileName: last))
    else { return false }
    return steps.matches(step)
  }

  private static func links(_ name: FileNameFormat, _ steps: StepPatterns) -> [String] {
    guard hasOneFolder(name), name.hasNumber else { return [] }
    var links: [String] = []
    let folder = FilePath(fileName: OutputPlace.split(name.name(step: 0)).folder)
    // What cannot be listed cannot be written either, which is an error of its own.
    try? DirectoryListing.forEachName(in: folder) { entry in
      guard let step = name.step(ofLastPart: entry), steps.matches(step) else { return true }
      let path = name.name(step: step)
      var file = stat()
      if path.withFileName({ lstat($0, &file) }) == 0, file.st_mode & S_IFMT == S_IFLNK {
        links.append(path)
      }
      return true
    }
    return links
  }

  /// Whether a file of this series can have the name of one of another's.
  ///
  /// If the steps of both repeat, formats that differ in nothing but digits beside the number count.
  func overlaps(_ other: OutputSeries) -> Bool {
    if let known { return known.contains { other.includes(name.name(step: $0)) } }
    if let known = other.known { return known.contains { includes(other.name.name(step: $0)) } }
    guard name.hasNumber, other.name.hasNumber else {
      return includes(other.name.name(step: 0)) || other.includes(name.name(step: 0))
    }
    return name.stem == other.name.stem && folder == other.folder
      || links.contains { other.includes($0) } || other.links.contains { includes($0) }
  }

  private var hasOneFolder: Bool { Self.hasOneFolder(name) }

  /// Whether the number is in the last part of the path.
  private static func hasOneFolder(_ name: FileNameFormat) -> Bool {
    OutputPlace.split(name.name(step: 0)).folder == OutputPlace.split(name.name(step: 1)).folder
  }

  private var folder: OutputPlace? { OutputPlace(OutputPlace.split(name.name(step: 0)).folder) }

  /// Checks that the files can be written: one for all if they share a directory.
  func check() throws(StreamError) {
    if name.isStandardOutput { return try StandardOutputSink.check() }
    let known = known?.sorted() ?? []
    guard hasOneFolder else {
      for step in known { try AtomicFile.check(path: name.name(step: step)) }
      return
    }
    // The longest name. A run that reaches few steps only is not worth a rule of its own.
    try AtomicFile.check(path: name.name(step: known.last ?? .max))
    for step in known.dropLast() {
      let path = name.name(step: step)
      var file = stat()
      // The error is the one that writing the file gives.
      if path.withFileName({ stat($0, &file) }) == 0, file.st_mode & S_IFMT == S_IFDIR {
        try AtomicFile.check(path: path)
      }
    }
  }
}

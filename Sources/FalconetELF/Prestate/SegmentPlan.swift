import FalconetMachine

/// Which segments of a program go into memory, each checked against the file and the address space.
struct SegmentPlan {
  /// The most memory that all segments of a program may take together: 1 GiB. A header of a few
  /// bytes can ask for the whole address space.
  static let maximumImageSize: UInt64 = 1 << 30

  /// The segments to write, in file order; later ones overwrite earlier ones.
  let segments: [ELFSegment]

  init(
    _ elf: ELFFile, _ space: AddressSpace, _ rules: LoaderRules
  ) throws(ELFError) {
    var chosen: [ELFSegment] = []
    var total: UInt64 = 0
    for segment in elf.segments where segment.type != ELFSegment.abiFlags {
      try Self.checkSizes(segment, elf.name)
      guard segment.memorySize > 0 || rules.keepsEmptySegments else { continue }
      try Self.checkBounds(segment, elf.name, space, rules)
      if segment.fileSize > 0 {
        try elf.input.check(
          offset: segment.offset, count: segment.fileSize, what: segment.name)
      }
      // No overflow: the bounds keep a segment within 2^44 bytes, and there are below 2^16 of them.
      total += segment.memorySize
      guard total <= Self.maximumImageSize else {
        throw ELFError(
          .tooLarge, file: elf.name, offset: segment.headerOffset,
          message: "the segments up to \(segment.name) take \(total) bytes of memory,"
            + " more than \(Self.maximumImageSize)",
          remedy: "let the program allocate memory with mmap instead")
      }
      chosen.append(segment)
    }
    guard chosen.contains(where: { $0.type == ELFSegment.load && $0.memorySize > 0 }) else {
      throw ELFError(
        .corrupt, file: elf.name, message: "the file has no segment to load",
        remedy: "use a linked program, not an object file")
    }
    segments = chosen
  }

  private static func checkSizes(_ segment: ELFSegment, _ file: String) throws(ELFError) {
    guard segment.fileSize != segment.memorySize else { return }
    let sizes = "\(segment.fileSize) bytes in the file and \(segment.memorySize) in memory"
    if segment.type != ELFSegment.load {
      throw ELFError(
        .unsupported, file: file, offset: segment.headerOffset,
        message: "\(segment.name) has \(sizes), which only loadable segments may have",
        remedy: "link the program without such a segment, for example thread-local storage")
    }
    if segment.fileSize > segment.memorySize {
      throw ELFError(
        .corrupt, file: file, offset: segment.headerOffset,
        message: "\(segment.name) has \(sizes)", remedy: "build or copy the file again")
    }
  }

  private static func checkBounds(
    _ segment: ELFSegment, _ file: String, _ space: AddressSpace, _ rules: LoaderRules
  ) throws(ELFError) {
    let (end, wraps) = segment.address.addingReportingOverflow(segment.memorySize)
    // An empty range has no last byte; only rules that count the end let one come here.
    let bound = rules.boundsIncludeEnd ? end : end &- 1
    guard !wraps, bound <= space.lastELFAddress else {
      throw ELFError(
        .outOfRange, file: file, offset: segment.headerOffset,
        message: "\(segment.name) takes \(segment.memorySize) bytes from"
          + " \(hex(segment.address)) on and leaves the address space",
        remedy: "link the program to lower addresses")
    }
    guard !rules.checksHeap || bound < space.heapStart else {
      throw ELFError(
        .outOfRange, file: file, offset: segment.headerOffset,
        message: "\(segment.name) takes \(segment.memorySize) bytes from"
          + " \(hex(segment.address)) on and overlaps the heap at"
          + " \(hex(space.heapStart))",
        remedy: "link the program to lower addresses")
    }
  }
}

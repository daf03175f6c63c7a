import FalconetMachine

/// A reason for which a program may not do in the machine what it does elsewhere, though it has no
/// instruction and no system call that a state version lacks.
package struct ProgramConcern: Sendable, Hashable {
  package enum Kind: String, Sendable, Hashable {
    /// It is for a dynamic linker or a loader that relocates it, and none does.
    case notRelocated
    /// It counts on the system to clear pages that it gives back, and the machine does not.
    case releasedPages
    /// It ends at its start if it cannot ask whether the standard descriptors are open.
    case standardDescriptors
    /// The loader's patches for one thread take out code that the program needs.
    case patchedCode
  }

  package let kind: Kind
  /// What is wrong, and what shows it: one sentence without a full stop.
  package let text: String
  /// What to do about it.
  package let remedy: String
  /// A shortest way of calls from the entry to where it matters, both ends included; empty if it
  /// matters from the start.
  package let path: [String]
  /// Why it does no harm, if that is known.
  package let excuse: String?

  package var isHarmful: Bool { excuse == nil }
}

extension ELFFile {
  /// What shows that the program is for a dynamic linker; nil for one that is complete in itself.
  func relocationConcern() throws(ELFError) -> ProgramConcern? {
    var evidence: [String] = []
    if header.kind == ELFHeader.sharedObject {
      evidence.append("it is position-independent (ET_DYN)")
    }
    for segment in segments {
      switch segment.type {
      case ELFSegment.interpreter:
        evidence.append("it asks for an interpreter (PT_INTERP)")
      case ELFSegment.dynamic:
        let relocations = try relocationBytes(segment)
        if relocations > 0 {
          evidence.append("it has \(relocations) bytes of relocations (PT_DYNAMIC)")
        }
      default: break
      }
    }
    guard !evidence.isEmpty else { return nil }
    return ProgramConcern(
      kind: .notRelocated,
      text: "nothing relocates the program before it starts: "
        + evidence.joined(separator: ", "),
      remedy: "link it with -static -no-pie", path: [], excuse: nil)
  }

  /// The sizes of all relocations in a list of pairs, tag and value.
  private func relocationBytes(_ segment: ELFSegment) throws(ELFError) -> UInt64 {
    // DT_PLTRELSZ, DT_RELASZ, DT_RELSZ and DT_RELRSZ of the System V ABI.
    let sizes: Set<UInt64> = [2, 8, 18, 35]
    let word = UInt64(wordSize.bytes)
    var total: UInt64 = 0
    var position: UInt64 = 0
    // 4096 pairs at most: linkers write some dozens.
    while position + 2 * word <= min(segment.fileSize, 4096 * 2 * word) {
      let pair = try input.read(
        at: segment.offset + position, count: 2 * word, what: "the dynamic section")
      var fields = FieldCursor(pair, wordSize: wordSize)
      let tag = fields.word()
      if tag == 0 { break }
      if sizes.contains(tag) { total = total &+ fields.word() }
      position += 2 * word
    }
    return total
  }

  /// Why the program may not do in a state version what it does elsewhere: what matters for any
  /// program, at little cost. ``checkCompatibility(with:accepting:pageLimit:)`` finds these too.
  ///
  /// - Throws: ``ELFError`` as `Prestate.load` does.
  package func concerns(
    in version: StateVersion, loadedAs prestate: Prestate
  ) throws(ELFError) -> [ProgramConcern] {
    let build = GoBuild(self, prestate.memory, prestate.symbols)
    // Functions of newer releases than the version is for.
    var newer = version.patchesGo ? ["runtime.init.6"] : []
    if !version.newestRevision.rules.getDescriptorFlags { newer.append(GoBuild.descriptorCheck) }
    let isNewer = newer.contains { prestate.symbols.symbol(named: $0) != nil }
    if build?.countsOnClearedPages == true || isNewer {
      return try checkCompatibility(with: version, pageLimit: prestate.memory.pageLimit).concerns
    }
    return try relocationConcern().map { [$0] } ?? []
  }
}

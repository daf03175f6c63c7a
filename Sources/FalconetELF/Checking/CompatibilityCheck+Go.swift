import FalconetMachine

/// What Go's runtime does otherwise in the machine than elsewhere.
extension CompatibilityCheck {
  /// Whether Go's runtime may give pages back and then take what they hold for zeros.
  func releasedPages(_ scans: [FunctionScan], _ graph: CallGraph) -> ProgramConcern? {
    guard let goBuild, goBuild.countsOnClearedPages else { return nil }
    let callers = scans.indices.filter { index in
      graph.isReachable(index)
        && scans[index].systemCalls.contains { $0.isMadvise(revision.version) }
    }
    let names = ["runtime.sysUnusedOS", "runtime.sysUnused"]
    let giver = code.functions.indices.first {
      names.contains(code.functions[$0].name) && graph.isReachable($0)
    }
    guard let end = giver ?? callers.first else { return nil }
    let function = code.functions[end].name
    let excuse =
      accepted.contains(function)
      ? "accepted"
      : collector.reasonThatItIsOff(code, scans, graph, isPatched: revision.version.patchesGo)
    return ProgramConcern(
      kind: .releasedPages,
      text: "\(goBuild.release) expects that pages returned by \(function) are zero,"
        + " but the machine leaves them unchanged: new memory of the program holds old bytes",
      remedy:
        "build it with -ldflags '-X runtime.godebugDefault=decoratemappings=0,madvdontneed=0',"
        + " or with Go 1.25 or older",
      path: graph.path(to: end).map { code.functions[$0].name }, excuse: excuse)
  }

  /// Whether Go's runtime ends the program at its start, because `fcntl` does not answer what it asks.
  func standardDescriptors(_ graph: CallGraph) -> ProgramConcern? {
    guard !revision.rules.getDescriptorFlags,
      let index = code.functions.indices.first(where: {
        code.functions[$0].name == GoBuild.descriptorCheck && graph.isReachable($0)
      })
    else { return nil }
    return ProgramConcern(
      kind: .standardDescriptors,
      text: "Go's runtime asks at its start whether descriptors 0 to 2 are open"
        + " (\(GoBuild.descriptorCheck)), and ends the program with exit code 2: the version's fcntl"
        + " does not know F_GETFD",
      remedy: "build it with Go 1.21",
      path: graph.path(to: index).map { code.functions[$0].name },
      excuse: accepted.contains(GoBuild.descriptorCheck) ? "accepted" : nil)
  }

  /// Whether the patches for machines with one thread take out other code than they are for: they go by
  /// the name of an initialization that Go 1.23 numbered otherwise.
  func patchedCode(_ callees: [[Int]]) -> ProgramConcern? {
    let names = code.functions.map(\.name)
    guard revision.version.patchesGo, names.contains(GoPatches.collectorStart),
      let helper = names.firstIndex(of: "runtime.forcegchelper"),
      let start = names.indices.first(where: {
        names[$0].hasPrefix("runtime.init.") && names[$0] != GoPatches.collectorStart
          && callees[$0].contains(helper)
      })
    else { return nil }
    return ProgramConcern(
      kind: .patchedCode,
      text:
        "the loader removes \(GoPatches.collectorStart) as the start of the collector's helper,"
        + " which is \(names[start]) in this program: what \(GoPatches.collectorStart) sets up is"
        + " missing, and the program fails when it ends",
      remedy: "build it with Go 1.22 or older", path: [],
      excuse: accepted.contains(GoPatches.collectorStart) ? "accepted" : nil)
  }
}

extension FunctionScan.SystemCallSite {
  /// Whether it tells the system of memory that is not needed: `madvise`.
  fileprivate func isMadvise(_ version: StateVersion) -> Bool {
    guard case .constant(let value) = number else { return false }
    return value & version.wordSize.mask == (version.wordSize == .bits64 ? 5027 : 4218)
  }
}

import FalconetMachine

/// Looks for what a state version lacks in a program's code, without running it.
///
/// What a version has is asked of the machine itself (`Operation`, `SystemCall`).
struct CompatibilityCheck {
  let revision: Revision
  let code: CodeMap
  private let memory: Memory
  private let entry: UInt64
  private let globalPointer: UInt64?
  let goBuild: GoBuild?
  let collector: GoCollector
  private let relocation: ProgramConcern?
  private let data: DataMap
  private let goTypes: GoTypes?
  /// The record by which Go's runtime finds all functions, types and tables of the program.
  private let goModule: Range<UInt64>?
  /// The lists by which Go's runtime initializes the packages. Only the module's record refers to them.
  private let goInitialization: [UInt64]
  /// Functions whose findings the user excuses.
  let accepted: Set<String>

  /// Wrappers that call wrappers that call wrappers, and so on, up to this many.
  private static let wrapperDepth = 8

  init(
    _ elf: ELFFile, _ revision: Revision, accepted: Set<String>, pageLimit: Int
  ) throws(ELFError) {
    self.accepted = accepted
    let prestate = try Prestate.load(elf, version: revision.version, pageLimit: pageLimit)
    self.revision = revision
    code = try CodeMap(elf, prestate.symbols)
    memory = prestate.memory
    entry = elf.entry
    globalPointer = Self.globalPointer(prestate.symbols, elf)
    goBuild = GoBuild(elf, prestate.memory, prestate.symbols)
    collector = GoCollector(prestate.symbols, revision.version.wordSize)
    relocation = try elf.relocationConcern()
    data = DataMap(elf, memory, prestate.symbols, code: code.ranges)
    goTypes = GoTypes(memory, prestate.symbols)
    goModule = prestate.symbols.symbol(named: "runtime.firstmoduledata").flatMap { symbol in
      let (end, wraps) = symbol.start.addingReportingOverflow(symbol.size)
      return wraps ? nil : symbol.start..<end
    }
    goInitialization = ["go:runtime.inittasks", "go:main.inittasks"].compactMap {
      prestate.symbols.symbol(named: $0)?.start
    }
  }

  /// Scans all code. Time in proportion to its size.
  func run() -> CompatibilityReport {
    let scans = scanAll()
    let callees = scans.map { self.callees(of: $0) }
    let graph = CallGraph(from: code.function(at: entry), callees: callees)
    var data = data
    data.divide(at: scans.flatMap(\.addresses) + goInitialization)
    let tables = TableGraph(
      graph, code, data, memory, goTypes, scans, callees: callees, roots: goInitialization,
      ignoring: goModule)
    var findings: [CompatibilityReport.Finding] = []
    var unseen: [CompatibilityReport.UnseenNumbers] = []
    for (index, scan) in scans.enumerated() {
      let function = code.functions[index].name
      let path = graph.path(to: index).map { code.functions[$0].name }
      for (problem, addresses) in problems(in: scan) {
        findings.append(
          CompatibilityReport.Finding(
            problem: problem, function: function, addresses: addresses, path: path,
            tablePath: tables.path(to: index),
            excuse: accepted.contains(function) || accepted.contains(Demangler.demangle(function))
              ? "accepted" : KnownGuards.reason(problem, in: function, of: goBuild),
            remedy: KnownGuards.remedy(problem, of: goBuild)))
      }
      let count = scan.systemCalls.count { $0.number.isUnseen }
      if count > 0 {
        unseen.append(
          CompatibilityReport.UnseenNumbers(
            function: function, count: count, isReachable: !path.isEmpty))
      }
    }
    return CompatibilityReport(
      revision: revision, functionCount: code.functions.count,
      reachableFunctions: code.functions.indices.filter(graph.isReachable)
        .map { code.functions[$0].name },
      tableFunctions: code.functions.indices.filter(tables.isReachable)
        .map { code.functions[$0].name },
      findings: findings, unseenNumbers: unseen, goBuild: goBuild,
      concerns: [
        relocation, releasedPages(scans, graph), standardDescriptors(graph), patchedCode(callees),
      ].compactMap { $0 })
  }

  /// What register 28 holds in all of the program: linkers tell it by a symbol; 64-bit Go programs
  /// have the upper half of their code's addresses there.
  private static func globalPointer(_ symbols: SymbolTable, _ elf: ELFFile) -> UInt64? {
    if let symbol = symbols.symbol(named: "_gp") { return symbol.start }
    let isGo = symbols.symbol(named: "runtime.text") != nil
    return isGo && elf.wordSize == .bits64 ? elf.entry & ~0xFFFF_FFFF : nil
  }

  /// Scans every function, and those again that call a wrapper of system calls, as long as new ones turn
  /// up.
  private func scanAll() -> [FunctionScan] {
    let decoder = InstructionDecoder(revision.rules)
    var wrappers: [UInt64: Set<ArgumentPlace>] = [:]
    func scan(_ function: CodeFunction) -> FunctionScan {
      FunctionScanner.scan(
        function, in: memory, decoder, wrappers: wrappers, watched: collector.watched,
        globalPointer: globalPointer)
    }
    var scans = code.functions.map(scan)
    for _ in 1..<Self.wrapperDepth {
      var found: [UInt64: Set<ArgumentPlace>] = [:]
      for (function, scan) in zip(code.functions, scans) {
        for site in scan.systemCalls {
          if case .argument(let place) = site.number {
            found[function.start, default: []].insert(place)
          }
        }
      }
      let changed = Set(found.keys).union(wrappers.keys).filter { found[$0] != wrappers[$0] }
      if changed.isEmpty { break }
      wrappers = found
      for index in scans.indices where scans[index].targets.contains(where: changed.contains) {
        scans[index] = scan(code.functions[index])
      }
    }
    return scans
  }

  /// Functions that a function jumps to, or whose address it takes: itself, or in a word of data that
  /// it names, as Go's function values are.
  private func callees(of scan: FunctionScan) -> [Int] {
    var callees = scan.targets.compactMap { code.function(at: $0) }
    for address in scan.addresses {
      if let function = code.function(startingAt: address) {
        callees.append(function)
      } else if let function = code.function(startingAt: memory.loadWord(at: address)) {
        callees.append(function)
      }
    }
    callees.sort()
    var distinct: [Int] = []
    for callee in callees where callee != distinct.last { distinct.append(callee) }
    return distinct
  }

  private func problems(
    in scan: FunctionScan
  ) -> [(problem: CompatibilityReport.Problem, addresses: [UInt64])] {
    var instructions: [CompatibilityReport.Problem: [UInt64]] = [:]
    for found in scan.unsupported {
      instructions[.instruction(UnsupportedInstruction(found.instruction)), default: []].append(
        found.address)
    }
    for site in scan.systemCalls {
      guard case .constant(let value) = site.number else { continue }
      let number = value & revision.version.wordSize.mask
      guard SystemCall(number: number, under: revision.rules) == nil else { continue }
      instructions[.systemCall(number), default: []].append(site.address)
    }
    return instructions.sorted { ($0.value[0], $0.key.text) < ($1.value[0], $1.key.text) }
      .map { (problem: $0.key, addresses: $0.value) }
  }
}

extension StaticValue {
  /// Whether a system call's number is neither known here nor where the function is called.
  fileprivate var isUnseen: Bool {
    switch self {
    case .constant, .argument: false
    case .unknown, .stackAddress: true
    }
  }
}

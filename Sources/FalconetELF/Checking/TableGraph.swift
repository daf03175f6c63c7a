import FalconetMachine

/// Which functions can be reached besides those of a call graph, through tables in data: methods that
/// interfaces call, virtual functions, lists of functions.
///
/// A function that is reached reaches the data that it refers to, data reaches the functions and the data
/// whose addresses it holds, and a Go type reaches its methods. More is reached so than ever is called.
struct TableGraph {
  /// A function by its index, or data by its address.
  private enum Node: Hashable {
    case function(Int)
    case data(UInt64)
  }

  /// By function, from where it was first reached; of those in the call graph, nil.
  private var callers: [Node?]
  private var dataCallers: [UInt64: Node] = [:]
  private let direct: CallGraph
  private let code: CodeMap
  private let data: DataMap

  /// Time in proportion to the code and the data.
  ///
  /// - Parameters:
  ///   - types: the program's types, if Go made it.
  ///   - callees: by function, the functions that it calls or takes the address of.
  ///   - roots: addresses of data that the program goes through whatever its code refers to.
  ///   - ignored: data that refers to everything, and leads nowhere.
  init(
    _ direct: CallGraph, _ code: CodeMap, _ data: DataMap, _ memory: Memory, _ types: GoTypes?,
    _ scans: [FunctionScan], callees: [[Int]], roots: [UInt64], ignoring ignored: Range<UInt64>?
  ) {
    self.direct = direct
    self.code = code
    self.data = data
    callers = [Node?](repeating: nil, count: scans.count)
    let isReached = scans.indices.map(direct.isReachable)
    var pending: [Node] = scans.indices.filter { isReached[$0] }.map { .function($0) }
    pending += roots.filter { data.word(at: $0) != nil }.map { .data($0) }
    var position = 0
    func found(_ address: UInt64, _ node: Node, _ graph: inout Self) {
      if let function = code.function(startingAt: address) {
        guard !isReached[function], graph.callers[function] == nil else { return }
        graph.callers[function] = node
        pending.append(.function(function))
      } else if data.word(at: address) != nil, ignored?.contains(address) != true {
        guard graph.dataCallers[address] == nil else { return }
        graph.dataCallers[address] = node
        pending.append(.data(address))
      }
    }
    while position < pending.count {
      let node = pending[position]
      position += 1
      switch node {
      case .function(let index):
        for callee in callees[index] where !isReached[callee] && callers[callee] == nil {
          callers[callee] = node
          pending.append(.function(callee))
        }
        for address in scans[index].addresses { found(address, node, &self) }
      case .data(let address):
        if let object = data.object(at: address) {
          for word in object.words(memory.wordSize) {
            found(memory.loadWord(at: word), node, &self)
          }
        }
        for method in types?.methods(ofTypeAt: address) ?? [] { found(method, node, &self) }
      }
    }
  }

  /// Whether tables alone lead to a function.
  func isReachable(_ function: Int) -> Bool { callers[function] != nil }

  /// The most functions and tables that a way is told with.
  private static let pathLimit = 64

  /// A way from the entry to a function that tables lead to, with the tables in brackets; empty if there is
  /// none.
  func path(to function: Int) -> [String] {
    guard isReachable(function) else { return [] }
    var path: [String] = []
    var node: Node? = .function(function)
    while let current = node, path.count < Self.pathLimit {
      switch current {
      case .function(let index):
        guard let caller = callers[index] else {
          let start = direct.path(to: index).map { code.functions[$0].name }
          return Array((start + path.reversed()).suffix(Self.pathLimit))
        }
        path.append(code.functions[index].name)
        node = caller
      case .data(let address):
        path.append(data.name(at: address))
        node = dataCallers[address]
      }
    }
    return path.reversed()
  }
}

extension Range<UInt64> {
  fileprivate func words(_ size: WordSize) -> StrideTo<UInt64> {
    stride(from: lowerBound, to: upperBound, by: size.bytes)
  }
}

/// Writes a parsed name of C++. Types of pointers to functions and arrays stand on both sides of what
/// they are the types of, so each part is written in two halves.
///
/// Parts are shared, so a short name may be very long when it is written: visits and bytes are
/// counted, and a name that takes too many is not written.
struct ItaniumPrinter {
  private typealias Index = ItaniumNode.Index

  private struct Refusal: Error {}

  private let nodes: [ItaniumNode]
  private var output: [UInt8] = []
  private var work = 0
  private var depth = 0
  /// Which element of packs is written, inside an expansion.
  private var element: Int?

  init(_ nodes: [ItaniumNode]) { self.nodes = nodes }

  mutating func text(of root: ItaniumNode.Index) -> String? {
    do {
      try write(root)
      return String(decoding: output, as: UTF8.self)
    } catch { return nil }
  }

  private mutating func enter() throws(Refusal) {
    depth += 1
    work += 1
    guard depth <= 2 * Demangler.depthLimit, work <= Demangler.workLimit else { throw Refusal() }
  }

  private mutating func put(_ text: String) throws(Refusal) {
    output += Array(text.utf8)
    guard output.count <= Demangler.outputLimit else { throw Refusal() }
  }

  private mutating func write(_ index: Index) throws(Refusal) {
    try left(index)
    try right(index)
  }

  private mutating func list(_ items: [Index]) throws(Refusal) {
    var isFirst = true
    for item in items {
      let start = output.count
      if !isFirst { try put(", ") }
      let before = output.count
      try write(item)
      // An empty pack leaves no comma.
      if output.count == before { output.removeSubrange(start...) } else { isFirst = false }
    }
  }

  // MARK: Halves

  /// What stands before the thing that the part is the type of; all of a part that is no type.
  private mutating func left(_ index: Index) throws(Refusal) {
    try enter()
    defer { depth -= 1 }
    switch nodes[index] {
    case .text(let text): try put(text)
    case .nested(let outer, let name):
      try write(outer)
      // The cast of a literal is written as a part of its own.
      if case .text("(") = nodes[outer] {} else { try put("::") }
      try write(name)
    case .local(let function, let entity):
      try write(function)
      try put("::")
      try write(entity)
    case .template(let name, let arguments):
      try write(name)
      if output.last == UInt8(ascii: "<") { try put(" ") }
      try put("<")
      try list(arguments)
      if output.last == UInt8(ascii: ">") { try put(" ") }
      try put(">")
    case .pack(let elements):
      guard let element else { return try list(elements) }
      // The packs inside an element have nothing to do with the expansion.
      self.element = nil
      defer { self.element = element }
      if element < elements.count { try left(elements[element]) }
    case .expansion(let pattern): try expand(pattern)
    case .pointer(let type, let mark):
      let outer = element
      defer { element = outer }
      let (type, mark) = try collapsed(type, mark)
      try left(type)
      if try needsParentheses(type) { try put(try isArray(type) ? " (" : "(") }
      try put(mark)
    case .memberPointer(let owner, let type):
      try left(type)
      try put(try needsParentheses(type) ? (try isArray(type) ? " (" : "(") : " ")
      try write(owner)
      try put("::*")
    case .qualified(let type, let text):
      try left(type)
      if try !isFunction(type) { try put(text) }
    case .function(let result, _, _):
      try left(result)
      try put(" ")
    case .array(let type, _): try left(type)
    case .encoding(let name, let result, let parameters, let suffix):
      if let result {
        try left(result)
        try put(" ")
      }
      try write(name)
      try put("(")
      try list(parameters)
      try put(")")
      if let result { try right(result) }
      try put(suffix)
    case .prefixed(let text, let name):
      try put(text)
      try write(name)
    case .suffixed(let name, let text):
      try write(name)
      try put(text)
    case .lambda(let parameters, let number):
      try put("{lambda(")
      try list(parameters)
      try put(")#\(number)}")
    }
  }

  /// What stands behind the thing that the part is the type of.
  private mutating func right(_ index: Index) throws(Refusal) {
    try enter()
    defer { depth -= 1 }
    switch nodes[index] {
    case .pointer(let type, let mark):
      let outer = element
      defer { element = outer }
      let (type, _) = try collapsed(type, mark)
      if try needsParentheses(type) { try put(")") }
      try right(type)
    case .memberPointer(_, let type):
      if try needsParentheses(type) { try put(")") }
      try right(type)
    case .qualified(let type, let text):
      try right(type)
      if try isFunction(type) { try put(text) }
    case .function(let result, let parameters, let suffix):
      try put("(")
      try list(parameters)
      try put(")" + suffix)
      try right(result)
    case .array(let type, let dimension):
      if output.last != UInt8(ascii: "]") { try put(" ") }
      try put("[\(dimension)]")
      try right(type)
    case .pack(let elements):
      guard let element, element < elements.count else { return }
      self.element = nil
      defer { self.element = element }
      try right(elements[element])
    case .text, .nested, .local, .template, .expansion, .encoding, .prefixed, .suffixed, .lambda:
      break
    }
  }

  // MARK: Types

  /// A part without what packs and qualifiers put around it.
  private mutating func bare(_ index: Index) throws(Refusal) -> Index {
    var index = index
    var element = element
    while true {
      work += 1
      guard work <= Demangler.workLimit else { throw Refusal() }
      switch nodes[index] {
      case .qualified(let type, _): index = type
      case .pack(let elements):
        guard let chosen = element, chosen < elements.count else { return index }
        element = nil
        index = elements[chosen]
      default: return index
      }
    }
  }

  private mutating func isFunction(_ index: Index) throws(Refusal) -> Bool {
    if case .function = nodes[try bare(index)] { return true }
    return false
  }

  private mutating func isArray(_ index: Index) throws(Refusal) -> Bool {
    if case .array = nodes[try bare(index)] { return true }
    return false
  }

  private mutating func needsParentheses(_ index: Index) throws(Refusal) -> Bool {
    try isFunction(index) ? true : try isArray(index)
  }

  /// A reference to a reference is one reference. What an element of a pack is has no part in the
  /// expansion, which ends there.
  private mutating func collapsed(
    _ type: Index, _ mark: String
  ) throws(Refusal) -> (Index, String) {
    var (type, mark) = (type, mark)
    guard mark != "*" else { return (type, mark) }
    while true {
      work += 1
      guard work <= Demangler.workLimit else { throw Refusal() }
      if case .pack(let elements) = nodes[type], let element, element < elements.count {
        type = elements[element]
        self.element = nil
      } else if case .pointer(let inner, let other) = nodes[type], other != "*" {
        type = inner
        if other == "&" { mark = "&" }
      } else {
        return (type, mark)
      }
    }
  }

  // MARK: Packs

  private mutating func expand(_ pattern: Index) throws(Refusal) {
    guard element == nil, let count = try packCount(in: pattern) else {
      try write(pattern)
      return
    }
    for index in 0..<count {
      if index > 0 { try put(", ") }
      element = index
      defer { element = nil }
      try write(pattern)
    }
  }

  /// How many elements the first pack of a pattern has; nil if there is none.
  private mutating func packCount(in index: Index) throws(Refusal) -> Int? {
    try enter()
    defer { depth -= 1 }
    func first(_ parts: [Index], _ printer: inout ItaniumPrinter) throws(Refusal) -> Int? {
      for part in parts { if let count = try printer.packCount(in: part) { return count } }
      return nil
    }
    switch nodes[index] {
    case .pack(let elements): return elements.count
    case .text: return nil
    case .nested(let a, let b), .local(let a, let b), .memberPointer(let a, let b):
      return try first([a, b], &self)
    case .template(let name, let arguments): return try first([name] + arguments, &self)
    case .expansion(let part), .pointer(let part, _), .qualified(let part, _), .array(let part, _),
      .prefixed(_, let part), .suffixed(let part, _):
      return try packCount(in: part)
    case .function(let result, let parameters, _): return try first([result] + parameters, &self)
    case .encoding(let name, let result, let parameters, _):
      return try first([name] + (result.map { [$0] } ?? []) + parameters, &self)
    case .lambda(let parameters, _): return try first(parameters, &self)
    }
  }
}

import FalconetStreams

/// The text form of a profile that flame graph tools read.
enum FoldedStacks {
  /// Writes a line for each stack, in the order of the names.
  static func write(_ profile: Profile, to writer: ByteWriter) throws(StreamError) {
    let tree = FlameTree(profile)
    /// What is left to write: the stack's node, and how many bytes of `line` its callers take.
    var pending = tree.nodes[0].children.reversed().map { (node: $0, length: 0) }
    var line: [UInt8] = []
    while let (index, length) = pending.popLast() {
      let node = tree.nodes[index]
      line.removeSubrange(length...)
      if length > 0 { line.append(UInt8(ascii: ";")) }
      // A name without what separates names.
      line += node.name.utf8.map { $0 == UInt8(ascii: ";") ? UInt8(ascii: ",") : $0 }
      if node.ownSteps > 0 {
        try writer.write(line)
        try writer.write(" \(node.ownSteps)\n")
      }
      for child in node.children.reversed() { pending.append((child, line.count)) }
    }
  }
}

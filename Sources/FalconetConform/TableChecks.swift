import CFPVM
import FalconetForeignVM

extension ConformKit {
  /// What the table says of itself.
  func checkTable() throws(Ended) {
    try area(.table) { () throws(Ended) in
      let table = library.table.pointee
      let can = library.capabilities
      func matches(_ name: String, _ bit: ForeignLibrary.Capabilities, _ isThere: Bool)
        throws(Ended)
      {
        try check("\(name) is there if its capability says so") {
          try require(
            can.contains(bit) == isThere,
            isThere ? "\(name) is there, but its capability is not set" : "\(name) is NULL")
        }
      }
      try check("the version is the one that was asked for") {
        try require(table.abi == FPVM_ABI, "the table is of version \(table.abi)")
      }
      try check("the table has a size") {
        try require(
          table.size >= UInt64(MemoryLayout<fpvm_table>.size) && table.size <= 1 << 16,
          "the table has \(table.size) bytes")
      }
      try matches("load_program", .loadProgram, table.load_program != nil)
      try matches("clone", .clone, table.clone != nil)
      try matches("prove", .prove, table.prove != nil)
      try matches("free_proof", .prove, table.free_proof != nil)
      try matches("verify", .verify, table.verify != nil)
      try matches("describe", .describe, table.describe != nil)
      try check("the VM and its kinds have names") {
        try require(!library.name.isEmpty, "the VM has no name")
        try require(!library.version.isEmpty, "the VM has no version")
        try require(
          library.kinds.allSatisfy { !$0.name.isEmpty }, "a kind of state has no name")
        try require(
          Set(library.kinds.map(\.name)).count == library.kinds.count,
          "two kinds of states have one name")
      }
      try check("structures that the table points to have their sizes") {
        for number in 0..<Int(table.kind_count) {
          let size = table.kinds[number]?.pointee.size ?? 0
          try require(
            size >= UInt64(MemoryLayout<fpvm_kind>.size), "kind \(number) has the size \(size)")
        }
        for number in 0..<Int(table.option_count) {
          let size = table.options[number]?.pointee.size ?? 0
          try require(
            size >= UInt64(MemoryLayout<fpvm_option_info>.size),
            "option \(number) has the size \(size)")
        }
      }
      if !Self.familyKinds(of: library).isEmpty {
        try check("Cannon's kinds of states have their sizes") {
          let fault = Self.faultOfSizes(library)
          try require(fault == nil, fault ?? "")
        }
      }
    }
  }
}

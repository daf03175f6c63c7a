import FalconetVectors

/// What the kit looks at. The areas are checked in this order.
package enum ConformArea: String, Sendable, CaseIterable {
  // Of VMs that are programs with Cannon's command line.
  case commandLine = "command-line"
  case exitCodes = "exit-codes"

  case table

  // Of VMs of Cannon's family. What follows needs a run of a whole program, and can say less of what is wrong
  // with it.
  case instructions
  case delaySlots = "delay-slots"
  case memory
  case reservations
  case systemCalls = "system-calls"
  case futexes
  case scheduler
  case preimages
  case programs
  case recorded
  case stateFiles = "state-files"
  case stepProofs = "step-proofs"

  // Of such programs again.
  case stops
  case snapshots
  case proofFiles = "proof-files"
  case server

  case claims
  case arguments
  case determinism
  case resume
  case clones
  case proofs
  case callbacks
  case states
  case end
  case threads

  /// What is checked, for people.
  package var summary: String {
    switch self {
    case .commandLine: "commands and flags do what Cannon's do, and wrong ones are errors"
    case .exitCodes: "the exit code tells a panic, an error and success apart"
    case .stops: "a run stops where its flags say"
    case .snapshots: "snapshots are states on the way, and a run goes on from them"
    case .proofFiles: "proofs are files that hold, of the steps that were asked for"
    case .server: "hints and keys go to a server, and its pre-images into the run"
    case .table: "the table of functions says what it has"
    case .arguments: "wrong arguments are errors, and sizes are kept"
    case .claims: "the claim is that of the witness, and states begin with it"
    case .instructions: "each instruction does what it should, with operands of all classes"
    case .delaySlots: "branches and jumps, with each sort of instruction in their slots"
    case .memory: "loads and stores at the edges of pages, words and the address space"
    case .reservations: "linked loads and conditional stores"
    case .systemCalls: "each system call, with odd arguments"
    case .futexes: "threads wait and wake"
    case .scheduler: "threads take turns, begin and end"
    case .preimages: "keys, hints and pre-images, in pieces of all sizes"
    case .programs: "random programs in random states"
    case .recorded: "claims and proofs of the real Cannon"
    case .stateFiles: "state files are read, and corrupt ones are refused"
    case .stepProofs: "proofs of all sorts of steps hold for Falconet too, and altered ones do not"
    case .determinism: "a program does the same each time, and in each process"
    case .resume: "a run goes on from any step, and from any saved state"
    case .clones: "a clone is a machine of its own"
    case .proofs: "proofs hold, and altered ones do not"
    case .callbacks: "callbacks can fail, stop and change a run, and cannot reenter it"
    case .states: "corrupt states are refused"
    case .end: "nothing happens after the end"
    case .threads: "machines on several threads do not meet"
    }
  }

  /// The vectors of an area that has some.
  var vectors: VectorArea? { VectorArea(rawValue: rawValue) }

  /// Whether it is checked of programs with Cannon's command line alone.
  package var isOfProgram: Bool {
    switch self {
    case .commandLine, .exitCodes, .stops, .snapshots, .proofFiles, .server: true
    default: false
    }
  }

  /// The areas of a program with Cannon's command line.
  package static let ofPrograms = allCases.filter {
    $0.isOfProgram || $0.vectors != nil || $0 == .stateFiles
  }

  /// The areas of a library.
  package static let ofLibraries = allCases.filter { !$0.isOfProgram }

  /// The areas of a library in parts, each of which is checked in a process of its own in the first look.
  package static let partsOfFirstLook: [[ConformArea]] = [
    [.table, .instructions], [.delaySlots, .memory, .reservations],
    [.systemCalls, .futexes, .scheduler], [.preimages, .programs, .recorded],
    [.stateFiles, .stepProofs], ofLibraries.filter(\.isOfPrograms),
  ]

  /// The same of the rest. What takes long for the faults that it finds comes late: what is near to most causes
  /// has been looked at.
  package static let partsOfRest: [[ConformArea]] = [
    [.table, .instructions, .memory], [.systemCalls, .futexes, .scheduler],
    [.preimages, .programs, .recorded], [.delaySlots, .reservations], [.stateFiles],
    ofLibraries.filter(\.isOfPrograms), [.stepProofs],
  ]

  /// Whether it is checked of VMs of Cannon's family alone, and without a program.
  package var isOfFamily: Bool { vectors != nil || self == .stateFiles || self == .stepProofs }

  /// Whether it is checked of a library with each program.
  var isOfPrograms: Bool { self != .table && !isOfFamily && !isOfProgram }
}

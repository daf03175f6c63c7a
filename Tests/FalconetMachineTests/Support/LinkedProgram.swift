import FalconetMachine
import FalconetTestSupport

/// A program whose rounds have `ll` and `sc`: in the first one an engine meets its blocks, the later ones stay in their
/// code.
struct LinkedProgram: Sendable, CustomStringConvertible {
  let name: String
  /// Whether it has instructions of 64-bit machines alone.
  var isWide = false
  /// What a round executes, for `ll` and `sc` of 4 or 8 bytes.
  let body: @Sendable (LinkedProgram.Pair) -> [UInt32]

  var description: String { name }

  static let rounds = 5

  // Registers that hold addresses: the reserved word, one in another page, in no page, in the page with the code, in
  // page 0, in the window and far away.
  static let (word, other, missing, code, zero, window, far):
    (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) =
      (8, 16, 17, 18, 0, 19, 21)
  static let (loaded, value, stack, counter, turns): (UInt32, UInt32, UInt32, UInt32, UInt32) =
    (9, 10, 29, 20, 22)

  /// `ll` and `sc`, or `lld` and `scd`.
  struct Pair: Sendable {
    let isDouble: Bool
    let version: StateVersion

    func ll(_ base: UInt32 = word, _ offset: Int = 0, to target: UInt32 = loaded) -> UInt32 {
      Assembly.immediate(isDouble ? 0x34 : 0x30, rs: base, rt: target, offset)
    }
    /// A new value, and its store.
    func sc(_ base: UInt32 = word, _ offset: Int = 0, of source: UInt32 = value) -> [UInt32] {
      [
        Assembly.immediate(9, rs: loaded, rt: value, 3),
        Assembly.immediate(isDouble ? 0x3C : 0x38, rs: base, rt: source, offset),
      ]
    }
    func store(_ base: UInt32, _ offset: Int = 0) -> UInt32 {
      Assembly.immediate(0x2B, rs: base, rt: counter, offset)
    }
    var otherSize: Pair { Pair(isDouble: !isDouble, version: version) }
    /// A system call that no version knows, or none has an effect of.
    var call: [UInt32] {
      [Assembly.set(2, to: version.wordSize == .bits32 ? 4020 : 5038), Assembly.syscall]
    }
    var yield: [UInt32] {
      [Assembly.set(2, to: version.wordSize == .bits32 ? 4162 : 5023), Assembly.syscall]
    }
  }

  /// Ends a block.
  static let end: [UInt32] = [Assembly.immediate(4, 1), Assembly.nop]

  /// The program's start, and how many steps it takes.
  func image(_ pair: Pair) -> (image: MachineImage, steps: UInt64) {
    let body = body(pair)
    let code =
      body + [
        Assembly.immediate(9, rs: Self.counter, rt: Self.counter, -1),
        Assembly.immediate(5, rs: Self.counter, -(body.count + 2)), Assembly.nop, Assembly.stop,
      ]
    var image = MachineImage(pair.version, code: code)
    Self.prepare(&image)
    return (image, steps(of: image))
  }

  /// Sets the registers, and makes the pages that they point to.
  static func prepare(_ image: inout MachineImage) {
    let isWide = image.version.wordSize == .bits64
    image[register: Int(word)] = 0x2010
    image[register: Int(other)] = 0x3018
    image[register: Int(missing)] = 0x5000
    image[register: Int(code)] = 0x1F00
    image[register: Int(window)] = isWide ? 0x7FFF_FFFF_4010 : 0x9000_0010
    image[register: Int(far)] = isWide ? 0x1234_5678_9000_0020 : 0xFFFF_F020
    image[register: Int(stack)] = 0x4800
    image[register: Int(counter)] = UInt64(rounds)
    for register in [word, other, code, window, far, stack] {
      image.write([7, 6, 5, 4, 3, 2, 1, 0], at: image[register: Int(register)])
    }
    image.write([1], at: 0x20)
  }

  /// The steps until the machine stops.
  private func steps(of image: MachineImage) -> UInt64 {
    guard let machine = try? image.machine(EngineKind.step) else { return 0 }
    _ = try? machine.run(until: 2000)
    return machine.step
  }
}

extension LinkedProgram {
  static let all: [LinkedProgram] = usual + ended + unusual

  private static let usual = [
    LinkedProgram(name: "in one block") { [$0.ll()] + $0.sc() },
    LinkedProgram(name: "in two blocks") { [$0.ll()] + end + $0.sc() },
    LinkedProgram(name: "in three blocks, twice") {
      [$0.ll()] + end + end + $0.sc() + [$0.ll(other)] + end + $0.sc(other)
    },
    LinkedProgram(name: "further apart in each round") {
      [
        Assembly.immediate(9, rs: turns, rt: turns, 2), Assembly.special(0x21, rs: turns, rd: 23),
        $0.ll(),
      ]
        + [
          Assembly.immediate(9, rs: 23, rt: 23, -1), Assembly.immediate(5, rs: 23, -2),
          Assembly.nop,
        ]
        + $0.sc()
    },
    LinkedProgram(name: "closer in each round") {
      [Assembly.special(0x21, rs: counter, rd: 23), $0.ll()]
        + [
          Assembly.immediate(9, rs: 23, rt: 23, -1), Assembly.immediate(5, rs: 23, -2),
          Assembly.nop,
        ]
        + $0.sc()
    },
    LinkedProgram(name: "of register 0") { [$0.ll(to: 0)] + end + $0.sc(of: 0) },
    LinkedProgram(name: "with a system call between") { [$0.ll()] + $0.call + $0.sc() },
    LinkedProgram(name: "with a call and a return between") {
      // The call's target is behind the delay slot and the jump over it.
      [
        Assembly.special(0x25, rs: 31, rd: 24), $0.ll(), Assembly.immediate(1, rt: 0x11, 3),
        Assembly.nop,
      ]
        + [Assembly.immediate(4, 3), Assembly.nop, Assembly.special(8, rs: 31), Assembly.nop]
        + $0.sc()
    },
  ]

  private static let ended = [
    LinkedProgram(name: "a store to the word between") { [$0.ll(), $0.store(word)] + $0.sc() },
    LinkedProgram(name: "a store to the word in another block") {
      [$0.ll()] + end + [$0.store(word)] + end + $0.sc()
    },
    LinkedProgram(name: "a store of a byte to the word between") {
      [$0.ll(), Assembly.immediate(0x28, rs: word, rt: counter, 3)] + end + $0.sc()
    },
    LinkedProgram(name: "a store of part of the word between") {
      [$0.ll(), Assembly.immediate(0x2E, rs: word, rt: counter, 1)] + end + $0.sc()
    },
    LinkedProgram(name: "stores to the page between") {
      [$0.ll(), $0.store(word, 16), $0.store(word, 24)] + end + [$0.store(word, -8)] + $0.sc()
        + [$0.store(word, 32)]
    },
    LinkedProgram(name: "stores to another page between") {
      [$0.ll(), $0.store(other)] + end + [$0.store(other, 8)] + $0.sc()
    },
    LinkedProgram(name: "stores to page 0 between and after") {
      [$0.ll(), $0.store(zero)] + end + [$0.store(zero, 64)] + $0.sc() + [
        $0.store(zero), $0.store(zero, 8),
      ]
    },
    LinkedProgram(name: "a load of part of a word between") {
      [$0.ll(), Assembly.immediate(0x22, rs: word, rt: 11, 1)] + $0.sc()
    },
    LinkedProgram(name: "no sc") {
      [$0.ll()] + end + [$0.store(word, 16), $0.ll(other), $0.store(word)]
    },
    LinkedProgram(name: "no ll") { $0.sc() + end + $0.sc(other) },
    LinkedProgram(name: "ended by a store, then a pair and a second sc") {
      [$0.ll(), $0.store(word)] + $0.call + [$0.ll()] + $0.sc() + $0.call + $0.sc()
    },
    LinkedProgram(name: "ll of two pages") {
      [$0.ll(), $0.ll(other)] + $0.sc() + $0.sc(other) + [$0.store(word), $0.store(other)]
    },
    LinkedProgram(name: "ll of two pages in two blocks") {
      [$0.ll()] + end + [$0.ll(other), $0.store(word)] + end + $0.sc(other) + $0.sc()
    },
    LinkedProgram(name: "sc of another word") { [$0.ll()] + end + $0.sc(word, 8) + $0.sc() },
    LinkedProgram(name: "a pair elsewhere after an sc that fails") {
      [$0.ll()] + $0.sc(other) + end + [$0.ll(other)] + $0.sc(other) + $0.sc()
    },
    LinkedProgram(name: "a pair elsewhere after an ll at an unaligned address") {
      [$0.ll(word, 1)] + end + [$0.ll(other)] + $0.sc(other) + $0.sc(word, 1)
    },
    LinkedProgram(name: "sc of another size", isWide: true) {
      [$0.ll()] + end + $0.otherSize.sc() + $0.sc()
    },
    LinkedProgram(name: "sc of another size beside", isWide: true) {
      [$0.ll()] + end + $0.otherSize.sc(word, 1) + $0.otherSize.sc(word, -1) + $0.sc()
    },
  ]

  private static let unusual = [
    LinkedProgram(name: "in a page that nobody wrote") {
      [$0.ll(missing)] + end + $0.sc(missing) + [
        Assembly.immediate(9, rs: missing, rt: missing, 0x1000)
      ]
    },
    LinkedProgram(name: "in the page with the code") { [$0.ll(code)] + end + $0.sc(code) },
    LinkedProgram(name: "in page 0") { [$0.ll(zero)] + end + [$0.store(zero, 16)] + $0.sc(zero) },
    LinkedProgram(name: "in the window") {
      [$0.ll(window)] + end + [$0.store(window, 8)] + $0.sc(window)
    },
    LinkedProgram(name: "in a far page") { [$0.ll(far)] + end + [$0.store(far, 8)] + $0.sc(far) },
    LinkedProgram(name: "at an unaligned address") {
      [$0.ll(word, 1)] + end + $0.sc(word) + $0.sc(word, 1) + [$0.ll()] + end + $0.sc(word, 2)
    },
    LinkedProgram(name: "in the frame on the stack") {
      frame($0) + [$0.ll(stack, 8)] + end + frame($0) + $0.sc(stack, 8)
    },
    LinkedProgram(name: "beside the frame on the stack") {
      frame($0) + [$0.ll(stack, 64)] + end + frame($0) + $0.sc(stack, 64) + frame($0)
    },
    LinkedProgram(name: "in the page behind the frame's") {
      frame($0) + [$0.ll(stack, -0x1000)] + end + frame($0) + $0.sc(stack, -0x1000) + end
        + frame($0)
    },
  ]

  /// Stores for which one check by the range of the stack serves.
  private static func frame(_ pair: Pair) -> [UInt32] {
    [8, 16, 24, 32].map { pair.store(stack, $0) }
  }
}

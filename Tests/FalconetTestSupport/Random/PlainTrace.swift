import FalconetMachine
import FalconetVectors
import Keccak

/// What the plain step makes of a program: its claims by the number of steps executed.
package struct PlainTrace: Sendable {
  /// The claim after 0, 1, 2, … steps.
  package private(set) var claims: [Bytes32] = []

  /// Executes at most `steps` steps, fewer if the program exits or does something illegal.
  package init(_ image: MachineImage, steps: Int) throws {
    let machine = try image.machine(EngineKind.step)
    claims.append(machine.claim())
    while claims.count <= steps, !machine.hasExited {
      do { try machine.runStep() } catch { return }
      claims.append(machine.claim())
    }
  }

  /// The steps that there are claims of, in random order, one or the other twice.
  package func questions(_ count: Int, using random: inout SeededGenerator) -> [Int] {
    (0..<count).map { _ in random.below(claims.count) }
  }
}

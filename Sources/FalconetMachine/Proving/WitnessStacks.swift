import Keccak

/// Thread stacks of which a witness gives roots, and the top thread of the one that runs.
///
/// Each is a root with the known threads on it. A step takes no thread off a root: it pops the top
/// thread of the stack that runs, which is known, and nothing below it.
struct WitnessStacks: ThreadStacks {
  private struct Stack {
    var root: Bytes32
    var threads: [ThreadState] = []
  }

  private var left: Stack
  private var right: Stack

  /// Stacks with the given roots, and threads on the left one.
  init(left: Bytes32, right: Bytes32, threads: [ThreadState] = [], on side: StackSide = .left) {
    self.left = Stack(root: left)
    self.right = Stack(root: right)
    self[side].threads = threads
  }

  private subscript(side: StackSide) -> Stack {
    get { side == .left ? left : right }
    _modify { if side == .left { yield &left } else { yield &right } }
  }

  /// The known threads of a stack, bottom first.
  func threads(_ side: StackSide) -> [ThreadState] { self[side].threads }

  /// The root of a stack with its known threads.
  func root(_ side: StackSide, version: StateVersion) -> Bytes32 {
    self[side].threads.reduce(self[side].root) {
      ThreadStackRoot.push($1, on: $0, version: version)
    }
  }

  func isEmpty(_ side: StackSide) -> Bool {
    self[side].threads.isEmpty && self[side].root == ThreadStackRoot.empty
  }

  func isSingle(_ side: StackSide) -> Bool {
    self[side].threads.count == 1 && self[side].root == ThreadStackRoot.empty
  }

  subscript(top side: StackSide) -> ThreadState {
    get { self[side].threads[self[side].threads.count - 1] }
    _modify { yield &self[side].threads[self[side].threads.count - 1] }
  }

  mutating func pop(_ side: StackSide) -> ThreadState { self[side].threads.removeLast() }

  mutating func push(_ thread: ThreadState, on side: StackSide) {
    self[side].threads.append(thread)
  }
}

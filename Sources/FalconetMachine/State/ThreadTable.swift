/// One of the two stacks that the scheduler moves threads between.
public enum StackSide: Sendable, CaseIterable {
  case left, right

  public var other: StackSide { self == .left ? .right : .left }
}

/// The threads of a machine: two stacks, bottom first. A single-threaded machine's thread is the
/// only one of the left stack.
public struct ThreadTable: Sendable, Equatable {
  public var left: [ThreadState]
  public var right: [ThreadState]

  public init(left: [ThreadState], right: [ThreadState]) {
    self.left = left
    self.right = right
  }

  /// The threads of one stack, bottom first.
  public func stack(_ side: StackSide) -> [ThreadState] { side == .left ? left : right }

  /// The number of threads on both stacks.
  public var count: Int { left.count + right.count }
}

/// What the scheduler needs of thread stacks: all of a machine's, or the two roots and the top
/// thread that a witness gives.
public protocol ThreadStacks {
  /// Whether the stack has no thread.
  func isEmpty(_ side: StackSide) -> Bool
  /// Whether the stack has exactly one thread.
  func isSingle(_ side: StackSide) -> Bool
  /// The top thread of a stack.
  /// - Precondition: the stack is not empty, and of a witness, it is the active one.
  subscript(top side: StackSide) -> ThreadState { get set }
  /// Removes the top thread of a stack, under the same precondition, and returns it.
  mutating func pop(_ side: StackSide) -> ThreadState
  /// Puts a thread on a stack.
  mutating func push(_ thread: ThreadState, on side: StackSide)
}

extension ThreadTable: ThreadStacks {
  @inline(__always)
  public func isEmpty(_ side: StackSide) -> Bool {
    side == .left ? left.isEmpty : right.isEmpty
  }

  public func isSingle(_ side: StackSide) -> Bool {
    side == .left ? left.count == 1 : right.count == 1
  }

  @inline(__always)
  public subscript(top side: StackSide) -> ThreadState {
    get { side == .left ? left[left.count - 1] : right[right.count - 1] }
    _modify {
      if side == .left {
        yield &left[left.count - 1]
      } else {
        yield &right[right.count - 1]
      }
    }
  }

  public mutating func pop(_ side: StackSide) -> ThreadState {
    side == .left ? left.removeLast() : right.removeLast()
  }

  public mutating func push(_ thread: ThreadState, on side: StackSide) {
    if side == .left { left.append(thread) } else { right.append(thread) }
  }
}

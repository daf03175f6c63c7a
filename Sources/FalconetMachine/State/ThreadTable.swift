/// One of the two stacks that the scheduler moves threads between.
package enum StackSide: Sendable, CaseIterable {
  case left, right

  package var other: StackSide { self == .left ? .right : .left }
}

/// The threads of a machine: two stacks, bottom first. A single-threaded machine's thread is the
/// only one of the left stack.
package struct ThreadTable: Sendable, Equatable {
  package var left: [ThreadState]
  package var right: [ThreadState]

  package init(left: [ThreadState], right: [ThreadState]) {
    self.left = left
    self.right = right
  }

  /// The threads of one stack, bottom first.
  package func stack(_ side: StackSide) -> [ThreadState] { side == .left ? left : right }

  /// The number of threads on both stacks.
  package var count: Int { left.count + right.count }
}

/// What the scheduler needs of thread stacks: all of a machine's, or the two roots and the top
/// thread that a witness gives.
package protocol ThreadStacks {
  /// Whether the stack has no thread.
  func isEmpty(_ side: StackSide) -> Bool
  /// Whether the stack has exactly one thread.
  func isSingle(_ side: StackSide) -> Bool
  /// The top thread of a stack.
  /// - Precondition: the stack is not empty, and of a witness, it is the active one.
  subscript(top side: StackSide) -> ThreadState { get set }
  /// What `body` makes of the top thread of a stack, under the same precondition. Copies nothing.
  func withTop<Result>(_ side: StackSide, _ body: (borrowing ThreadState) -> Result) -> Result
  /// Changes the top thread of a stack in place, under the same precondition.
  mutating func updateTop(_ side: StackSide, _ body: (inout ThreadState) -> Void)
  /// Removes the top thread of a stack, under the same precondition, and returns it.
  mutating func pop(_ side: StackSide) -> ThreadState
  /// Puts a thread on a stack.
  mutating func push(_ thread: ThreadState, on side: StackSide)
  /// Moves the top thread of a stack to the other, under the same precondition.
  mutating func move(from side: StackSide)
}

extension ThreadStacks {
  package func withTop<Result>(
    _ side: StackSide, _ body: (borrowing ThreadState) -> Result
  ) -> Result { body(self[top: side]) }

  package mutating func updateTop(_ side: StackSide, _ body: (inout ThreadState) -> Void) {
    body(&self[top: side])
  }

  package mutating func move(from side: StackSide) {
    let thread = pop(side)
    push(thread, on: side.other)
  }
}

extension ThreadTable: ThreadStacks {
  @inline(__always)
  package func isEmpty(_ side: StackSide) -> Bool {
    side == .left ? left.isEmpty : right.isEmpty
  }

  package func isSingle(_ side: StackSide) -> Bool {
    side == .left ? left.count == 1 : right.count == 1
  }

  @inline(__always)
  package subscript(top side: StackSide) -> ThreadState {
    get { side == .left ? left[left.count - 1] : right[right.count - 1] }
    _modify {
      if side == .left {
        yield &left[left.count - 1]
      } else {
        yield &right[right.count - 1]
      }
    }
  }

  // A thread is 300 bytes: the subscript's copies, and its coroutine's frame on the heap, would take
  // longer than a step. So each stack has a call of its own here.
  @inline(__always)
  package func withTop<Result>(
    _ side: StackSide, _ body: (borrowing ThreadState) -> Result
  ) -> Result {
    side == .left ? body(left[left.count - 1]) : body(right[right.count - 1])
  }

  @inline(__always)
  package mutating func updateTop(_ side: StackSide, _ body: (inout ThreadState) -> Void) {
    if side == .left { body(&left[left.count - 1]) } else { body(&right[right.count - 1]) }
  }

  package mutating func pop(_ side: StackSide) -> ThreadState {
    side == .left ? left.removeLast() : right.removeLast()
  }

  package mutating func push(_ thread: ThreadState, on side: StackSide) {
    if side == .left { left.append(thread) } else { right.append(thread) }
  }

  // Copies the thread once: the scheduler does this often.
  package mutating func move(from side: StackSide) {
    if side == .left {
      right.append(left[left.count - 1])
      left.removeLast(1)
    } else {
      left.append(right[right.count - 1])
      right.removeLast(1)
    }
  }
}

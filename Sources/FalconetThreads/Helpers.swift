import FalconetLibc
import Synchronization

/// The threads that help with loops: made when there is work, gone a second after the last.
///
/// A child made by `fork` has none of its parent's threads, and may find the lock taken; it gets
/// helpers of its own.
///
/// Safety: everything that changes is used under `lock`, which with the conditions lies in memory
/// that is never given back, as the object isn't.
@safe final class Helpers: @unchecked Sendable {
  /// Enough to wait for a disk many times at once.
  private static let limit = 64
  /// Seconds that a thread waits for work before it ends.
  private static let patience = 1

  private let process = getpid()
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let hasWork = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let hasLeft = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var offered: [SharedLoop] = []
  private var threads = 0
  /// Threads that are at work on a loop.
  private var busy = 0

  private init() {
    unsafe pthread_mutex_init(lock, nil)
    unsafe pthread_cond_init(hasLeft, nil)
    var attributes = pthread_condattr_t()
    unsafe pthread_condattr_init(&attributes)
    unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    unsafe pthread_cond_init(hasWork, &attributes)
    unsafe pthread_condattr_destroy(&attributes)
  }

  /// The address of the helpers of this process, or of the one it is a copy of; 0 if there are none.
  private static let known = Atomic<UInt>(0)

  /// The helpers of this process.
  static var current: Helpers {
    let address = known.load(ordering: .acquiring)
    if let pointer = unsafe UnsafeRawPointer(bitPattern: address) {
      let helpers = unsafe Unmanaged<Helpers>.fromOpaque(pointer).takeUnretainedValue()
      if helpers.process == getpid() { return helpers }
    }
    let made = unsafe Unmanaged.passRetained(Helpers())
    let (isStored, _) = unsafe known.compareExchange(
      expected: address, desired: UInt(bitPattern: made.toOpaque()),
      ordering: .acquiringAndReleasing)
    if isStored { return unsafe made.takeUnretainedValue() }
    // Another thread was first.
    unsafe made.release()
    return Self.current
  }

  deinit {
    unsafe lock.deallocate()
    unsafe hasWork.deallocate()
    unsafe hasLeft.deallocate()
  }

  /// Asks `count` threads to help with a loop, and makes those that are lacking, as far as the
  /// system gives any.
  func offer(_ loop: SharedLoop, to count: Int) {
    unsafe pthread_mutex_lock(lock)
    for _ in 0..<count { offered.append(loop) }
    while threads - busy < offered.count, threads < Self.limit,
      BackgroundThread({ [self] in serve() }) != nil
    {
      threads += 1
    }
    unsafe pthread_cond_broadcast(hasWork)
    unsafe pthread_mutex_unlock(lock)
  }

  /// Takes back what no thread has begun, and waits for those that have.
  func withdraw(_ loop: SharedLoop) {
    unsafe pthread_mutex_lock(lock)
    offered.removeAll { $0 === loop }
    while loop.active > 0 { unsafe pthread_cond_wait(hasLeft, lock) }
    unsafe pthread_mutex_unlock(lock)
  }

  /// What each thread does.
  private func serve() {
    unsafe pthread_mutex_lock(lock)
    while true {
      if let loop = offered.popLast() {
        help(loop)
      } else if !waitForWork() {
        break
      }
    }
    threads -= 1
    unsafe pthread_mutex_unlock(lock)
  }

  /// Helps with a loop. The lock is held before and after.
  private func help(_ loop: SharedLoop) {
    loop.active += 1
    loop.numbered += 1
    busy += 1
    let number = loop.numbered
    unsafe pthread_mutex_unlock(lock)
    loop.work(as: number)
    unsafe pthread_mutex_lock(lock)
    busy -= 1
    loop.active -= 1
    if loop.active == 0 { unsafe pthread_cond_broadcast(hasLeft) }
  }

  /// Waits for a loop to help with. The lock is held before and after.
  ///
  /// - Returns: whether there may be one.
  private func waitForWork() -> Bool {
    var end = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &end)
    end.tv_sec += Self.patience
    return unsafe pthread_cond_timedwait(hasWork, lock, &end) == 0 || !offered.isEmpty
  }
}

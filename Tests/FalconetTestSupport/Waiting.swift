import Glibc

/// Looks until `condition` holds. Gives up after five minutes, which no machine takes that is merely
/// busy.
package func eventually(_ condition: () -> Bool) -> Bool {
  let end = SuspendingClock.now.advanced(by: .seconds(300))
  while SuspendingClock.now < end {
    if condition() { return true }
    usleep(5000)
  }
  return condition()
}

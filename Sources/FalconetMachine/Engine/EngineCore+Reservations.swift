/// Reservations that translated code makes and uses by itself.
///
/// As long as nothing is reserved, code executes an `ll` without a call: it guards the page by its flag, and notes the
/// reservation in ``RegisterBank/openLink``. The `sc` that uses it undoes that, stores, and counts itself. Until then
/// only the bank has the reservation, as it alone has the active thread's registers.
///
/// The machine takes the reservation over before anything but code looks at it or at statistics, or changes the page.
/// That is when code ends, and in each call back that may store, reserve or execute a system call. The memory guards
/// page 0 all the while, as it does when nothing is reserved.
enum OpenLink {
  /// None: code may make one.
  static let none: UInt64 = 0
  /// Code may make none, and leaves `ll` and `sc` to call backs. Any reservation that code makes has a higher number,
  /// since the guarded page 0 is left to call backs.
  static let closed: UInt64 = 3

  /// What code adds to an address, a multiple of 4, for the number of its reservation.
  static func status(_ size: Int) -> UInt64 { UInt64(Reservation.status(size)) }

  static func reservation(_ number: UInt64, of thread: UInt64) -> Reservation {
    Reservation(status: UInt8(number & 3), address: number & ~3, owner: thread)
  }
}

extension EngineCore {
  /// Sets whether code may reserve by itself from here on. It may if an `ll` and the `sc` that uses it leave the
  /// machine as it is, but for the word and what code counts.
  ///
  /// - Precondition: no reservation is open.
  func admitReservations() {
    withMachine { machine in
      bank[RegisterBank.longestReservation] = machine.statistics.longestReservation
      bank[RegisterBank.openLink] =
        machine.rules.hasReservations && machine.state.scalars.reservation == Reservation()
          && machine.statistics.onlyCountsPairs(of: machine.withThread { $0.id })
        ? OpenLink.none : OpenLink.closed
    }
  }

  /// Has the machine take over what code reserved and counted.
  @inline(__always)
  func takeReservations() {
    if bank[RegisterBank.openLink] > OpenLink.closed { takeOpenLink() }
    guard bank[RegisterBank.linkedStores] > 0 else { return }
    withMachine { $0.statistics.noteStores(bank[RegisterBank.linkedStores]) }
    bank[RegisterBank.linkedStores] = 0
  }

  @inline(never)
  private func takeOpenLink() {
    withMachine { machine in
      let steps =
        bank[RegisterBank.openLinkSteps] &+ bank[RegisterBank.longestReservation]
      let link = bank[RegisterBank.openLink]
      machine.reserve(OpenLink.reservation(link, of: machine.withThread { $0.id }), step(steps))
      bank[RegisterBank.openLink] = OpenLink.closed
    }
  }
}

extension Machine {
  /// What `ll` and `lld` do beside loading, in the step with this number.
  func reserve(_ reservation: Reservation, _ step: UInt64) {
    state.scalars.reservation = reservation
    statistics.note(.loadLinked(thread: reservation.owner), step: step, activeThread: 0)
    memory.guardPage(of: reservation.address)
  }
}

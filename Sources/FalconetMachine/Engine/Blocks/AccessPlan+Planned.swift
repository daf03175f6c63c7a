extension AccessPlan {
  /// How an access is made.
  enum Access: Equatable {
    /// It checks itself.
    case own
    /// The check of neighbours covers it: see ``AccessPlan/neighbours``.
    case covered(Int)
    /// In the ``StackRange``: see ``FramePlan``.
    case framed
    /// At a constant address, as registers hold it.
    case constant(UInt64)
  }

  /// What is known of an operation.
  struct Planned: Equatable {
    private enum Kind: UInt8 {
      case own, covered, framed, constantAddress, constantResult
    }
    private var kind = Kind.own
    /// The place of the neighbours that are checked before it; 255 if none are.
    private var checkPlace = UInt8.max
    /// The place of the neighbours that it belongs to.
    private var place: UInt8 = 0
    /// The constant.
    private var value: UInt64 = 0

    /// How it accesses memory, if it does.
    var access: Access {
      get {
        switch kind {
        case .own, .constantResult: .own
        case .covered: .covered(Int(place))
        case .framed: .framed
        case .constantAddress: .constant(value)
        }
      }
      set {
        switch newValue {
        case .own: kind = .own
        case .covered(let group): (kind, place) = (.covered, UInt8(truncatingIfNeeded: group))
        case .framed: kind = .framed
        case .constant(let address): (kind, value) = (.constantAddress, address)
        }
      }
    }

    /// Its result, if that is a constant: it is no access then.
    var constant: UInt64? {
      get { kind == .constantResult ? value : nil }
      set { if let newValue { (kind, value) = (.constantResult, newValue) } else { kind = .own } }
    }

    /// The neighbours that are checked before it.
    var check: Int? {
      get { checkPlace == .max ? nil : Int(checkPlace) }
      set { checkPlace = newValue.map { UInt8(truncatingIfNeeded: $0) } ?? .max }
    }
  }
}

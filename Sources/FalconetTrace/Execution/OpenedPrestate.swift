import FalconetSnapshots
import FalconetStreams

/// The prestate that a trace is opened with: remembered by the folder, or read.
struct OpenedPrestate {
  let prestate: TracePrestate
  /// The state itself, where it was read.
  private(set) var image: MemoryImage?
  /// By what it is known again, where it was read and that can be said.
  private var identity: String?
  /// What is wrong with what the folder remembers.
  private var damage: String?

  /// - Parameter folder: nil where there is none yet.
  /// - Throws: ``TraceError`` where it can't be read, or has exited.
  init(_ source: TraceSource, _ folder: TraceFolder?) throws(TraceError) {
    let before = source.identity?()
    if let before, let folder {
      switch try folder.recallPrestate(before, revision: source.revision) {
      case .prestate(let prestate):
        self.prestate = prestate
        return
      case .damaged(let reason): damage = reason
      case .none: break
      }
    }
    let image: MemoryImage
    do { image = try source.prestate() } catch { throw .file(error) }
    prestate = try TracePrestate(image, revision: source.revision)
    self.image = image
    guard !prestate.hasExited else { throw .exitedPrestate(step: prestate.step) }
    // What changed while it was read may be half the one, half the other.
    if let before, source.identity?() == before { identity = before }
  }

  /// Has a folder that was found to be of this trace remember what was read.
  func note(in folder: TraceFolder, hasRoom: (UInt64) -> Bool) {
    if let damage { folder.putAside(folder.prestate, damage) }
    if let identity { folder.remember(prestate, identity, hasRoom: hasRoom) }
  }
}

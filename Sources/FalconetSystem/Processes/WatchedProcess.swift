import CFalconetProcess
import SystemPackage

/// A program in two processes: one works, and the other waits for it, so that code which the first one loads
/// cannot make it look done.
package enum WatchedProcess {
  /// Goes on in a child of this process, which then waits for it, passes signals on, and ends as it did. Call it
  /// before there is a second thread.
  ///
  /// - Parameter complaint: the error if the child ends without ``reportEnd(_:)``. The exit code is 1 then.
  /// - Throws: the system's error if there can be no child.
  package static func goOn(complaint: String) throws(Errno) {
    let failure = falconet_go_on_watched(complaint)
    if failure != 0 { throw Errno(rawValue: failure) }
  }

  /// Says that this process ends by its own will. Does nothing if nobody watches it.
  package static func reportEnd(_ code: Int32) { falconet_report_end(code) }
}

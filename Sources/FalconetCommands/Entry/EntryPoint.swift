// The function has its name from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import FalconetLibc
import FalconetStreams
import FalconetSystem
import SystemPackage

/// What the program's `main` calls, with what it was given.
///
/// Safety: as the system promises, `arguments` has `count` zero-terminated strings, which stay.
///
/// - Returns: the exit code.
@c public func falconet_tool_main(
  _ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  guard count > 0 else {
    // A caller that lost the arguments wanted more than help.
    return CommandLineTool.refuse("the program was started without even its name")
  }
  let words = (0..<Int(count)).compactMap { arguments?[$0] }.map { String(fileName: $0) }
  if let name = words.first { OwnProgram.note(name: name) }
  let arguments = Array(words.dropFirst())
  if ForeignWatch.isNeeded(arguments) {
    do throws(Errno) { try WatchedProcess.goOn(complaint: ForeignWatch.complaint) } catch {
      return CommandLineTool.fail("a process for the VM cannot be started: \(error)")
    }
  }
  let code = CommandLineTool.run(arguments)
  WatchedProcess.reportEnd(code)
  return code
}

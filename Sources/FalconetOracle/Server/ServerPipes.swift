import FalconetLibc
import FalconetSystem
import SystemPackage

/// The six pipes between a pre-image server and its parent.
struct ServerPipes {
  typealias Pipe = (read: FileDescriptor, write: FileDescriptor)

  let output: Pipe
  let error: Pipe
  let hints: Pipe
  let acknowledgements: Pipe
  let keys: Pipe
  let preimages: Pipe

  /// - Throws: the system's error; nothing is left open then.
  init() throws(Errno) {
    var made: [Pipe] = []
    do throws(Errno) {
      while made.count < 6 { made.append(try PipeIO.make()) }
    } catch {
      for pipe in made { Self.close([pipe.read, pipe.write]) }
      throw error
    }
    (output, error) = (made[0], made[1])
    (hints, acknowledgements) = (made[2], made[3])
    (keys, preimages) = (made[4], made[5])
  }

  /// What the server finds at its descriptors 1 to 6, in order.
  var serverEnds: [FileDescriptor] {
    [output.write, error.write, hints.read, acknowledgements.write, keys.read, preimages.write]
  }

  /// The parent's ends of the standard streams.
  var outputEnds: [FileDescriptor] { [output.read, error.read] }

  /// The parent's ends of the two conversations.
  var channelEnds: [FileDescriptor] {
    [hints.write, acknowledgements.read, keys.write, preimages.read]
  }

  static func close(_ ends: [FileDescriptor]) {
    for end in ends { Glibc.close(end.rawValue) }
  }
}

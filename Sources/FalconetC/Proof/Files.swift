// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetProofs
import FalconetStreams

private func read(_ source: any ByteSource) throws(StreamError) -> ProofHandle {
  ProofHandle(try ProofReader.single(source))
}

@c @implementation
public func falconet_proof_open(
  _ path: UnsafePointer<CChar>?, _ proof: UnsafeMutablePointer<OpaquePointer?>?
) -> falconet_status {
  Output.handle(proof, "proof") { () throws(CallError) in
    let path = try Argument.fileName(path, "path")
    return try streaming { () throws(StreamError) in try read(FileSource(path: path)) }
  }
}

@c @implementation
public func falconet_proof_open_memory(
  _ bytes: UnsafeRawPointer?, _ count: Int, _ proof: UnsafeMutablePointer<OpaquePointer?>?
) -> falconet_status {
  Output.handle(proof, "proof") { () throws(CallError) in
    let source = BorrowedSource(try Argument.bytes(bytes, count, "bytes"))
    return try streaming { () throws(StreamError) in try read(source) }
  }
}

@c @implementation
public func falconet_proof_save(
  _ proof: OpaquePointer?, _ path: UnsafePointer<CChar>?
) -> falconet_status {
  call { () throws(CallError) in
    let path = try Argument.fileName(path, "path")
    try ProofHandle.use(proof) { (proof) throws(CallError) in
      try streaming { () throws(StreamError) in try proof.save(path: path) }
    }
  }
}

@c @implementation
public func falconet_proof_write(
  _ proof: OpaquePointer?, _ compression: falconet_compression, _ write: falconet_write_fn?,
  _ context: UnsafeMutableRawPointer?
) -> falconet_status {
  call { () throws(CallError) in
    let target = CallbackSink(try Argument.pointer(write, "write"), context)
    let compression = try Argument.compression(compression)
    try ProofHandle.use(proof) { (proof) throws(CallError) in
      try streaming { () throws(StreamError) in
        let sink = try compression.sink(over: target)
        try proof.write(to: sink)
        try sink.finish()
      }
    }
  }
}

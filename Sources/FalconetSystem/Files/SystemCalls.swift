import FalconetLibc
import SystemPackage

/// Calls `body`, and throws the error of a failed system call with its type.
package func systemCall<Value>(_ body: () throws -> Value) throws(Errno) -> Value {
  do {
    return try body()
  } catch let errno as Errno {
    throw errno
  } catch {
    // The calls of SystemPackage throw nothing but `Errno`.
    throw Errno.ioError
  }
}

/// Calls `body`, a C function that returns -1 and sets `errno`, and retries it while it is interrupted.
package func retrying(_ body: () -> Int32) throws(Errno) {
  while body() == -1 {
    let failure = Errno(rawValue: errno)
    if failure != .interrupted { throw failure }
  }
}

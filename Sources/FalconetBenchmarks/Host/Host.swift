import FalconetLibc
import FalconetStreams
import Keccak

/// The host that figures are of.
struct Host {
  /// The processor as the system names it.
  let processor: String
  let cores: Int
  /// The hash kernels that the processor can run.
  let kernels: [PairKernel] = PairKernel.allCases.filter(\.isAvailable)

  init() {
    cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    processor = Self.modelName() ?? "unknown"
  }

  private static func modelName() -> String? {
    guard let source = try? FileSource(path: "/proc/cpuinfo"),
      let bytes = try? ByteReader(source).readAll(limit: 1 << 20)
    else { return nil }
    let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
      .first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last.map { String($0.drop { $0 == " " }) }
  }

  /// Processor time of this process in nanoseconds.
  static var processorTime: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

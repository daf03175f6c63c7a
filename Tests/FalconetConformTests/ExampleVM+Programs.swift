import FalconetConform
import FalconetTestSupport

extension ExampleVM {
  /// The programs that come with it.
  func programs() throws -> [ConformProgram] {
    var files = [program]
    if self == .stack { files.append("Examples/fpvm-c/sum.stk") }
    let preimages = try preimages()
    return try files.map { file in
      ConformProgram(
        name: String(file.split(separator: "/").last ?? ""),
        bytes: Array(try Self.text(of: file).utf8),
        preimages: file == program ? preimages : [:])
    }
  }
}

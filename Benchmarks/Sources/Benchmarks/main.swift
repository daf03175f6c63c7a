import Glibc
import _FalconetBenchmarks

exit(BenchmarkProgram.run(Array(CommandLine.arguments.dropFirst())))

import Testing

/// The example that does the work of one program on many machines.
@Suite struct ScalingTests {
  @Test func `the example proves and verifies without Ray`() throws {
    let output = try PythonPackage.runTests("test_fleet", in: "Examples/ray")
    #expect(output.contains("\nOK\n"), "\(output)")
    #expect(!output.contains("skipped"))
  }

  /// Whoever has Ray, which is not needed here: `Scripts/long-tests ray` installs it.
  @Test(
    .enabled(
      if: (try? Shell.run("python3 -c 'import ray'").exitCode) == 0,
      "no Ray: Scripts/long-tests ray brings it"))
  func `the example proves and verifies on Ray`() throws {
    try PythonPackage.runTests("test_ray", in: "Examples/ray")
  }
}

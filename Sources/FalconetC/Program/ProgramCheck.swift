// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetELF
import FalconetMachine

@c @implementation
public func falconet_program_check(
  _ program: OpaquePointer?, _ version: UInt32, _ revision: UnsafePointer<CChar>?,
  _ finding: falconet_finding_fn?, _ context: UnsafeMutableRawPointer?,
  _ check: UnsafeMutablePointer<falconet_check>?
) -> falconet_status {
  call { () throws(CallError) in
    let version = try Argument.version(version)
    let revisions = try Argument.revisions(revision, of: version)
    let program = try Handles.find(program, ProgramHandle.self)
    let report: CompatibilityReport
    do throws(ELFError) {
      report = try program.elf.checkCompatibility(with: revisions?.first ?? version.newestRevision)
    } catch { throw CallError(error) }
    let told = FindingReport(callback: finding, context: context)
    for finding in report.findings { told.tell(finding) }
    for concern in report.concerns { told.tell(concern) }
    check?.pointee = falconet_check(
      functions: UInt64(report.functionCount),
      reachable_functions: UInt64(report.reachableFunctions.count), compatible: report.isCompatible)
  }
}

/// Calls the callback for each finding.
///
/// Safety: the context is passed on, never followed; texts and addresses are valid during each call of
/// the callback.
private struct FindingReport {
  let callback: falconet_finding_fn?
  let context: UnsafeMutableRawPointer?

  func tell(_ finding: CompatibilityReport.Finding) {
    var result = falconet_finding()
    let texts = Texts()
    result.kind =
      switch finding.problem {
      case .instruction: FALCONET_FINDING_INSTRUCTION
      case .systemCall: FALCONET_FINDING_SYSTEM_CALL
      }
    result.harmful = finding.isHarmful
    result.problem = texts.add(finding.problem.text)
    result.function = texts.add(finding.function)
    result.path = texts.add(finding.path.joined(separator: " > "))
    result.excuse = texts.add(finding.excuse)
    result.remedy = texts.add(finding.remedy)
    call(result, finding.addresses)
    extendLifetime(texts)
  }

  func tell(_ concern: ProgramConcern) {
    var result = falconet_finding()
    let texts = Texts()
    result.kind = FALCONET_FINDING_CONCERN
    result.harmful = concern.isHarmful
    result.problem = texts.add(concern.text)
    result.path = texts.add(concern.path.joined(separator: " > "))
    result.excuse = texts.add(concern.excuse)
    result.remedy = texts.add(concern.remedy)
    call(result, [])
    extendLifetime(texts)
  }

  private func call(_ finding: falconet_finding, _ addresses: [UInt64]) {
    addresses.withUnsafeBufferPointer { addresses in
      var finding = finding
      (finding.addresses, finding.address_count) = (addresses.baseAddress, addresses.count)
      withUnsafePointer(to: finding) { callback?(context, $0) }
    }
  }
}

import Foundation
import Testing

@testable import FalconetServer

struct PageTests {
  private let text = String(decoding: Page.bytes, as: UTF8.self)

  @Test("The page loads nothing from elsewhere, and never takes a text for HTML")
  func independence() {
    let addresses = text.matches(of: /https?:\/\/[^"'\s]+/).map { String($0.output) }
    #expect(addresses == ["http://www.w3.org/2000/svg"])
    for name in ["src=", "@import", "innerHTML", "outerHTML", "insertAdjacentHTML", "eval("] {
      #expect(!text.contains(name), "\(name)")
    }
  }

  @Test("Its policy allows what it is made of, and nothing else")
  func policy() throws {
    let server = try TestServer()
    let answer = try server.ask("GET", "/")
    #expect(answer.text == text)
    let policy = try #require(answer.headers["content-security-policy"])
    #expect(policy.hasPrefix("default-src 'none';"))
    #expect(policy.contains("connect-src 'self'") && policy.contains("frame-ancestors 'none'"))
  }

  @Test("Texts have a contrast of 4.5 to 1 at least, light and dark")
  func contrast() throws {
    let themes = text.matches(of: /:root \{([^}]*)\}/).map { String($0.output.1) }
    try #require(themes.count == 2)
    for theme in themes {
      var colors: [String: [Double]] = [:]
      for match in theme.matches(of: /--(\w+): #([0-9a-f]+)/) {
        let digits = Array(match.output.2)
        let full = digits.count == 3 ? digits.flatMap { [$0, $0] } : digits
        colors[String(match.output.1)] = stride(from: 0, to: 6, by: 2).map {
          Double(Int(String(full[$0...$0 + 1]), radix: 16)!) / 255
        }
      }
      func luminance(_ name: String) throws -> Double {
        let parts = try #require(colors[name], "\(name)").map {
          $0 <= 0.04045 ? $0 / 12.92 : pow(($0 + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
      }
      for (front, back) in [
        ("text", "back"), ("dim", "back"), ("accent", "back"), ("changed", "back"),
        ("text", "soft"),
        ("text", "now"), ("dim", "now"), ("dim", "soft"),
      ] + "abcdefgh".map({ ("text", "f\($0)") }) {
        let (one, other) = (try luminance(front), try luminance(back))
        let ratio = (max(one, other) + 0.05) / (min(one, other) + 0.05)
        #expect(ratio >= 4.5, "\(front) on \(back): \(ratio)")
      }
    }
  }

  @Test("The dashboard and the alarms use metrics that are there")
  func metricsOfOthers() throws {
    let known = Set(ServiceMetrics.all.map(\.name))
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../..")
    for name in ["falconet-server.dashboard.json", "falconet-server.rules.yaml"] {
      let text = try String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)
      // Names in expressions, not the short ones in sentences.
      let used = Set(text.matches(of: /falconet_server_\w+/).map { String($0.output) })
      #expect(!used.isEmpty && used.isSubset(of: known), "\(name): \(used.subtracting(known))")
    }
    let dashboard = try JSON(
      parsing: try #require(
        Files.read(root.appendingPathComponent("falconet-server.dashboard.json").path)))
    let panels = dashboard["panels"]?.elements ?? []
    #expect(panels.count >= 8)
    for panel in panels {
      #expect(panel["title"] != nil && panel["gridPos"] != nil)
      #expect(panel["targets"]?.elements.isEmpty == false)
    }
  }
}

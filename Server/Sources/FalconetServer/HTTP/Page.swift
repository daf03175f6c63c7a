/// The files that the service shows as they are, which are compiled in.
enum Page {
  /// The page at `/`: one file, made of those that `page.html` names in comments.
  static let bytes: [UInt8] = {
    let parts = [
      ("style.css", PackageResources.style_css), ("base.js", PackageResources.base_js),
      ("games.js", PackageResources.games_js), ("tiles.js", PackageResources.tiles_js),
      ("chart.js", PackageResources.chart_js), ("panels.js", PackageResources.panels_js),
      ("trace.js", PackageResources.trace_js), ("compare.js", PackageResources.compare_js),
      ("routes.js", PackageResources.routes_js),
    ]
    var page = PackageResources.page_html
    for (name, part) in parts {
      guard let place = page.firstRange(of: Array("/*\(name)*/".utf8)) else { continue }
      page.replaceSubrange(place, with: part)
    }
    return page
  }()

  /// The description of all routes, in OpenAPI.
  static var description: [UInt8] { PackageResources.openapi_yaml }
}

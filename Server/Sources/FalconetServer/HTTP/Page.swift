/// The files that the service shows as they are, which are compiled in.
enum Page {
  /// The page at `/`.
  static var bytes: [UInt8] { PackageResources.page_html }
  /// The description of all routes, in OpenAPI.
  static var description: [UInt8] { PackageResources.openapi_yaml }
}

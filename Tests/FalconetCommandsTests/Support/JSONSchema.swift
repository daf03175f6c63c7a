import FalconetStreams
import FalconetTestSupport
import Testing

/// A JSON Schema of docs/schemas, in the part of the language that these use.
struct JSONSchema {
  private let schema: JSONValue

  /// The schema of a name.
  init(_ name: String) throws {
    let path = "\(testFolder)/../../docs/schemas/\(name).json"
    let bytes = try #require(TemporaryFolder.contents(path), "\(path) is missing")
    let text = try JSONValue(bytes)
    schema = try Self.resolved(text, text["$defs"])
  }

  /// A schema with its definitions in place of the references to them.
  private static func resolved(_ schema: JSONValue, _ definitions: JSONValue?) throws -> JSONValue {
    switch schema {
    case .object(let members):
      if let name = schema["$ref"]?.string {
        try #require(name.hasPrefix("#/$defs/") && members.count == 1, "\(name)")
        return try #require(definitions?[String(name.dropFirst("#/$defs/".count))], "\(name)")
      }
      return .object(
        try members.filter { $0.key != "$defs" }.map { member in
          JSONValue.Member(key: member.key, value: try resolved(member.value, definitions))
        })
    case .array(let elements): return .array(try elements.map { try resolved($0, definitions) })
    case .string, .number, .bool, .null: return schema
    }
  }

  /// Why a value does not fit.
  struct Misfit: Error, CustomStringConvertible {
    var description: String
  }

  /// The members that objects may have, each with the members that lead to it.
  var members: Set<String> {
    var members: Set<String> = []
    Self.list(schema, "", into: &members)
    return members
  }

  private static func list(_ schema: JSONValue, _ path: String, into members: inout Set<String>) {
    if case .object(let properties)? = schema["properties"] {
      for member in properties {
        let path = path + "." + member.key
        members.insert(path)
        list(member.value, path, into: &members)
      }
    }
    if let items = schema["items"] { list(items, path, into: &members) }
    for part in schema["oneOf"]?.elements ?? [] { list(part, path, into: &members) }
  }

  /// Compares a value with the schema.
  ///
  /// - Returns: the members that occur, as ``members`` names them.
  func check(_ value: JSONValue) throws -> Set<String> {
    var seen: Set<String> = []
    try Self.check(value, schema, "", &seen)
    return seen
  }

  private static func check(
    _ value: JSONValue, _ schema: JSONValue, _ path: String, _ seen: inout Set<String>
  ) throws {
    func require(_ condition: Bool, _ problem: @autoclosure () -> String) throws {
      if !condition { throw Misfit(description: "\(path): \(problem()): \(value)") }
    }
    guard case .object(let keywords) = schema else {
      throw Misfit(description: "\(path): the schema is no object")
    }
    for (keyword, rule) in keywords.map({ ($0.key, $0.value) }) {
      switch keyword {
      case "$schema", "title", "description": break
      case "type":
        let types = rule.string.map { [$0] } ?? rule.elements.compactMap(\.string)
        try require(types.contains(type(of: value)), "not of type \(types)")
      case "const": try require(value == rule, "not \(rule)")
      case "enum": try require(rule.elements.contains(value), "none of \(rule.elements)")
      case "pattern":
        let pattern = try Regex(rule.string ?? "")
        try require(value.string?.wholeMatch(of: pattern) != nil, "not as \(rule)")
      // Numbers are read as unsigned ones.
      case "minimum": try require(rule == .number(0), "another minimum")
      case "items":
        for element in value.elements { try check(element, rule, path, &seen) }
      case "required":
        let missing = rule.elements.compactMap(\.string).filter { !value.keys.contains($0) }
        try require(missing.isEmpty, "lacks \(missing)")
      case "properties":
        guard case .object(let members) = value else { break }
        for member in members {
          guard let rule = rule[member.key] else { continue }
          seen.insert(path + "." + member.key)
          try check(member.value, rule, path + "." + member.key, &seen)
        }
      case "additionalProperties":
        guard case .object(let members) = value else { break }
        for member in members where schema["properties"]?[member.key] == nil {
          try require(rule != .bool(false), "has \(member.key)")
          try check(member.value, rule, path, &seen)
        }
      case "oneOf":
        let fits = rule.elements.filter { part in
          var seen: Set<String> = []
          return (try? check(value, part, path, &seen)) != nil
        }
        try require(fits.count == 1, "fits \(fits.count) of the alternatives")
        try check(value, fits[0], path, &seen)
      default: throw Misfit(description: "\(path): unknown keyword \(keyword)")
      }
    }
  }

  private static func type(of value: JSONValue) -> String {
    switch value {
    case .object: "object"
    case .array: "array"
    case .string: "string"
    case .number: "integer"
    case .bool: "boolean"
    case .null: "null"
    }
  }
}

package import KubernetesModel

/// One of the three kinds: metadata, spec and status, decoded through its schema so that defaults are applied whether or
/// not the API server did it.
package protocol ApusResource: KubernetesObject {
  associatedtype Spec: Codable & Sendable & Equatable & SchemaDescribed
  associatedtype Status: Codable & Sendable & Equatable & SchemaDescribed
  var spec: Spec { get set }
  /// Empty where the object has none yet.
  var status: Status { get set }
  init(metadata: ObjectMeta, spec: Spec, status: Status)
  static var definition: ResourceDefinition { get }
}

extension ApusResource {
  /// The object of a document with every default filled in; null for an optional field means that it is absent.
  ///
  /// Errors: `ResourceError` with all that is wrong with the document's form; unknown fields alone are no error here.
  package static func decode(_ json: JSONValue) throws(ResourceError) -> Self {
    do {
      return Self(
        metadata: try part("metadata", json["metadata"] ?? [:]),
        spec: try part("spec", Spec.schema.filled(json["spec"] ?? [:])),
        status: try part("status", Status.schema.filled(json["status"]?.nonNull ?? [:])))
    } catch {
      var problems = Spec.schema.problems(in: json["spec"] ?? [:], at: "spec")
      problems += Status.schema.problems(in: json["status"]?.nonNull ?? [:], at: "status")
      // The type may refuse what the schema allows.
      if !problems.contains(where: { $0.path == error.path }) {
        problems.append(Problem(error.path, error.reason, mend: ""))
      }
      throw ResourceError(problems: problems)
    }
  }

  /// Errors: with the path from the object's root.
  private static func part<Part: Decodable>(_ name: String, _ json: JSONValue) throws(JSONMismatch) -> Part {
    do {
      return try json.decode()
    } catch {
      throw JSONMismatch(path: error.path.isEmpty ? name : "\(name).\(error.path)", reason: error.reason)
    }
  }

  package init(from decoder: any Decoder) throws {
    let json = try decoder.singleValueContainer().decode(JSONValue.self)
    do {
      self = try Self.decode(json)
    } catch {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: error.description, underlyingError: error))
    }
  }
}

/// An object that does not decode, with everything that is wrong with its form.
package struct ResourceError: Error, Sendable, Equatable, CustomStringConvertible {
  package var problems: [Problem]

  package init(problems: [Problem]) { self.problems = problems }

  package var description: String { problems.map(\.description).joined(separator: ". ") }
}

extension JSONValue {
  fileprivate var nonNull: JSONValue? { isNull ? nil : self }
}

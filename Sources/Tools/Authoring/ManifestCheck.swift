package import ApusAPI
import Decisions
import KubernetesModel
package import YAMLCoding

/// Everything that is wrong with a file of manifests, with line numbers: what the API server would refuse and what the
/// operator would.
package struct ManifestCheck: Sendable {
  package struct Finding: Sendable, Equatable {
    package var position: YAMLPosition
    /// `ModelDeployment income`, empty for a file that is no YAML.
    package var object: String
    package var problem: Problem

    /// As compilers write it, so that editors find the place.
    package func line(in file: String) -> String {
      let subject = object.isEmpty ? "" : "\(object): "
      return "\(file):\(position.line):\(position.column): \(problem.weight.rawValue): \(subject)\(problem)"
    }
  }

  package private(set) var findings: [Finding] = []
  /// `ModelDeployment income`, in the file's order.
  package private(set) var objects: [String] = []
  /// Documents of other kinds, which are not looked at.
  package private(set) var skipped: [String] = []

  package var hasErrors: Bool { findings.contains { $0.problem.weight == .error } }

  package init(_ text: String) {
    let documents: [YAMLSource]
    do {
      documents = try YAML.documents(text)
    } catch {
      findings = [
        Finding(position: error.position, object: "", problem: Problem("", error.reason, mend: ""))
      ]
      return
    }
    for document in documents { check(document) }
    checkReferences(documents)
  }

  private mutating func check(_ document: YAMLSource) {
    let kind = document.value["kind"]?.string ?? ""
    let apiVersion = document.value["apiVersion"]?.string ?? ""
    let name = document.value[path: "metadata", "name"]?.string ?? ""
    guard apiVersion.hasPrefix(ApusGroup.name + "/") || ResourceDefinition.all.contains(where: { $0.kind == kind })
    else {
      skipped.append("\(kind.isEmpty ? "a document without a kind" : kind) \(name)")
      return
    }
    let object = name.isEmpty ? kind : "\(kind) \(name)"
    objects.append(object)
    guard apiVersion == ApusGroup.apiVersion else {
      return report(
        [Problem("apiVersion", "'\(apiVersion)' is not known", mend: "write \(ApusGroup.apiVersion)")], object, document
      )
    }
    switch kind {
    case ModelDeployment.gvk.kind:
      report(
        Self.problems(ModelDeployment.self, document.value) { $0.problems() + $0.spec.templateWarnings }, object,
        document)
    case MonitoringPolicy.gvk.kind:
      report(
        Self.problems(MonitoringPolicy.self, document.value) { $0.problems() + $0.spec.templateWarnings }, object,
        document)
    case ModelVersion.gvk.kind: report(Self.problems(ModelVersion.self, document.value) { _ in [] }, object, document)
    default:
      let kinds = ResourceDefinition.all.map(\.kind).joined(separator: ", ")
      report([Problem("kind", "'\(kind)' is not known", mend: "write one of \(kinds)")], object, document)
    }
  }

  /// First the form, as the CRD has it; where that holds, the meaning.
  private static func problems<Object: ApusResource>(
    _ type: Object.Type, _ value: JSONValue, _ meaning: (Object) -> [Problem]
  ) -> [Problem] {
    var found: [Problem] = []
    let members = ["apiVersion", "kind", "metadata", "spec", "status"]
    for key in (value.object ?? [:]).keys.sorted() where !members.contains(key) {
      found.append(Problem(key, "is not a field here", mend: "move it into spec, or remove it"))
    }
    if value[path: "metadata", "name"]?.string == nil, value[path: "metadata", "generateName"] == nil {
      found.append(Problem("metadata.name", "is missing", mend: "name the \(Object.gvk.kind)"))
    }
    if let spec = value["spec"], !spec.isNull {
      found += Object.Spec.schema.problems(in: spec, at: "spec")
    } else {
      found.append(Problem("spec", "is missing", mend: "say what is wanted"))
    }
    do {
      var known = Set(found.map(\.path))
      for problem in meaning(try Object.decode(value)) where known.insert(problem.path).inserted {
        found.append(problem)
      }
    } catch {
      // What keeps it from being decoded is a matter of form, unless it lies in the metadata.
      for problem in error.problems where !found.contains(where: { $0.path == problem.path }) { found.append(problem) }
    }
    return found
  }

  private mutating func report(_ problems: [Problem], _ object: String, _ document: YAMLSource) {
    let found = problems.map { Finding(position: document.position(of: $0.path), object: object, problem: $0) }
    findings += found.sorted { ($0.position.line, $0.position.column) < ($1.position.line, $1.position.column) }
  }

  /// A policy in a file with models, none of which is its own, is most likely misspelt.
  private mutating func checkReferences(_ documents: [YAMLSource]) {
    func names(_ kind: String) -> [String] {
      documents.filter { $0.value["kind"]?.string == kind }.compactMap { $0.value[path: "metadata", "name"]?.string }
    }
    let models = names(ModelDeployment.gvk.kind)
    guard !models.isEmpty else { return }
    for document in documents where document.value["kind"]?.string == MonitoringPolicy.gvk.kind {
      guard let model = document.value[path: "spec", "modelRef"]?["name"]?.string, !models.contains(model) else {
        continue
      }
      let problem = Problem(
        "spec.modelRef.name", "'\(model)' is not one of this file's models (\(models.joined(separator: ", ")))",
        mend: "correct it, unless the model is elsewhere", weight: .warning)
      report(
        [problem], "\(MonitoringPolicy.gvk.kind) \(document.value[path: "metadata", "name"]?.string ?? "")", document)
    }
  }
}

extension YAMLError {
  fileprivate var position: YAMLPosition {
    switch self {
    case .syntax(let position, _), .meaning(let position, _), .mismatch(let position, _, _): position
    case .documents: YAMLPosition(line: 1, column: 1)
    }
  }

  fileprivate var reason: String {
    switch self {
    case .syntax(_, let reason): "not valid YAML: \(reason)"
    case .meaning(_, let reason), .mismatch(_, _, let reason): reason
    case .documents: description
    }
  }
}

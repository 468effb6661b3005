package import KubernetesModel

/// A label selector as clients write it in a query: `app=web,tier!=cache,env in (a,b),!legacy`.
package struct LabelQuery: Sendable, Equatable {
  package enum Requirement: Sendable, Equatable {
    case isIn(key: String, values: Set<String>)
    /// Also true where the label is absent.
    case notIn(key: String, values: Set<String>)
    case exists(key: String)
    case absent(key: String)
    case greater(key: String, than: Int)
    case less(key: String, than: Int)
  }

  package var requirements: [Requirement]

  package init(requirements: [Requirement] = []) { self.requirements = requirements }

  /// Errors: 400 with the place that cannot be read.
  package init(parsing text: String) throws(StatusError) {
    var parser = LabelQueryParser(text)
    requirements = try parser.requirements()
  }

  /// As objects hold it: `{matchLabels, matchExpressions}`.
  package init(object: JSONValue) {
    requirements = object["matchLabels"]?.stringMap.map { .isIn(key: $0.key, values: [$0.value]) } ?? []
    for expression in object["matchExpressions"]?.array ?? [] {
      let key = expression["key"]?.string ?? ""
      let values = Set((expression["values"]?.array ?? []).compactMap(\.string))
      switch expression["operator"]?.string {
      case "In": requirements.append(.isIn(key: key, values: values))
      case "NotIn": requirements.append(.notIn(key: key, values: values))
      case "Exists": requirements.append(.exists(key: key))
      case "DoesNotExist": requirements.append(.absent(key: key))
      default: break
      }
    }
  }

  package func matches(_ labels: [String: String]) -> Bool {
    requirements.allSatisfy { requirement in
      switch requirement {
      case .isIn(let key, let values): labels[key].map(values.contains) ?? false
      case .notIn(let key, let values): !(labels[key].map(values.contains) ?? false)
      case .exists(let key): labels[key] != nil
      case .absent(let key): labels[key] == nil
      case .greater(let key, let bound): labels[key].flatMap { Int($0) }.map { $0 > bound } ?? false
      case .less(let key, let bound): labels[key].flatMap { Int($0) }.map { $0 < bound } ?? false
      }
    }
  }
}

import ApusAPI
import KubernetesModel

/// The reference page of one kind: every field with its type, default and meaning.
struct ResourceReference {
  let definition: ResourceDefinition

  init(_ definition: ResourceDefinition) { self.definition = definition }

  var markdown: String {
    """
    <!-- Made from the Swift types by `make generate`; do not edit. -->
    # \(definition.kind)

    \(definition.description)

    `\(ApusGroup.apiVersion)` · `kubectl get \(definition.shortName)` · `kubectl explain \(definition.shortName).spec`

    ## spec

    \(Self.table(of: definition.spec, at: "spec", withDefaults: true))
    \(rules)
    ## status

    Written by the operator.

    \(Self.table(of: definition.status, at: "status", withDefaults: false))
    ## Columns of `kubectl get`

    \(columns)
    """
  }

  private var columns: String {
    var text = "| column | shows |\n|---|---|\n"
    for column in definition.columns {
      text +=
        "| \(column.name)\(column.priority > 0 ? " (`-o wide`)" : "") | \(column.description) |\n"
    }
    return text
  }

  private var rules: String {
    let found = Self.rules(in: definition.spec, at: "spec")
    guard !found.isEmpty else { return "" }
    var text =
      "## Rules\n\nThe API server refuses what breaks them (where it evaluates CEL), and so does the operator.\n\n"
    for (path, rule) in found { text += "- `\(path)`: \(rule.message)\n" }
    return text
  }

  private static func rules(in schema: Schema, at path: String) -> [(String, Schema.Rule)] {
    schema.rules.map { (path, $0) }
      + nested(schema, at: path).flatMap { rules(in: $0.schema, at: $0.path) }
  }

  private struct Place {
    var path: String
    var schema: Schema
    var isRequired = false
  }

  private static func nested(_ schema: Schema, at path: String) -> [Place] {
    switch schema.kind {
    case .object(let properties):
      properties.map {
        Place(path: "\(path).\($0.name)", schema: $0.schema, isRequired: $0.isRequired)
      }
    case .list(_, let element): nested(element, at: "\(path)[]")
    case .map(_, let value): nested(value, at: "\(path).<key>")
    default: []
    }
  }

  private static func table(of schema: Schema, at path: String, withDefaults: Bool) -> String {
    var text =
      withDefaults
      ? "| field | type | default | meaning |\n|---|---|---|---|\n"
      : "| field | type | meaning |\n|---|---|---|\n"
    func add(_ place: Place) {
      let value = place.schema.defaultValue ?? place.schema.impliedValue
      // An empty object as default only opens the way to the defaults below it.
      let standard =
        place.isRequired
        ? "**required**" : value.flatMap { $0 == .object([:]) ? nil : "`\($0.text)`" } ?? ""
      text +=
        "| `\(place.path)` | \(typeText(place.schema)) |\(withDefaults ? " \(standard) |" : "") \(cell(place.schema.description)) |\n"
      for inner in nested(place.schema, at: place.path) { add(inner) }
    }
    for place in nested(schema, at: path) { add(place) }
    return text
  }

  private static func cell(_ text: String) -> String {
    text.replacing("|", with: "\\|").replacing("<", with: "&lt;")
  }

  private static func typeText(_ schema: Schema) -> String {
    switch schema.kind {
    case .string(let bounds) where !bounds.values.isEmpty:
      bounds.values.map { "`\($0.replacing("|", with: "\\|"))`" }.joined(separator: " \\| ")
    case .string(let bounds) where bounds.format == "date-time": "time"
    case .string: "text"
    case .integer(let minimum, let maximum):
      "whole number" + interval(minimum.map { "\($0)" }, maximum.map { "\($0)" })
    case .number(let bounds): "number" + numberInterval(bounds)
    case .boolean: "true or false"
    case .integerOrString: "text or whole number"
    case .list(_, let element): "list of \(elementText(element))"
    case .map: "map"
    case .object: "object"
    case .anyObject: "any object"
    }
  }

  private static func elementText(_ schema: Schema) -> String {
    switch schema.kind {
    case .object: "objects"
    case .string(let bounds) where !bounds.values.isEmpty: typeText(schema)
    default: "texts"
    }
  }

  private static func interval(_ minimum: String?, _ maximum: String?) -> String {
    switch (minimum, maximum) {
    case (let low?, let high?): " \(low)…\(high)"
    case (let low?, nil): " ≥ \(low)"
    case (nil, let high?): " ≤ \(high)"
    case (nil, nil): ""
    }
  }

  private static func numberInterval(_ bounds: Schema.NumberBounds) -> String {
    func text(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
    var parts: [String] = []
    if let minimum = bounds.minimum {
      parts.append((bounds.excludesMinimum ? "> " : "≥ ") + text(minimum))
    }
    if let maximum = bounds.maximum {
      parts.append((bounds.excludesMaximum ? "&lt; " : "≤ ") + text(maximum))
    }
    return parts.isEmpty ? "" : " " + parts.joined(separator: ", ")
  }
}

/// The page of all condition types, annotations and reasons.
enum ConditionReference {
  static var markdown: String {
    var text = """
      <!-- Made from the Swift types by `make generate`; do not edit. -->
      # Conditions

      `kubectl wait --for=condition=Ready md/NAME` waits for one.

      | type | true means that |
      |---|---|

      """
    for type in ConditionType.allCases { text += "| `\(type.rawValue)` | \(type.meaning) |\n" }
    text += """

      # Reasons

      Of conditions and Events. A failed run adds the worker's own reason, such as `SourceUnreadable`; a pod
      that cannot start adds the cluster's, such as `ImagePullBackOff`, `CrashLoopBackOff` or `Unschedulable`.

      \(Reason.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "))

      # Annotations that people set

      | annotation | on | meaning |
      |---|---|---|
      | `\(ApusAnnotations.retrainRequestedAt)` | ModelDeployment | any new value, by convention the time, starts one training |
      | `\(ApusAnnotations.checkRequestedAt)` | MonitoringPolicy | any new value starts one check |
      | `\(ApusAnnotations.approve)` | ModelDeployment | the version that a person approves, such as `v4` |
      | `\(ApusAnnotations.forcePromote)` | ModelDeployment | the version that is promoted whatever its gates say |

      """
    return text
  }
}

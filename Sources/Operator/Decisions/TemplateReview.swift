import ApusAPI
import KubernetesModel

/// One look through a template, by `TemplateField.all`.
struct TemplateReview {
  private let rules: TemplateRules
  /// The generated container.
  private let ours: String
  private(set) var problems: [PodTemplate.Problem] = []

  /// More are not told at a time: a template may hold a megabyte of them.
  private static let most = 20

  init(_ rules: TemplateRules, ours: String) {
    self.rules = rules
    self.ours = ours
  }

  /// - Parameters:
  ///   - path: as in the list.
  ///   - place: as the author finds it: `spec.serving.template.spec.containers[0].image`.
  mutating func look(_ value: JSONValue, _ path: String, _ place: String) {
    guard problems.count < Self.most, !rules.allows(path) else { return }
    if let field = TemplateField.at(path) { return judge(value, field, place) }
    guard let way = TemplateField.way(at: path) else {
      return refuse(place, "is not among the fields that templates may set", asking: path)
    }
    if value.isNull {
      if TemplateField.isGuarded(path) { refuse(place, "null would take away what the operator sets") }
      return
    }
    switch way {
    case .object:
      guard let members = value.object else { return refuse(place, "must be an object") }
      for (key, member) in members.sorted(by: { $0.key < $1.key }) { step(member, key, path, place) }
    case .list:
      guard let elements = value.array else { return refuse(place, "must be a list") }
      for (index, element) in elements.enumerated() {
        if Self.named.contains(path), element["name"]?.string == nil {
          add("\(place)[\(index)].name", "is required, lists are merged by it")
        }
        if path == "spec.containers", element["name"]?.string == ours { keepReadOnly(element, "\(place)[\(index)]") }
        look(element, "\(path)[]", "\(place)[\(index)]")
      }
    }
  }

  /// Containers of people's own may write where they like; the merge would undo it in the generated one, and replace pods.
  private mutating func keepReadOnly(_ container: JSONValue, _ place: String) {
    let name = "readOnlyRootFilesystem"
    guard !rules.isOfTheOperator, let value = container[path: "securityContext", name], value != true else { return }
    refuse(
      "\(place).securityContext.\(name)", "must be true in the generated container: mount an emptyDir where it writes")
  }

  private static let named: Set<String> = ["spec.containers", "spec.initContainers"]

  private mutating func step(_ member: JSONValue, _ key: String, _ path: String, _ place: String) {
    let isName = !key.isEmpty && key.utf8.count <= 64 && key.utf8.allSatisfy(\.isLetter)
    guard isName else { return refuse(place, "holds a key that is no field of Kubernetes: '\(key.shown)'") }
    look(member, path.isEmpty ? key : "\(path).\(key)", place.isEmpty ? key : "\(place).\(key)")
  }

  private mutating func judge(_ value: JSONValue, _ field: TemplateField, _ place: String) {
    switch field.rule {
    case .free: return
    case .only(let values):
      if !values.contains(value) {
        let said = values.map { $0.string ?? $0.text }.joined(separator: " or ")
        refuse(place, "may only be \(said): \(field.why)")
      }
    case .nonRoot:
      if (value.integer ?? 0) < 1 { refuse(place, "must be the number of a user, from 1: \(field.why)") }
    case .dropsAll:
      if value.array?.contains("ALL") != true { refuse(place, "must name ALL: \(field.why)") }
    case .secret: judgeSecret(value, place)
    case .hostPath: judgeHostPath(value, place)
    case .keys(let refused):
      guard let members = value.object else { return refuse(place, "must be an object") }
      for key in members.keys.sorted() where refused.contains(where: { key.hasPrefix($0) }) {
        refuse(place, "'\(key.shown)' is refused: \(field.why)", asking: field.path)
      }
    case .onRequest: refuse(place, "is refused: \(field.why)", asking: field.path)
    case .never: refuse(place, "is refused: \(field.why)")
    }
  }

  private mutating func judgeSecret(_ value: JSONValue, _ place: String) {
    guard let name = value.string else { return refuse(place, "must be the name of a Secret") }
    guard !rules.mayRead(name) else { return }
    problems.append(
      PodTemplate.Problem(
        place,
        "Secret '\(name.shown)' does not say that models may read it; its owner labels it "
          + "\(ApusLabels.readableByModels)=true, or remove the reference", awaitsSecret: true))
  }

  private mutating func judgeHostPath(_ value: JSONValue, _ place: String) {
    guard let path = value.string else { return refuse(place, "must be a folder") }
    guard !PodTemplate.isAllowed(path, by: rules.allowedHostPaths) else { return }
    problems.append(
      PodTemplate.Problem(
        place,
        "'\(path.shown)' is not below one of the operator's allowedHostPaths "
          + "(\(rules.allowedHostPaths.isEmpty ? "none" : rules.allowedHostPaths.joined(separator: ", "))); use a "
          + "persistentVolumeClaim or have it allowed", reason: .hostPathRefused))
  }

  private mutating func refuse(_ place: String, _ words: String, asking path: String? = nil) {
    let asks = path.map {
      " or ask the administrator to allow it (templates.allow: [\($0)] of the operator's configuration)"
    }
    // What is only for the administrator to allow, he has allowed himself.
    guard !rules.isOfTheOperator || path == nil else { return }
    add(place, "\(words); remove it\(asks ?? "")")
  }

  private mutating func add(_ place: String, _ words: String) {
    if problems.count < Self.most { problems.append(PodTemplate.Problem(place, words)) }
  }
}

extension String {
  /// At most 64 printable characters.
  fileprivate var shown: String {
    let text = String(unicodeScalars.prefix(64).map { $0.isPrintable ? Character($0) : "?" })
    return unicodeScalars.count > 64 ? text + "…" : text
  }
}

extension Unicode.Scalar {
  fileprivate var isPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
    default: true
    }
  }
}

extension UInt8 {
  fileprivate var isLetter: Bool { (65...90).contains(self) || (97...122).contains(self) }
}
